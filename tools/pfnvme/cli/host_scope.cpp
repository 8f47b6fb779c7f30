#include "tools/pfnvme/cli/host_scope.hpp"

#include "base/clock.hpp"
#include "base/glob.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

// Lists may be given by repetition or by commas.
std::vector<std::string> list_of(const OptionValues& values, std::string_view option) {
    std::vector<std::string> out;
    for (const std::string& item : values.list(option)) {
        std::size_t at = 0;
        while (at <= item.size()) {
            const std::size_t end = std::min(item.find(',', at), item.size());
            if (end > at) {
                out.push_back(item.substr(at, end - at));
            }
            at = end + 1;
        }
    }
    return out;
}

bool matches(const std::vector<std::string>& patterns, const std::string& name) {
    return patterns.empty() ||
           std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
               return glob_match(pattern, name) ||
                      glob_match(pattern, name.substr(0, name.find('.')));
           });
}

} // namespace

void add_host_scope_options(OptionTable& table) {
    table.add({.name = "host",
               .type = OptionType::List,
               .help = "hosts by name or glob (may be repeated); else all",
               .value_name = "NAME"});
    table.add({.name = "cluster",
               .type = OptionType::List,
               .help = "clusters by name or glob; else all",
               .value_name = "NAME"});
}

Result<std::vector<const HostInfo*>> hosts_in_scope(const OptionValues& values,
                                                    const Inventory& inventory) {
    const std::vector<std::string> hosts = list_of(values, "host");
    const std::vector<std::string> clusters = list_of(values, "cluster");
    std::vector<const HostInfo*> out;
    for (const HostInfo& host : inventory.hosts) {
        if (matches(hosts, host.name) && matches(clusters, host.cluster)) {
            out.push_back(&host);
        }
    }
    if (out.empty()) {
        return fail(Errc::NotFound,
                    "no host matches --host {} --cluster {}; list them with: pfnvme host "
                    "nqn list",
                    hosts.empty() ? "(all)" : fmt::format("{}", fmt::join(hosts, ",")),
                    clusters.empty() ? "(all)" : fmt::format("{}", fmt::join(clusters, ",")));
    }
    return out;
}

Result<OnboardOptions> onboard_options(const OptionValues& values, const Inventory& inventory) {
    PF_TRY(const auto hosts, hosts_in_scope(values, inventory));
    OnboardOptions out;
    for (const HostInfo* host : hosts) {
        out.host_ids.push_back(host->id);
    }
    out.vmks = list_of(values, "vmks");
    out.nics = list_of(values, "vmnics");
    out.pool = values.text("pool");
    out.created_at = format_rfc3339(wall_now());
    out.tool_version = std::string(version());
    return out;
}

Result<Plan> onboarding_plan(const OptionValues& values, const Inventory& inventory) {
    PF_TRY(const OnboardOptions options, onboard_options(values, inventory));
    return compile_onboarding(inventory, options);
}

} // namespace pf::nvmetool
