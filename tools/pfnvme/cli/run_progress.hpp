// What a run says while it works: a line for each step; on a terminal a bar below them; JSON lines
// for programs; or nothing.
//
// show() is called by one thread at a time (EngineHooks). Everything goes to standard error.
#pragma once

#include "base/clock.hpp"
#include "base/options.hpp"
#include "tools/pfnvme/cli/progress.hpp"
#include "tools/pfnvme/run/engine.hpp"

#include <memory>
#include <string>

namespace pf::nvmetool {

void add_progress_options(OptionTable& table); // --quiet, --progress

// --deadline as a point in time; WallTime::max() when there is none.
[[nodiscard]] Result<WallTime> run_deadline(const OptionValues& values);

class RunProgress {
  public:
    RunProgress(const OptionValues& values, const Plan& plan);

    [[nodiscard]] bool wanted() const { return style_ != Style::None; }
    void show(const EngineEvent& event);
    void line(const std::string& text); // with the time before it
    void done();                        // ends the bar

  private:
    enum class Style { None, Plain, Bar, Json };

    Style style_ = Style::Plain;
    std::size_t steps_ = 0; // of the plan
    std::size_t at_ = 0;
    Progress bar_;
};

} // namespace pf::nvmetool
