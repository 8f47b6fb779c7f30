// esxcli nvme ...
#include "libvsphere/simulator/esxcli/model.hpp"

#include <algorithm>

namespace pf::vim::sim::cli {

namespace {

Outcome<Answer> info_get(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer;
    answer.kind = Answer::Kind::Struct;
    answer.struct_name = "HostNQN";
    answer.rows = {{"", {{"Host NQN", i.host.nqn}}}};
    return answer;
}

std::string qualified_name(const HostState& host, const std::string& pnic) {
    for (const NicSpec& nic : host.spec.nics) {
        if (nic.name == pnic) {
            std::string mac = nic.mac;
            std::replace(mac.begin(), mac.end(), ':', '-');
            return "aqn:nvmetcp:" + mac + "-T";
        }
    }
    return {};
}

Outcome<Answer> adapter_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.table = true;
    answer.struct_name = "NVMeAdapter";
    for (const AdapterState& adapter : i.host.adapters) {
        if (adapter.kind == AdapterKind::NvmeTcp) {
            answer.rows.push_back(
                {"",
                 {{"Adapter", adapter.name},
                  {"Adapter Qualified Name", qualified_name(i.host, adapter.pnic)},
                  {"Transport Type", std::string("TCP")},
                  {"Driver", std::string("nvmetcp")},
                  {"Associated Devices", std::vector<std::string>{adapter.pnic}}}});
        }
    }
    return answer;
}

std::string controller_name(const NvmeController& controller) {
    return fmt::format("{}#{}#{}:{}", controller.subnqn, controller.target.adapter,
                       controller.target.address, controller.target.port);
}

Outcome<Answer> controller_list(const Invocation& i) {
    i.ops().refresh_devices(); // the online state is the host's own knowledge: always current
    const std::lock_guard lock(i.world.mutex);
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.table = true;
    answer.struct_name = "NVMeController";
    const bool eight = !i.host.is_version_7();
    for (const NvmeController& controller : i.host.controllers) {
        if (i.args.has("adapter") && i.args.get("adapter") != controller.target.adapter) {
            continue;
        }
        Row row{"",
                {{"Name", controller_name(controller)},
                 {"Controller Number", int64_t{controller.number}},
                 {"Adapter", controller.target.adapter},
                 {"Transport Type", std::string("TCP")},
                 {"Is Online", controller.online}}};
        if (eight) {
            row.fields.emplace_back("Is VVOL", false);
        }
        if (eight && i.host.spec.version >= "8.0.3") {
            row.fields.emplace_back("Keep Alive Timeout", int64_t{controller.keep_alive_s});
            row.fields.emplace_back("IO Queue Number", int64_t{controller.io_queues});
            row.fields.emplace_back("IO Queue Size", int64_t{controller.io_queue_size});
        }
        answer.rows.push_back(std::move(row));
    }
    return answer;
}

Outcome<Answer> namespace_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.table = true;
    answer.struct_name = "NVMeNamespace";
    for (const NvmeController& controller : i.host.controllers) {
        for (const NvmeNamespace& ns : controller.namespaces) {
            if (i.host.devices.contains(ns.device_id)) {
                answer.rows.push_back(
                    {"",
                     {{"Name", ns.device_id},
                      {"Controller Number", int64_t{controller.number}},
                      {"Namespace ID", int64_t{ns.nsid}},
                      {"Block Size", int64_t{ns.block_size}},
                      {"Capacity in MB", static_cast<int64_t>(ns.blocks * ns.block_size >> 20)}}});
            }
        }
    }
    return answer;
}

Outcome<> want_tcp(const Invocation& i) {
    if (i.args.get("protocol") != "TCP") {
        return cli_error("Invalid data constraint for parameter 'protocol'.");
    }
    return {};
}

Outcome<Answer> enable(const Invocation& i) {
    SIM_CHECK(want_tcp(i));
    auto made = i.ops().create_tcp_adapter(i.args.get("device"));
    if (!made) {
        return cli_fault(made.error(), fmt::format("Unable to enable NVMe over TCP on {}:",
                                                   i.args.get("device")));
    }
    Answer answer;
    answer.kind = Answer::Kind::Scalar;
    answer.scalar = true;
    return answer;
}

