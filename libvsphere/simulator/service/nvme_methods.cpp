// NVMe methods of HostStorageSystem: adapters, discovery, connect, disconnect.
#include "libvsphere/simulator/host_ops.hpp"
#include "libvsphere/simulator/service/methods.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

Outcome<Value> create_adapter(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const Value& spec = call.arg("spec");
    if (spec.type_name() != "HostTcpHbaCreateSpec") {
        return raise("NotSupported", "Only NVMe over TCP adapters can be created.");
    }
    SIM_CHECK(HostOps(c.world, *host).create_tcp_adapter(spec["pnic"].text()));
    return Value();
}

Outcome<Value> remove_adapter(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    SIM_CHECK(HostOps(c.world, *host).remove_tcp_adapter(call.arg("hbaDeviceName").text()));
    return Value();
}

// portNumber's documented default is the discovery port, for connects too.
Outcome<NvmeTarget> target_of(const Value& spec) {
    const Value& transport = spec["transportParameters"];
    if (transport.type_name() != "HostNvmeOverTcpParameters") {
        return raise("NotSupported", "Only the TCP transport is supported.");
    }
    NvmeTarget target;
    target.adapter = spec["hbaName"].text();
    target.address = transport["address"].text();
    const int64_t port = transport["portNumber"].int_or(8009);
    if (target.address.empty() || port < 1 || port > 65535) {
        return raise_invalid_argument("transportParameters", "transportParameters");
    }
    target.port = static_cast<uint16_t>(port);
    return target;
}

Outcome<NvmeConnectRequest> connect_request(const Value& spec) {
    NvmeConnectRequest request;
    SIM_TRY(request.target, target_of(spec));
    request.subnqn = spec["subnqn"].text();
    if (!request.subnqn.starts_with("nqn.")) {
        return raise_invalid_argument("subnqn", "subnqn");
    }
    request.controller_id = static_cast<uint16_t>(spec["controllerId"].int_or(0xffff));
    request.admin_queue_size = static_cast<uint32_t>(spec["adminQueueSize"].int_or(0));
    request.keep_alive_s = static_cast<uint32_t>(spec["keepAliveTimeout"].int_or(0));
    const std::string digest = spec["transportParameters"]["digestVerification"].text();
    request.digest = digest == "headerOnly"      ? NvmeDigest::Header
                     : digest == "dataOnly"      ? NvmeDigest::Data
                     : digest == "headerAndData" ? NvmeDigest::Both
                                                 : NvmeDigest::None;
    return request;
}

bool is_connected(const HostState& host, const std::string& adapter,
                  const NvmeDiscoveryEntry& entry) {
    return std::any_of(
        host.controllers.begin(), host.controllers.end(), [&](const NvmeController& live) {
            return live.target.adapter == adapter && live.subnqn == entry.subnqn &&
                   live.target.address == entry.address && live.target.port == entry.port;
        });
}

Outcome<Value> discover(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const Value& spec = call.arg("discoverSpec");
    SIM_TRY(const NvmeTarget target, target_of(spec));
    HostOps ops(c.world, *host);
    SIM_TRY(const HostStorage::Discovery found, ops.discover(target));
    if (spec["autoConnect"].bool_or(false)) {
        for (const NvmeDiscoveryEntry& entry : found.entries) {
            bool already = entry.discovery_subsystem;
            {
                const std::lock_guard lock(c.world.mutex);
                already = already || is_connected(*host, target.adapter, entry);
            }
            if (!already) {
                NvmeConnectRequest request;
                request.target = {target.adapter, entry.address, entry.port};
                request.subnqn = entry.subnqn;
                SIM_CHECK(ops.connect(request));
            }
        }
    }
    std::vector<Value> entries;
    const std::lock_guard lock(c.world.mutex);
    for (const NvmeDiscoveryEntry& entry : found.entries) {
        entries.push_back(make(
            "HostNvmeDiscoveryLogEntry",
            {{"subnqn", entry.subnqn},
             {"subsystemType", entry.discovery_subsystem ? "discovery" : "nvm"},
             {"subsystemPortId", int_value(entry.port_id)},
             {"controllerId", int_value(entry.controller_id)},
             {"adminQueueMaxSize", int_value(entry.admin_queue_max)},
             {"transportParameters",
              make("HostNvmeOverTcpParameters",
                   {{"address", entry.address}, {"portNumber", int_value(entry.port)}})},
             {"transportRequirements",
              entry.secure_channel_required ? "secureChannelRequired" : "secureChannelNotRequired"},
             {"connected", is_connected(*host, target.adapter, entry)}}));
    }
    return make("HostNvmeDiscoveryLog",
                {{"entry", Value::array("HostNvmeDiscoveryLogEntry", std::move(entries))},
                 {"complete", found.complete}});
}

