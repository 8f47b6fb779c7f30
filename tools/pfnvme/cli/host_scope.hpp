// Which hosts a host verb is about, and the onboarding plan for them.
#pragma once

#include "tools/pfnvme/cli/connection.hpp"
#include "tools/pfnvme/plan/compile.hpp"

namespace pf::nvmetool {

void add_host_scope_options(OptionTable& table); // --host, --cluster

// All connected and unconnected hosts that match; NotFound when none does.
[[nodiscard]] Result<std::vector<const HostInfo*>> hosts_in_scope(const OptionValues& values,
                                                                  const Inventory& inventory);
[[nodiscard]] Result<OnboardOptions> onboard_options(const OptionValues& values,
                                                     const Inventory& inventory);
[[nodiscard]] Result<Plan> onboarding_plan(const OptionValues& values, const Inventory& inventory);

} // namespace pf::nvmetool
