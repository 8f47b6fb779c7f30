// The client's rarer calls against the simulated estate, over the wire, with their effects read
// back. There is none that the simulator does not have.

#include "libvsphere/datastore.hpp"
#include "libvsphere/datastore_inspection.hpp"
#include "libvsphere/datastore_users.hpp"
#include "libvsphere/guest.hpp"
#include "libvsphere/host_config.hpp"
#include "libvsphere/task.hpp"
#include "libvsphere/vm.hpp"
#include "tests/conformance/vim25/live_estate.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pf::vim {
namespace {

using namespace std::chrono_literals;

class Calls : public test::Live {
  protected:
    Calls() { power_time_ = 20ms; }

    void SetUp() override {
        Live::SetUp();
        if (HasFatalFailure())
            return;
        const Inventory all = inventory();
        const Host* found = all.host_by_name(host_name_);
        ASSERT_TRUE(found);
        host_ = *found;
        for (const Host& other : all.hosts) {
            if (other.name != host_name_)
                other_host_ = other;
        }
        ASSERT_FALSE(all.datastores.empty());
        datastore_ = all.datastores.front();
    }

    /// The call worked.
    template<class T>
    bool works(const char* method, const Result<T>& result) {
        EXPECT_TRUE(result) << method << ": " << result.error().what;
        return result.has_value();
    }
    bool works_to_the_end(const char* method, const Result<MoRef>& task, TaskInfo* info = nullptr) {
        if (!works(method, task))
            return false;
        TaskWait wait;
        wait.timeout = 30s;
        auto done = wait_task(*session_, *task, wait);
        if (done && info)
            *info = *done;
        return works(method, done);
    }

    HostStorage storage() {
        auto read = read_storage(*session_, host_);
        EXPECT_TRUE(read) << read.error().what;
        return read ? *read : HostStorage{};
    }

    /// A volume of 64 MiB that only this host sees, by NVMe/TCP through one controller.
    std::string connect_volume() {
        const uint64_t volume = array_->add_volume(uint64_t{64} << 20);
        array_->map_nvme(volume, host_.nvme_nqn);
        EXPECT_TRUE(select_vnic(*session_, host_, "vmk1"));
        EXPECT_TRUE(create_tcp_adapter(*session_, host_, "vmnic0"));
        const HostStorage before = storage();
        const Hba* hba = before.tcp_hba_on("vmnic0");
        EXPECT_TRUE(hba);
        if (!hba)
            return {};
        hba_ = hba->device;
        NvmeConnect spec;
        spec.target = {hba_, "192.0.2.11", 4420, ""};
        auto log = nvme_discover(*session_, host_, {hba_, "192.0.2.11", 8009, ""});
        EXPECT_TRUE(log) << log.error().what;
        if (!log || log->entries.empty())
            return {};
        spec.subnqn = log->entries.front().subnqn;
        EXPECT_TRUE(works_to_the_end("ConnectNvmeControllerEx_Task",
                                     nvme_connect_task(*session_, host_, {spec})));
        EXPECT_TRUE(rescan_hba(*session_, host_, hba_));
        return array_->nvme_device(volume);
    }

