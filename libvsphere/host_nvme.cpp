// NVMe over TCP on one host: adapters, discovery, controllers.

#include "libvsphere/host.hpp"

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

} // namespace

Result<void> create_tcp_adapter(Session& session, const Host& host, const std::string& pnic) {
    DataObject spec("HostTcpHbaCreateSpec");
    spec.set("pnic", Value(pnic));
    PF_CHECK(session.call(host.managers.storage, "CreateSoftwareAdapter", {{"spec", Value(spec)}},
                          about(host, "create the NVMe/TCP adapter on " + pnic)));
    return {};
}

Result<void> remove_adapter(Session& session, const Host& host, const std::string& hba) {
    PF_CHECK(session.call(host.managers.storage, "RemoveSoftwareAdapter",
                          {{"hbaDeviceName", Value(hba)}}, about(host, "remove adapter " + hba)));
    return {};
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
    PF_CHECK(session.call(host.managers.storage, "ConnectNvmeController",
                          {{"connectSpec", Value(std::move(wire))}},
                          about(host, fmt::format("connect {} to {}:{}", spec.target.hba,
                                                  spec.target.address, spec.target.port))));
    return {};
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
    PF_CHECK(session.call(host.managers.storage, "DisconnectNvmeController",
                          {{"disconnectSpec", Value(disconnect_spec(spec))}},
                          about(host, "disconnect an NVMe controller of " + spec.hba)));
    return {};
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
