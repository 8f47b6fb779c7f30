// Snapshots.
#include "tools/scli/context.hpp"
#include "tools/scli/output.hpp"

#include <array>

namespace pf::scli {
namespace {

Result<void> snapshot(Context& context) {
    PF_TRY(const powerflex::System system, context.client().system());
    powerflex::CreateSnapshots op;
    op.system = system.id;
    const std::string& mode = context.args().value("access_mode");
    if (!mode.empty() && mode != "read_only" && mode != "read_write") {
        return fail(Errc::InvalidArgument, "'{}' is not an access mode (read_write, read_only)",
                    mode);
    }
    op.read_only = mode == "read_only";
    const auto names = context.args().list("snapshot_name");
    std::vector<powerflex::VolumeRef> sources;
    for (std::string& id : context.args().list("volume_id")) {
        sources.emplace_back(powerflex::VolumeId(std::move(id)));
    }
    for (const std::string& name : context.args().list("volume_name")) {
        PF_TRY(const powerflex::Volume volume, context.client().volume_by_name(name));
        sources.emplace_back(volume.id, volume.name);
    }
    if (sources.empty()) {
        return fail(Errc::InvalidArgument, "give --volume_id or --volume_name");
    }
    if (!names.empty() && names.size() != sources.size()) {
        return fail(Errc::InvalidArgument, "{} snapshot names for {} volumes", names.size(),
                    sources.size());
    }
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const std::string name = names.empty() ? "s_" + sources[i].id.value : names[i];
        op.items.push_back({sources[i], name});
    }
    PF_TRY(const powerflex::SnapshotResult result, context.client().create(op));
    if (op.items.size() == 1) {
        context.print("Snapshot created successfully");
    } else {
        context.print("Snapshots on {} volumes created successfully.", op.items.size());
    }
    context.print("Consistency group ID: {}", result.group.value);
    for (std::size_t i = 0; i < op.items.size(); ++i) {
        context.print("    Source volume with ID {} => {} {}", op.items[i].volume.id.value,
                      result.snapshots[i].value, op.items[i].snapshot_name);
    }
    return {};
}

Result<void> overwrite(Context& context) {
    PF_TRY(const powerflex::Volume source, context.volume("source_vol_id", "source_vol_name"));
    PF_TRY(const powerflex::Volume destination,
           context.volume("destination_vol_id", "destination_vol_name"));
    PF_CHECK(context.client().apply(
        powerflex::OverwriteVolume{powerflex::VolumeRef(destination.id, destination.name),
                                   powerflex::VolumeRef(source.id, source.name)}));
    context.print("Successfully overwrote the content of volume {} with that of {}",
                  name_or_na(destination.name), name_or_na(source.name));
    return {};
}

Result<void> remove_group(Context& context) {
    PF_TRY(const std::string group, context.args().required("consistency_group_id"));
    PF_TRY(const powerflex::System system, context.client().system());
    PF_CHECK(context.client().apply(
        powerflex::RemoveSnapshotGroup{system.id, powerflex::SnapshotGroupId(group)}));
    context.print("Successfully removed the snapshots of consistency group {}", group);
    return {};
}

constexpr auto kCommands = std::to_array<Command>({
    {"snapshot_volume", "volume_id=,volume_name=,snapshot_name=,access_mode=",
     "take a consistent snapshot of one or several volumes", snapshot},
    {"overwrite_volume_content",
     "source_vol_id=,source_vol_name=,destination_vol_id=,destination_vol_name=",
     "restore a volume from its snapshot", overwrite, true},
    {"remove_consistency_group_snapshots",
     "consistency_group_id=", "remove the snapshots of one request", remove_group, true},
});

} // namespace

std::span<const Command> snapshot_commands() { return kCommands; }

} // namespace pf::scli
