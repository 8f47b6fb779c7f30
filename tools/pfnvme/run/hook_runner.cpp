#include "tools/pfnvme/run/hook_runner.hpp"

#include "base/process.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace pf::nvmetool {

namespace {

constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

Result<std::vector<std::string>> split(const std::string& line) {
    std::vector<std::string> out;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (const char c : line) {
        if (quote != 0) {
            if (c == quote) {
                quote = 0;
            } else {
                word += c;
            }
        } else if (c == '"' || c == '\'') {
            quote = c;
            in_word = true;
        } else if (c == ' ' || c == '\t') {
            if (in_word) {
                out.push_back(std::exchange(word, {}));
            }
            in_word = false;
        } else {
            word += c;
            in_word = true;
        }
    }
    if (quote != 0) {
        return fail(Errc::InvalidArgument, "hook '{}': a quote is not closed", line);
    }
    if (in_word) {
        out.push_back(std::move(word));
    }
    if (out.empty()) {
        return fail(Errc::InvalidArgument, "a hook without a command");
    }
    return out;
}

// As execvp would find it, with the path that hooks get.
bool executable(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        return ::access(name.c_str(), X_OK) == 0;
    }
    std::string path = kPath;
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t end = std::min(path.find(':', at), path.size());
        if (::access((path.substr(at, end - at) + "/" + name).c_str(), X_OK) == 0) {
            return true;
        }
        at = end + 1;
    }
    return false;
}

std::string last_line(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
        text.pop_back();
    }
    const std::size_t start = text.rfind('\n');
    text = start == std::string::npos ? text : text.substr(start + 1);
    return text.substr(0, 200);
}

std::string env_or(const char* name, const char* fallback) {
    const char* value = std::getenv(name);
    return value == nullptr ? fallback : value;
}

} // namespace

Result<std::vector<std::string>> hook_words(const Hook& hook, const HookPlace& place) {
    PF_TRY(std::vector<std::string> words, split(hook.run));
    std::vector<std::pair<std::string_view, std::string>> values{{"{{run.id}}", place.run_id}};
    if (place.unit != nullptr) {
        values.emplace_back("{{unit.id}}", place.unit->id);
        values.emplace_back("{{unit.datastore}}", place.unit->objects.datastore);
    }
    for (std::string& word : words) {
        for (std::size_t at = word.find("{{"); at != std::string::npos; at = word.find("{{", at)) {
            bool known = false;
            for (const auto& [name, value] : values) {
                if (word.compare(at, name.size(), name) == 0) {
                    word.replace(at, name.size(), value);
                    at += value.size();
                    known = true;
                    break;
                }
            }
            if (!known) {
                return fail(Errc::InvalidArgument,
                            "hook '{}' ({}): unknown placeholder; there are {{{{run.id}}}}{}",
                            hook.run, place.event,
                            place.unit == nullptr ? "" : ", {{unit.id}}, {{unit.datastore}}");
            }
        }
    }
    return words;
}

Result<void> check_hooks(const Hooks& hooks) {
    const Unit any;
    const std::array<std::pair<const char*, const std::vector<Hook>*>, 5> lists{
        {{"pre_run", &hooks.pre_run},
         {"post_run", &hooks.post_run},
         {"pre_unit", &hooks.pre_unit},
         {"post_unit", &hooks.post_unit},
         {"on_failure", &hooks.on_failure}}};
    for (const auto& [event, list] : lists) {
        const bool of_run = std::string_view(event).ends_with("_run");
        for (const Hook& hook : *list) {
            PF_TRY(const std::vector<std::string> words,
                   hook_words(hook, {"run", event, of_run ? nullptr : &any}));
            if (!executable(words.front())) {
                return fail(Errc::InvalidArgument,
                            "hooks.{}: '{}' is not an executable on this machine; name it by its "
                            "full path, and make it executable",
                            event, words.front());
            }
        }
    }
    return {};
}

Result<std::string> run_hook(const Hook& hook, const HookPlace& place) {
    PF_TRY(const std::vector<std::string> words, hook_words(hook, place));
    std::vector<std::string> argv{"/usr/bin/env",
                                  "-i",
                                  std::string("PATH=") + kPath,
                                  "HOME=" + env_or("HOME", "/"),
                                  "LANG=" + env_or("LANG", "C.UTF-8"),
                                  "PFNVME_RUN_ID=" + place.run_id,
                                  "PFNVME_EVENT=" + place.event};
    if (place.unit != nullptr) {
        argv.push_back("PFNVME_UNIT=" + place.unit->id);
        argv.push_back("PFNVME_UNIT_DATASTORE=" + place.unit->objects.datastore);
    }
    argv.insert(argv.end(), words.begin(), words.end());
    const Result<CommandResult> done = run_command(argv, std::chrono::seconds(hook.timeout_s));
    if (!done) {
        return fail(Errc::Failed, "hook '{}' ({}): {}", hook.run, place.event, done.error().what);
    }
    const std::string said = last_line(done->err.empty() ? done->out : done->err);
    if (done->exit_code != 0) {
        return fail(Errc::Failed, "hook '{}' ({}) ended with code {}{}{}", hook.run, place.event,
                    done->exit_code, said.empty() ? "" : ": ", said);
    }
    return last_line(done->out);
}

} // namespace pf::nvmetool
