#include "tools/pfnvme/inventory/path_plan.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace pf::nvmetool {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

bool reaches(const PathEnd& end, const SdtAddress& target) {
    return same_network(end.address, target.ip, end.netmask);
}

} // namespace

std::vector<PlannedPath> plan_paths(const std::vector<PathEnd>& ends,
                                    const std::vector<SdtAddress>& targets, std::size_t limit) {
    std::vector<SdtAddress> usable;
    std::copy_if(targets.begin(), targets.end(), std::back_inserter(usable),
                 [](const SdtAddress& target) { return target.serving; });
    std::sort(usable.begin(), usable.end(), [](const SdtAddress& a, const SdtAddress& b) {
        return std::tie(a.sdt_name, a.ip) < std::tie(b.sdt_name, b.ip);
    });

    struct Candidate {
        const PathEnd* end;
        const SdtAddress* target;
    };
    std::vector<Candidate> local;
    std::vector<Candidate> all;
    for (const SdtAddress& target : usable) {
        for (const PathEnd& end : ends) {
            all.push_back({&end, &target});
            if (reaches(end, target)) {
                local.push_back({&end, &target});
            }
        }
    }
    // A routed storage network has no common subnet at all; then any pair may work.
    std::vector<Candidate> open = local.empty() ? all : local;

    std::vector<PlannedPath> out;
    std::map<std::string, int> by_sdt;
    std::map<std::string, int> by_address;
    std::map<std::string, int> by_nic;
    while (out.size() < limit && !open.empty()) {
        const auto best =
            std::min_element(open.begin(), open.end(), [&](const Candidate& a, const Candidate& b) {
                return std::tuple(by_sdt[a.target->sdt_id], by_address[a.target->ip],
                                  by_nic[a.end->nic]) < std::tuple(by_sdt[b.target->sdt_id],
                                                                   by_address[b.target->ip],
                                                                   by_nic[b.end->nic]);
            });
        const Candidate chosen = *best;
        open.erase(best);
        ++by_sdt[chosen.target->sdt_id];
        ++by_address[chosen.target->ip];
        ++by_nic[chosen.end->nic];
        out.push_back({chosen.end->nic, chosen.end->vmk, chosen.target->sdt_name, chosen.target->ip,
                       chosen.target->nvme_port});
    }
    std::sort(out.begin(), out.end(), [](const PlannedPath& a, const PlannedPath& b) {
        return std::tie(a.nic, a.address, a.port) < std::tie(b.nic, b.address, b.port);
    });
    return out;
}

std::vector<PathEnd> choose_path_ends(const HostInfo& host, const std::vector<SdtAddress>& targets,
                                      const std::vector<std::string>& vmks,
                                      const std::vector<std::string>& nics) {
    const bool any_tagged = std::any_of(host.vmks.begin(), host.vmks.end(),
                                        [](const VmkNic& vmk) { return vmk.nvme_tagged; });
    std::vector<const VmkNic*> chosen;
    for (const VmkNic& vmk : host.vmks) {
        const bool shares =
            std::any_of(targets.begin(), targets.end(), [&](const SdtAddress& target) {
                return same_network(vmk.address, target.ip, vmk.netmask);
            });
        const bool wanted =
            !vmks.empty() ? contains(vmks, vmk.name) : (any_tagged ? vmk.nvme_tagged : shares);
        if (wanted) {
            chosen.push_back(&vmk);
        }
    }
    std::vector<PathEnd> out;
    std::set<std::string> taken;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const VmkNic& vmk = *chosen[i];
        std::string nic;
        for (const std::string& uplink : vmk.uplinks) {
            if ((nics.empty() || contains(nics, uplink)) && !taken.contains(uplink)) {
                nic = uplink;
                break;
            }
        }
        if (nic.empty() && vmk.uplinks.empty() && i < nics.size() && !taken.contains(nics[i])) {
            nic =
                nics[i]; // uplinks not known (opaque switch): pair by position, as the options say
        }
        if (!nic.empty()) {
            taken.insert(nic);
            out.push_back({nic, vmk.name, vmk.address, vmk.netmask});
        }
    }
    return out;
}

} // namespace pf::nvmetool
