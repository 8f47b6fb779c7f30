// For every check a change to a healthy estate that it must find.
#pragma once

#include "tools/pfnvme/inventory/inventory.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool::test {

struct Violation {
    std::string id;
    void (*spoil)(Inventory&);
    // For the few checks that a healthy estate violates: what makes it pass.
    void (*mend)(Inventory&) = nullptr;
};

[[nodiscard]] std::vector<Violation> host_violations();
[[nodiscard]] std::vector<Violation> storage_violations();
[[nodiscard]] std::vector<Violation> vm_violations();

} // namespace pf::nvmetool::test
