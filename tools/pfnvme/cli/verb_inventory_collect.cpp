// pfnvme inventory collect: reads both systems into one file.
#include "base/file.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/cli/connection.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/inventory_source.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/progress.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/inventory/inventory_db.hpp"

#include <cstdio>

namespace pf::nvmetool {

namespace {

json::object summary(const Inventory& inventory, std::uint64_t vms, const std::string& path) {
    json::array gaps;
    for (const std::string& gap : inventory.gaps) {
        gaps.emplace_back(gap);
    }
    json::array unread;
    for (const Fact fact : all_facts()) {
        if (!inventory.knows(fact)) {
            unread.emplace_back(std::string(to_string(fact)));
        }
    }
    return {{"schemaVersion", 1},
            {"kind", "inventory"},
            {"file", path},
            {"collectedAt", inventory.collected_at},
            {"vcenter", inventory.vcenter.endpoint},
            {"powerflex", inventory.powerflex.system_id},
            {"hosts", inventory.hosts.size()},
            {"datastores", inventory.datastores.size()},
            {"vms", vms},
            {"volumes", inventory.volumes.size()},
            {"notRead", std::move(unread)},
            {"gaps", std::move(gaps)}};
}

Result<void> collect_into(const OptionValues& values) {
    PF_TRY(Connections connections, open_both(values));
    const std::string path = inventory_path(values);
    if (const std::size_t slash = path.rfind('/'); slash != std::string::npos) {
        PF_CHECK(make_dirs(path.substr(0, slash), 0700));
    }
    PF_TRY(InventoryWriter writer, InventoryWriter::create(path));
    Progress progress("collecting", 0, values.flag("quiet"));
    CollectScope scope;
    scope.full = true;
    scope.vm_sink = [&](std::vector<VmInfo>&& batch) -> Result<void> {
        PF_CHECK(writer.add_vms(batch));
        progress.update(writer.vm_count(), fmt::format("{} VMs", writer.vm_count()));
        return {};
    };
    PF_TRY(const Inventory inventory, collect(*connections.vsphere, *connections.powerflex, scope));
    PF_CHECK(writer.add(inventory));
    PF_CHECK(writer.finish());
    progress.done();
    const Format format = format_of(values);
    if (format != Format::Text) {
        print_document(summary(inventory, writer.vm_count(), path), format);
        return {};
    }
    std::printf("%zu hosts, %zu datastores, %llu VMs, %zu volumes in %s\n", inventory.hosts.size(),
                inventory.datastores.size(), static_cast<unsigned long long>(writer.vm_count()),
                inventory.volumes.size(), path.c_str());
    for (const std::string& gap : inventory.gaps) {
        std::printf("not read: %s\n", gap.c_str());
    }
    return {};
}

} // namespace

void inventory_collect_options(OptionTable& table) {
    table.add({.name = "inventory",
               .help = "file to write; else inventory.db in the state folder",
               .value_name = "FILE"});
    table.add({.name = "quiet", .type = OptionType::Flag, .help = "no progress (also -q)"});
}

int inventory_collect(const OptionValues& values) {
    const Result<void> done = collect_into(values);
    return done ? kExitOk : report_error(done.error());
}

} // namespace pf::nvmetool