Outcome<Answer> disable(const Invocation& i) {
    SIM_CHECK(want_tcp(i));
    std::string name;
    {
        const std::lock_guard lock(i.world.mutex);
        for (const AdapterState& adapter : i.host.adapters) {
            if (adapter.kind == AdapterKind::NvmeTcp && adapter.pnic == i.args.get("device")) {
                name = adapter.name;
            }
        }
    }
    auto gone = i.ops().remove_tcp_adapter(name);
    if (!gone) {
        return cli_fault(gone.error(), fmt::format("Unable to disable NVMe over TCP on {}:",
                                                   i.args.get("device")));
    }
    Answer answer;
    answer.kind = Answer::Kind::Scalar;
    answer.scalar = true;
    return answer;
}

NvmeConnectRequest request_of(const Arguments& args) {
    NvmeConnectRequest request;
    request.target.adapter = args.get("adapter");
    request.target.address = args.get("ipaddress");
    request.target.port = static_cast<uint16_t>(args.number("portnumber", 4420));
    request.subnqn = args.get("subsystemnqn");
    request.controller_id = static_cast<uint16_t>(args.number("controllerid", 0xffff));
    request.admin_queue_size = static_cast<uint32_t>(args.number("adminqueuesize", 0));
    request.io_queues = static_cast<uint32_t>(args.number("ioqueuenumber", 0));
    request.io_queue_size = static_cast<uint32_t>(args.number("ioqueuesize", 0));
    request.keep_alive_s = static_cast<uint32_t>(args.number("keepalivetimeout", 0));
    return request;
}

Outcome<Answer> discover(const Invocation& i) {
    NvmeTarget target;
    target.adapter = i.args.get("adapter");
    target.address = i.args.get("ipaddress");
    target.port = static_cast<uint16_t>(i.args.number("portnumber", 8009));
    auto found = i.ops().discover(target);
    if (!found) {
        if (found.error().is("NotFound")) {
            return cli_error("The object or item referred to could not be found.");
        }
        return cli_fault(found.error(), "Unable to discover NVMe controllers:");
    }
    auto connected = [&](const NvmeDiscoveryEntry& entry) {
        return std::any_of(
            i.host.controllers.begin(), i.host.controllers.end(), [&](const NvmeController& live) {
                return live.target.adapter == target.adapter && live.subnqn == entry.subnqn &&
                       live.target.address == entry.address && live.target.port == entry.port;
            });
    };
    if (i.args.flag("connectall")) {
        for (const NvmeDiscoveryEntry& entry : found->entries) {
            bool skip = entry.discovery_subsystem;
            {
                const std::lock_guard lock(i.world.mutex);
                skip = skip || connected(entry);
            }
            if (skip) {
                continue;
            }
            NvmeConnectRequest request = request_of(i.args);
            request.target = {target.adapter, entry.address, entry.port};
            request.subnqn = entry.subnqn;
            auto made = i.ops().connect(request);
            if (!made) {
                return cli_fault(made.error(), "Unable to connect to NVMe controller:");
            }
        }
    }
    const std::lock_guard lock(i.world.mutex);
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.table = true;
    answer.struct_name = "NVMeDiscoveryEntry";
    for (const NvmeDiscoveryEntry& entry : found->entries) {
        answer.rows.push_back(
            {"",
             {{"Transport Type", std::string("TCP")},
              {"Address Family", std::string("IPv4")},
              {"Subsystem Type", std::string(entry.discovery_subsystem ? "Discovery" : "NVM")},
              {"Controller ID", int64_t{entry.controller_id}},
              {"Admin Queue Max Size", int64_t{entry.admin_queue_max}},
              {"Transport Address", entry.address},
              {"Transport Service ID", std::to_string(entry.port)},
              {"Subsystem NQN", entry.subnqn},
              {"Connected", connected(entry)}}});
    }
    return answer;
}

