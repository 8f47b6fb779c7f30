#include "libvsphere/equivalent.hpp"

#include "libvsphere/esxcli.hpp"

namespace pf::vim {

std::string shell_quote(std::string_view word) {
    constexpr std::string_view safe =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "_-./:=,@%+#";
    if (!word.empty() && word.find_first_not_of(safe) == std::string_view::npos &&
        word.front() != '#')
        return std::string(word);
    std::string out = "'";
    for (char c : word) {
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    }
    return out + "'";
}

namespace equivalent {

namespace {

std::string ps(std::string_view word) { // PowerShell single quotes double inside
    std::string out = "'";
    for (char c : word) {
        out += c;
        if (c == '\'')
            out += c;
    }
    return out + "'";
}

/// PowerCLI's own door to esxcli: arguments by name.
std::string ps_esxcli(std::string_view host, std::string_view path,
                      const std::vector<std::pair<std::string, std::string>>& args) {
    std::string hash;
    for (const auto& [name, value] : args)
        hash += (hash.empty() ? "" : "; ") + name + "=" + ps(value);
    return fmt::format("(Get-EsxCli -VMHost {} -V2).{}.Invoke({})", ps(host), path,
                       hash.empty() ? "" : "@{" + hash + "}");
}

std::string govc_esxcli(std::string_view host, const EsxcliCommand& command) {
    std::string text = command.text();
    constexpr std::string_view prefix = "esxcli ";
    return fmt::format("govc host.esxcli -host {} -- {}", shell_quote(host),
                       std::string_view(text).substr(prefix.size()));
}

Equivalent from(std::string_view host, const EsxcliCommand& command, std::string powercli) {
    return {command.text(), std::move(powercli), govc_esxcli(host, command)};
}

std::string storage(std::string_view host) {
    return fmt::format("Get-VMHostStorage -VMHost {}", ps(host));
}

} // namespace

Equivalent select_vnic(std::string_view host, std::string_view vmk) {
    EsxcliCommand c("network ip interface tag add");
    c.opt("interface-name", std::string(vmk)).opt("tagname", "NVMeTCP");
    return {c.text(),
            ps_esxcli(host, "network.ip.interface.tag.add",
                      {{"interfacename", std::string(vmk)}, {"tagname", "NVMeTCP"}}),
            fmt::format("govc host.vnic.service -host {} -enable nvmeTcp {}", shell_quote(host),
                        shell_quote(vmk))};
}

Equivalent deselect_vnic(std::string_view host, std::string_view vmk) {
    EsxcliCommand c("network ip interface tag remove");
    c.opt("interface-name", std::string(vmk)).opt("tagname", "NVMeTCP");
    return {c.text(),
            ps_esxcli(host, "network.ip.interface.tag.remove",
                      {{"interfacename", std::string(vmk)}, {"tagname", "NVMeTCP"}}),
            fmt::format("govc host.vnic.service -host {} -enable=false nvmeTcp {}",
                        shell_quote(host), shell_quote(vmk))};
}

Equivalent add_vnic(std::string_view host, const VmkernelPort& port) {
    EsxcliCommand add("network ip interface add");
    add.opt("interface-name", port.vmk).opt("mtu", std::to_string(port.mtu));
    std::string esxcli;
    if (port.distributed) {
        add.opt("dvs-name", port.on_switch);
        esxcli = add.text() + fmt::format(" --dvport-id '<free port of {}>'", port.portgroup);
    } else {
        esxcli = add.opt("portgroup-name", port.portgroup).text();
    }
    EsxcliCommand ipv4("network ip interface ipv4 set");
    ipv4.opt("interface-name", port.vmk);
    const bool dhcp = port.address.empty();
    if (dhcp) {
        ipv4.opt("type", "dhcp");
    } else {
        ipv4.opt("type", "static").opt("ipv4", port.address).opt("netmask", port.netmask);
    }
    std::string power = fmt::format("New-VMHostNetworkAdapter -VMHost {} -VirtualSwitch {} "
                                    "-PortGroup {} -Mtu {}",
                                    ps(host), ps(port.on_switch), ps(port.portgroup), port.mtu);
    power +=
        dhcp ? std::string() : fmt::format(" -IP {} -SubnetMask {}", port.address, port.netmask);
    return {esxcli + " && " + ipv4.text(), std::move(power), ""};
}

Equivalent remove_vnic(std::string_view host, std::string_view vmk) {
    EsxcliCommand c("network ip interface remove");
    c.opt("interface-name", std::string(vmk));
    return from(host, c,
                fmt::format("Get-VMHostNetworkAdapter -VMHost {} -Name {} | "
                            "Remove-VMHostNetworkAdapter -Confirm:$false",
                            ps(host), ps(vmk)));
}

Equivalent create_tcp_adapter(std::string_view host, std::string_view pnic) {
    EsxcliCommand c("nvme fabrics enable");
    c.opt("protocol", "TCP").opt("device", std::string(pnic));
    return from(host, c,
                ps_esxcli(host, "nvme.fabrics.enable",
                          {{"protocol", "TCP"}, {"device", std::string(pnic)}}));
}

Equivalent remove_tcp_adapter(std::string_view host, std::string_view, std::string_view pnic) {
    EsxcliCommand c("nvme fabrics disable");
    c.opt("protocol", "TCP").opt("device", std::string(pnic));
    return from(host, c,
                ps_esxcli(host, "nvme.fabrics.disable",
                          {{"protocol", "TCP"}, {"device", std::string(pnic)}}));
}

Equivalent nvme_discover(std::string_view host, const NvmeTarget& target) {
    EsxcliCommand c("nvme fabrics discover");
    c.opt("adapter", target.hba)
        .opt("ip-address", target.address)
        .opt("port-number", std::to_string(target.port));
    return from(host, c,
                ps_esxcli(host, "nvme.fabrics.discover",
                          {{"adapter", target.hba},
                           {"ipaddress", target.address},
                           {"portnumber", std::to_string(target.port)}}));
}

Equivalent nvme_connect(std::string_view host, const NvmeConnect& spec) {
    EsxcliCommand c("nvme fabrics connect");
    c.opt("adapter", spec.target.hba)
        .opt("ip-address", spec.target.address)
        .opt("port-number", std::to_string(spec.target.port))
        .opt("subsystem-nqn", spec.subnqn);
    std::vector<std::pair<std::string, std::string>> args = {
        {"adapter", spec.target.hba},
        {"ipaddress", spec.target.address},
        {"portnumber", std::to_string(spec.target.port)},
        {"subsystemnqn", spec.subnqn}};
    if (spec.keep_alive_s) {
        c.opt("keepalive-timeout", std::to_string(*spec.keep_alive_s));
        args.emplace_back("keepalivetimeout", std::to_string(*spec.keep_alive_s));
    }
    if (spec.admin_queue_size) {
        c.opt("admin-queue-size", std::to_string(*spec.admin_queue_size));
        args.emplace_back("adminqueuesize", std::to_string(*spec.admin_queue_size));
    }
    return from(host, c, ps_esxcli(host, "nvme.fabrics.connect", args));
}

Equivalent nvme_disconnect(std::string_view host, const NvmeDisconnect& spec) {
    EsxcliCommand c("nvme fabrics disconnect");
    c.opt("adapter", spec.hba);
    std::vector<std::pair<std::string, std::string>> args = {{"adapter", spec.hba}};
    if (spec.controller_number) {
        c.opt("controller-number", std::to_string(*spec.controller_number));
        args.emplace_back("controllernumber", std::to_string(*spec.controller_number));
    } else {
        c.opt("subsystem-nqn", spec.subnqn);
        args.emplace_back("subsystemnqn", spec.subnqn);
    }
    return from(host, c, ps_esxcli(host, "nvme.fabrics.disconnect", args));
}

Equivalent rescan_all(std::string_view host) {
    EsxcliCommand c("storage core adapter rescan");
    c.flag("all");
    return {c.text(), storage(host) + " -RescanAllHba",
            fmt::format("govc host.storage.info -host {} -rescan", shell_quote(host))};
}

Equivalent rescan_hba(std::string_view host, std::string_view hba) {
    EsxcliCommand c("storage core adapter rescan");
    c.opt("adapter", std::string(hba));
    return from(host, c,
                fmt::format("(Get-View (Get-VMHost {}).ExtensionData.ConfigManager.StorageSystem)"
                            ".RescanHba({})",
                            ps(host), ps(hba)));
}

Equivalent rescan_vmfs(std::string_view host) {
    EsxcliCommand c("storage filesystem rescan");
    return {c.text(), storage(host) + " -RescanVmfs",
            fmt::format("govc host.storage.info -host {} -rescan-vmfs", shell_quote(host))};
}

Equivalent detach_lun(std::string_view host, std::string_view canonical_name) {
    EsxcliCommand c("storage core device set");
    c.opt("device", std::string(canonical_name)).opt("state", "off");
    return from(host, c,
                ps_esxcli(host, "storage.core.device.set",
                          {{"device", std::string(canonical_name)}, {"state", "off"}}));
}

Equivalent attach_lun(std::string_view host, std::string_view canonical_name) {
    EsxcliCommand c("storage core device set");
    c.opt("device", std::string(canonical_name)).opt("state", "on");
    return from(host, c,
                ps_esxcli(host, "storage.core.device.set",
                          {{"device", std::string(canonical_name)}, {"state", "on"}}));
}

Equivalent delete_lun_state(std::string_view host, std::string_view canonical_name) {
    EsxcliCommand c("storage core device detached remove");
    c.opt("device", std::string(canonical_name));
    return from(host, c,
                ps_esxcli(host, "storage.core.device.detached.remove",
                          {{"device", std::string(canonical_name)}}));
}

Equivalent mount_vmfs(std::string_view host, std::string_view, std::string_view vmfs_uuid) {
    EsxcliCommand c("storage filesystem mount");
    c.opt("volume-uuid", std::string(vmfs_uuid));
    return from(
        host, c,
        ps_esxcli(host, "storage.filesystem.mount", {{"volumeuuid", std::string(vmfs_uuid)}}));
}

Equivalent unmount_vmfs(std::string_view host, std::string_view, std::string_view vmfs_uuid) {
    EsxcliCommand c("storage filesystem unmount");
    c.opt("volume-uuid", std::string(vmfs_uuid));
    return from(
        host, c,
        ps_esxcli(host, "storage.filesystem.unmount", {{"volumeuuid", std::string(vmfs_uuid)}}));
}

Equivalent resignature(std::string_view host, std::string_view label) {
    EsxcliCommand c("storage vmfs snapshot resignature");
    c.opt("volume-label", std::string(label));
    return from(host, c,
                ps_esxcli(host, "storage.vmfs.snapshot.resignature",
                          {{"volumelabel", std::string(label)}}));
}

Equivalent force_mount(std::string_view host, std::string_view label) {
    EsxcliCommand c("storage vmfs snapshot mount");
    c.opt("volume-label", std::string(label));
    return from(
        host, c,
        ps_esxcli(host, "storage.vmfs.snapshot.mount", {{"volumelabel", std::string(label)}}));
}

Equivalent set_hpp_policy(std::string_view host, std::string_view device,
                          const PathPolicy& policy) {
    EsxcliCommand c("storage hpp device set");
    c.opt("device", std::string(device)).opt("pss", policy.policy);
    std::vector<std::pair<std::string, std::string>> args = {{"device", std::string(device)},
                                                             {"pss", policy.policy}};
    if (policy.iops) {
        c.opt("iops", std::to_string(*policy.iops));
        args.emplace_back("iops", std::to_string(*policy.iops));
    }
    if (policy.bytes) {
        c.opt("bytes", std::to_string(*policy.bytes));
        args.emplace_back("bytes", std::to_string(*policy.bytes));
    }
    return from(host, c, ps_esxcli(host, "storage.hpp.device.set", args));
}

Equivalent create_vmfs_datastore(std::string_view host, std::string_view canonical_name,
                                 std::string_view name) {
    return {"",
            fmt::format("New-Datastore -VMHost {} -Name {} -Path {} -Vmfs -FileSystemVersion 6",
                        ps(host), ps(name), ps(canonical_name)),
            fmt::format("govc datastore.create -type vmfs -version 6 -name {} -disk {} {}",
                        shell_quote(name), shell_quote(canonical_name), shell_quote(host))};
}

Equivalent rename_datastore(std::string_view old_name, std::string_view new_name) {
    return {"",
            fmt::format("Get-Datastore {} | Set-Datastore -Name {}", ps(old_name), ps(new_name)),
            fmt::format("govc object.rename {} {}",
                        shell_quote(fmt::format("datastore/{}", old_name)), shell_quote(new_name))};
}

Equivalent update_vm_files(std::string_view datastore,
                           const std::vector<std::pair<std::string, std::string>>& moved) {
    std::string pairs;
    for (const auto& [path, now] : moved)
        pairs += fmt::format("{}(New-Object VMware.Vim.DatastoreMountPathDatastorePair -Property "
                             "@{{OldMountPath={}; Datastore=(Get-Datastore {}).ExtensionData."
                             "MoRef}})",
                             pairs.empty() ? "" : ", ", ps(path), ps(now));
    return {"",
            fmt::format("(Get-Datastore {}).ExtensionData.UpdateVirtualMachineFiles(@({}))",
                        ps(datastore), pairs),
            ""};
}

Equivalent destroy_datastore(std::string_view name) {
    return {"", fmt::format("Remove-Datastore -Datastore {} -Confirm:$false", ps(name)),
            fmt::format("govc datastore.remove -ds {}", shell_quote(name))};
}

Equivalent relocate(std::string_view vm, std::string_view target_datastore) {
    return {
        "", fmt::format("Move-VM -VM {} -Datastore {}", ps(vm), ps(target_datastore)),
        fmt::format("govc vm.migrate -ds {} {}", shell_quote(target_datastore), shell_quote(vm))};
}

Equivalent register_vm(std::string_view host, std::string_view vmx_path, std::string_view name) {
    std::string govc;
    if (auto split = split_datastore_path(vmx_path))
        govc =
            fmt::format("govc vm.register -host {} -name {} -ds {} {}", shell_quote(host),
                        shell_quote(name), shell_quote(split->first), shell_quote(split->second));
    return {
        "",
        fmt::format("New-VM -VMHost {} -VMFilePath {} -Name {}", ps(host), ps(vmx_path), ps(name)),
        govc};
}

Equivalent unregister_vm(std::string_view vm) {
    return {"", fmt::format("Remove-VM -VM {} -Confirm:$false", ps(vm)),
            fmt::format("govc vm.unregister {}", shell_quote(vm))};
}

Equivalent power_on(std::string_view vm) {
    return {"", fmt::format("Start-VM -VM {}", ps(vm)),
            fmt::format("govc vm.power -on {}", shell_quote(vm))};
}

Equivalent power_off(std::string_view vm) {
    return {"", fmt::format("Stop-VM -VM {} -Confirm:$false", ps(vm)),
            fmt::format("govc vm.power -off {}", shell_quote(vm))};
}

Equivalent shutdown_guest(std::string_view vm) {
    return {"", fmt::format("Stop-VMGuest -VM {} -Confirm:$false", ps(vm)),
            fmt::format("govc vm.power -s {}", shell_quote(vm))};
}

} // namespace equivalent

} // namespace pf::vim
