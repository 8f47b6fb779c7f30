// esxcli network {diag ping, ip connection, ip neighbor, ip route}, nvme {controller, namespace}
// identify.
#include "libvsphere/simulator/esxcli/model.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pf::vim::sim::cli {

namespace {

Answer list_of(const char* name) {
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.table = true;
    answer.struct_name = name;
    return answer;
}

std::optional<std::array<uint8_t, 4>> ipv4(std::string_view text) {
    std::array<uint8_t, 4> out{};
    for (size_t i = 0; i < 4; ++i) {
        const auto end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data(), end, out[i]);
        if (parsed.ec != std::errc{} || (i < 3 && (parsed.ptr == end || *parsed.ptr != '.')) ||
            (i == 3 && parsed.ptr != end)) {
            return std::nullopt;
        }
        text.remove_prefix(static_cast<size_t>(parsed.ptr - text.data()) + (i < 3 ? 1 : 0));
    }
    return out;
}

bool same_network(const std::string& a, const std::string& b, const std::string& mask) {
    const auto left = ipv4(a);
    const auto right = ipv4(b);
    const auto bits = ipv4(mask);
    if (!left || !right || !bits) {
        return false;
    }
    for (size_t i = 0; i < 4; ++i) {
        if (((*left)[i] & (*bits)[i]) != ((*right)[i] & (*bits)[i])) {
            return false;
        }
    }
    return true;
}

std::string network_of(const VmkSpec& vmk) {
    const auto address = ipv4(vmk.address);
    const auto mask = ipv4(vmk.netmask);
    if (!address || !mask) {
        return vmk.address;
    }
    return fmt::format("{}.{}.{}.{}", (*address)[0] & (*mask)[0], (*address)[1] & (*mask)[1],
                       (*address)[2] & (*mask)[2], (*address)[3] & (*mask)[3]);
}

// Somebody at that address answers: another host's VMkernel port, or a target of the storage.
bool answers(const Invocation& i, const std::string& address) {
    for (const auto& other : i.world.hosts) {
        for (const VmkSpec& vmk : other->spec.vmks) {
            if (vmk.address == address) {
                return other->connected;
            }
        }
    }
    NvmeTarget target;
    target.address = address;
    {
        const std::lock_guard lock(i.world.mutex);
        for (const AdapterState& adapter : i.host.adapters) {
            target.adapter = adapter.kind == AdapterKind::NvmeTcp ? adapter.name : target.adapter;
        }
    }
    for (const uint16_t port : {uint16_t{4420}, uint16_t{8009}}) {
        target.port = port;
        auto found = i.host.storage->nvme_discover(target, Timeout(1000));
        if (found ||
            (found.error().code != Errc::Unreachable && found.error().code != Errc::Timeout)) {
            return true;
        }
    }
    return false;
}

Outcome<Answer> ping(const Invocation& i) {
    const std::string address = i.args.get("host");
    const int64_t count = std::clamp<int64_t>(i.args.number("count", 3), 1, 100);
    const int64_t size = i.args.number("size", 56);
    const std::string wanted = i.args.get("interface");
    const VmkSpec* from = nullptr;
    for (const VmkSpec& vmk : i.host.spec.vmks) {
        const bool named = !wanted.empty() && vmk.name == wanted;
        const bool routed = wanted.empty() && same_network(vmk.address, address, vmk.netmask);
        from = from == nullptr && (named || routed) ? &vmk : from;
    }
    if (!wanted.empty() && from == nullptr) {
        return cli_error(fmt::format("Unable to find interface {}", wanted));
    }
    if (!ipv4(address)) {
        return cli_error(fmt::format("Invalid host {}", address));
    }
    if (i.args.flag("df") && from != nullptr && size + 28 > int64_t{from->mtu}) {
        return cli_error("sendto() failed (Message too long)");
    }
    const bool alive = from != nullptr && same_network(from->address, address, from->netmask) &&
                       answers(i, address);
    Answer answer;
    answer.kind = Answer::Kind::Struct;
    answer.struct_name = "Summary";
    answer.rows = {{"",
                    {{"Host Addr", address},
                     {"Transmitted", count},
                     {"Received", alive ? count : int64_t{0}},
                     {"Duplicated", int64_t{0}},
                     {"Packet Lost", alive ? int64_t{0} : int64_t{100}},
                     {"Roundtrip Min", alive ? int64_t{180} : int64_t{-1}},
                     {"Roundtrip Avg", alive ? int64_t{210} : int64_t{-1}},
                     {"Roundtrip Max", alive ? int64_t{260} : int64_t{-1}}}}};
    return answer;
}