Outcome<Answer> connect(const Invocation& i) {
    auto made = i.ops().connect(request_of(i.args));
    if (!made) {
        if (made.error().is("NotFound")) {
            return cli_error("The object or item referred to could not be found.");
        }
        return cli_fault(made.error(), "Unable to connect to NVMe controller:");
    }
    return Answer{};
}

Outcome<Answer> disconnect(const Invocation& i) {
    auto gone = i.ops().disconnect(i.args.get("adapter"), i.args.get("subsystemnqn"),
                                   static_cast<uint32_t>(i.args.number("controllernumber", 0)));
    if (!gone) {
        return cli_fault(gone.error(), "Unable to disconnect NVMe controller:");
    }
    return Answer{};
}

const Param kAdapter{"adapter", "adapter", 'a', true, false, "Adapter name"};
const Param kAddress{"ipaddress", "ip-address", 'i', true, false, "IP address of the target"};
const Param kPort{"portnumber", "port-number", 'p', false, false, "Transport port number"};
const Param kQueues{"ioqueuenumber", "io-queue-number", 'N', false, false, "Number of I/O queues"};
const Param kQueueSize{"ioqueuesize", "io-queue-size", 'S', false, false, "I/O queue size"};
const Param kAdminQueue{"adminqueuesize",  "admin-queue-size", 'Q', false, false,
                        "Admin queue size"};
const Param kKeepAlive{
    "keepalivetimeout", "keepalive-timeout", 'k', false, false, "Keep alive timeout in seconds"};

} // namespace

void add_nvme_commands(std::vector<Command>& out) {
    const Param protocol{"protocol", "protocol", 'p', true, false, "Transport protocol: TCP"};
    const Param device{"device", "device", 'd', true, false, "Network device, e.g. vmnic0"};
    out.push_back({"nvme.info", "get", "NVMe host information", {}, info_get});
    out.push_back({"nvme.adapter", "list", "List all NVMe adapters", {}, adapter_list});
    out.push_back({"nvme.controller",
                   "list",
                   "List all NVMe controllers",
                   {{"adapter", "adapter", 'a', false, false, "Adapter name"}},
                   controller_list});
    out.push_back({"nvme.namespace", "list", "List all NVMe namespaces", {}, namespace_list});
    out.push_back(
        {"nvme.fabrics", "enable", "Enable NVMe over Fabrics", {protocol, device}, enable});
    out.push_back(
        {"nvme.fabrics", "disable", "Disable NVMe over Fabrics", {protocol, device}, disable});
    out.push_back({"nvme.fabrics",
                   "discover",
                   "Discover NVMe over Fabrics target ports",
                   {kAdapter,
                    kAdminQueue,
                    {"connectall", "connect-all", 'c', false, true, "Connect all found subsystems"},
                    kQueues,
                    kQueueSize,
                    kAddress,
                    kKeepAlive,
                    kPort,
                    {"subsystemnqn", "subsystem-nqn", 's', false, false, "Subsystem NQN"}},
                   discover});
    out.push_back({"nvme.fabrics",
                   "connect",
                   "Connect to an NVMe over Fabrics subsystem",
                   {kAdapter,
                    kAdminQueue,
                    {"controllerid", "controller-id", 'c', false, false, "Controller id"},
                    kQueues,
                    kQueueSize,
                    kAddress,
                    kKeepAlive,
                    kPort,
                    {"subsystemnqn", "subsystem-nqn", 's', true, false, "Subsystem NQN"}},
                   connect});
    out.push_back(
        {"nvme.fabrics",
         "disconnect",
         "Disconnect an NVMe over Fabrics controller",
         {kAdapter,
          {"controllernumber", "controller-number", 'n', false, false, "Controller number"},
          {"subsystemnqn", "subsystem-nqn", 's', false, false, "Subsystem NQN"}},
         disconnect});
}

} // namespace pf::vim::sim::cli
