// From intent and inventory to a compiled plan. Pure: the same inputs give the same plan.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/inventory/inventory.hpp"
#include "tools/pfnvme/inventory/path_plan.hpp"
#include "tools/pfnvme/plan/intent.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace pf::nvmetool {

struct CompileOptions {
    std::string created_at; // RFC 3339
    std::string tool_version;
    bool skip_blocked =
        false;              // leave blocked datastores behind; else a blocker leaves the plan empty
    std::int64_t now_s = 0; // for waivers: seconds since 1970
    // Datastores classified auto that are converted offline; the others move online. The choice is
    // plan/mix.hpp's.
    std::set<std::string> auto_offline;
};

// Blockers are in plan.findings; the caller decides (exit code 11) and writes nothing.
// InvalidArgument: the intent contradicts the inventory (no datastore matches, no such pool …).
[[nodiscard]] Result<Plan> compile_migration(const Inventory& inventory, const Intent& intent,
                                             const CompileOptions& options);

struct OnboardOptions {
    std::vector<std::string> host_ids; // in this order
    std::vector<std::string> vmks;     // empty: chosen (inventory/path_plan.hpp)
    std::vector<std::string> nics;
    std::string pool; // for probe volumes; empty: the only or first one
    std::string created_at;
    std::string tool_version;
};

[[nodiscard]] Result<Plan> compile_onboarding(const Inventory& inventory,
                                              const OnboardOptions& options);

// Paths that a host should have: the number is also what `host nvme verify` asks for.
[[nodiscard]] std::vector<PlannedPath>
expected_paths(const Inventory& inventory, const HostInfo& host, const OnboardOptions& options);

// Digest of the state of a unit's objects; nullopt when one of them is gone.
[[nodiscard]] std::optional<std::string> fingerprint(const Inventory& inventory, const Unit& unit);
// What differs from the fingerprint's view, for people: names the first missing or changed object.
[[nodiscard]] std::string describe_objects(const Inventory& inventory, const Unit& unit);

} // namespace pf::nvmetool
