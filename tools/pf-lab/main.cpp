// pf-lab: the storage backend plus a simulated vSphere estate over the real wire protocols.
#include "tools/pf-lab/verbs.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>

namespace pf::lab {
namespace {

struct Verb {
    const char* name;
    int (*run)(const std::vector<std::string>&);
    const char* help; // empty: internal
};

constexpr Verb kVerbs[] = {
    {"up", verb_up, "start the lab (idempotent)"},
    {"down", verb_down, "end the lab's processes and remove its data"},
    {"status", verb_status, "show processes, storage and estate"},
    {"env", verb_env, "print shell exports for any other client"},
    {"check", verb_check, "read every VM's disks back and compare them byte for byte"},
    {"watch", verb_watch, "watch the mappings until ended; fails if a volume had two protocols"},
    {"fault", verb_fault, "end, pause or start a process of the lab, or make calls fail"},
    {"record", verb_record, "write the vCenter's inventory as a folder of XML files"},
    {"vsphere", verb_vsphere, ""},
    {"esxcli-shell", verb_esxcli_shell, ""},
};

int usage(std::FILE* to, int code) {
    std::fputs(
        "pf-lab: a PowerFlex-style backend and a simulated vSphere estate, for rehearsals\n\n"
        "Usage: pf-lab VERB [OPTIONS]      (pf-lab VERB --help lists the options)\n\n",
        to);
    for (const auto& verb : kVerbs)
        if (*verb.help != '\0')
            std::fprintf(to, "  %-8s %s\n", verb.name, verb.help);
    return code;
}

} // namespace

OptionTable verb_table(const std::string& verb, const std::string& summary) {
    OptionTable table("pf-lab " + verb, summary, "PF_LAB_");
    table.add({.name = "dir",
               .default_value = LabDir::default_path(),
               .help = "the lab's folder",
               .value_name = "DIR"});
    return table;
}

Result<LabConfig> config_of(const LabState& state) {
    LabConfig config;
    config.network = state.network;
    config.nodes = state.nodes;
    config.no_storage = state.no_storage;
    config.device_bytes = state.device_bytes;
    config.relaxed_durability = state.relaxed_durability;
    config.copy_bytes_per_second = state.copy_bytes_per_second;
    config.perf_interval_s = state.perf_interval_s;
    if (state.estate_file.empty()) {
        config.estate = default_estate(state.network);
    } else {
        PF_TRY(config.estate, load_estate(state.estate_file, state.network));
    }
    for (const auto& vm : config.estate.vms)
        for (const auto& disk : vm.disks)
            if (disk.rdm_device.starts_with("volume:"))
                config.extra_volumes.push_back(disk.rdm_device.substr(7));
    return config;
}

Result<OpenLab> open_lab(const OptionValues& values) {
    OpenLab out;
    out.dir = LabDir(values.text("dir"));
    PF_TRY(out.state, out.dir.load());
    PF_TRY(out.config, config_of(out.state));
    return out;
}

int report(const Error& error) {
    std::fprintf(stderr, "pf-lab: %s\n", error.what.c_str());
    return error.code == Errc::NotFound ? 3 : error.code == Errc::InvalidArgument ? 2 : 1;
}

bool parsed_or_exit(const OptionTable& table, const std::vector<std::string>& args,
                    bool allow_positionals, OptionValues& values, int& exit_code) {
    std::vector<const char*> argv{"pf-lab"};
    for (const auto& arg : args)
        argv.push_back(arg.c_str());
    auto parsed = parse_main(table, static_cast<int>(argv.size()), argv.data(), allow_positionals);
    exit_code = parsed.exit_code;
    values = std::move(parsed.values);
    return parsed.exit;
}

} // namespace pf::lab

int main(int argc, char** argv) {
    using namespace pf::lab;
    std::signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return usage(stderr, 2);
    if (std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "help") == 0)
        return usage(stdout, 0);
    if (std::strcmp(argv[1], "--version") == 0) {
        std::printf("pf-lab %s\n", std::string(pf::version()).c_str());
        return 0;
    }
    for (const auto& verb : kVerbs)
        if (std::strcmp(argv[1], verb.name) == 0)
            return verb.run(std::vector<std::string>(argv + 2, argv + argc));
    std::fprintf(stderr, "pf-lab: there is no verb '%s'\n", argv[1]);
    return usage(stderr, 2);
}
