#include "tests/support/pfnvme/estate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace pf::nvmetool::test {

namespace {

constexpr std::uint64_t kGib = 1ULL << 30U;
constexpr std::size_t kHostsOfCluster = 4;

class Maker {
  public:
    explicit Maker(const EstateSpec& spec) : spec_(spec), random_(spec.seed) {}

    Inventory make() {
        for (const Fact fact : all_facts()) {
            out_.facts.insert(fact);
        }
        out_.source = "generated";
        out_.collected_at = "2026-11-22T12:00:00.000Z";
        out_.vcenter = {"https://vc.example/sdk", "reader", "VMware vCenter Server", "8.0.3",
                        "7c1bb8a0-0000-4000-8000-000000000001"};
        system();
        for (std::size_t i = 0; i < spec_.hosts; ++i) {
            host(i);
        }
        for (std::size_t i = 0; i < spec_.datastores; ++i) {
            datastore(i);
        }
        devices();
        for (std::size_t i = 0; i < spec_.vms; ++i) {
            vm(i);
        }
        out_.index();
        return std::move(out_);
    }

  private:
    [[nodiscard]] bool awkward() {
        return spec_.awkward > 0 && std::uniform_real_distribution<>(0, 1)(random_) < spec_.awkward;
    }
    std::uint64_t between(std::uint64_t low, std::uint64_t high) {
        return std::uniform_int_distribution<std::uint64_t>(low, high)(random_);
    }

    void system() {
        out_.powerflex = {"https://pf.example",
                          "reader",
                          kSystemId,
                          "pf-lab",
                          kSystemNqn,
                          "4.6",
                          "ThreeNodes",
                          "ClusteredNormal",
                          {{"volumesPerNvmeHost", 8192}}};
        PoolInfo pool{"pool0000000000001", "SP1", "pd00000000000001", "PD1", "Active", "SSD",
                      "MediumGranularity"};
        pool.capacity_known = true;
        pool.max_kib = 4ULL << 40U;
        pool.net_unused_kib = 2ULL << 40U;
        pool.available_kib = 2ULL << 40U;
        pool.allocation_limit_kib = 64ULL << 40U;
        out_.pools.push_back(pool);
        for (int i = 1; i <= 3; ++i) {
            out_.sdss.push_back({fmt::format("sds000000000000{}", i),
                                 fmt::format("sds{}", i),
                                 "pd00000000000001",
                                 "Normal",
                                 "Connected",
                                 "NoMaintenance",
                                 {fmt::format("10.10.0.{}", 10 + i)}});
        }
        for (int i = 1; i <= 2; ++i) {
            SdtAddress sdt{fmt::format("sdt000000000000{}", i),
                           fmt::format("sdt{}", i),
                           "pd00000000000001",
                           fmt::format("10.10.1.{}", 10 + i),
                           4420,
                           true,
                           8009,
                           "StorageAndHost",
                           "Normal",
                           "NoMaintenance"};
            out_.sdts.push_back(sdt);
        }
    }

