#include "tools/pfnvme/plan/judge.hpp"

#include "base/glob.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace pf::nvmetool {

namespace {

// Ignoring one of these loses data or leaves a VM that can't start.
constexpr std::array<std::string_view, 12> kNeverWaived{
    "E-VER-01", "E-CONN-01", "H-NQN-01",  "H-NQN-02", "P-PROTO-01", "P-MAP-01",
    "D-PF-01",  "D-SPAN-01", "D-LOCK-01", "V-RDM-01", "V-MULTI-01", "E-PATH-03"};

bool is_moving(const std::vector<const VmInfo*>& moving, const std::string& object) {
    return std::any_of(moving.begin(), moving.end(),
                       [&](const VmInfo* vm) { return object == "VM " + vm->name; });
}

// Online units move VMs; an offline conversion asks no such thing of a host.
void judge_movers(const Inventory& inventory, const Component& component,
                  std::vector<PlanFinding>& out) {
    std::set<std::string> host_ids;
    for (const DatastoreInfo* datastore : component.datastores) {
        for (const DatastoreMount& mount : datastore->mounts) {
            host_ids.insert(mount.host_id);
        }
    }
    for (const std::string& id : host_ids) {
        const HostInfo* host = inventory.host(id);
        if (host != nullptr && host->storage_vmotion && !*host->storage_vmotion) {
            out.push_back(finding("E-SVM-01", "host " + host->name,
                                  fmt::format("host '{}' can't move VMs between datastores while "
                                              "they run",
                                              host->name)));
        }
    }
}

} // namespace

bool is_blocker(const PlanFinding& finding) {
    return finding.severity == "blocker" && finding.waiver.empty();
}

std::vector<PlanFinding> judge_component(const Inventory& inventory, const Intent& intent,
                                         const Component& component, Strategy strategy,
                                         const std::vector<const VmInfo*>& moving) {
    std::vector<PlanFinding> out;
    for (PlanFinding& item : check_unit(inventory, component.datastores, strategy)) {
        const bool of_vm = item.object.starts_with("VM ");
        if (of_vm && strategy == Strategy::Online && !is_moving(moving, item.object)) {
            continue; // it stays where it is
        }
        out.push_back(std::move(item));
    }
    for (const DatastoreInfo* datastore : component.datastores) {
        const VolumeInfo* source = inventory.sdc_volume_of(*datastore);
        if (strategy != Strategy::Online || source == nullptr) {
            continue;
        }
        const std::string volume_name = expand_name(intent.volume_name, datastore->name);
        const VolumeInfo* volume = inventory.volume_named(volume_name);
        if (volume != nullptr && volume->protocol() != Protocol::None) {
            out.push_back(
                finding("P-PROTO-01", "volume " + volume_name,
                        fmt::format("volume '{}', which is to be created for datastore '{}', "
                                    "exists and is mapped by {}",
                                    volume_name, datastore->name, to_string(volume->protocol())),
                        "change target.naming.volume, or unmap and remove that volume"));
        }
        const std::string target = expand_name(intent.datastore_online, datastore->name);
        if (inventory.datastore_named(target) != nullptr) {
            out.push_back(finding("D-PF-01", "datastore " + target,
                                  fmt::format("a datastore named '{}' already exists", target),
                                  "change target.naming.datastore_online"));
        }
    }
    if (strategy == Strategy::Online && !component.vms.empty()) {
        judge_movers(inventory, component, out);
    }
    return out;
}

std::vector<PlanFinding> judge_host(const Inventory& inventory, const Intent& intent,
                                    const std::string& host_id) {
    const HostInfo* host = inventory.host(host_id);
    if (host == nullptr) {
        return {
            finding("E-CONN-01", "host " + host_id,
                    fmt::format("host {} of a datastore is not visible in this vCenter", host_id))};
    }
    std::vector<PlanFinding> out = check_host_ready(inventory, *host, 0, intent.require_min_paths);
    const std::string object = "host " + host->name;
    for (const std::string& name : intent.require_vmks) {
        const bool tagged =
            std::any_of(host->vmks.begin(), host->vmks.end(), [&](const VmkNic& vmk) {
                return (vmk.name == name || vmk.portgroup == name) && vmk.nvme_tagged;
            });
        if (!tagged) {
            out.push_back(finding("N-TAG-01", object,
                                  fmt::format("host '{}' has no VMkernel port '{}' with the "
                                              "NVMe over TCP service (network.paths.vmks)",
                                              host->name, name)));
        }
    }
    for (const SdtAddress& sdt : inventory.sdts) {
        const bool wanted = intent.require_sdts == std::vector<std::string>{"all"}
                                ? sdt.serving
                                : std::find(intent.require_sdts.begin(), intent.require_sdts.end(),
                                            sdt.sdt_name) != intent.require_sdts.end();
        // One address of each SDT is enough.
        const bool connected = std::any_of(
            host->controllers.begin(), host->controllers.end(), [&](const NvmeController& item) {
                return item.online && std::any_of(inventory.sdts.begin(), inventory.sdts.end(),
                                                  [&](const SdtAddress& other) {
                                                      return other.sdt_id == sdt.sdt_id &&
                                                             other.ip == item.address;
                                                  });
            });
        if (wanted && !connected) {
            PlanFinding missing =
                finding("E-PATH-03", object,
                        fmt::format("host '{}' has no controller of SDT '{}' online "
                                    "(network.paths.sdts)",
                                    host->name, sdt.sdt_name));
            if (std::find(out.begin(), out.end(), missing) == out.end()) {
                out.push_back(std::move(missing));
            }
        }
    }
    return out;
}

bool waivable(std::string_view check) {
    return std::find(kNeverWaived.begin(), kNeverWaived.end(), check) == kNeverWaived.end();
}

void apply_waivers(const Intent& intent, std::int64_t now_s, std::vector<PlanFinding>& findings) {
    for (PlanFinding& item : findings) {
        for (const WaiverRule& waiver : intent.waivers) {
            const std::size_t space = item.object.find(' ');
            const std::string name =
                space == std::string::npos ? item.object : item.object.substr(space + 1);
            if (waiver.check == item.check && waivable(item.check) && now_s < waiver.until_s &&
                (glob_match(waiver.object, item.object) || glob_match(waiver.object, name))) {
                item.waiver = fmt::format("waived by {} until {}: {}", waiver.by, waiver.until,
                                          waiver.reason);
            }
        }
    }
}

} // namespace pf::nvmetool
