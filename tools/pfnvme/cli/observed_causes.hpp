// Which causes of a known error are there on this very host. Pure: looks at an inventory only.
#pragma once

#include "tools/pfnvme/inventory/inventory.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct ObservedCause {
    std::string check; // the known cause that it is (Cause::check); "adapter": a wrong adapter name
    std::string what;  // "vmk2 has no NVMe over TCP service"
    std::string fix;   // a command where there is one
};

// `error_text` may name an adapter ("vmhba68"); it is compared with those that the host has.
[[nodiscard]] std::vector<ObservedCause>
observed_causes(const Inventory& inventory, const HostInfo& host, std::string_view error_text);

} // namespace pf::nvmetool
