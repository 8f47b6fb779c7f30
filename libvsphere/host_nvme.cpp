// NVMe over TCP on one host: adapters, discovery, controllers.

#include "libvsphere/host.hpp"
#include "libvsphere/settle.hpp"

#include <algorithm>
#include <functional>

namespace pf::vim {

namespace {

CallOptions about(const Host& host, std::string text) {
    return {.object = fmt::format("host {}: {}", host.name, text)};
}

Result<DataObject> tcp_parameters(const NvmeTarget& target) {
    if (target.port == 0)
        return fail(Errc::InvalidArgument,
                    "NVMe target {} needs a port (4420 for I/O, 8009 for discovery)",
                    target.address);
    DataObject p("HostNvmeOverTcpParameters");
    p.set("address", Value(target.address));
    p.set("portNumber", Value(int32_t(target.port)));
    if (!target.digest.empty())
        p.set("digestVerification", Value(target.digest));
    return p;
}

Result<DataObject> connect_spec(const NvmeConnect& spec) {
    PF_TRY(DataObject parameters, tcp_parameters(spec.target));
    DataObject s("HostNvmeConnectSpec");
    s.set("hbaName", Value(spec.target.hba));
    s.set("transportParameters", Value(std::move(parameters)));
    s.set("subnqn", Value(spec.subnqn));
    if (spec.controller_id)
        s.set("controllerId", Value(int32_t(*spec.controller_id)));
    if (spec.admin_queue_size)
        s.set("adminQueueSize", Value(int32_t(*spec.admin_queue_size)));
    if (spec.keep_alive_s)
        s.set("keepAliveTimeout", Value(int32_t(*spec.keep_alive_s)));
    return s;
}

DataObject disconnect_spec(const NvmeDisconnect& spec) {
    DataObject s("HostNvmeDisconnectSpec");
    s.set("hbaName", Value(spec.hba));
    if (!spec.subnqn.empty())
        s.set("subnqn", Value(spec.subnqn));
    if (spec.controller_number)
        s.set("controllerNumber", Value(int32_t(*spec.controller_number)));
    return s;
}

/// A call without a result; when its answer is lost the host's storage is read back.
Result<void> settled(Session& session, const Host& host, std::string_view method, Field argument,
                     std::string doing, const std::function<bool(const HostStorage&)>& done) {
    Result<Value> answer = session.call(host.managers.storage, method, {std::move(argument)},
                                        about(host, std::move(doing)));
    Result<void> outcome;
    if (!answer)
        outcome = fail(answer.error());
    return detail::settle(session, std::move(outcome), [&]() -> Result<bool> {
        PF_TRY(const HostStorage now, read_storage(session, host));
        return done(now);
    });
}

} // namespace

Result<void> create_tcp_adapter(Session& session, const Host& host, const std::string& pnic) {
    DataObject spec("HostTcpHbaCreateSpec");
    spec.set("pnic", Value(pnic));
    return settled(session, host, "CreateSoftwareAdapter", {"spec", Value(spec)},
                   "create the NVMe/TCP adapter on " + pnic,
                   [&](const HostStorage& now) { return now.tcp_hba_on(pnic) != nullptr; });
}

Result<void> remove_adapter(Session& session, const Host& host, const std::string& hba) {
    return settled(session, host, "RemoveSoftwareAdapter", {"hbaDeviceName", Value(hba)},
                   "remove adapter " + hba,
                   [&](const HostStorage& now) { return now.hba(hba) == nullptr; });
}

Result<DiscoveryLog> nvme_discover(Session& session, const Host& host, const NvmeTarget& target,
                                   bool auto_connect, bool root_discovery) {
    PF_TRY(DataObject parameters, tcp_parameters(target));
    DataObject spec("HostNvmeDiscoverSpec");
    spec.set("hbaName", Value(target.hba));
    spec.set("transportParameters", Value(std::move(parameters)));
    if (auto_connect)
        spec.set("autoConnect", Value(true));
    if (root_discovery)
        spec.set("rootDiscoveryController", Value(true));
    PF_TRY(Value log,
           session.call(host.managers.storage, "DiscoverNvmeControllers",
                        {{"discoverSpec", Value(spec)}},
                        about(host, fmt::format("discover {}:{} through {}", target.address,
                                                target.port, target.hba))));
    DiscoveryLog out;
    out.complete = log["complete"].bool_or(false);
    for (const Value& e : log["entry"].items()) {
        const Value& transport = e["transportParameters"];
        DiscoveryEntry entry;
        entry.subnqn = e["subnqn"].text_or();
        entry.subsystem_type = e["subsystemType"].text_or();
        entry.port_id = static_cast<int>(e["subsystemPortId"].int_or(0));
        entry.controller_id = static_cast<int>(e["controllerId"].int_or(0));
        entry.admin_queue_max = static_cast<int>(e["adminQueueMaxSize"].int_or(0));
        entry.address = transport["address"].text_or();
        entry.port = static_cast<uint16_t>(transport["portNumber"].int_or(0));
        entry.digest = transport["digestVerification"].text_or();
        entry.requirements = e["transportRequirements"].text_or();
        entry.connected = e["connected"].bool_or(false);
        out.entries.push_back(std::move(entry));
    }
    return out;
}

Result<void> nvme_connect(Session& session, const Host& host, const NvmeConnect& spec) {
    PF_TRY(DataObject wire, connect_spec(spec));
    return settled(
        session, host, "ConnectNvmeController", {"connectSpec", Value(std::move(wire))},
        fmt::format("connect {} to {}:{}", spec.target.hba, spec.target.address, spec.target.port),
        [&](const HostStorage& now) {
            return std::any_of(
                now.controllers.begin(), now.controllers.end(), [&](const NvmeController& c) {
                    return c.adapter == spec.target.hba && c.subnqn == spec.subnqn &&
                           c.address == spec.target.address && c.port == spec.target.port;
                });
        });
}

Result<MoRef> nvme_connect_task(Session& session, const Host& host,
                                const std::vector<NvmeConnect>& specs) {
    std::vector<Value> list;
    for (const NvmeConnect& spec : specs) {
        PF_TRY(DataObject wire, connect_spec(spec));
        list.emplace_back(std::move(wire));
    }
    PF_TRY(Value task,
           session.call(host.managers.storage, "ConnectNvmeControllerEx_Task",
                        {{"connectSpec", Value::array("HostNvmeConnectSpec", std::move(list))}},
                        about(host, fmt::format("connect {} NVMe controllers", specs.size()))));
    return task.require_ref("the connect task");
}

Result<void> nvme_disconnect(Session& session, const Host& host, const NvmeDisconnect& spec) {
    return settled(session, host, "DisconnectNvmeController",
                   {"disconnectSpec", Value(disconnect_spec(spec))},
                   "disconnect an NVMe controller of " + spec.hba, [&](const HostStorage& now) {
                       return std::none_of(now.controllers.begin(), now.controllers.end(),
                                           [&](const NvmeController& c) {
                                               return c.adapter == spec.hba &&
                                                      (spec.controller_number
                                                           ? c.number == *spec.controller_number
                                                           : c.subnqn == spec.subnqn);
                                           });
                   });
}

Result<MoRef> nvme_disconnect_task(Session& session, const Host& host,
                                   const std::vector<NvmeDisconnect>& specs) {
    std::vector<Value> list;
    for (const NvmeDisconnect& spec : specs)
        list.emplace_back(disconnect_spec(spec));
    PF_TRY(
        Value task,
        session.call(host.managers.storage, "DisconnectNvmeControllerEx_Task",
                     {{"disconnectSpec", Value::array("HostNvmeDisconnectSpec", std::move(list))}},
                     about(host, fmt::format("disconnect {} NVMe controllers", specs.size()))));
    return task.require_ref("the disconnect task");
}

} // namespace pf::vim