    void host(std::size_t i) {
        HostInfo host;
        host.id = fmt::format("host-{}", 100 + i);
        host.name = fmt::format("esx{:03}.example", i + 1);
        const std::size_t cluster = i / kHostsOfCluster;
        host.cluster = fmt::format("esx-cl{:02}", cluster + 1);
        host.cluster_id = fmt::format("domain-c{}", cluster + 1);
        host.version = "8.0.3";
        host.build = "24022510";
        host.connection_state = "connected";
        host.power_state = "poweredOn";
        host.nvme_tcp_supported = true;
        host.nqn = fmt::format("nqn.2014-08.example:nvme:esx{:03}", i + 1);
        host.sdc_guid = fmt::format("{:08X}-0000-4000-8000-000000000000", i + 1);
        host.uuid = fmt::format("{:08x}-1111-4111-8111-111111111111", i + 1);
        host.discovery_supported = true;
        host.batch_nvme_supported = true;
        host.storage_vmotion = true;
        host.sdc_loaded = true;
        host.powerpath = false;
        host.diagnostic_device = "mpx.vmhba0:C0:T0:L0";
        host.coredump_file = "";
        host.swap_datastore_id = "";
        host.options = {{"Disk.MaxLUN", "1024"},
                        {"Disk.AutoremoveOnPDL", "1"},
                        {"ScratchConfig.CurrentScratchLocation", "/vmfs/volumes/boot-1/.locker"},
                        {"Syslog.global.logDir", "[] /scratch/log"}};
        host.services = {{"TSM-SSH", false, "off"}, {"ntpd", true, "on"}};
        const std::size_t octet = 100 + i;
        for (int port = 0; port < 2; ++port) {
            host.nics.push_back({fmt::format("vmnic{}", port + 2), "nmlx5_core", 25000, "", ""});
            VmkNic vmk;
            vmk.name = fmt::format("vmk{}", port + 2);
            vmk.address = fmt::format("10.10.1.{}", 20 + (octet % 100) * 2 + port);
            vmk.netmask = "255.255.255.0";
            vmk.portgroup = fmt::format("nvme-{}", port == 0 ? "a" : "b");
            vmk.mtu = 9000;
            vmk.switch_mtu = 9000;
            vmk.switch_name = "vSwitch1";
            vmk.uplinks = {fmt::format("vmnic{}", port + 2)};
            vmk.nvme_tagged = true;
            vmk.services = {"nvmeTcp"};
            host.vmks.push_back(vmk);
        }
        host.storage_adapters.push_back(
            {"vmhba64", "HostBlockHba", "scini", "", "online", "scsi", ""});
        PowerFlexHost sdc;
        sdc.id = fmt::format("sdc{:013}", i + 1);
        sdc.name = fmt::format("esx{:03}-sdc", i + 1);
        sdc.guid = host.sdc_guid;
        sdc.ip = fmt::format("10.10.0.{}", 20 + i % 200);
        sdc.connected = true;
        sdc.os_type = "Esx";
        out_.powerflex_hosts.push_back(sdc);
        if (spec_.onboarded) {
            onboard(host, i);
        }
        if (i % kHostsOfCluster == 0) {
            ClusterInfo info;
            info.id = host.cluster_id;
            info.name = host.cluster;
            info.datacenter = "DC1";
            info.ha_enabled = true;
            info.drs_enabled = true;
            info.drs_behavior = "fullyAutomated";
            info.heartbeat_datastore_ids = std::vector<std::string>{"datastore-boot"};
            out_.clusters.push_back(info);
        }
        out_.clusters.back().host_ids.push_back(host.id);
        out_.hosts.push_back(std::move(host));
    }

    void onboard(HostInfo& host, std::size_t i) {
        PowerFlexHost nvme;
        nvme.id = fmt::format("nvh{:013}", i + 1);
        nvme.name = fmt::format("esx{:03}", i + 1);
        nvme.nvme = true;
        nvme.nqn = host.nqn;
        nvme.max_paths = 4;
        out_.powerflex_hosts.push_back(nvme);
        std::int32_t number = 256;
        for (int port = 0; port < 2; ++port) {
            const std::string adapter = fmt::format("vmhba{}", 65 + port);
            const std::string nic = fmt::format("vmnic{}", port + 2);
            host.adapters.push_back({adapter, nic});
            host.storage_adapters.push_back(
                {adapter, "HostTcpHba", "nvmetcp", "", "online", "nvme", nic});
            for (const SdtAddress& sdt : out_.sdts) {
                NvmeController controller;
                controller.number = number++;
                controller.name = fmt::format("{}#{}#{}:4420", kSystemNqn, adapter, sdt.ip);
                controller.subsystem_nqn = kSystemNqn;
                controller.adapter = adapter;
                controller.address = sdt.ip;
                controller.port = 4420;
                controller.online = true;
                controller.fused = true;
                controller.queues = 8;
                controller.queue_size = 128;
                host.controllers.push_back(controller);
            }
        }
    }

