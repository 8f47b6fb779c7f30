// pfnvme migrate online|offline|reverse DATASTORE…: a one-off plan, compiled and run.
#include "base/clock.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/compile.hpp"
#include "tools/pfnvme/plan/reverse.hpp"

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

std::string intent_text(const OptionValues& values, const std::string& use) {
    std::string names;
    for (const std::string& name : values.positionals()) {
        names += (names.empty() ? "" : ", ") + quoted(name);
    }
    std::string out = fmt::format("apiVersion: pfnvme/v1\nkind: MigrationIntent\n"
                                  "metadata: {{name: migrate-{}}}\n"
                                  "scope: {{datastores: {{include: [{}]}}}}\n"
                                  "strategy:\n  classify: [{{default: {}}}]\n",
                                  use, names, use);
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
        return report_error(kExitUsage, "name at least one datastore");
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
    const Result<Intent> intent = parse_intent(intent_text(values, use), "migrate " + use);
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
