#include "tools/pf-lab/state.hpp"

#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/json.hpp"

#include <cstdlib>

namespace pf::lab {

LabProcess* LabState::find(const std::string& name) {
    for (auto& process : processes)
        if (process.name == name)
            return &process;
    return nullptr;
}

std::string LabDir::default_path() {
    if (const char* dir = std::getenv("PF_LAB_DIR"); dir != nullptr && *dir != '\0')
        return dir;
    if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != '\0')
        return std::string(state) + "/pf-lab";
    const char* home = std::getenv("HOME");
    return std::string(home != nullptr ? home : "/tmp") + "/.local/state/pf-lab";
}

Result<> LabDir::create() const {
    PF_CHECK(make_dirs(path_, 0700));
    for (const auto* sub : {"pki", "secrets", "data", "log", "ssh"})
        PF_CHECK(make_dirs(path_ + "/" + sub, 0700));
    return {};
}

Result<LabState> LabDir::load() const {
    const auto text = read_file(path_ + "/state.json");
    if (!text)
        return fail(Errc::NotFound, "no lab in {}; start one with: pf-lab up", path_);
    PF_TRY(const json::value value, parse_json(*text));
    if (!value.is_object())
        return fail(Errc::Corrupt, "{}/state.json is not an object", path_);
    const auto& object = value.get_object();
    LabState out;
    PF_TRY(out.network, json_str(object, "network"));
    out.estate_file = json_str_or(object, "estateFile", "");
    out.no_storage = json_bool_or(object, "noStorage", false);
    out.nodes = static_cast<unsigned>(json_int_or(object, "nodes", 3));
    out.device_bytes = static_cast<std::uint64_t>(json_int_or(object, "deviceBytes", 0));
    out.relaxed_durability = json_bool_or(object, "relaxedDurability", false);
    out.copy_bytes_per_second =
        static_cast<std::uint64_t>(json_int_or(object, "copyBytesPerSecond", 0));
    out.perf_interval_s = json_int_or(object, "perfIntervalS", 20);
    out.ready = json_bool_or(object, "ready", false);
    out.system_id = json_str_or(object, "systemId", "");
    out.system_nqn = json_str_or(object, "systemNqn", "");
    PF_TRY(const json::array* processes, json_array(object, "processes"));
    for (const auto& item : *processes) {
        if (!item.is_object())
            return fail(Errc::Corrupt, "{}/state.json: a process is not an object", path_);
        LabProcess process;
        PF_TRY(process.name, json_str(item.get_object(), "name"));
        PF_TRY(process.program, json_str(item.get_object(), "program"));
        PF_TRY(const std::int64_t pid, json_int(item.get_object(), "pid"));
        process.pid = static_cast<pid_t>(pid);
        PF_TRY(const json::array* argv, json_array(item.get_object(), "argv"));
        for (const auto& word : *argv)
            process.argv.emplace_back(word.as_string());
        out.processes.push_back(std::move(process));
    }
    return out;
}

Result<> LabDir::save(const LabState& state) const {
    json::array processes;
    for (const auto& process : state.processes) {
        json::array argv;
        for (const auto& word : process.argv)
            argv.emplace_back(word);
        processes.push_back(json::object{{"name", process.name},
                                         {"program", process.program},
                                         {"pid", process.pid},
                                         {"argv", std::move(argv)}});
    }
    const json::object object{
        {"network", state.network},
        {"estateFile", state.estate_file},
        {"noStorage", state.no_storage},
        {"nodes", state.nodes},
        {"deviceBytes", static_cast<std::int64_t>(state.device_bytes)},
        {"relaxedDurability", state.relaxed_durability},
        {"copyBytesPerSecond", static_cast<std::int64_t>(state.copy_bytes_per_second)},
        {"perfIntervalS", state.perf_interval_s},
        {"ready", state.ready},
        {"systemId", state.system_id},
        {"systemNqn", state.system_nqn},
        {"processes", std::move(processes)}};
    return write_file_atomic(path_ + "/state.json", pretty_json(object), 0600);
}

Result<> LabDir::forget() const {
    for (const auto* sub : {"pki", "secrets", "data", "ssh", "ca.pem", "faults.json", "state.json"})
        PF_CHECK(remove_tree(path_ + "/" + sub));
    return {};
}

Result<Secret> LabDir::secret(const std::string& name) const {
    return resolve_secret("file:" + secret_file(name));
}

Result<Secret> LabDir::make_secret(const std::string& name) const {
    const auto path = secret_file(name);
    if (!file_exists(path)) {
        // Letters and digits of every kind, so that any password policy is content.
        const std::string password = "Lab-" + base64_encode(random_bytes(12)).substr(0, 14) + "7a";
        std::string plain;
        for (const char c : password)
            plain += c == '+' || c == '/' || c == '=' ? 'x' : c;
        PF_CHECK(write_file_atomic(path, plain, 0600));
    }
    return secret(name);
}

} // namespace pf::lab
