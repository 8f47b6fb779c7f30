// Where runs live on disk, and the locks that keep two of them apart.
//
//   <state>/runs/<id>/plan.json      the plan as it was compiled
//                    /journal.jsonl  run/journal.hpp
//                    /lock           held while a process works on this run
//   <state>/locks/<digest of the vCenter's identity>.lock
//
// <state> is --state-dir, PFNVME_STATE_DIR, $XDG_STATE_HOME/pfnvme or ~/.local/state/pfnvme, in
// this order.
#pragma once

#include "base/file.hpp"
#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pf::nvmetool {

// `option` is what --state-dir says; empty: not given.
[[nodiscard]] std::string state_dir(const std::string& option);

class RunDir {
  public:
    // A new run of this plan; its id sorts by time.
    static Result<RunDir> create(const std::string& state, const Plan& plan);
    // By id, unique beginning of an id, or "last".
    static Result<RunDir> open(const std::string& state, const std::string& id);
    static Result<std::vector<std::string>> list(const std::string& state);

    // Busy: another process works on this run, or on the same vCenter. Held for the object's life.
    Result<void> lock(const Plan& plan);

    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string plan_path() const { return path_ + "/plan.json"; }
    [[nodiscard]] std::string journal_path() const { return path_ + "/journal.jsonl"; }

  private:
    RunDir(std::string state, std::string id);

    std::string state_;
    std::string id_;
    std::string path_;
    std::optional<FileLock> run_lock_;
    std::optional<FileLock> vcenter_lock_;
};

} // namespace pf::nvmetool
