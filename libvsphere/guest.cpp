#include "libvsphere/guest.hpp"

namespace pf::vim {

namespace {

Result<MoRef> start(Session& session, const MoRef& vm, std::string_view method,
                    std::string_view what) {
    CallOptions options;
    options.object = fmt::format("{} VM {}", what, vm.id);
    PF_TRY(Value task, session.call(vm, method, {}, options));
    return task.require_ref(fmt::format("the task of {}", method));
}

Result<void> ask(Session& session, const MoRef& vm, std::string_view method,
                 std::string_view what) {
    CallOptions options;
    options.object = fmt::format("{} the guest of VM {}", what, vm.id);
    PF_CHECK(session.call(vm, method, {}, options));
    return {};
}

} // namespace

Result<MoRef> suspend_task(Session& session, const MoRef& vm) {
    return start(session, vm, "SuspendVM_Task", "suspend");
}

Result<MoRef> reset_task(Session& session, const MoRef& vm) {
    return start(session, vm, "ResetVM_Task", "reset");
}

Result<void> reboot_guest(Session& session, const MoRef& vm) {
    return ask(session, vm, "RebootGuest", "reboot");
}

Result<void> standby_guest(Session& session, const MoRef& vm) {
    return ask(session, vm, "StandbyGuest", "put to standby");
}

Result<MoRef> consolidate_disks_task(Session& session, const MoRef& vm) {
    return start(session, vm, "ConsolidateVMDisks_Task", "consolidate the disks of");
}

} // namespace pf::vim
