// A small simulated estate over RAM volumes for outside clients: prints the port of its vCenter and
// of its first host, and ends when its standard input does.
#include "libvsphere/simulator/memory_storage.hpp"
#include "libvsphere/simulator/simulator.hpp"

#include <unistd.h>

#include <cstdio>

using namespace pf;
using namespace pf::vim::sim;

namespace {

Estate describe() {
    Estate estate;
    estate.hosts = {Estate::default_host(1), Estate::default_host(2)};
    DvSwitchSpec dvs;
    dvs.name = "DSwitch";
    dvs.nics = {"vmnic2"};
    DvPortGroupSpec group;
    group.name = "dv-apps";
    dvs.portgroups = {group};
    for (HostSpec& host : estate.hosts) {
        NicSpec nic;
        nic.name = "vmnic2";
        host.nics.push_back(nic);
    }
    estate.dvswitches = {dvs};
    uint64_t seed = 1;
    for (const char* name : {"ds-01", "ds-02"}) {
        DatastoreSpec ds;
        ds.name = name;
        estate.datastores.push_back(ds);
        for (const char* role : {"web", "app"}) {
            VmSpec vm;
            vm.name = std::string(role) + "-" + name;
            vm.datastore = name;
            vm.powered_on = role[0] == 'w';
            DiskSpec disk;
            disk.size_bytes = 4u << 20;
            disk.seed = seed++;
            vm.disks = {disk};
            estate.vms.push_back(vm);
        }
    }
    return estate;
}

} // namespace

int main() {
    Estate estate = describe();
    if (auto ok = estate.complete(); !ok) {
        std::fprintf(stderr, "%s\n", ok.error().what.c_str());
        return 1;
    }
    const auto array = MemoryArray::create();
    array->add_portal("192.168.151.10", 4420);
    std::map<std::string, std::string> device_of;
    for (const DatastoreSpec& ds : estate.datastores) {
        const uint64_t volume = array->add_volume(96u << 20);
        device_of[ds.name] = array->sdc_device(volume);
        for (const HostSpec& host : estate.hosts) {
            array->map_sdc(volume, host.name);
        }
    }
    SimulatorOptions options;
    options.hosts[estate.hosts[0].name] = EndpointOptions{};
    auto factory = [&](const std::string& name) -> Result<std::shared_ptr<HostStorage>> {
        return array->host(name);
    };
    Simulator simulator(estate, factory, options);
    auto ready = simulator.start();
    if (ready) {
        ready = simulator.seed(device_of);
    }
    if (!ready) {
        std::fprintf(stderr, "%s\n", ready.error().what.c_str());
        return 1;
    }
    std::printf("%u %u\n", simulator.vcenter_port(), simulator.host_port(estate.hosts[0].name));
    std::fflush(stdout);
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    simulator.stop();
    return 0;
}
