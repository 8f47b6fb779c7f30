// What the verbs on single objects of PowerFlex and on single datastores share.
#pragma once

#include "tools/pfnvme/cli/host_verbs.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

// PowerFlex alone: its hosts, pools, targets, volumes. No vCenter is asked.
[[nodiscard]] Result<Inventory> read_powerflex(const OptionValues& values);

// One of inventory_views() over PowerFlex now, as -o asks. `shown`: columns of the plain text.
int show_view(const OptionValues& values, std::string_view view,
              std::vector<std::string> shown = {});

// A unit of PowerFlex alone.
[[nodiscard]] Unit array_unit(const std::string& id, std::vector<Step> steps);

// Reads both systems, has the units made, runs (or dry-runs) them.
int change_array(const OptionValues& values, const std::string& plan,
                 const std::function<Result<std::vector<Unit>>(const Inventory&)>& make);

// NotFound names the verb that lists them.
[[nodiscard]] Result<const VolumeInfo*> volume_called(const Inventory& inventory,
                                                      const std::string& name);
[[nodiscard]] Result<const DatastoreInfo*> datastore_called(const Inventory& inventory,
                                                            const std::string& name);

} // namespace pf::nvmetool
