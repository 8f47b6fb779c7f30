// What `inventory show` offers: the inventory's tables joined with what people ask of them (which
// volume is behind a datastore, by which protocol, on which host a VM runs).
#pragma once

#include "tools/pfnvme/inventory/tables.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct View {
    std::string name; // hosts, nvme-hosts …
    std::string summary;
    std::vector<Column> columns;
    std::vector<std::string> shown; // columns of the plain table; -o wide and csv show all
    std::function<void(const Inventory&, const std::function<void(const Row&)>& sink)> each;
};

[[nodiscard]] std::span<const View> inventory_views();
[[nodiscard]] const View* inventory_view(std::string_view name);

// What a host is to PowerFlex: none, sdc, nvme, both; empty when its SDC driver was not read.
[[nodiscard]] std::string host_role(const Inventory& inventory, const HostInfo& host);

} // namespace pf::nvmetool