    Host host_, other_host_;
    Datastore datastore_;
    std::string hba_;
};

TEST_F(Calls, NvmeInBatchesAndUndone) {
    const std::string device = connect_volume();
    HostStorage now = storage();
    ASSERT_EQ(now.controllers.size(), 1u);
    const ScsiDevice* lun = now.device(device);
    ASSERT_TRUE(lun);
    const MultipathDevice* paths = now.paths_of(device);
    ASSERT_TRUE(paths);
    EXPECT_TRUE(paths->hpp());
    PathPolicy policy;
    policy.policy = "LB-Latency";
    EXPECT_TRUE(
        works("UpdateHppMultipathLunPolicy", set_hpp_policy(*session_, host_, paths->id, policy)));
    EXPECT_EQ(storage().paths_of(device)->policy, "LB-Latency");
    EXPECT_TRUE(
        works("UpdateScsiLunDisplayName", rename_lun(*session_, host_, lun->uuid, "moved")));
    EXPECT_TRUE(works("MarkPerenniallyReserved",
                      mark_perennially_reserved(*session_, host_, lun->uuid, true)));
    for (const bool enable : {false, true})
        works(enable ? "EnableMultipathPath" : "DisableMultipathPath",
              enable_path(*session_, host_, paths->paths.at(0).name, enable));

    TaskInfo done;
    ASSERT_TRUE(works_to_the_end("DetachScsiLunEx_Task",
                                 lun_batch_task(*session_, host_, LunBatch::Detach, {lun->uuid}),
                                 &done));
    EXPECT_FALSE(batch_results(done).at(0).error);
    EXPECT_TRUE(storage().device(device)->detached());
    ASSERT_TRUE(works_to_the_end("AttachScsiLunEx_Task",
                                 lun_batch_task(*session_, host_, LunBatch::Attach, {lun->uuid}),
                                 &done));
    EXPECT_TRUE(storage().device(device)->ok());

    EXPECT_FALSE(create_rdma_adapter(*session_, host_, "vmrdma0")) << "there is no such device";
    EXPECT_TRUE(works("RefreshStorageSystem", refresh_storage(*session_, host_)));
    NvmeDisconnect gone;
    gone.hba = hba_;
    gone.subnqn = now.controllers.front().subnqn;
    ASSERT_TRUE(works_to_the_end("DisconnectNvmeControllerEx_Task",
                                 nvme_disconnect_task(*session_, host_, {gone})));
    EXPECT_TRUE(storage().controllers.empty());
    auto not_there = nvme_disconnect(*session_, host_, gone);
    ASSERT_FALSE(not_there);
    EXPECT_EQ(not_there.error().code, Errc::NotFound) << not_there.error().what;
    EXPECT_TRUE(works("RemoveSoftwareAdapter", remove_adapter(*session_, host_, hba_)));
    EXPECT_FALSE(storage().hba(hba_));
}

TEST_F(Calls, ADatastoreFromItsMakingToItsEnd) {
    const std::string device = connect_volume();
    auto free_disks = available_disks(*session_, host_);
    ASSERT_TRUE(free_disks) << free_disks.error().what;
    EXPECT_EQ(std::count_if(free_disks->begin(), free_disks->end(),
                            [&](const ScsiDevice& d) { return d.canonical_name == device; }),
              1);
    auto made = create_vmfs_datastore(*session_, host_, device, "nvme-01");
    ASSERT_TRUE(made) << made.error().what;
    auto facts = read_datastore(*session_, *made);
    ASSERT_TRUE(facts) << facts.error().what;
    EXPECT_TRUE(facts->mounted_on(host_.ref));

    EXPECT_TRUE(works("UpdateVmfsUnmapPriority",
                      set_unmap_priority(*session_, host_, facts->vmfs_uuid, "none")));
    EXPECT_TRUE(works("RefreshDatastore", refresh_datastore(*session_, *made)));
    EXPECT_TRUE(
        works("RefreshDatastoreStorageInfo", refresh_datastore_storage_info(*session_, *made)));
    EXPECT_TRUE(works("IsClusteredVmdkEnabled", clustered_vmdk_enabled(*session_, *made)));
    if (works("EnableClusteredVmdkSupport", set_clustered_vmdk(*session_, host_, *made, true))) {
        EXPECT_TRUE(*clustered_vmdk_enabled(*session_, *made));
        works("DisableClusteredVmdkSupport", set_clustered_vmdk(*session_, host_, *made, false));
    }
    if (works("SetMaxQueueDepth", set_max_queue_depth(*session_, host_, *made, 96)))
        EXPECT_EQ(*max_queue_depth(*session_, host_, *made), 96);
    works_to_the_end("ConfigureDatastoreIORM_Task", set_sioc_task(*session_, *made, false));
    auto grown = expand_datastore(*session_, host_, *made);
    EXPECT_TRUE(grown || grown.error().code == Errc::NotFound ||
                grown.error().code == Errc::Unsupported)
        << grown.error().what;
    auto extended = extend_datastore(*session_, host_, *made, "/vmfs/devices/disks/none");
    ASSERT_FALSE(extended);
    EXPECT_TRUE(extended.error().code == Errc::NotFound ||
                extended.error().code == Errc::Unsupported)
        << extended.error().what;
    works_to_the_end("UpdateVirtualMachineFiles_Task",
                     update_vm_files_task(*session_, *made, {{"ds:///vmfs/volumes/old/", *made}}));
    auto entering = datastore_enter_maintenance(*session_, *made);
    EXPECT_FALSE(entering) << "it is in no datastore cluster";

    TaskInfo done;
    for (const VmfsBatch what : {VmfsBatch::Unmount, VmfsBatch::Mount, VmfsBatch::Unmap}) {
        ASSERT_TRUE(works_to_the_end("VmfsVolumeEx_Task",
                                     vmfs_batch_task(*session_, host_, what, {facts->vmfs_uuid}),
                                     &done));
        ASSERT_EQ(batch_results(done).size(), 1u);
        EXPECT_FALSE(batch_results(done).front().error) << static_cast<int>(what);
        EXPECT_EQ(storage().volume(facts->vmfs_uuid)->mounted, what != VmfsBatch::Unmount);
    }
    auto unknown =
        unmount_force_mounted_vmfs(*session_, host_, "00000000-00000000-0000-000000000000");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::NotFound) << unknown.error().what;
    auto own = unmount_force_mounted_vmfs(*session_, host_, facts->vmfs_uuid);
    ASSERT_FALSE(own) << "it is no copy that was mounted by force";
    EXPECT_TRUE(is_fault(own.error(), "InvalidState")) << own.error().what;
    EXPECT_TRUE(storage().volume(facts->vmfs_uuid)->mounted);
    auto none = query_unresolved_datastores(*session_, host_);
    ASSERT_TRUE(none) << none.error().what;
    EXPECT_TRUE(none->empty());
    EXPECT_TRUE(works("RemoveDatastore", remove_datastore(*session_, host_, *made)));
    auto removed = read_datastore(*session_, *made);
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().code, Errc::NotFound) << removed.error().what;
    works_to_the_end("RemoveDatastoreEx_Task", remove_datastores_task(*session_, host_, {}));
}

