#include "backend/mdm/client/client.hpp"
#include "base/file.hpp"
#include "base/net/http_client.hpp"
#include "base/net/tls.hpp"
#include "tools/pf-lab/control.hpp"
#include "tools/pf-lab/processes.hpp"
#include "tools/pf-lab/provision.hpp"
#include "tools/pf-lab/ssh_server.hpp"
#include "tools/pf-lab/verbs.hpp"

#include <cstdio>

namespace pf::lab {
namespace {

constexpr Duration kStartTimeout = 60s;

void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

Result<> make_identity(const LabDir& dir, const net::CertificateAuthority& ca,
                       const std::string& name, const std::vector<std::string>& names) {
    if (file_exists(dir / ("pki/" + name + ".pem")))
        return {};
    PF_TRY(const auto identity, ca.issue(names.front(), names));
    PF_CHECK(write_file_atomic(dir / ("pki/" + name + ".key"), identity.key_pem, 0600));
    return write_file_atomic(dir / ("pki/" + name + ".pem"), identity.cert_pem, 0644);
}

Result<> make_certificates(const LabDir& dir, const LabConfig& config) {
    if (!file_exists(dir.ca_file())) {
        PF_TRY(const auto fresh, net::CertificateAuthority::create("pf-lab CA"));
        PF_CHECK(write_file_atomic(dir / "pki/ca.key", fresh.key_pem(), 0600));
        PF_CHECK(write_file_atomic(dir.ca_file(), fresh.cert_pem(), 0644));
    }
    PF_TRY(const std::string cert, read_file(dir.ca_file()));
    PF_TRY(const std::string key, read_file(dir / "pki/ca.key"));
    PF_TRY(const auto ca, net::CertificateAuthority::load(cert, key));
    PF_CHECK(make_identity(dir, ca, "gateway", {config.gateway_address(), "powerflex.lab.local"}));
    PF_CHECK(
        make_identity(dir, ca, "vcenter", {config.vcenter_address(), config.estate.vcenter_name}));
    for (std::size_t i = 0; i < config.estate.hosts.size(); ++i)
        PF_CHECK(make_identity(dir, ca, fmt::format("esxi-{}", i + 1),
                               {config.esxi_address(i), config.estate.hosts[i].name}));
    return {};
}

Result<> start_storage(const LabDir& dir, const LabConfig& config, LabState& state,
                       mdm::Client& mdm) {
    const auto mdm_at = fmt::format("{}:{}", config.node_address(1), kMdmPort);
    const auto data = dir / "data";
    say("  MDM on " + mdm_at);
    PF_CHECK(make_dirs(data + "/mdm", 0700));
    PF_CHECK(start_process(
        dir, state,
        {"mdm-1", {sibling_program("pf-mdm"), "--listen", mdm_at, "--data-dir", data + "/mdm"}}));
    PF_CHECK(wait_until(dir, state.find("mdm-1"), kStartTimeout, "the MDM answers", [&] {
        const auto identity = system_identity(mdm);
        if (identity) {
            state.system_id = identity->id;
            state.system_nqn = identity->nqn;
        }
        return identity.has_value();
    }));
    PF_CHECK(provision_nodes(mdm, config));
    for (unsigned node = 1; node <= config.nodes; ++node) {
        const auto address = config.node_address(node);
        say(fmt::format("  storage node {}: SDS and SDT on {}", node, address));
        PF_CHECK(make_dirs(fmt::format("{}/sds-{}", data, node), 0700));
        StartSpec sds{fmt::format("sds-{}", node),
                      {sibling_program("pf-sds"), "--name", fmt::format("sds-{}", node), "--listen",
                       fmt::format("{}:{}", address, kSdsPort), "--mdm", mdm_at, "--state-dir",
                       fmt::format("{}/sds-{}", data, node)}};
        if (config.relaxed_durability) {
            sds.argv.emplace_back("--durability");
            sds.argv.emplace_back("relaxed");
        }
        PF_CHECK(start_process(dir, state, sds));
        PF_CHECK(start_process(dir, state,
                               {fmt::format("sdt-{}", node),
                                {sibling_program("pf-sdt"), "--name", fmt::format("sdt-{}", node),
                                 "--listen", address, "--mdm", mdm_at}}));
    }
    PF_CHECK(wait_until(dir, nullptr, kStartTimeout, "all data servers have joined",
                        [&] { return all_sds_joined(mdm, config.nodes).value_or(false); }));
    PF_CHECK(provision_devices(mdm, config, data));
    return provision_volumes(mdm, config);
}

Result<> start_gateway(const LabDir& dir, const LabConfig& config, LabState& state) {
    say(fmt::format("  gateway on https://{}:{}", config.gateway_address(), kHttpsPort));
    PF_CHECK(make_dirs(dir / "data/gateway", 0700));
    PF_CHECK(start_process(
        dir, state,
        {"gateway",
         {sibling_program("pf-gateway"), "--listen",
          fmt::format("{}:{}", config.gateway_address(), kHttpsPort), "--mdm",
          fmt::format("{}:{}", config.node_address(1), kMdmPort), "--data-dir",
          dir / "data/gateway", "--cert", dir / "pki/gateway.pem", "--key", dir / "pki/gateway.key",
          "--admin-password", "file:" + dir.secret_file("powerflex"), "--fault-rules",
          dir / "faults.json", "--fault-log", dir / "log/faults.jsonl"}}));
    net::HttpClient client({.ca_file = dir.ca_file()});
    const auto url = fmt::format("https://{}:{}/", config.gateway_address(), kHttpsPort);
    return wait_until(dir, state.find("gateway"), kStartTimeout, "the gateway answers",
                      [&] { return client.send({.url = url, .timeout = 5s}).has_value(); });
}

Result<> start_vsphere(const LabDir& dir, const LabConfig& config, LabState& state,
                       mdm::Client& mdm) {
    say(fmt::format("  vCenter {} on https://{}:{}/sdk and {} ESXi hosts",
                    config.estate.vcenter_name, config.vcenter_address(), kHttpsPort,
                    config.estate.hosts.size()));
    PF_CHECK(start_process(
        dir, state, {"vsphere", {sibling_program("pf-lab"), "vsphere", "--dir", dir.path()}}));
    const auto* process = state.find("vsphere");
    PF_TRY(const Secret token, dir.secret("control"));
    ControlClient control(config, token);
    if (config.no_storage)
        return wait_until(dir, process, 5min, "the estate is complete",
                          [&] { return control.ready(); });
    PF_CHECK(wait_until(dir, process, kStartTimeout, "every host's SDC has registered",
                        [&] { return all_sdcs_registered(mdm, config).value_or(false); }));
    PF_CHECK(map_to_sdcs(mdm, config));
    say("  writing datastores and VM disks");
    PF_CHECK(
        wait_until(dir, process, 5min, "the estate is complete", [&] { return control.ready(); }));
    const auto sshd = prepare_ssh(dir, config);
    if (!sshd) {
        say("  no SSH: " + sshd.error().what);
        return {};
    }
    say(fmt::format("  SSH of the hosts on port {}", kSshPort));
    return start_process(dir, state, {"sshd", *sshd});
}

// Starts the processes of a lab that went down with its data; provisions nothing.
Result<> resume(const LabDir& dir, const LabConfig& config, LabState& state) {
    say("Going on with the lab in " + dir.path());
    const auto mdm = connect_mdm(config);
    const auto processes = state.processes;
    auto start = [&](std::string_view prefix) -> Result<> {
        for (const auto& process : processes) {
            if (process.name.starts_with(prefix)) {
                say("  " + process.name);
                PF_CHECK(start_process(dir, state, {process.name, process.argv}));
            }
        }
        return {};
    };
    if (!config.no_storage) {
        PF_CHECK(start("mdm-"));
        PF_CHECK(wait_until(dir, state.find("mdm-1"), kStartTimeout, "the MDM answers",
                            [&] { return system_identity(*mdm).has_value(); }));
        PF_CHECK(start("sds-"));
        PF_CHECK(wait_until(dir, nullptr, kStartTimeout, "all data servers have joined",
                            [&] { return all_sds_joined(*mdm, config.nodes).value_or(false); }));
        PF_CHECK(start("sdt-"));
        PF_CHECK(start("gateway"));
        net::HttpClient client({.ca_file = dir.ca_file()});
        const auto url = fmt::format("https://{}:{}/", config.gateway_address(), kHttpsPort);
        PF_CHECK(wait_until(dir, state.find("gateway"), kStartTimeout, "the gateway answers",
                            [&] { return client.send({.url = url, .timeout = 5s}).has_value(); }));
    }
    PF_CHECK(start("vsphere"));
    PF_TRY(const Secret token, dir.secret("control"));
    ControlClient control(config, token);
    PF_CHECK(wait_until(dir, state.find("vsphere"), 5min, "the estate is complete",
                        [&] { return control.ready(); }));
    PF_CHECK(start("sshd"));
    say("The lab is up again.");
    return {};
}

Result<> up(const LabDir& dir, LabState state) {
    PF_TRY(const LabConfig config, config_of(state));
    PF_CHECK(dir.create());
    PF_TRY(const auto lock, FileLock::acquire(dir / "lock"));
    if (const auto known = dir.load()) {
        if (known->network != state.network || known->estate_file != state.estate_file)
            return fail(Errc::Conflict, "another lab is in {}; end it with: pf-lab down --dir {}",
                        dir.path(), dir.path());
        state = *known;
        bool all_run = state.ready;
        bool none_runs = true;
        for (const auto& process : state.processes) {
            all_run = all_run && is_running(process);
            none_runs = none_runs && !is_running(process);
        }
        if (all_run) {
            say("The lab is up already.");
            return {};
        }
        if (state.ready && none_runs) {
            PF_TRY(const LabConfig same, config_of(state));
            return resume(dir, same, state);
        }
        if (state.ready)
            return fail(Errc::Conflict,
                        "a process of the lab has ended: start it with pf-lab fault start NAME, or "
                        "begin anew with pf-lab down and pf-lab up");
    }
    say("Starting the lab in " + dir.path());
    for (const auto* secret : {"powerflex", "vcenter", "esxi", "control"})
        PF_CHECK(dir.make_secret(secret));
    PF_CHECK(make_certificates(dir, config));
    PF_CHECK(dir.save(state));
    const auto mdm = connect_mdm(config);
    if (!config.no_storage) {
        PF_CHECK(start_storage(dir, config, state, *mdm));
        PF_CHECK(start_gateway(dir, config, state));
    }
    PF_CHECK(start_vsphere(dir, config, state, *mdm));
    state.ready = true;
    PF_CHECK(dir.save(state));
    say(fmt::format(
        "The lab is up: {} datastores, {} VMs. Use it with: eval \"$({} env --dir {})\"",
        config.estate.datastores.size(), config.estate.vms.size(), sibling_program("pf-lab"),
        dir.path()));
    return {};
}

} // namespace

int verb_up(const std::vector<std::string>& args) {
    auto table = verb_table("up", "starts the lab");
    table
        .add({.name = "network",
              .default_value = "127.71",
              .help = "first two bytes of every address",
              .value_name = "127.N"})
        .add({.name = "estate",
              .help = "estate file (YAML) or recorded inventory (folder); without it the "
                      "founding document's estate",
              .value_name = "FILE"})
        .add({.name = "storage",
              .default_value = "real",
              .help = "real, or none: the vSphere side alone, VMs on paper (for large estates)"})
        .add({.name = "nodes",
              .type = OptionType::Integer,
              .default_value = "3",
              .help = "storage nodes",
              .min = 2,
              .max = 16})
        .add({.name = "device-size",
              .type = OptionType::SizeBytes,
              .default_value = "4GiB",
              .help = "size of each SDS's device, a file that is allocated whole",
              .min = std::int64_t{1} << 30})
        .add({.name = "durability",
              .default_value = "strict",
              .help = "strict or relaxed (acknowledge before stable storage; labs only)"})
        .add({.name = "copy-rate",
              .type = OptionType::SizeBytes,
              .default_value = "0",
              .help = "ceiling of one Storage vMotion stream in bytes a second, 0: none",
              .min = 0})
        .add({.name = "perf-interval",
              .type = OptionType::Integer,
              .default_value = "20",
              .help = "seconds of one real-time sample of vCenter's performance counters",
              .min = 1,
              .max = 300});
    OptionValues values;
    int code = 0;
    if (parsed_or_exit(table, args, false, values, code))
        return code;
    LabState state;
    state.network = values.text("network");
    if (const auto ok = check_network(state.network); !ok)
        return report(ok.error());
    state.estate_file = values.text("estate");
    state.nodes = static_cast<unsigned>(values.integer("nodes"));
    state.device_bytes = static_cast<std::uint64_t>(values.integer("device-size"));
    state.copy_bytes_per_second = static_cast<std::uint64_t>(values.integer("copy-rate"));
    state.perf_interval_s = values.integer("perf-interval");
    if (values.text("durability") != "strict" && values.text("durability") != "relaxed")
        return report({Errc::InvalidArgument, "--durability is strict or relaxed"});
    state.relaxed_durability = values.text("durability") == "relaxed";
    if (values.text("storage") != "real" && values.text("storage") != "none")
        return report({Errc::InvalidArgument, "--storage is real or none"});
    state.no_storage = values.text("storage") == "none";
    if (const auto done = up(LabDir(values.text("dir")), std::move(state)); !done)
        return report(done.error());
    return 0;
}

} // namespace pf::lab
