// NVMe hosts and SDCs.
#include "base/json.hpp"
#include "base/secret.hpp"
#include "tools/scli/context.hpp"
#include "tools/scli/output.hpp"

#include <array>

namespace pf::scli {
namespace {

constexpr std::string_view kHostOptions =
    "host_id=,host_name=,nqn=,nvme_host_id=,nvme_host_name=,nvme_host_nqn=";
constexpr std::string_view kSdcOptions = "sdc_id=,sdc_name=,sdc_ip=,sdc_guid=";

Result<void> add_host(Context& context) {
    powerflex::CreateNvmeHost op;
    PF_TRY(op.nqn, context.args().required("nvme_host_nqn"));
    op.name = context.args().value("host_name");
    if (op.name.empty()) {
        op.name = context.args().value("nvme_host_name");
    }
    if (context.args().flag("max_num_paths")) {
        PF_TRY(const std::uint64_t paths, context.args().number("max_num_paths", 64));
        op.max_paths = static_cast<int>(paths);
    }
    if (context.args().flag("max_num_sys_ports")) {
        PF_TRY(const std::uint64_t ports, context.args().number("max_num_sys_ports", 1024));
        op.max_system_ports = static_cast<int>(ports);
    }
    PF_TRY(const powerflex::HostId id, context.client().create(op));
    context.print("Successfully created NVMe host {}. Object ID {}", name_or_na(op.name), id.value);
    return {};
}

Result<void> remove_host(Context& context) {
    PF_TRY(const powerflex::NvmeHost host, context.nvme_host());
    PF_CHECK(context.client().apply(
        powerflex::RemoveHost{powerflex::HostRef(host.id, host.name), powerflex::HostKind::Nvme}));
    context.print("Successfully removed NVMe host {}", host.display_name());
    return {};
}

// Secrets come by reference (file:PATH, env:NAME, prompt:TEXT, cmd:…), as passwords do: every user
// of the machine reads command lines.
Result<void> set_host_secrets(Context& context) {
    PF_TRY(const powerflex::NvmeHost host, context.nvme_host());
    json::object body;
    const auto take = [&](const char* option, const char* key) -> Result<void> {
        if (!context.args().flag(option))
            return {};
        PF_TRY(const Secret secret, resolve_secret(context.args().value(option)));
        body[key] = secret.expose();
        return {};
    };
    PF_CHECK(take("dhchap_secret_from", "dhchapSecret"));
    PF_CHECK(take("dhchap_ctrl_secret_from", "dhchapControllerSecret"));
    PF_CHECK(take("tls_psk_from", "tlsPsk"));
    if (body.empty())
        return fail(Errc::InvalidArgument, "give --dhchap_secret_from, --dhchap_ctrl_secret_from "
                                           "or --tls_psk_from, as file:PATH");
    std::string text = json::serialize(body);
    const auto done = context.client().post(
        fmt::format("/api/instances/Host::{}/action/setNvmeHostSecrets", host.id.value), text);
    wipe(text);
    PF_CHECK(done);
    context.print("Successfully set the secrets of NVMe host {}", host.display_name());
    return {};
}

Result<void> clear_host_secrets(Context& context) {
    PF_TRY(const powerflex::NvmeHost host, context.nvme_host());
    PF_CHECK(context.client().post(
        fmt::format("/api/instances/Host::{}/action/clearNvmeHostSecrets", host.id.value), "{}"));
    context.print("Successfully cleared the secrets of NVMe host {}", host.display_name());
    return {};
}

void print_host(Context& context, const powerflex::NvmeHost& host) {
    context.print("Host ID: {} Name: {} NQN: {} Max paths: {} Max system ports: {}", host.id.value,
                  host.display_name(), host.nqn, host.max_paths, host.max_system_ports);
}

Result<void> query_all_hosts(Context& context) {
    PF_TRY(const std::vector<powerflex::NvmeHost> all, context.client().nvme_hosts());
    context.print("Query all NVMe hosts returned {} hosts.", all.size());
    for (const powerflex::NvmeHost& host : all) {
        print_host(context, host);
    }
    return {};
}

Result<void> query_host(Context& context) {
    PF_TRY(const powerflex::NvmeHost host, context.nvme_host());
    print_host(context, host);
    PF_TRY(const std::vector<powerflex::NvmeController> controllers,
           context.client().nvme_controllers(host.id));
    for (const powerflex::NvmeController& controller : controllers) {
        context.print("\tController ID: {} {} SDT: {} Host IP: {} Target IP: {} {}",
                      controller.controller_id, controller.subsystem, controller.sdt.value,
                      controller.host_ip, controller.target_ip,
                      controller.connected ? "Connected" : "Disconnected");
    }
    PF_TRY(const std::vector<powerflex::Volume> volumes, context.client().volumes_of_host(host.id));
    for (const powerflex::Volume& volume : volumes) {
        context.print("\tVolume ID: {} Name: {} NSID: {} Size: {}", volume.id.value,
                      name_or_na(volume.name), volume.nsid, size_text(volume.size_kib));
    }
    return {};
}

void print_sdc(Context& context, const powerflex::Sdc& sdc) {
    context.print("SDC ID: {} Name: {} IP: {} State: {} GUID: {} OS Type: {}", sdc.id.value,
                  name_or_na(sdc.name), sdc.ips.empty() ? "N/A" : sdc.ips.front(),
                  sdc.mdm_connection_state, sdc.guid, sdc.os_type);
}

Result<void> query_all_sdc(Context& context) {
    PF_TRY(const std::vector<powerflex::Sdc> all, context.client().sdcs());
    context.print("Query all SDC returned {} SDC nodes.", all.size());
    for (const powerflex::Sdc& sdc : all) {
        print_sdc(context, sdc);
    }
    return {};
}

Result<void> query_sdc(Context& context) {
    PF_TRY(const powerflex::Sdc sdc, context.sdc());
    print_sdc(context, sdc);
    PF_TRY(const std::vector<powerflex::Volume> volumes, context.client().volumes_of_host(sdc.id));
    for (const powerflex::Volume& volume : volumes) {
        context.print("\tVolume ID: {} Name: {} Size: {}", volume.id.value, name_or_na(volume.name),
                      size_text(volume.size_kib));
    }
    return {};
}

// For SDCs and NVMe hosts alike: they share one id space.
Result<void> rename(Context& context) {
    PF_TRY(const std::string name, context.args().required("new_name"));
    powerflex::HostRef ref(powerflex::HostId(context.args().value("sdc_id")));
    if (ref.id.empty()) {
        PF_TRY(const powerflex::Sdc sdc, context.sdc());
        ref = powerflex::HostRef(sdc.id, sdc.name);
    }
    PF_CHECK(context.client().apply(powerflex::RenameHost{ref, name}));
    context.print("Successfully renamed SDC to {}", name);
    return {};
}

Result<void> remove_sdc(Context& context) {
    PF_TRY(const powerflex::Sdc sdc, context.sdc());
    PF_CHECK(context.client().apply(
        powerflex::RemoveHost{powerflex::HostRef(sdc.id, sdc.name), powerflex::HostKind::Sdc}));
    context.print("Successfully removed SDC {}", name_or_na(sdc.name));
    return {};
}

constexpr auto kCommands = std::to_array<Command>({
    {"add_nvme_host", "nvme_host_nqn=,host_name=,nvme_host_name=,max_num_paths=,max_num_sys_ports=",
     "register an NVMe host by its NQN", add_host},
    {"remove_nvme_host", kHostOptions, "remove an NVMe host", remove_host, true},
    {"set_nvme_host_secrets",
     "host_id=,host_name=,nqn=,nvme_host_id=,nvme_host_name=,nvme_host_nqn=,dhchap_secret_from=,"
     "dhchap_ctrl_secret_from=,tls_psk_from=",
     "set an NVMe host's DH-HMAC-CHAP secrets or TLS key, each given as file:PATH",
     set_host_secrets},
    {"clear_nvme_host_secrets", kHostOptions,
     "an NVMe host connects without authentication and TLS again", clear_host_secrets, true},
    {"query_all_nvme_hosts", "", "every NVMe host", query_all_hosts},
    {"query_nvme_host", kHostOptions, "an NVMe host, its connections and volumes", query_host},
    {"query_all_sdc", "", "every SDC", query_all_sdc},
    {"query_sdc", kSdcOptions, "an SDC and its volumes", query_sdc},
    {"rename_sdc", "sdc_id=,sdc_name=,sdc_ip=,sdc_guid=,new_name=", "rename an SDC or NVMe host",
     rename},
    {"remove_sdc", kSdcOptions, "remove an SDC", remove_sdc, true},
});

} // namespace

std::span<const Command> host_commands() { return kCommands; }

} // namespace pf::scli