const VmkSpec* vmk_for(const HostState& host, const std::string& address) {
    for (const VmkSpec& vmk : host.spec.vmks) {
        if (same_network(vmk.address, address, vmk.netmask)) {
            return &vmk;
        }
    }
    return nullptr;
}

// The management agents' sockets, and one for every queue pair that the host has connected.
Outcome<Answer> connections(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("IpConnection");
    auto row = [&](const std::string& local, const std::string& foreign, const char* state,
                   int64_t world, const char* name) {
        answer.rows.push_back({"",
                               {{"Proto", std::string("tcp")},
                                {"Recv Q", int64_t{0}},
                                {"Send Q", int64_t{0}},
                                {"Local Address", local},
                                {"Foreign Address", foreign},
                                {"State", std::string(state)},
                                {"World ID", world},
                                {"CC Algo", std::string("newreno")},
                                {"World Name", std::string(name)}}});
    };
    row("0.0.0.0:443", "0.0.0.0:0", "LISTEN", 2'098'001, "rhttpproxy-work");
    row("0.0.0.0:902", "0.0.0.0:0", "LISTEN", 2'098'002, "busybox");
    if (i.host.running_services.contains("TSM-SSH")) {
        row("0.0.0.0:22", "0.0.0.0:0", "LISTEN", 2'098'003, "sshd");
    }
    for (const NvmeController& controller : i.host.controllers) {
        const VmkSpec* vmk = vmk_for(i.host, controller.target.address);
        for (uint32_t queue = 0; controller.online && queue <= controller.io_queues; ++queue) {
            row(fmt::format("{}:{}", vmk == nullptr ? "0.0.0.0" : vmk->address,
                            20'000 + (controller.number * 64 + queue) % 40'000),
                fmt::format("{}:{}", controller.target.address, controller.target.port),
                "ESTABLISHED", 524'288, "nvmetcp");
        }
    }
    return answer;
}

Outcome<Answer> neighbors(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("NeighborTable");
    for (const auto& other : i.world.hosts) {
        for (const VmkSpec& theirs : other->spec.vmks) {
            const VmkSpec* mine = vmk_for(i.host, theirs.address);
            if (other.get() != &i.host && mine != nullptr && other->connected) {
                answer.rows.push_back({"",
                                       {{"Neighbor", theirs.address},
                                        {"Mac Address", theirs.mac},
                                        {"Vmknic", mine->name},
                                        {"Expiry", std::string("1017 sec")},
                                        {"State", std::string()},
                                        {"Type", std::string("Unknown")}}});
            }
        }
    }
    return answer;
}

Outcome<Answer> routes(const Invocation& i) {
    Answer answer = list_of("IPv4Route");
    auto row = [&](const std::string& network, const std::string& mask, const std::string& gateway,
                   const std::string& vmk, const char* source) {
        answer.rows.push_back({"",
                               {{"Network", network},
                                {"Netmask", mask},
                                {"Gateway", gateway},
                                {"Interface", vmk},
                                {"Source", std::string(source)}}});
    };
    for (const VmkSpec& vmk : i.host.spec.vmks) {
        if (&vmk == &i.host.spec.vmks.front()) {
            const std::string network = network_of(vmk);
            row("default", "0.0.0.0", network.substr(0, network.rfind('.')) + ".1", vmk.name,
                "MANUAL");
        }
        row(network_of(vmk), vmk.netmask, "0.0.0.0", vmk.name, "MANUAL");
    }
    return answer;
}

Answer name_values(const char* name,
                   std::initializer_list<std::pair<const char*, std::string>> fields) {
    Answer answer = list_of(name);
    for (const auto& [title, value] : fields) {
        answer.rows.push_back({"", {{"Name", std::string(title)}, {"Value", value}}});
    }
    return answer;
}

Outcome<Answer> controller_identify(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    const std::string wanted = i.args.get("controller");
    for (const NvmeController& c : i.host.controllers) {
        const std::string name =
            fmt::format("{}#{}#{}:{}", c.subnqn, c.target.adapter, c.target.address, c.target.port);
        if (name != wanted) {
            continue;
        }
        return name_values("NVMeIdentify", {{"VID", fmt::format("{:#06x}", c.vendor_id)},
                                            {"SSVID", fmt::format("{:#06x}", c.vendor_id)},
                                            {"SN", c.serial},
                                            {"MN", c.model},
                                            {"FR", c.firmware},
                                            {"CMIC", "0xb"},
                                            {"MDTS", "0x5"},
                                            {"CNTLID", fmt::format("{:#x}", c.controller_id)},
                                            {"VER", "1.4.0"},
                                            {"OAES", "0x900"},
                                            {"KAS", "0x64"},
                                            {"NN", "0x400"},
                                            {"FUSES", c.fused_compare_write ? "0x1" : "0x0"},
                                            {"ANATT", "0xa"},
                                            {"ANACAP", "0x1f"},
                                            {"SUBNQN", c.subnqn}});
    }
    return cli_error(fmt::format("Unable to find controller {}", wanted));
}

Outcome<Answer> namespace_identify(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    const std::string wanted = i.args.get("namespace");
    for (const NvmeController& controller : i.host.controllers) {
        for (const NvmeNamespace& ns : controller.namespaces) {
            if (ns.device_id != wanted || !i.host.devices.contains(wanted)) {
                continue;
            }
            const std::string blocks = fmt::format("{:#x}", ns.blocks);
            return name_values("NVMeNamespaceIdentify",
                               {{"NSZE", blocks},
                                {"NCAP", blocks},
                                {"NUSE", blocks},
                                {"NSFEAT", "0x1"},
                                {"NLBAF", "0x0"},
                                {"FLBAS", "0x0"},
                                {"NMIC", "0x1"},
                                {"ANAGRPID", "0x1"},
                                {"NGUID", wanted.substr(wanted.find('.') + 1)},
                                {"EUI64", "0x0"},
                                {"LBAF0", ns.block_size == 512 ? "0x90000" : "0xc0000"}});
        }
    }
    return cli_error(fmt::format("Unable to find namespace {}", wanted));
}

} // namespace

void add_host_commands(std::vector<Command>& out) {
    out.push_back({"network.diag",
                   "ping",
                   "Send ICMP echo requests",
                   {{"host", "host", 'H', true, false, "Address"},
                    {"interface", "interface", 'I', false, false, "VMkernel adapter"},
                    {"count", "count", 'c', false, false, "How many"},
                    {"size", "size", 's', false, false, "Bytes of payload"},
                    {"df", "df", 'd', false, true, "Do not fragment"},
                    {"wait", "wait", 'W', false, false, "Seconds to wait"}},
                   ping});
    out.push_back({"network.ip.connection", "list", "List connections", {}, connections});
    out.push_back({"network.ip.neighbor", "list", "List neighbors", {}, neighbors});
    out.push_back({"network.ip.route.ipv4", "list", "List IPv4 routes", {}, routes});
    out.push_back({"nvme.controller",
                   "identify",
                   "Identify a controller",
                   {{"controller", "controller", 'c', true, false, "Controller name"}},
                   controller_identify});
    out.push_back({"nvme.namespace",
                   "identify",
                   "Identify a namespace",
                   {{"namespace", "namespace", 'n', true, false, "Namespace name"}},
                   namespace_identify});
}

} // namespace pf::vim::sim::cli
