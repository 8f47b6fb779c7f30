#pragma once
// The command lines that do the same as one of our calls: for dry runs, reports and journals. Pure
// text, quoted for a POSIX shell (esxcli, govc) or PowerShell (powercli). An empty string means
// that tool has no such command.

#include "libvsphere/host.hpp"
#include "libvsphere/vm.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pf::vim {

struct Equivalent {
    std::string esxcli, powercli, govc;
};

namespace equivalent {

Equivalent select_vnic(std::string_view host, std::string_view vmk);
Equivalent deselect_vnic(std::string_view host, std::string_view vmk);
/// A VMkernel port on a standard port group, or (`on_switch`: name of the distributed switch) on a
/// distributed one, whose port esxcli wants by number. govc has no such command. No address: DHCP.
struct VmkernelPort {
    std::string vmk, portgroup, on_switch;
    bool distributed = false;
    std::string address, netmask;
    int mtu = 1500;
};
Equivalent add_vnic(std::string_view host, const VmkernelPort& port);
Equivalent remove_vnic(std::string_view host, std::string_view vmk);
Equivalent create_tcp_adapter(std::string_view host, std::string_view pnic);
Equivalent remove_tcp_adapter(std::string_view host, std::string_view hba, std::string_view pnic);
Equivalent nvme_discover(std::string_view host, const NvmeTarget& target);
Equivalent nvme_connect(std::string_view host, const NvmeConnect& spec);
Equivalent nvme_disconnect(std::string_view host, const NvmeDisconnect& spec);
Equivalent rescan_all(std::string_view host);
Equivalent rescan_hba(std::string_view host, std::string_view hba);
Equivalent rescan_vmfs(std::string_view host);
Equivalent detach_lun(std::string_view host, std::string_view canonical_name);
Equivalent attach_lun(std::string_view host, std::string_view canonical_name);
Equivalent delete_lun_state(std::string_view host, std::string_view canonical_name);
Equivalent mount_vmfs(std::string_view host, std::string_view label, std::string_view vmfs_uuid);
Equivalent unmount_vmfs(std::string_view host, std::string_view label, std::string_view vmfs_uuid);
Equivalent resignature(std::string_view host, std::string_view label);
Equivalent force_mount(std::string_view host, std::string_view label);
Equivalent set_hpp_policy(std::string_view host, std::string_view device, const PathPolicy& policy);
Equivalent create_vmfs_datastore(std::string_view host, std::string_view canonical_name,
                                 std::string_view name);
Equivalent rename_datastore(std::string_view old_name, std::string_view new_name);
/// `moved`: mount path with the old UUID, and the datastore that it is now. govc has no such
/// command.
Equivalent update_vm_files(std::string_view datastore,
                           const std::vector<std::pair<std::string, std::string>>& moved);
Equivalent destroy_datastore(std::string_view name);
Equivalent relocate(std::string_view vm, std::string_view target_datastore);
Equivalent register_vm(std::string_view host, std::string_view vmx_path, std::string_view name);
Equivalent unregister_vm(std::string_view vm);
Equivalent power_on(std::string_view vm);
Equivalent power_off(std::string_view vm);
Equivalent shutdown_guest(std::string_view vm);

} // namespace equivalent

/// One word for a POSIX shell, quoted only when it must be.
std::string shell_quote(std::string_view word);

} // namespace pf::vim
