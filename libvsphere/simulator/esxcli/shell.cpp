#include "libvsphere/simulator/esxcli/shell.hpp"

#include "libvsphere/simulator/state.hpp"

#include <algorithm>
#include <functional>

namespace pf::vim::sim::cli {

namespace {

EsxcliResult failed(std::string text) {
    if (!text.ends_with('\n')) {
        text += '\n';
    }
    return {1, std::move(text), ""};
}

std::string usage(const Command& command) {
    std::string space = command.space;
    std::replace(space.begin(), space.end(), '.', ' ');
    std::string out =
        fmt::format("\nUsage: esxcli {} {} [cmd options]\n\nDescription: \n  {:<20}  {}"
                    "\n\nCmd options:\n",
                    space, command.name, command.name, command.help);
    for (const Param& param : command.params) {
        const std::string letter = param.letter == 0 ? "" : fmt::format("-{}|", param.letter);
        out +=
            fmt::format("  {}--{}{}  {}{}\n", letter, param.long_name, param.flag ? "" : "=<str>",
                        param.help, param.required ? " (required)" : "");
    }
    return out;
}

// One parameter by "-a", "--adapter"; nullptr when the command has none such.
const Param* param_of(const Command& command, std::string_view option) {
    for (const Param& param : command.params) {
        const bool letter = option.size() == 2 && param.letter != 0 && option[1] == param.letter;
        if (letter || (option.starts_with("--") && option.substr(2) == param.long_name)) {
            return &param;
        }
    }
    return nullptr;
}

struct Parsed {
    Arguments args;
    std::string error;
};

Parsed parse(const Command& command, const std::vector<std::string>& words) {
    Parsed parsed;
    for (size_t i = 0; i < words.size(); ++i) {
        std::string option = words[i];
        std::string value;
        bool has_value = false;
        const size_t equals = option.find('=');
        if (equals != std::string::npos && option.starts_with('-')) {
            value = option.substr(equals + 1);
            option.resize(equals);
            has_value = true;
        }
        const Param* param = option.starts_with('-') ? param_of(command, option) : nullptr;
        if (param == nullptr) {
            parsed.error = "Error: Invalid option " + option + "\n" + usage(command);
            return parsed;
        }
        if (param->flag) {
            parsed.args.set(param->name, has_value ? value : "true");
            continue;
        }
        if (!has_value) {
            if (i + 1 >= words.size()) {
                parsed.error =
                    "Error: Option " + option + " requires an argument\n" + usage(command);
                return parsed;
            }
            value = words[++i];
        }
        parsed.args.set(param->name, value);
    }
    for (const Param& param : command.params) {
        if (param.required && !parsed.args.has(param.name)) {
            const std::string letter = param.letter == 0 ? "" : fmt::format("{}|", param.letter);
            parsed.error = fmt::format("Error: Missing required parameter -{}--{}\n{}", letter,
                                       param.long_name, usage(command));
            return parsed;
        }
    }
    return parsed;
}

// Words of a shell line, split into commands at ; && and newline. No expansion.
std::vector<std::vector<std::string>> split_line(std::string_view line) {
    std::vector<std::vector<std::string>> commands(1);
    std::string word;
    bool in_word = false;
    char quote = 0;
    auto end_word = [&] {
        if (in_word) {
            commands.back().push_back(word);
        }
        word.clear();
        in_word = false;
    };
    for (size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote != 0) {
            if (c == quote) {
                quote = 0;
            } else if (c == '\\' && quote == '"' && i + 1 < line.size()) {
                word += line[++i];
            } else {
                word += c;
            }
        } else if (c == '\'' || c == '"') {
            quote = c;
            in_word = true;
        } else if (c == '\\' && i + 1 < line.size()) {
            word += line[++i];
            in_word = true;
        } else if (c == ' ' || c == '\t') {
            end_word();
        } else if (c == ';' || c == '\n' ||
                   (c == '&' && i + 1 < line.size() && line[i + 1] == '&')) {
            end_word();
            i += c == '&' ? 1 : 0;
            commands.emplace_back();
        } else {
            word += c;
            in_word = true;
        }
    }
    end_word();
    std::erase_if(commands, [](const auto& words) { return words.empty(); });
    return commands;
}

// Checks a volume's metadata as it stands on the device: header, table, every extent.
EsxcliResult run_voma(World& world, HostState& host, const std::vector<std::string>& words) {
    std::string device;
    for (size_t i = 1; i + 1 < words.size(); ++i) {
        if (words[i] == "-d") {
            device = words[i + 1];
        }
    }
    constexpr std::string_view root = "/vmfs/devices/disks/";
    if (!device.starts_with(root)) {
        return {1, "", "voma: no device given (-d /vmfs/devices/disks/<device>:<partition>)\n"};
    }
    device = device.substr(root.size());
    device.resize(std::min(device.find(':'), device.size()));
    {
        const std::lock_guard lock(world.mutex);
        if (!host.devices.contains(device)) {
            return {1, "", "voma: cannot open " + device + ": No such file or directory\n"};
        }
        for (const auto& [uuid, volume] : host.volumes) {
            if (volume.mounted && volume.device_id == device) {
                return {1, "", "ERROR: Failed to check VMFS volume: it is mounted on this host\n"};
            }
        }
    }
    auto io = HostOps(world, host).io(device);
    auto users = vmfs::heartbeats(*io);
    if (users && !users->empty()) {
        return {1, "",
                fmt::format("ERROR: Found {} actively heartbeating hosts on device '{}'\n",
                            users->size(), device)};
    }
    auto volume = vmfs::Volume::open(*io);
    std::string out = fmt::format("Running VMFS Checker version 2.1 in check mode\n"
                                  "Initializing LVM metadata, Basic Checks will be done\n"
                                  "Phase 1: Checking VMFS header and resource files\n"
                                  "Phase 2: Checking VMFS heartbeat region\n"
                                  "Phase 3: Checking all file descriptors.\n"
                                  "Phase 4: Checking pathname and connectivity.\n"
                                  "Phase 5: Checking resource reference counts.\n\n");
    out += fmt::format("Total Errors Found:           {}\n", volume ? 0 : 1);
    if (!volume) {
        out += "   " + volume.error().what + "\n";
    }
    return {volume ? 0 : 1, out, ""};
}

} // namespace

