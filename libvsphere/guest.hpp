#pragma once
// Guest and power operations of a VM besides those of vm.hpp: suspend, reset, reboot and standby of
// the guest, disk consolidation. Guest calls return when the guest was asked, not when it did it.

#include "libvsphere/session.hpp"

namespace pf::vim {

Result<MoRef> suspend_task(Session& session, const MoRef& vm);
Result<MoRef> reset_task(Session& session, const MoRef& vm);
/// NotReady without VMware Tools.
Result<void> reboot_guest(Session& session, const MoRef& vm);
Result<void> standby_guest(Session& session, const MoRef& vm);
Result<MoRef> consolidate_disks_task(Session& session, const MoRef& vm);

} // namespace pf::vim