    void datastore(std::size_t i) {
        const bool nvme = i < spec_.on_nvme;
        VolumeInfo volume;
        volume.id = fmt::format("3bd1f788{:08x}", i + 1);
        volume.name = fmt::format("vol-{:04}", i + 1);
        volume.size_kib = 1024ULL * 1024 * 1024;
        volume.pool_id = "pool0000000000001";
        volume.vtree_id = fmt::format("vt{:014}", i + 1);
        volume.type = "thin";
        volume.nsid = static_cast<std::uint32_t>(i + 1);
        volume.access_limit = "ReadWrite";
        DatastoreInfo datastore;
        datastore.id = fmt::format("datastore-{}", 1000 + i);
        datastore.name = fmt::format("{}-ds-{:04}", nvme ? "nvme" : "sdc", i + 1);
        datastore.uuid = fmt::format("65{:06x}-00000000-0000-000000000001", i);
        datastore.type = "VMFS";
        datastore.vmfs_major = 6;
        datastore.vmfs_version = "6.82";
        datastore.accessible = true;
        datastore.capacity_bytes = volume.size_kib * 1024 - kGib;
        datastore.free_bytes = datastore.capacity_bytes / 2;
        datastore.lock_mode = "ATS";
        datastore.sioc_enabled = false;
        datastore.clustered_vmdk = false;
        datastore.content_library = false;
        datastore.sdrs_enabled = false;
        datastore.maintenance_mode = "normal";
        datastore.datacenter = "DC1";
        datastore.extents = {nvme ? nvme_device_name(kSystemId, volume.id)
                                  : sdc_device_name(kSystemId, volume.id)};
        // Each datastore belongs to one cluster.
        const std::size_t clusters = out_.clusters.size();
        const ClusterInfo& cluster = out_.clusters[i % clusters];
        for (const std::string& id : cluster.host_ids) {
            const auto host = std::find_if(out_.hosts.begin(), out_.hosts.end(),
                                           [&](const HostInfo& item) { return item.id == id; });
            datastore.mounts.push_back({id, true, true});
            for (const PowerFlexHost& item : out_.powerflex_hosts) {
                if (nvme ? item.nqn == host->nqn : item.guid == host->sdc_guid) {
                    volume.mappings.push_back({item.id, item.name, item.nvme, 0, 0});
                }
            }
        }
        if (awkward()) {
            switch (between(0, 4)) {
            case 0:
                datastore.vmfs_major = 5;
                break;
            case 1:
                datastore.sioc_enabled = true;
                break;
            case 2:
                datastore.lock_mode = "ATS+SCSI";
                break;
            case 3:
                volume.mappings.front().limit_iops = 20000;
                break;
            default:
                datastore.free_bytes = datastore.capacity_bytes / 50;
            }
        }
        out_.volumes.push_back(std::move(volume));
        out_.datastores.push_back(std::move(datastore));
    }

    // What the hosts see of the datastores' volumes.
    void devices() {
        for (HostInfo& host : out_.hosts) {
            for (std::size_t i = 0; i < out_.datastores.size(); ++i) {
                const DatastoreInfo& datastore = out_.datastores[i];
                if (datastore.mount_on(host.id) == nullptr) {
                    continue;
                }
                const bool nvme = i < spec_.on_nvme;
                DeviceInfo device;
                device.name = datastore.extents.front();
                device.uuid = fmt::format("0200{:04}", i);
                device.block_bytes = 512;
                device.blocks = out_.volumes[i].size_kib * 2;
                device.nvme = nvme;
                device.plugin = nvme ? "HPP" : "NMP";
                device.policy = nvme ? "LB-RR" : "VMW_PSP_FIXED";
                device.vaai = "vStorageSupported";
                if (nvme) {
                    for (std::size_t c = 0; c < host.controllers.size(); ++c) {
                        NvmeController& controller = host.controllers[c];
                        controller.devices.push_back(device.name);
                        controller.namespaces.push_back(
                            {device.name, out_.volumes[i].nsid, 512, device.blocks});
                        device.paths.push_back(
                            {fmt::format("{}:C0:T{}:L{}", controller.adapter, c, i),
                             controller.adapter, "active", c == 0,
                             c % 2 == 0 ? "optimized" : "non-optimized"});
                    }
                } else {
                    device.paths.push_back(
                        {fmt::format("vmhba64:C0:T0:L{}", i), "vmhba64", "active", true, ""});
                }
                device.paths_total = static_cast<std::uint32_t>(device.paths.size());
                device.paths_active = device.paths_total;
                host.devices.push_back(std::move(device));
            }
        }
    }

