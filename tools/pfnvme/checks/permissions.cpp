#include "tools/pfnvme/checks/permissions.hpp"

#include <fmt/format.h>

#include <array>

namespace pf::nvmetool {

namespace {

constexpr std::array<PrivilegeNeed, 28> kNeeds{{
    {"System.Anonymous", "log in", true, true, true, true},
    {"System.Read", "read properties", true, true, true, true},
    {"System.View", "see objects", true, true, true, true},
    {"Sessions.ValidateSession", "ask which privileges the session has", true, true, true, true},
    {"Host.Config.Settings", "read advanced options and modules, run esxcli", true, true, true,
     true},
    {"Host.Config.Network", "add and tag VMkernel ports", false, true, false, false},
    {"Host.Config.Storage", "add adapters, connect controllers, rescan, mount, resignature", false,
     true, true, true},
    {"Host.Config.AdvancedConfig", "query advanced options of hosts", true, true, true, true},
    {"Datastore.Browse", "look at files", false, false, true, true},
    {"Datastore.AllocateSpace", "place disks and swap files", false, false, true, true},
    {"Datastore.Rename", "give a resignatured datastore its name back", false, false, false, true},
    {"Datastore.Delete", "remove an empty source datastore", false, false, true, false},
    {"Datastore.FileManagement", "files of VMs", false, false, true, true},
    {"Datastore.UpdateVirtualMachineFiles", "let files of VMs name a resignatured datastore", false,
     false, false, true},
    {"Resource.AssignVMToPool", "register VMs in their pool", false, false, false, true},
    {"Resource.HotMigrate", "Storage vMotion of running VMs", false, false, true, false},
    {"Resource.ColdMigrate", "relocate VMs that are off", false, false, true, true},
    {"VirtualMachine.Inventory.Register", "register VMs", false, false, false, true},
    {"VirtualMachine.Inventory.Unregister", "unregister VMs", false, false, false, true},
    {"VirtualMachine.Interact.PowerOn", "start VMs", false, false, false, true},
    {"VirtualMachine.Interact.PowerOff", "stop VMs that do not shut down", false, false, false,
     true},
    {"VirtualMachine.Interact.AnswerQuestion", "answer moved-or-copied", false, false, false, true},
    {"VirtualMachine.Config.AdvancedConfig", "keep the UUID of a moved VM", false, false, false,
     true},
    {"Host.Inventory.EditCluster", "restore DRS and HA overrides and rules", false, false, false,
     true},
    {"Host.Config.AutoStart", "restore automatic start", false, false, false, true},
    {"Authorization.ModifyPermissions", "restore permissions", false, false, false, true},
    {"Global.SetCustomField", "restore custom attributes", false, false, false, true},
    {"InventoryService.Tagging.AttachTag", "restore tags", false, false, false, true},
}};

} // namespace

bool PrivilegeNeed::needed(Mode mode) const {
    switch (mode) {
    case Mode::Read:
        return read;
    case Mode::Onboard:
        return onboard;
    case Mode::Online:
        return online;
    case Mode::Offline:
        return offline;
    }
    return false;
}

std::span<const PrivilegeNeed> privilege_needs() { return kNeeds; }

std::vector<std::string> privileges_of(Mode mode) {
    std::vector<std::string> out;
    for (const PrivilegeNeed& item : kNeeds) {
        if (item.needed(mode)) {
            out.emplace_back(item.privilege);
        }
    }
    return out;
}

std::string_view to_string(Mode mode) {
    switch (mode) {
    case Mode::Read:
        return "read";
    case Mode::Onboard:
        return "onboard";
    case Mode::Online:
        return "online";
    case Mode::Offline:
        return "offline";
    }
    return "?";
}

std::string govc_role(Mode mode) {
    std::string out = fmt::format("govc role.create pfnvme-{}", to_string(mode));
    for (const std::string& name : privileges_of(mode)) {
        if (!name.starts_with("System.")) { // every role has these
            out += " " + name;
        }
    }
    return out;
}

std::string powercli_role(Mode mode) {
    std::string list;
    for (const std::string& name : privileges_of(mode)) {
        if (!name.starts_with("System.")) {
            list += (list.empty() ? "" : ",") + fmt::format("'{}'", name);
        }
    }
    return fmt::format("New-VIRole -Name pfnvme-{} -Privilege (Get-VIPrivilege -Id {})",
                       to_string(mode), list);
}

} // namespace pf::nvmetool
