// pfnvme migrate online VM|DATASTORE…, migrate offline|reverse DATASTORE…: a one-off plan, compiled
// and run.
#include "base/clock.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/compile.hpp"
#include "tools/pfnvme/plan/reverse.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace pf::nvmetool {

namespace {

// A YAML text of a name that may hold anything.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + "\"";
}

std::string list_of(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) {
        out += (out.empty() ? "" : ", ") + quoted(name);
    }
    return out;
}

// What the words of the command line name: whole datastores, or single VMs on them.
struct Named {
    std::vector<std::string> datastores; // with those that the VMs are on
    std::string rule;                    // of the intent; empty: every VM
};

Result<Named> named_objects(const Inventory& inventory, const std::vector<std::string>& words,
                            const std::string& use) {
    Named out;
    std::vector<std::string> whole;
    std::vector<std::string> vms;
    for (const std::string& word : words) {
        if (inventory.datastore_named(word) != nullptr) {
            whole.push_back(word);
            continue;
        }
        std::vector<const VmInfo*> found;
        for (const VmInfo& vm : inventory.vms) {
            if (vm.name == word) {
                found.push_back(&vm);
            }
        }
        if (found.empty()) {
            return fail(Errc::NotFound, "vCenter has no datastore or VM '{}'", word);
        }
        if (use != "online") {
            return fail(Errc::InvalidArgument,
                        "'{}' is a VM; {} moves convert whole datastores: name its datastore", word,
                        use);
        }
        if (found.size() > 1) {
            return fail(Errc::InvalidArgument,
                        "{} VMs are called '{}'; write an intent that tells them apart",
                        found.size(), word);
        }
        vms.push_back(word);
        for (const DatastoreInfo& datastore : inventory.datastores) {
            const auto& on = datastore.vm_ids;
            if (std::find(on.begin(), on.end(), found.front()->id) != on.end()) {
                out.datastores.push_back(datastore.name);
            }
        }
    }
    if (!vms.empty()) {
        out.rule = fmt::format("vm in [{}]", list_of(vms));
        out.rule += whole.empty() ? "" : fmt::format(" or datastore in [{}]", list_of(whole));
    }
    out.datastores.insert(out.datastores.end(), whole.begin(), whole.end());
    std::sort(out.datastores.begin(), out.datastores.end());
    out.datastores.erase(std::unique(out.datastores.begin(), out.datastores.end()),
                         out.datastores.end());
    return out;
}

// In a YAML text of single quotes.
std::string single_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        out += c == '\'' ? "''" : std::string(1, c);
    }
    return out + "'";
}

std::string intent_text(const OptionValues& values, const Named& named, const std::string& use) {
    const std::string names = list_of(named.datastores);
    const std::string rules = named.rule.empty()
                                  ? fmt::format("{{default: {}}}", use)
                                  : fmt::format("{{when: {}, use: {}}}, {{default: skip}}",
                                                single_quoted(named.rule), use);
    std::string out = fmt::format("apiVersion: pfnvme/v1\nkind: MigrationIntent\n"
                                  "metadata: {{name: migrate-{}}}\n"
                                  "scope: {{datastores: {{include: [{}]}}}}\n"
                                  "strategy:\n  classify: [{}]\n",
                                  use, names, rules);
    if (use == "offline") {
        out += fmt::format("  offline: {{shutdown: {{guest: {}s, then: {}}}, accept_kb: {}}}\n",
                           values.integer("guest-shutdown") / 1000,
                           values.flag("power-off") ? "power-off" : "fail",
                           quoted(values.text("accept-offline-kb")));
    }
    return out;
}

int run_plan(const OptionValues& values, const Result<Plan>& plan, Connections& connections) {
    if (!plan) {
        return report_error(plan.error());
    }
    if (plan->units.empty()) {
        return refuse_blockers(*plan);
    }
    print_findings(*plan);
    return values.flag("dry-run") ? dry_run_plan(values, *plan, connections)
                                  : apply_plan(values, *plan, connections);
}

int migrate(const OptionValues& values, const std::string& use) {
    if (values.positionals().empty()) {
        return report_error(kExitUsage, use == "online" ? "name at least one VM or datastore"
                                                        : "name at least one datastore");
    }
    Result<Connections> connections = open_both(values);
    if (!connections) {
        return report_error(connections.error());
    }
    const Result<Inventory> inventory =
        collect_for_plan(*connections->vsphere, *connections->powerflex);
    if (!inventory) {
        return report_error(inventory.error());
    }
    print_gaps(*inventory);
    const std::string now = format_rfc3339(wall_now());
    if (use == "reverse") {
        ReverseRequest request = reverse_request(values);
        request.name = "migrate-reverse";
        for (const std::string& name : values.positionals()) {
            const DatastoreInfo* datastore = inventory->datastore_named(name);
            if (datastore == nullptr) {
                return report_error(kExitUsage, fmt::format("vCenter has no datastore '{}'", name));
            }
            request.datastore_ids.push_back(datastore->id);
        }
        return run_plan(values, compile_reverse(*inventory, request), *connections);
    }
    const Result<Named> named = named_objects(*inventory, values.positionals(), use);
    if (!named) {
        return report_error(kExitUsage, named.error().what);
    }
    const Result<Intent> intent = parse_intent(intent_text(values, *named, use), "migrate " + use);
    if (!intent) {
        return report_error(kExitUsage, intent.error().what);
    }
    CompileOptions options;
    options.created_at = now;
    options.tool_version = std::string(version());
    return run_plan(values, compile_migration(*inventory, *intent, options), *connections);
}

} // namespace

void migrate_options(OptionTable& table) {
    add_apply_options(table);
    add_shutdown_options(table);
    table.add({.name = "accept-offline-kb",
               .help = "offline: \"Dell 000213232\", once you have read it",
               .value_name = "KB"});
}

int migrate_online(const OptionValues& values) { return migrate(values, "online"); }
int migrate_offline(const OptionValues& values) { return migrate(values, "offline"); }
int migrate_reverse(const OptionValues& values) { return migrate(values, "reverse"); }

} // namespace pf::nvmetool