EsxcliResult run_esxcli(World& world, HostState& host, const std::vector<std::string>& argv) {
    std::string formatter;
    std::vector<std::string> words;
    size_t i = 0;
    for (; i < argv.size() && argv[i].starts_with("-"); ++i) {
        if (argv[i].starts_with("--formatter=")) {
            formatter = argv[i].substr(12);
        } else if (argv[i] == "--formatter" && i + 1 < argv.size()) {
            formatter = argv[++i];
        } else if (argv[i] != "--debug" && !argv[i].starts_with("--format-param")) {
            return failed("Error: Invalid option " + argv[i]);
        }
    }
    std::string space;
    const Command* command = nullptr;
    for (; i < argv.size() && command == nullptr; ++i) {
        command = space.empty() ? nullptr : find_command(space, argv[i]);
        if (command == nullptr) {
            if (argv[i].starts_with("-")) {
                break;
            }
            space += (space.empty() ? "" : ".") + argv[i];
        }
    }
    if (command == nullptr) {
        std::string all;
        for (const std::string& word : argv) {
            all += (all.empty() ? "" : " ") + word;
        }
        return failed("Error: Unknown command or namespace " + all);
    }
    Parsed parsed = parse(*command, {argv.begin() + static_cast<long>(i), argv.end()});
    if (!parsed.error.empty()) {
        return failed(parsed.error);
    }
    auto answer = command->run({world, host, parsed.args});
    if (!answer) {
        return failed(answer.error().message);
    }
    auto text = render(*answer, formatter);
    if (!text) {
        return failed(text.error().what);
    }
    return {0, std::move(*text), ""};
}

namespace {

// One program, with the faults that rules ask for; over SSH a dropped connection is status 255.
EsxcliResult run_with_faults(World& world, HostState& host, const std::vector<std::string>& words,
                             const std::function<EsxcliResult()>& run) {
    net::FaultCall call{"ssh", {}, {host.spec.name, host.moid()}};
    std::string name = words.front();
    for (size_t i = 1; i < words.size(); ++i) { // the words of the command, without its options
        if (words[i].starts_with("-")) {
            if (i > 1 && name != words.front()) {
                break;
            }
            continue;
        }
        name += " " + words[i];
    }
    call.methods = {name};
    auto rule = world.faults.decide(call);
    if (!rule) {
        return run();
    }
    EsxcliResult done;
    if (rule->when != net::FaultWhen::Before) {
        done = run();
    }
    if (rule->action == net::FaultAction::Hang) {
        rule->delay = std::chrono::hours(1);
    }
    world.faults.wait(*rule);
    switch (rule->action) {
    case net::FaultAction::Fault:
        return {1, "",
                (rule->message.empty() ? "Error made by a fault rule" : rule->message) + "\n"};
    case net::FaultAction::Drop:
    case net::FaultAction::Hang:
        return {255, "", ""};
    case net::FaultAction::Delay:
        break;
    }
    return rule->when == net::FaultWhen::Before ? run() : done;
}

} // namespace

EsxcliResult run_line(World& world, HostState& host, std::string_view line) {
    EsxcliResult all;
    for (std::vector<std::string> words : split_line(line)) {
        EsxcliResult one;
        const std::string program = words.front();
        if (program == "esxcli" || program == "localcli" || program == "/bin/esxcli") {
            one = run_with_faults(world, host, words, [&] {
                return run_esxcli(world, host, {words.begin() + 1, words.end()});
            });
        } else if (program == "voma") {
            one = run_with_faults(world, host, words, [&] { return run_voma(world, host, words); });
        } else if (program == "echo") {
            for (size_t i = 1; i < words.size(); ++i) {
                const size_t at = words[i].find("$?");
                if (at != std::string::npos) {
                    words[i].replace(at, 2, std::to_string(all.exit_status));
                }
                one.out += (i == 1 ? "" : " ") + words[i];
            }
            one.out += "\n";
        } else if (program == "exit") {
            return all;
        } else {
            one = {127, "", "sh: " + program + ": not found\n"};
        }
        all.exit_status = one.exit_status;
        all.out += one.out;
        all.err += one.err;
    }
    wait_until_kept(world);
    return all;
}

} // namespace pf::vim::sim::cli