Outcome<Value> connect(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    SIM_TRY(const NvmeConnectRequest request, connect_request(call.arg("connectSpec")));
    SIM_CHECK(HostOps(c.world, *host).connect(request));
    return Value();
}

Outcome<> disconnect_one(World& world, HostState& host, const Value& spec) {
    return HostOps(world, host)
        .disconnect(spec["hbaName"].text(), spec["subnqn"].text(),
                    static_cast<uint32_t>(spec["controllerNumber"].int_or(0)));
}

Outcome<Value> disconnect(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    SIM_CHECK(disconnect_one(c.world, *host, call.arg("disconnectSpec")));
    return Value();
}

// Not transactional: what can be done is done, the fault lists what could not.
Outcome<Value> batch_result(const std::vector<std::string>& failed) {
    if (failed.empty()) {
        return Value();
    }
    std::string all;
    for (const std::string& one : failed) {
        all += (all.empty() ? "" : "; ") + one;
    }
    return raise("HostConfigFault", "An error occurred during host configuration: " + all);
}

Outcome<Value> connect_task(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    World& world = c.world;
    auto work = [&world, host, specs = call.arg("connectSpec")](TaskContext& task) {
        std::vector<std::string> failed;
        int done = 0;
        for (const Value& spec : specs.items()) {
            auto request = connect_request(spec);
            auto connected = request ? HostOps(world, *host).connect(*request)
                                     : Outcome<uint32_t>(tl::unexpected(request.error()));
            if (!connected) {
                failed.push_back(fmt::format("{} {}:{}: {}", spec["hbaName"].text(),
                                             spec["transportParameters"]["address"].text(),
                                             spec["transportParameters"]["portNumber"].text(),
                                             connected.error().message));
            }
            task.progress(++done * 100 / static_cast<int>(specs.items().size()));
        }
        return batch_result(failed);
    };
    return start_task(c, "HostStorageSystem.connectNvmeControllerEx", host->ref(), work);
}

Outcome<Value> disconnect_task(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    World& world = c.world;
    auto work = [&world, host, specs = call.arg("disconnectSpec")](TaskContext&) {
        std::vector<std::string> failed;
        for (const Value& spec : specs.items()) {
            auto gone = disconnect_one(world, *host, spec);
            if (!gone) {
                failed.push_back(spec["hbaName"].text() + ": " + gone.error().message);
            }
        }
        return batch_result(failed);
    };
    return start_task(c, "HostStorageSystem.disconnectNvmeControllerEx", host->ref(), work);
}

Outcome<Value> set_hpp_policy(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::string policy = call.arg("policy")["policy"].text();
    const std::string id = call.arg("lunId").text();
    static const std::vector<std::string> known = {"FIXED", "LB-RR", "LB-IOPS", "LB-BYTES",
                                                   "LB-Latency"};
    if (std::find(known.begin(), known.end(), policy) == known.end()) {
        return raise_invalid_argument("policy", "policy");
    }
    const std::lock_guard lock(c.world.mutex);
    for (const auto& [name, device] : host->devices) {
        if (device.uuid == id && device.info.transport == Transport::NvmeTcp) {
            host->hpp_scheme[name] = policy;
            c.world.touch();
            return Value();
        }
    }
    return raise_not_found("");
}

} // namespace

void add_nvme_methods(MethodTable& t) {
    t.add("HostStorageSystem", "CreateSoftwareAdapter", create_adapter);
    t.add("HostStorageSystem", "RemoveSoftwareAdapter", remove_adapter);
    t.add("HostStorageSystem", "DiscoverNvmeControllers", discover);
    t.add("HostStorageSystem", "ConnectNvmeController", connect);
    t.add("HostStorageSystem", "ConnectNvmeControllerEx_Task", connect_task);
    t.add("HostStorageSystem", "DisconnectNvmeController", disconnect);
    t.add("HostStorageSystem", "DisconnectNvmeControllerEx_Task", disconnect_task);
    t.add("HostStorageSystem", "UpdateHppMultipathLunPolicy", set_hpp_policy);
}

} // namespace pf::vim::sim
