// pfnvme host sdc list|check|retire, host nqn set-format
#include "base/clock.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/estate_verbs.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/single_objects.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/plan/step_builder.hpp"

#include <algorithm>
#include <cstdio>

namespace pf::nvmetool {

namespace {

bool in_scope(const std::vector<const HostInfo*>& hosts, const std::string& id) {
    return std::any_of(hosts.begin(), hosts.end(),
                       [&](const HostInfo* host) { return host->id == id; });
}

} // namespace

void host_sdc_options(OptionTable& table) {
    add_host_scope_options(table);
    add_table_options(table);
}

int host_sdc_list(const OptionValues& values) {
    const Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const Inventory& inventory = (*estate)->inventory;
    const auto hosts = hosts_in_scope(values, inventory);
    if (!hosts) {
        return report_error(hosts.error());
    }
    TableOut table{"host-sdcs",
                   {{"host", FieldKind::Text},
                    {"guid", FieldKind::Text},
                    {"sdc", FieldKind::Text},
                    {"sdc_id", FieldKind::Text},
                    {"connected", FieldKind::Flag},
                    {"volumes", FieldKind::Integer}},
                   {},
                   {}};
    for (const HostInfo* host : *hosts) {
        const PowerFlexHost* sdc = inventory.sdc_of(*host);
        Row row{host->name, host->sdc_guid.empty() ? FieldValue{} : FieldValue{host->sdc_guid}};
        if (sdc == nullptr) {
            row.insert(row.end(), 4, FieldValue{});
        } else {
            row.insert(row.end(), {sdc->name, sdc->id, sdc->connected,
                                   static_cast<std::int64_t>(inventory.volumes_of(*sdc).size())});
        }
        table.rows.push_back(std::move(row));
    }
    const Result<void> printed = print_table(values, std::move(table));
    return printed ? kExitOk : report_error(printed.error());
}

// Driver, GUID and data servers, so that a failure that was there before is not blamed on us.
int host_sdc_check(const OptionValues& values) {
    Result<Connections> connections = open_both(values);
    if (!connections) {
        return report_error(connections.error());
    }
    CollectScope scope;
    scope.full = true;
    const Result<Inventory> inventory =
        collect(*connections->vsphere, *connections->powerflex, scope);
    if (!inventory) {
        return report_error(inventory.error());
    }
    const auto hosts = hosts_in_scope(values, *inventory);
    if (!hosts) {
        return report_error(hosts.error());
    }
    CheckOptions options;
    options.only = {"H-SDC-", "N-SDC-"};
    options.now = format_rfc3339(wall_now());
    TableOut table{"sdc-checks",
                   {{"check", FieldKind::Text},
                    {"severity", FieldKind::Text},
                    {"verdict", FieldKind::Text},
                    {"message", FieldKind::Text},
                    {"fix", FieldKind::Text}},
                   {},
                   {}};
    std::size_t violated = 0;
    for (const CheckFinding& item : run_checks(*inventory, options).findings) {
        if (item.subject == Subject::Host && !in_scope(*hosts, item.object_id)) {
            continue;
        }
        violated += item.verdict == Verdict::Violated ? 1U : 0U;
        table.rows.push_back({item.check, std::string(to_string(item.severity)),
                              std::string(to_string(item.verdict)), item.message, item.fix});
    }
    if (const Result<void> printed = print_table(values, std::move(table)); !printed) {
        return report_error(printed.error());
    }
    return violated != 0 ? kExitBlockers : kExitOk;
}

void host_sdc_retire_options(OptionTable& table) {
    add_host_scope_options(table);
    add_apply_options(table);
}

namespace {

// The SDC of a host; once the driver is off, the host tells no GUID any more, and the object that
// it leaves behind is known by its address or its name.
const PowerFlexHost* sdc_left_by(const Inventory& inventory, const HostInfo& host) {
    if (const PowerFlexHost* known = inventory.sdc_of(host); known != nullptr) {
        return known;
    }
    if (!host.sdc_guid.empty()) {
        return nullptr; // another PowerFlex's
    }
    for (const PowerFlexHost& item : inventory.powerflex_hosts) {
        const bool address =
            std::any_of(host.vmks.begin(), host.vmks.end(), [&](const VmkNic& vmk) {
                return !item.ip.empty() && vmk.address == item.ip;
            });
        if (!item.nvme && !item.connected &&
            (address || item.name == host.name || item.name == short_name(host.name))) {
            return &item;
        }
    }
    return nullptr;
}

} // namespace

// A host's SDC may go when no volume is mapped to it. Taking the driver off needs a reboot, which
// is the administrator's to do: it is said how, and once the SDC is disconnected its object is
// removed from PowerFlex.
int host_sdc_retire(const OptionValues& values) {
    Result<std::unique_ptr<Estate>> estate = read_estate(values);
    if (!estate) {
        return report_error(estate.error());
    }
    const Inventory& inventory = (*estate)->inventory;
    const auto hosts = hosts_in_scope(values, inventory);
    if (!hosts) {
        return report_error(hosts.error());
    }
    std::vector<Unit> units;
    std::vector<std::string> in_use;
    for (const HostInfo* host : *hosts) {
        const PowerFlexHost* sdc = sdc_left_by(inventory, *host);
        if (sdc == nullptr) {
            continue;
        }
        const std::string name = sdc->name.empty() ? sdc->id : sdc->name;
        if (const std::size_t volumes = inventory.volumes_of(*sdc).size(); volumes != 0) {
            in_use.push_back(fmt::format("{} ({} volumes)", host->name, volumes));
            continue;
        }
        if (sdc->connected) {
            std::fprintf(stderr,
                         "%s: no volume is left on SDC %s. In maintenance mode: esxcli system "
                         "module set -m scini -e false; esxcli software vib remove -n "
                         "EMC-scini; reboot. Then run this again.\n",
                         host->name.c_str(), name.c_str());
            continue;
        }
        StepBuilder steps;
        steps.add("01-remove-sdc", "sdc.remove", {{"sdc_id", sdc->id}, {"sdc", name}});
        units.push_back(host_unit(*host, steps.take()));
    }
    if (!in_use.empty()) {
        return report_error(
            kExitBlockers,
            fmt::format("the SDC is still in use on {}; move these datastores first: pfnvme "
                        "inventory show mappings --live",
                        fmt::join(in_use, ", ")));
    }
    return run_units(values, **estate, "sdc-retire", "array", std::move(units));
}

void host_nqn_set_format_options(OptionTable& table) {
    add_host_scope_options(table);
    add_apply_options(table);
    table.add({.name = "uuid",
               .type = OptionType::Flag,
               .help = "name made of the host's UUID: unique, and it stays when the host is "
                       "renamed"});
    table.add({.name = "hostname",
               .type = OptionType::Flag,
               .help = "name made of the host's name, ESXi's default"});
}

int host_nqn_set_format(const OptionValues& values) {
    if (values.flag("uuid") == values.flag("hostname")) {
        return report_error(kExitUsage, "give --uuid or --hostname");
    }
    const std::string format = values.flag("uuid") ? "0" : "1";
    return run_on_hosts(
        values, "nqn-format",
        [&](const Inventory& inventory, const HostInfo& host) -> Result<std::vector<Step>> {
            if (const PowerFlexHost* known = inventory.nvme_host(host.nqn);
                known != nullptr && !inventory.volumes_of(*known).empty()) {
                return fail(Errc::Conflict,
                            "host {} reaches {} volume(s) by its present NVMe name; unmap them "
                            "before it gets another",
                            host.name, inventory.volumes_of(*known).size());
            }
            const Params there{{"host_id", host.id}, {"host", host.name}, {"format", format}};
            Params back = there;
            back["format"] = format == "0" ? "1" : "0";
            StepBuilder steps;
            steps.add("01-format", "nqn.format", there, {{"nqn.format", back}});
            return steps.take();
        });
}

} // namespace pf::nvmetool
