// What an administrator sets, through libvsphere and over the wire: every call has an effect that
// the properties show, and refuses what a host would refuse.

#include "effects_fixture.hpp"

namespace pf::vim::test {
namespace {

TEST_F(Effects, DevicesKeepWhatIsSetOnThem) {
    const std::string id = array_->sdc_device(volume_);
    const std::string lun = device(id).uuid;
    ASSERT_TRUE(rename_lun(*session_, host_, lun, "gold 1"));
    EXPECT_EQ(device(id).display_name, "gold 1");
    EXPECT_EQ(fault(rename_lun(*session_, host_, lun, "")), "InvalidName");
    EXPECT_EQ(fault(rename_lun(*session_, host_, "02000000", "x")), "NotFound");

    EXPECT_FALSE(device(id).perennially_reserved.value_or(true));
    ASSERT_TRUE(mark_perennially_reserved(*session_, host_, lun, true));
    EXPECT_TRUE(device(id).perennially_reserved.value_or(false));
    ASSERT_TRUE(mark_perennially_reserved(*session_, host_, lun, false));
    EXPECT_FALSE(device(id).perennially_reserved.value_or(true));

    ASSERT_TRUE(set_unmap_priority(*session_, host_, uuid_, "none"));
    auto info = retrieve_property(*session_, datastore_, "info");
    ASSERT_TRUE(info);
    EXPECT_EQ((*info)["vmfs"]["unmapPriority"].text_or(), "none");
    EXPECT_EQ(fault(set_unmap_priority(*session_, host_, uuid_, "high")), "InvalidArgument");
    EXPECT_EQ(fault(set_unmap_priority(*session_, host_, "no-such-uuid", "low")), "NotFound");
}

TEST_F(Effects, PathsAreSwitchedAndTheLastOneInUseIsKept) {
    const std::string id = array_->sdc_device(volume_);
    auto path = [&] {
        for (const MultipathDevice& unit : storage().multipath) {
            if (unit.device == id)
                return unit.paths.at(0);
        }
        return StoragePath{};
    };
    const std::string name = path().name;
    EXPECT_EQ(path().state, "active");
    EXPECT_EQ(fault(enable_path(*session_, host_, name, false)), "HostConfigFault"); // mounted
    EXPECT_EQ(fault(enable_path(*session_, host_, "vmhba99:C0:T0:L0", false)), "NotFound");
    for (const char* one : {"one", "two"})
        ASSERT_TRUE(unregister_vm(*session_, vm(one)));
    ASSERT_TRUE(unmount_vmfs(*session_, host_, uuid_));
    ASSERT_TRUE(enable_path(*session_, host_, name, false));
    EXPECT_EQ(path().state, "disabled");
    EXPECT_FALSE(path().working);
    EXPECT_EQ(device(id).operational_state, std::vector<std::string>{"lostCommunication"});
    EXPECT_EQ(fault(mount_vmfs(*session_, host_, uuid_)), "InvalidState");
    ASSERT_TRUE(enable_path(*session_, host_, name, true));
    EXPECT_EQ(path().state, "active");
    ASSERT_TRUE(mount_vmfs(*session_, host_, uuid_));
}

TEST_F(Effects, ServicesRestartAndKeepTheirPolicy) {
    auto service = [&](const std::string& key) {
        auto list = host_services(*session_, host_);
        EXPECT_TRUE(list);
        for (const HostService& one : *list) {
            if (one.key == key)
                return one;
        }
        return HostService{};
    };
    EXPECT_EQ(service("ntpd").policy, "on");
    ASSERT_TRUE(set_service_policy(*session_, host_, "ntpd", "off"));
    EXPECT_EQ(service("ntpd").policy, "off");
    EXPECT_EQ(fault(set_service_policy(*session_, host_, "ntpd", "sometimes")), "InvalidArgument");
    EXPECT_EQ(fault(set_service_policy(*session_, host_, "nope", "on")), "NotFound");
    ASSERT_TRUE(control_service(*session_, host_, "ntpd", ServiceAction::Restart));
    EXPECT_TRUE(service("ntpd").running);
    ASSERT_TRUE(control_service(*session_, host_, "ntpd", ServiceAction::Stop));
    EXPECT_EQ(fault(control_service(*session_, host_, "ntpd", ServiceAction::Restart)),
              "InvalidState");
}

TEST_F(Effects, ADatastoreGrowsWithItsVolume) {
    const int64_t before = inventory().datastores.at(0).capacity_bytes;
    EXPECT_FALSE(expand_datastore(*session_, host_, datastore_)); // nothing to take
    array_->grow_volume(volume_, 2 * kVolume);
    ASSERT_TRUE(rescan_all(*session_, host_));
    auto grown = expand_datastore(*session_, host_, datastore_);
    ASSERT_TRUE(grown) << grown.error().what;
    EXPECT_EQ(inventory().datastores.at(0).capacity_bytes, before + static_cast<int64_t>(kVolume));
    EXPECT_FALSE(expand_datastore(*session_, host_, datastore_)); // all taken
    // A device of its own is no room: volumes here have one extent.
    const uint64_t other = array_->add_volume(kVolume);
    array_->map_sdc(other, host_.name);
    ASSERT_TRUE(rescan_all(*session_, host_));
    EXPECT_FALSE(extend_datastore(*session_, host_, datastore_,
                                  "/vmfs/devices/disks/" + array_->sdc_device(other)));
    for (const char* name : {"one", "two"}) {
        auto checks = simulator_->check_vm(name);
        ASSERT_TRUE(checks) << checks.error().what;
        EXPECT_TRUE(checks->at(0).ok());
    }
}

TEST_F(Effects, GuestsStandByWhenTheirToolsRun) {
    for (const char* name : {"one", "two"})
        finish(power_on_task(*session_, vm(name)));
    EXPECT_EQ(fault(standby_guest(*session_, vm("two"))), "ToolsUnavailable");
    ASSERT_TRUE(standby_guest(*session_, vm("one")));
    const auto end = std::chrono::steady_clock::now() + 20s;
    std::string state;
    while (state != "suspended" && std::chrono::steady_clock::now() < end) {
        auto now = read_power_state(*session_, vm("one"));
        ASSERT_TRUE(now) << now.error().what;
        state = *now;
    }
    EXPECT_EQ(state, "suspended");
    EXPECT_EQ(fault(standby_guest(*session_, vm("one"))), "InvalidPowerState");
}

TEST_F(Effects, ClusteredDisksQueueDepthAndDumps) {
    auto clustered = [&] { return clustered_vmdk_enabled(*session_, datastore_).value_or(false); };
    const MoRef& system = host_.managers.datastores;
    EXPECT_FALSE(clustered());
    ASSERT_TRUE(
        session_->call(system, "EnableClusteredVmdkSupport", {{"datastore", Value(datastore_)}}));
    EXPECT_TRUE(clustered());
    ASSERT_TRUE(
        session_->call(system, "DisableClusteredVmdkSupport", {{"datastore", Value(datastore_)}}));
    EXPECT_FALSE(clustered());

    auto depth = [&] {
        auto now = session_->call(system, "QueryMaxQueueDepth", {{"datastore", Value(datastore_)}});
        EXPECT_TRUE(now) << now.error().what;
        return now ? now->int_or(0) : 0;
    };
    EXPECT_EQ(depth(), 32);
    ASSERT_TRUE(
        session_->call(system, "SetMaxQueueDepth",
                       {{"datastore", Value(datastore_)}, {"maxQdepth", Value(int64_t{64})}}));
    EXPECT_EQ(depth(), 64);
    EXPECT_EQ(fault(session_->call(
                  system, "SetMaxQueueDepth",
                  {{"datastore", Value(datastore_)}, {"maxQdepth", Value(int64_t{9999})}})),
              "InvalidArgument");

    // Dumps go to a device that carries nothing, and keep it.
    auto none = available_dump_partitions(*session_, host_);
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->empty());
    const uint64_t blank = array_->add_volume(kVolume);
    array_->map_sdc(blank, host_.name);
    ASSERT_TRUE(rescan_all(*session_, host_));
    auto some = available_dump_partitions(*session_, host_);
    ASSERT_TRUE(some);
    ASSERT_EQ(some->size(), 1u);
    const std::string id = array_->sdc_device(blank);
    DataObject partition("HostScsiDiskPartition");
    partition.set("diskName", Value(id));
    partition.set("partition", Value(int32_t{1}));
    auto managers = retrieve_property(*session_, host_.ref, "configManager");
    ASSERT_TRUE(managers);
    const MoRef diagnostics = (*managers)["diagnosticSystem"].ref();
    ASSERT_TRUE(
        session_->call(diagnostics, "SelectActivePartition", {{"partition", Value(partition)}}));
    auto active = retrieve_property(*session_, host_.ref, "config.activeDiagnosticPartition");
    ASSERT_TRUE(active);
    EXPECT_EQ((*active)["id"]["diskName"].text_or(), id);
    EXPECT_EQ(fault(detach_lun(*session_, host_, device(id).uuid)), "ResourceInUse");
    ASSERT_TRUE(session_->call(diagnostics, "SelectActivePartition"));
    EXPECT_TRUE(detach_lun(*session_, host_, device(id).uuid));
}

TEST_F(Effects, DatastoreClustersAndMaintenance) {
    EXPECT_EQ(fault(datastore_enter_maintenance(*session_, datastore_)), "NotSupported");
    const Inventory all = inventory();
    auto folder = retrieve_property(*session_, datastore_, "parent");
    ASSERT_TRUE(folder);
    auto pod = session_->call(folder->ref(), "CreateStoragePod", {{"name", Value("pod")}});
    ASSERT_TRUE(pod) << pod.error().what;
    finish(move_into_folder_task(*session_, pod->ref(), {datastore_}));
    finish(configure_pod_task(*session_, pod->ref(), true, "automated"));
    auto read = storage_pod_of(*session_, datastore_);
    ASSERT_TRUE(read && *read);
    EXPECT_TRUE((*read)->sdrs_enabled);
    EXPECT_EQ((*read)->behavior, "automated");
    auto task = datastore_enter_maintenance(*session_, datastore_);
    ASSERT_TRUE(task && *task);
    EXPECT_FALSE(wait_task(*session_, **task)); // VMs are on it
    for (const char* one : {"one", "two"})
        ASSERT_TRUE(unregister_vm(*session_, vm(one)));
    task = datastore_enter_maintenance(*session_, datastore_);
    ASSERT_TRUE(task && *task);
    finish(**task);
    auto mode = retrieve_property(*session_, datastore_, "summary.maintenanceMode");
    ASSERT_TRUE(mode);
    EXPECT_EQ(mode->text_or(), "inMaintenance");
    finish(datastore_exit_maintenance_task(*session_, datastore_));
    // Two at once, one of which is none.
    auto removed =
        remove_datastores_task(*session_, host_, {datastore_, {"Datastore", "datastore-9999"}});
    const TaskInfo info = finish(removed);
    ASSERT_EQ(info.result.items().size(), 2u);
    EXPECT_FALSE(info.result.items()[0]["fault"].is_set());
    EXPECT_TRUE(info.result.items()[1]["fault"].is_set());
    EXPECT_TRUE(inventory().datastores.empty());
}

TEST_F(Effects, VmsFollowADatastoreToItsNewIdentity) {
    const std::string old = uuid_;
    const MoRef one = vm("one");
    ASSERT_TRUE(select_vnic(*session_, host_, "vmk1"));
    ASSERT_TRUE(create_tcp_adapter(*session_, host_, "vmnic0"));
    NvmeConnect spec;
    spec.target = {storage().tcp_hba_on("vmnic0")->device, "192.0.2.11", 4420, ""};
    spec.subnqn = array_->subsystem_nqn();
    ASSERT_TRUE(nvme_connect(*session_, host_, spec));
    array_->unmap_sdc(volume_, host_.name);
    ASSERT_TRUE(rescan_all(*session_, host_));
    array_->map_nvme(volume_, host_.nvme_nqn);
    ASSERT_TRUE(rescan_all(*session_, host_));
    ASSERT_TRUE(rescan_vmfs(*session_, host_));
    auto copies = query_unresolved(*session_, host_);
    ASSERT_TRUE(copies && copies->size() == 1);
    const TaskInfo resigned =
        finish(resignature_task(*session_, host_, {copies->front().extents.at(0).device_path}));
    auto result = resignature_result(resigned);
    ASSERT_TRUE(result) << result.error().what;
    // The VMs still name the volume that is gone.
    EXPECT_EQ(retrieve_property(*session_, one, "runtime.connectionState")->text_or(),
              "inaccessible");
    const TaskInfo done = finish(update_vm_files_task(
        *session_, result->datastore, {{"/vmfs/volumes/" + old, result->datastore}}));
    EXPECT_TRUE(done.result["failedVmFile"].items().empty());
    EXPECT_EQ(retrieve_property(*session_, one, "runtime.connectionState")->text_or(), "connected");
    auto files = retrieve_property(*session_, one, "config.files.vmPathName");
    ASSERT_TRUE(files);
    EXPECT_EQ(files->text_or().find("[snap-"), 0u) << files->text_or();
    auto checks = simulator_->check_vm("one");
    ASSERT_TRUE(checks) << checks.error().what;
    EXPECT_TRUE(checks->at(0).ok());
    EXPECT_EQ(checks->at(0).transport, sim::Transport::NvmeTcp);
    // The old datastore has no VM any more and is gone with its device.
    ASSERT_TRUE(rescan_vmfs(*session_, host_));
    EXPECT_EQ(inventory().datastores.size(), 1u);
}

TEST_F(Effects, ASnapshotIsAFileOfItsOwn) {
    const MoRef one = vm("one");
    finish(create_snapshot_task(*session_, one, "before", "", false, false));
    auto disk = [&] {
        auto devices = retrieve_property(*session_, one, "config.hardware.device");
        EXPECT_TRUE(devices);
        for (const Value& each : devices->items()) {
            if (each.type_name() == "VirtualDisk")
                return each["backing"];
        }
        return Value();
    };
    const Value backing = disk();
    EXPECT_EQ(backing["fileName"].text_or(), "[sdc-01] one/one-000001.vmdk");
    EXPECT_EQ(backing["parent"]["fileName"].text_or(), "[sdc-01] one/one.vmdk");
    finish(remove_all_snapshots_task(*session_, one));
    EXPECT_EQ(disk()["fileName"].text_or(), "[sdc-01] one/one.vmdk");
    EXPECT_FALSE(disk()["parent"].is_set());
    // Without consolidation the delta stays, and the VM says so.
    finish(create_snapshot_task(*session_, one, "again", "", false, false));
    finish(remove_all_snapshots_task(*session_, one, false));
    auto needed = [&] {
        return retrieve_property(*session_, one, "runtime.consolidationNeeded")->bool_or(false);
    };
    EXPECT_TRUE(needed());
    EXPECT_TRUE(disk()["parent"].is_set());
    finish(consolidate_disks_task(*session_, one));
    EXPECT_FALSE(needed());
    EXPECT_FALSE(disk()["parent"].is_set());
}

} // namespace
} // namespace pf::vim::test
