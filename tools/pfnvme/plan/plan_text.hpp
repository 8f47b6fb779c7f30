// The plan's canonical JSON, written without a tree in between: a plan of twenty thousand VMs has
// hundreds of thousands of steps, and its text is the largest thing that the compiler makes.
#pragma once

#include "tools/pfnvme/plan/plan.hpp"

#include <string>
#include <string_view>

namespace pf::nvmetool {

// Keys in byte order, no white space, as canonical_json() would write them (tests compare). With an
// empty `sha256` that member is left out: the text that the hash is taken over.
[[nodiscard]] std::string plan_content(const Plan& plan, std::string_view sha256);
[[nodiscard]] std::string call_to_json(const OpCall& call);

} // namespace pf::nvmetool