    void vm(std::size_t i) {
        DatastoreInfo& datastore = out_.datastores[i % out_.datastores.size()];
        const DatastoreMount& mount =
            datastore.mounts[(i / out_.datastores.size()) % datastore.mounts.size()];
        VmInfo vm;
        vm.id = fmt::format("vm-{}", 10000 + i);
        vm.name = fmt::format("app-{:05}", i + 1);
        vm.instance_uuid = fmt::format("50{:06x}-0000-4000-8000-000000000000", i);
        vm.bios_uuid = fmt::format("42{:06x}-0000-4000-8000-000000000000", i);
        vm.vmx_path = fmt::format("[{}] {}/{}.vmx", datastore.name, vm.name, vm.name);
        vm.host_id = mount.host_id;
        vm.folder_id = "group-v3";
        vm.folder = i % 3 == 0 ? "prod/web" : "prod/db";
        vm.pool_id = "resgroup-8";
        vm.pool = "Resources";
        vm.power_state = i % 7 == 6 ? "poweredOff" : "poweredOn";
        vm.connection_state = "connected";
        vm.tools_running = vm.power_state == "poweredOn";
        vm.tools_state = vm.tools_running ? "guestToolsRunning" : "guestToolsNotRunning";
        vm.memory_mb = 8192;
        vm.cpus = 4;
        vm.drs_override = "";
        vm.ha_override = "";
        vm.datastore_ids = {datastore.id};
        const std::size_t disks = 1 + i % 3;
        std::uint64_t committed = 0;
        for (std::size_t d = 0; d < disks; ++d) {
            DiskInfo disk;
            disk.key = static_cast<std::int32_t>(2000 + d);
            disk.label = fmt::format("Hard disk {}", d + 1);
            disk.file = fmt::format("[{}] {}/{}{}.vmdk", datastore.name, vm.name, vm.name,
                                    d == 0 ? "" : fmt::format("_{}", d));
            disk.datastore_id = datastore.id;
            disk.capacity_bytes = between(20, 200) * kGib;
            disk.controller_key = 1000;
            disk.unit_number = static_cast<std::int32_t>(d);
            disk.backing = "VirtualDiskFlatVer2BackingInfo";
            disk.mode = "persistent";
            disk.sharing = "sharingNone";
            disk.format = "thin";
            committed += disk.capacity_bytes / 2;
            vm.disks.push_back(disk);
        }
        vm.usage.push_back(
            {datastore.id, committed, vm.provisioned_bytes() - committed, committed});
        vm.controllers.push_back(
            {1000, "ParaVirtualSCSIController", "SCSI controller 0", "noSharing"});
        if (awkward()) {
            spoil(vm, i);
        }
        datastore.vm_ids.push_back(vm.id);
        out_.vms.push_back(std::move(vm));
    }

    void spoil(VmInfo& vm, std::size_t i) {
        switch (between(0, 7)) {
        case 0:
            vm.disks.front().rdm = RdmKind::Virtual;
            break;
        case 1:
            vm.disks.front().multi_writer = true;
            vm.disks.front().sharing = "sharingMultiWriter";
            break;
        case 2:
            vm.has_snapshots = true;
            vm.snapshots.push_back({"snapshot-1", "before patch", "2026-11-01T00:00:00Z", 0});
            break;
        case 3:
            vm.tools_running = false;
            break;
        case 4: {
            const DatastoreInfo& other = out_.datastores[(i + 1) % out_.datastores.size()];
            vm.datastore_ids.push_back(other.id);
            vm.disks.back().datastore_id = other.id;
            break;
        }
        case 5:
            vm.consolidation_needed = true;
            break;
        case 6:
            vm.question = "question-1";
            break;
        default:
            vm.cbt = true;
        }
    }

    EstateSpec spec_;
    std::mt19937_64 random_;
    Inventory out_;
};

} // namespace

Inventory make_estate(const EstateSpec& spec) { return Maker(spec).make(); }

} // namespace pf::nvmetool::test