TEST_F(Calls, VmsInTheirRarerStates) {
    const MoRef running = vm("vm-0"), stopped = vm("vm-1");
    EXPECT_TRUE(works_to_the_end("SuspendVM_Task", suspend_task(*session_, running)));
    EXPECT_EQ(*read_power_state(*session_, running), "suspended");
    EXPECT_TRUE(works_to_the_end("PowerOnVM_Task", power_on_task(*session_, running)));
    EXPECT_TRUE(works_to_the_end("ResetVM_Task", reset_task(*session_, running)));
    EXPECT_TRUE(works("RebootGuest", reboot_guest(*session_, running)));
    EXPECT_EQ(*read_power_state(*session_, running), "poweredOn");
    if (works("StandbyGuest", standby_guest(*session_, running)))
        EXPECT_TRUE(read_power_state(*session_, running));
    works_to_the_end("ConsolidateVMDisks_Task", consolidate_disks_task(*session_, stopped));

    EXPECT_TRUE(works_to_the_end(
        "ReconfigVM_Task", set_extra_config_task(*session_, stopped, {{"uuid.action", "keep"}})));
    auto read = read_vm(*session_, stopped);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_NE(std::find(read->extra_config.begin(), read->extra_config.end(),
                        std::pair<std::string, std::string>{"uuid.action", "keep"}),
              read->extra_config.end());
    EXPECT_TRUE(works("MarkAsTemplate", mark_as_template(*session_, stopped)));
    EXPECT_TRUE(read_vm(*session_, stopped)->is_template);
    EXPECT_TRUE(
        works("MarkAsVirtualMachine", mark_as_vm(*session_, stopped, read->pool, read->host)));
    EXPECT_FALSE(read_vm(*session_, stopped)->is_template);
    EXPECT_TRUE(works_to_the_end("reloadVirtualMachineFromPath_Task",
                                 reload_from_path_task(*session_, stopped, read->vmx_path)));
}

TEST_F(Calls, HostsAndClustersInTheirRarerStates) {
    EXPECT_TRUE(works_to_the_end("EnterMaintenanceMode_Task",
                                 enter_maintenance_task(*session_, other_host_)));
    EXPECT_TRUE(read_host(*session_, other_host_.ref)->in_maintenance);
    EXPECT_TRUE(works_to_the_end("ExitMaintenanceMode_Task",
                                 exit_maintenance_task(*session_, other_host_)));
    EXPECT_FALSE(read_host(*session_, other_host_.ref)->in_maintenance);

    ASSERT_TRUE(works("UpdateModuleOptionString",
                      set_module_options(*session_, host_, "vmknvme", "vmknvme_hostnqn_format=0")));
    EXPECT_EQ(*module_options(*session_, host_, "vmknvme"), "vmknvme_hostnqn_format=0");
    EXPECT_TRUE(works("QueryAvailablePartition", available_dump_partitions(*session_, host_)));
    works("SelectActivePartition", select_dump_partition(*session_, host_, std::nullopt));
    works("RestartService", control_service(*session_, host_, "ntpd", ServiceAction::Restart));
    if (works("UpdateServicePolicy", set_service_policy(*session_, host_, "TSM-SSH", "on"))) {
        auto services = host_services(*session_, host_);
        ASSERT_TRUE(services) << services.error().what;
        for (const HostService& service : *services)
            EXPECT_TRUE(service.key != "TSM-SSH" || service.policy == "on");
    }
    const Inventory all = inventory();
    ASSERT_FALSE(all.clusters.empty());
    const MoRef cluster = all.clusters.front().ref;
    auto retreat = vcls_retreat(*session_, cluster);
    ASSERT_TRUE(retreat) << retreat.error().what;
    EXPECT_FALSE(*retreat);
}

