// What vCenter and its hosts keep about registered VMs, read and put back.
//
// Custom attributes, tags (by the Automation API), permissions on the VM itself, DRS and HA rules,
// groups and overrides, automatic start. Alarms are told, and can't be put back: an alarm's
// definition names the object that is gone.
#pragma once

#include "libvsphere/session.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <string>
#include <vector>

namespace pf::nvmetool {

[[nodiscard]] Result<std::vector<ContextItem>>
read_vm_context(vim::Session& session, const std::vector<std::string>& vm_ids);

// One text for each item: why it could not be put back, or "".
[[nodiscard]] Result<std::vector<std::string>>
put_vm_context(vim::Session& session, const std::vector<ContextItem>& items);

} // namespace pf::nvmetool
