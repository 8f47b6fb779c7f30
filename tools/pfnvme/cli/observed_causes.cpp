#include "tools/pfnvme/cli/observed_causes.hpp"

#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/plan/step_builder.hpp"

#include <algorithm>
#include <cctype>

namespace pf::nvmetool {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

bool reaches_target(const Inventory& inventory, const VmkNic& vmk) {
    return std::any_of(inventory.sdts.begin(), inventory.sdts.end(), [&](const SdtAddress& sdt) {
        return same_network(vmk.address, sdt.ip, vmk.netmask);
    });
}

// Ports in a target's network are meant for it; when none is, every port but the first may be.
std::vector<const VmkNic*> meant_for_nvme(const Inventory& inventory, const HostInfo& host) {
    std::vector<const VmkNic*> out;
    for (const VmkNic& vmk : host.vmks) {
        if (reaches_target(inventory, vmk)) {
            out.push_back(&vmk);
        }
    }
    for (std::size_t i = 1; out.empty() && i < host.vmks.size(); ++i) {
        out.push_back(&host.vmks[i]);
    }
    return out;
}

void tags(const Inventory& inventory, const HostInfo& host, std::vector<ObservedCause>& out) {
    std::string untagged;
    for (const VmkNic* vmk : meant_for_nvme(inventory, host)) {
        if (!vmk->nvme_tagged) {
            untagged += (untagged.empty() ? "" : ",") + vmk->name;
        }
    }
    const std::string scope = " --host " + short_name(host.name);
    if (!untagged.empty()) {
        out.push_back({"N-TAG-01", untagged + " has no NVMe over TCP service",
                       "pfnvme host nvme vmk tag --vmks " + untagged + scope});
    } else if (std::none_of(host.vmks.begin(), host.vmks.end(),
                            [](const VmkNic& vmk) { return vmk.nvme_tagged; })) {
        out.push_back({"N-TAG-01", "the host has no VMkernel port for storage",
                       "pfnvme host nvme vmk create --portgroup NAME --address IP/LENGTH" + scope});
    }
}

void uplinks(const HostInfo& host, std::vector<ObservedCause>& out) {
    for (const NvmeAdapter& adapter : host.adapters) {
        std::string others;
        bool matched = false;
        for (const VmkNic& vmk : host.vmks) {
            if (vmk.nvme_tagged && !vmk.uplinks.empty()) {
                matched = matched || contains(vmk.uplinks, adapter.nic);
                others += fmt::format("{}{} uses {}", others.empty() ? "" : ", ", vmk.name,
                                      fmt::join(vmk.uplinks, "+"));
            }
        }
        if (!matched && !others.empty()) {
            out.push_back({"N-NIC-02",
                           fmt::format("{} is on {}, but {}", adapter.name, adapter.nic, others),
                           "put the adapter on the active uplink of the port: pfnvme host nvme "
                           "adapter add --vmnics vmnicN --host " +
                               short_name(host.name)});
        }
    }
}

// "vmhba68" of the error text.
std::string adapter_in(std::string_view text) {
    constexpr std::string_view kPrefix = "vmhba";
    const std::size_t at = text.find(kPrefix);
    if (at == std::string_view::npos) {
        return {};
    }
    std::size_t end = at + kPrefix.size();
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) {
        ++end;
    }
    return std::string(text.substr(at, end - at));
}

void adapters(const HostInfo& host, std::string_view error_text, std::vector<ObservedCause>& out) {
    const std::string scope = " --host " + short_name(host.name);
    if (host.adapters.empty()) {
        out.push_back({"adapter", "the host has no NVMe/TCP adapter",
                       "pfnvme host nvme adapter add --vmnics vmnicN" + scope});
        return;
    }
    const std::string named = adapter_in(error_text);
    std::vector<std::string> known;
    for (const NvmeAdapter& adapter : host.adapters) {
        known.push_back(adapter.name);
    }
    if (!named.empty() && !contains(known, named)) {
        out.push_back({"adapter",
                       fmt::format("{} is none of the host's NVMe/TCP adapters, which are {}",
                                   named, fmt::join(known, ", ")),
                       "pfnvme host nvme adapter list" + scope});
    }
}

void mappings(const Inventory& inventory, const HostInfo& host, std::vector<ObservedCause>& out) {
    const PowerFlexHost* registered = inventory.nvme_host(host.nqn);
    if (registered == nullptr) {
        out.push_back({"H-NQN-05", "PowerFlex does not know the host's NQN " + host.nqn,
                       "pfnvme array nvme-host add --host " + short_name(host.name)});
    } else if (inventory.volumes_of(*registered).empty()) {
        out.push_back({"mapping", "no volume is mapped to the host",
                       "pfnvme array volume map VOLUME --host " + short_name(host.name)});
    }
}

} // namespace

std::vector<ObservedCause> observed_causes(const Inventory& inventory, const HostInfo& host,
                                           std::string_view error_text) {
    std::vector<ObservedCause> out;
    tags(inventory, host, out);
    uplinks(host, out);
    adapters(host, error_text, out);
    mappings(inventory, host, out);
    for (const PlanFinding& finding : check_host(inventory, host)) {
        const bool told = std::any_of(out.begin(), out.end(), [&](const ObservedCause& cause) {
            return cause.check == finding.check;
        });
        if (!told) {
            out.push_back({finding.check, finding.message, finding.fix});
        }
    }
    return out;
}

} // namespace pf::nvmetool