TEST_F(Calls, HaElectsItsHeartbeatDatastoresAnew) {
    const MoRef cluster = inventory().clusters.at(0).ref;
    const auto hosts_on = [&](const MoRef& datastore) -> size_t {
        auto beats = heartbeat_datastores(*session_, cluster);
        EXPECT_TRUE(beats) << beats.error().what;
        for (const HeartbeatDatastore& one : *beats) {
            if (one.datastore == datastore)
                return one.hosts.size();
        }
        return 0;
    };
    EXPECT_EQ(hosts_on(datastore_.ref), 0u); // nothing was elected yet
    EXPECT_TRUE(works_to_the_end("ReconfigureHostForDAS_Task",
                                 reconfigure_host_for_ha_task(*session_, host_)));
    EXPECT_EQ(hosts_on(datastore_.ref), 1u);
    for (const Vm& vm : inventory().vms) {
        if (vm.powered_on())
            EXPECT_TRUE(works_to_the_end("PowerOffVM_Task", power_off_task(*session_, vm.ref)));
        EXPECT_TRUE(works("UnregisterVM", unregister_vm(*session_, vm.ref)));
    }
    auto held = unmount_vmfs(*session_, host_, datastore_.vmfs_uuid);
    ASSERT_FALSE(held);
    EXPECT_NE(held.error().what.find("HA"), std::string::npos) << held.error().what;
    EXPECT_TRUE(
        works("UnmountVmfsVolume", unmount_vmfs(*session_, other_host_, datastore_.vmfs_uuid)));
    EXPECT_TRUE(works("MountVmfsVolume", mount_vmfs(*session_, other_host_, datastore_.vmfs_uuid)));

    // The policy is the cluster's: every host elects by it.
    ClusterSettings settings;
    settings.heartbeat_policy = "userSelectedDs";
    EXPECT_TRUE(works_to_the_end("ReconfigureComputeResource_Task",
                                 reconfigure_cluster_task(*session_, cluster, settings)));
    EXPECT_EQ(hosts_on(datastore_.ref), 0u); // nobody chose one
    EXPECT_EQ(inventory().clusters.at(0).heartbeat_policy, "userSelectedDs");
    settings.heartbeat_datastores = {datastore_.ref};
    EXPECT_TRUE(works_to_the_end("ReconfigureComputeResource_Task",
                                 reconfigure_cluster_task(*session_, cluster, settings)));
    EXPECT_EQ(hosts_on(datastore_.ref), 2u);
    EXPECT_EQ(inventory().clusters.at(0).heartbeat_choice, std::vector<MoRef>{datastore_.ref});
    settings.heartbeat_datastores.clear();
    EXPECT_TRUE(works_to_the_end("ReconfigureComputeResource_Task",
                                 reconfigure_cluster_task(*session_, cluster, settings)));
    EXPECT_TRUE(works("UnmountVmfsVolume", unmount_vmfs(*session_, host_, datastore_.vmfs_uuid)));
    settings = {};
    settings.ha_enabled = false;
    EXPECT_TRUE(works_to_the_end("ReconfigureComputeResource_Task",
                                 reconfigure_cluster_task(*session_, cluster, settings)));
    auto off = reconfigure_host_for_ha_task(*session_, host_);
    ASSERT_TRUE(off) << off.error().what;
    auto done = wait_task(*session_, *off, TaskWait{});
    EXPECT_FALSE(done && done->state == TaskState::Success);
}

TEST_F(Calls, WhoUsesADatastoreIsTold) {
    auto places = host_places(*session_, host_);
    ASSERT_TRUE(places) << places.error().what;
    EXPECT_FALSE(places->scratch.empty());
    EXPECT_FALSE(path_is_on(datastore_, places->scratch)) << places->scratch;
    auto uses = datastore_uses(*session_, datastore_);
    ASSERT_TRUE(uses) << uses.error().what;
    for (const ForeignEntry& entry : *uses)
        EXPECT_EQ(use_of_entry(entry.entry), entry.use);
    for (const Vm& vm : inventory().vms) {
        for (const VmFinding& finding : vm_obstacles(vm))
            ADD_FAILURE() << vm.name << ": " << to_string(finding.obstacle);
    }
}

} // namespace
} // namespace pf::vim
