// Virtual machines that stand in the inventory only: for plans over estates too large for bytes.
#include "base/crypto.hpp"
#include "libvsphere/simulator/vm_ops.hpp"

namespace pf::vim::sim {

namespace {

std::string uuid_of(const std::string& seed) {
    const std::string hex = to_hex(sha256(as_bytes(seed)));
    return fmt::format("{}-{}-4{}-8{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3),
                       hex.substr(17, 3), hex.substr(20, 12));
}

} // namespace

Result<void> VmOps::create_on_paper(const std::vector<VmSpec>& specs) {
    const std::lock_guard lock(world_.mutex);
    std::map<std::string, std::string> volume_of;
    for (const auto& [number, ds] : world_.datastores) {
        volume_of[ds.name] = ds.uuid;
    }
    for (const VmSpec& spec : specs) {
        const HostState* host = world_.host_named(spec.host);
        const auto home = volume_of.find(spec.datastore);
        if (host == nullptr || home == volume_of.end()) {
            return fail(Errc::NotFound, "VM {}: no host {} or no datastore {}", spec.name,
                        spec.host, spec.datastore);
        }
        VmState vm;
        vm.paper = true;
        vm.number = world_.next_number++;
        vm.name = spec.name;
        vm.uuid = uuid_of("bios " + spec.name);
        vm.instance_uuid = uuid_of("instance " + spec.name);
        vm.vmx = {home->second,
                  fmt::format("{0}/{0}{1}", spec.name, spec.template_vm ? ".vmtx" : ".vmx")};
        vm.host = host->moid();
        vm.pool = spec.template_vm ? "" : cluster_pool(host->cluster).id;
        vm.power = spec.powered_on ? PowerState::On : PowerState::Off;
        vm.template_vm = spec.template_vm;
        vm.tools = spec.tools;
        vm.cpus = spec.cpus;
        vm.memory_mb = spec.memory_mb;
        vm.guest = spec.guest;
        vm.annotation = spec.annotation;
        vm.mac = "00:50:56:" + vm.uuid.substr(0, 2) + ":" + vm.uuid.substr(2, 2) + ":" +
                 vm.uuid.substr(4, 2);
        vm.boot_time = world_.started;
        vm.extra_config = spec.extra_config;
        vm.controllers.push_back({1000, 0,
                                  spec.bus_sharing == "physical"  ? "physicalSharing"
                                  : spec.bus_sharing == "virtual" ? "virtualSharing"
                                                                  : "noSharing"});
        for (size_t i = 0; i < spec.disks.size(); ++i) {
            const DiskSpec& described = spec.disks[i];
            const auto volume =
                described.datastore.empty() ? home : volume_of.find(described.datastore);
            VmDisk disk;
            disk.unit = static_cast<int32_t>(i < 7 ? i : i + 1);
            disk.key = 2000 + disk.unit;
            const std::string base =
                fmt::format("{0}/{0}{1}", spec.name, i == 0 ? "" : fmt::format("_{}", i));
            disk.descriptor = {volume->second, base + ".vmdk"};
            disk.flat = {volume->second, base + "-flat.vmdk"};
            disk.size = described.size_bytes;
            disk.thin = described.thin;
            disk.uuid = uuid_of(fmt::format("disk {} {}", spec.name, i));
            disk.mode = described.mode;
            disk.sharing = described.sharing;
            disk.rdm = described.rdm;
            disk.rdm_device = described.rdm_device;
            vm.disks.push_back(std::move(disk));
        }
        world_.vms.emplace_hint(world_.vms.end(), vm.number, std::move(vm));
    }
    world_.touch();
    return {};
}

} // namespace pf::vim::sim
