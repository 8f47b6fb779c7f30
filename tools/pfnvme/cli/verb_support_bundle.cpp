// pfnvme support-bundle --out FILE.tar: what a helper needs to see, without secrets.
//
// Runs (journal, plan, report), versions, settings by reference, the inventory's counts. Every text
// is searched for the passwords of the environment and for password fields before it goes in.
#include "base/file.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/cli/comfort_verbs.hpp"
#include "tools/pfnvme/cli/contexts.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/user_files.hpp"
#include "tools/pfnvme/cli/verb.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace pf::nvmetool {

namespace {

constexpr std::size_t kFileLimit = 16U << 20U;

std::string redact(std::string text) {
    for (const char* name : {"GOVC_PASSWORD", "POWERFLEX_PASSWORD", "PF_SSH_PASSWORD"}) {
        const char* value = std::getenv(name);
        if (value == nullptr || std::strlen(value) < 4) {
            continue;
        }
        const std::string secret = value;
        for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos;) {
            text.replace(at, secret.size(), "(removed)");
        }
    }
    // "password": "…", token fields alike
    for (const std::string_view key : {"password\"", "token\"", "Authorization\""}) {
        for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos;) {
            at += key.size();
            const std::size_t open = text.find_first_not_of(": \t", at);
            if (open == std::string::npos || text[open] != '"') {
                continue;
            }
            std::size_t close = open + 1;
            while (close < text.size() && text[close] != '"') {
                close += text[close] == '\\' ? 2U : 1U;
            }
            const std::string_view value(text.data() + open + 1,
                                         std::min(close, text.size()) - open - 1);
            if (!is_secret_reference(value)) {
                text.replace(open + 1, std::min(close, text.size()) - open - 1, "(removed)");
            }
        }
    }
    return text;
}

// One member of a tar archive (POSIX ustar).
void add_member(std::string& archive, const std::string& name, const std::string& text) {
    std::string header(512, '\0');
    const auto put = [&header](std::size_t at, std::string_view value) {
        std::copy(value.begin(), value.end(), header.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(0, name.substr(0, 99));
    put(100, "0000600");
    put(108, "0000000");
    put(116, "0000000");
    put(124, fmt::format("{:011o}", text.size()));
    put(136, "00000000000"); // no time: equal content gives an equal bundle
    put(148, "        ");
    put(156, "0");
    put(257, "ustar");
    put(263, "00");
    unsigned sum = 0;
    for (const char c : header) {
        sum += static_cast<unsigned char>(c);
    }
    put(148, fmt::format("{:06o}", sum));
    header[154] = '\0';
    header[155] = ' ';
    archive += header + text;
    archive.append((512 - text.size() % 512) % 512, '\0');
}

void add_runs(std::string& archive, const std::string& state) {
    std::error_code error;
    std::vector<std::string> files;
    for (const auto& item : std::filesystem::recursive_directory_iterator(state + "/runs", error)) {
        if (item.is_regular_file(error)) {
            files.push_back(item.path().string());
        }
    }
    std::sort(files.begin(), files.end());
    for (const std::string& path : files) {
        const std::string name = path.substr(state.size() + 1);
        const Result<std::string> text = read_file(path, kFileLimit);
        if (text) {
            add_member(archive, name, redact(*text));
        } else {
            add_member(archive, name + ".error", text.error().what + "\n");
        }
    }
}

} // namespace

void support_bundle_options(OptionTable& table) {
    table.add({.name = "out", .help = "archive to write", .value_name = "FILE", .required = true});
    table.add({.name = "state-dir",
               .help = "folder of runs; else the state folder",
               .value_name = "DIR"});
}

int support_bundle(const OptionValues& values) {
    std::string archive;
    add_member(archive, "version.txt", "pfnvme " + std::string(version()) + "\n");
    if (const Result<std::string> text = read_file(config_folder() + "/contexts.json")) {
        add_member(archive, "contexts.json", redact(*text));
    }
    if (const Result<std::string> text = read_file(config_folder() + "/waivers.json")) {
        add_member(archive, "waivers.json", redact(*text));
    }
    const std::string& given = values.text("state-dir");
    add_runs(archive, given.empty() ? state_folder() : given);
    archive.append(1024, '\0');
    if (const auto written = write_file_atomic(values.text("out"), archive, 0600); !written) {
        return report_error(written.error());
    }
    say(values, fmt::format("written: {} ({} bytes); look into it before you send it",
                            values.text("out"), archive.size()));
    return kExitOk;
}

} // namespace pf::nvmetool
