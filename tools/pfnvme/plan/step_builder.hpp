// Collects the steps of a unit; texts come from the operation table, so plan and run say the same.
#pragma once

#include "tools/pfnvme/plan/plan.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

class StepBuilder {
  public:
    // `id` as in the plan, e.g. "05.002-unmount-esx01".
    Step& add(std::string id, std::string op, Params params, std::vector<OpCall> undo = {});
    [[nodiscard]] std::vector<Step> take() { return std::move(steps_); }

  private:
    std::vector<Step> steps_;
};

// "05.002-unmount-esx01": sorts as it executes. `index` 0 leaves the second number out.
[[nodiscard]] std::string step_id(int group, std::size_t index, std::string_view verb,
                                  std::string_view object = {});

// `base` without its domain part: "esx01.lab" → "esx01"; an IPv4 address stays whole.
[[nodiscard]] std::string short_name(const std::string& host);

// PowerFlex names: at most 31 characters, no spaces.
[[nodiscard]] std::string powerflex_name(const std::string& text);

// Parameters of one unit, grown step by step.
[[nodiscard]] Params with(Params base,
                          std::initializer_list<std::pair<const std::string, std::string>> more);

} // namespace pf::nvmetool
