#include "tools/pf-lab/vsphere_process.hpp"

#include "backend/mdm/client/client.hpp"
#include "backend/rt/reactor.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/signals.hpp"
#include "libvsphere/simulator/memory_storage.hpp"
#include "libvsphere/simulator/simulator.hpp"
#include "tools/pf-lab/control.hpp"
#include "tools/pf-lab/host_storage.hpp"
#include "tools/pf-lab/provision.hpp"

#include <algorithm>
#include <thread>

namespace pf::lab {
namespace {

using vim::sim::Simulator;

Result<vim::sim::EndpointOptions> endpoint(const LabDir& dir, const std::string& address,
                                           const std::string& name) {
    vim::sim::EndpointOptions out;
    out.address = address;
    out.port = kHttpsPort;
    PF_TRY(out.cert_pem, read_file(dir / ("pki/" + name + ".pem")));
    PF_TRY(out.key_pem, read_file(dir / ("pki/" + name + ".key")));
    return out;
}

Result<vim::sim::SimulatorOptions> simulator_options(const LabDir& dir, const LabConfig& config) {
    vim::sim::SimulatorOptions out;
    PF_TRY(out.vcenter, endpoint(dir, config.vcenter_address(), "vcenter"));
    for (std::size_t i = 0; i < config.estate.hosts.size(); ++i) {
        PF_TRY(out.hosts[config.estate.hosts[i].name],
               endpoint(dir, config.esxi_address(i), fmt::format("esxi-{}", i + 1)));
    }
    PF_TRY(const Secret vcenter, dir.secret("vcenter"));
    PF_TRY(const Secret esxi, dir.secret("esxi"));
    out.vcenter_login.password = vcenter.expose();
    out.host_login.password = esxi.expose();
    out.timings.copy_bytes_per_second = config.copy_bytes_per_second;
    out.timings.perf_interval = std::chrono::seconds(config.perf_interval_s);
    out.fault_rules_file = dir / "faults.json";
    out.fault_log_file = dir / "log/faults.jsonl";
    // As many as a vCenter takes: a client that is killed leaves its session behind.
    out.max_sessions = 2000;
    return out;
}

// Volume name -> device name over SDC, once every mapping has reached the hosts.
Result<std::map<std::string, std::string>> volume_devices(const LabConfig& config) {
    const auto client = connect_mdm(config);
    auto all = client->query();
    if (!all)
        return fail(all.error().code, "the MDM can't be asked: {}", all.error().what);
    std::map<std::string, std::string> out;
    for (const auto& volume : (*all)->volumes)
        out[volume.name] = "eui." + map::hex16((*all)->system.id) + map::hex16(volume.id);
    return out;
}

// How many SDC volumes the host is to see: its datastores' and the extra ones.
std::size_t wanted_devices(const LabConfig& config, const vim::sim::HostSpec& host) {
    if (!host.sdc)
        return 0;
    const auto datastores = std::count_if(
        config.estate.datastores.begin(), config.estate.datastores.end(), [&](const auto& ds) {
            return ds.hosts.empty() ||
                   std::find(ds.hosts.begin(), ds.hosts.end(), host.name) != ds.hosts.end();
        });
    return static_cast<std::size_t>(datastores) + config.extra_volumes.size();
}

Result<> wait_for_devices(const std::vector<std::shared_ptr<LabHostStorage>>& hosts,
                          const LabConfig& config, StopSignal& stop) {
    const MonoTime deadline = mono_now() + 60s;
    for (;;) {
        bool all = true;
        for (std::size_t i = 0; i < hosts.size(); ++i)
            all = all &&
                  hosts[i]->list_devices().size() >= wanted_devices(config, config.estate.hosts[i]);
        if (all)
            return {};
        if (mono_now() >= deadline)
            return fail(Errc::Timeout, "the hosts don't see their SDC volumes");
        if (stop.wait(50ms) != 0)
            return fail(Errc::Cancelled, "stopped while starting");
    }
}

Result<> wait_for_end(Simulator& simulator, const LabConfig& config, ControlServer& control,
                      StopSignal& stop) {
    control.ready(simulator);
    log("lab").info("vsphere is ready vcenter={}", config.vcenter_address());
    while (stop.wait(1h) == 0) {
    }
    simulator.stop();
    return {};
}

// The estate without a backend: datastores in memory, VMs in the inventory only.
Result<> serve_on_paper(const LabDir& dir, LabConfig& config, ControlServer& control,
                        StopSignal& stop) {
    const auto array = vim::sim::MemoryArray::create();
    std::map<std::string, std::string> device_of;
    for (const auto& ds : config.estate.datastores) {
        const auto volume = array->add_volume(std::max<std::uint64_t>(ds.size_bytes, 1u << 30));
        device_of[ds.name] = array->sdc_device(volume);
        for (const auto& host : config.estate.hosts)
            if (ds.hosts.empty() ||
                std::find(ds.hosts.begin(), ds.hosts.end(), host.name) != ds.hosts.end())
                array->map_sdc(volume, host.name);
    }
    auto factory = [&](const std::string& name) -> Result<std::shared_ptr<vim::sim::HostStorage>> {
        return array->host(name);
    };
    PF_TRY(auto options, simulator_options(dir, config));
    options.paper_vms = true;
    Simulator simulator(config.estate, factory, std::move(options));
    PF_CHECK(simulator.start());
    PF_CHECK(simulator.seed(device_of));
    return wait_for_end(simulator, config, control, stop);
}

Result<> serve(const LabDir& dir, LabConfig& config, StopSignal& stop) {
    PF_TRY(const Secret token, dir.secret("control"));
    ControlServer control(config.vcenter_address(), token);
    PF_CHECK(control.start());

    if (config.no_storage)
        return serve_on_paper(dir, config, control, stop);
    PF_TRY(auto reactor, rt::ReactorThread::create());
    std::vector<std::shared_ptr<LabHostStorage>> storages;
    for (std::size_t i = 0; i < config.estate.hosts.size(); ++i) {
        const auto& host = config.estate.hosts[i];
        HostStorageOptions options;
        options.host_nqn = host_nqn(host.name);
        if (host.sdc) {
            options.sdc_guid = sdc_guid(config.network, host.name);
            options.sdc_name = host.name;
            options.sdc_ip = config.esxi_address(i);
        }
        options.mdm_address = config.node_address(1);
        options.mdm_port = kMdmPort;
        PF_TRY(auto storage, LabHostStorage::open(reactor->reactor(), std::move(options), 30s));
        storages.push_back(std::move(storage));
    }
    PF_CHECK(make_dirs(dir / "data/vsphere", 0700));
    const std::string kept = dir / "data/vsphere/estate.json";
    std::map<std::string, std::string> device_of;
    if (!file_exists(kept)) { // else the estate comes up as it was left
        PF_CHECK(wait_for_devices(storages, config, stop));
        PF_TRY(const auto devices, volume_devices(config));
        for (auto& vm : config.estate.vms)
            for (auto& disk : vm.disks)
                if (disk.rdm_device.starts_with("volume:"))
                    disk.rdm_device = devices.at(disk.rdm_device.substr(7));
        for (const auto& ds : config.estate.datastores)
            device_of[ds.name] = devices.at(ds.volume);
    }

    auto factory = [&](const std::string& name) -> Result<std::shared_ptr<vim::sim::HostStorage>> {
        for (std::size_t i = 0; i < config.estate.hosts.size(); ++i)
            if (config.estate.hosts[i].name == name)
                return std::shared_ptr<vim::sim::HostStorage>(storages[i]);
        return fail(Errc::NotFound, "the lab has no host {}", name);
    };
    PF_TRY(auto options, simulator_options(dir, config));
    options.state_file = kept;
    Simulator simulator(config.estate, factory, std::move(options));
    PF_CHECK(simulator.start());
    PF_CHECK(simulator.seed(device_of));
    return wait_for_end(simulator, config, control, stop);
}

} // namespace

int run_vsphere(const LabDir& dir, LabConfig config) {
    StopSignal stop;
    init_logging({});
    forbid_core_dumps();
    if (auto served = serve(dir, config, stop); !served) {
        log("lab").error("{}", served.error().what);
        return 1;
    }
    return 0;
}

} // namespace pf::lab
