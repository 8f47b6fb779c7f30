// pfnvme doctor and env: is everything in place, and where does each setting come from?
#include "base/clock.hpp"
#include "base/file.hpp"
#include "tools/pfnvme/checks/permissions.hpp"
#include "tools/pfnvme/cli/comfort_verbs.hpp"
#include "tools/pfnvme/cli/connection.hpp"
#include "tools/pfnvme/cli/contexts.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/user_files.hpp"
#include "tools/pfnvme/cli/verb.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace pf::nvmetool {

namespace {

constexpr std::uint64_t kJournalRoom = 256ULL << 20U;

struct Finding {
    std::string name;
    std::string result; // ok, warning, failed, unknown
    std::string detail;
};

Finding folder(const std::string& name, const std::string& path) {
    if (const auto made = make_dirs(path, 0700); !made) {
        return {name, "failed", made.error().what};
    }
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && (info.st_mode & 0022U) != 0) {
        return {name, "failed", path + " can be written by others: chmod go-w"};
    }
    struct statvfs space {};
    if (::statvfs(path.c_str(), &space) != 0) {
        return {name, "unknown", path};
    }
    const std::uint64_t free = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
    return {name, free < kJournalRoom ? "warning" : "ok",
            fmt::format("{}, {} free", path, human_bytes(free))};
}

Finding clock_state() {
    // A clock before the build's year makes every certificate invalid.
    const std::string now = format_rfc3339(wall_now());
    return {"clock", now.substr(0, 4) < "2026" ? "failed" : "ok", now};
}

void vsphere_findings(const OptionValues& values, std::vector<Finding>& out) {
    Result<std::unique_ptr<VspherePort>> port = open_vsphere(values);
    if (!port) {
        out.push_back({"vCenter", "failed", port.error().what});
        return;
    }
    const auto about = (*port)->about();
    if (!about) {
        out.push_back({"vCenter", "failed", about.error().what});
        return;
    }
    out.push_back({"vCenter", "ok",
                   fmt::format("{} as {}: {} {}", about->endpoint, about->user, about->product,
                               about->version)});
    for (const Mode mode : {Mode::Read, Mode::Onboard, Mode::Online, Mode::Offline}) {
        const std::vector<std::string> names = privileges_of(mode);
        const auto granted = (*port)->has_privileges(names);
        const std::string what = fmt::format("privileges, {}", to_string(mode));
        if (!granted) {
            out.push_back({what, "unknown", granted.error().what});
            continue;
        }
        std::string missing;
        for (std::size_t i = 0; i < names.size(); ++i) {
            missing += (*granted)[i] ? "" : (missing.empty() ? "" : ", ") + names[i];
        }
        out.push_back(
            {what,
             missing.empty()      ? "ok"
             : mode == Mode::Read ? "failed"
                                  : "warning",
             missing.empty() ? fmt::format("{} granted", names.size()) : "missing: " + missing});
    }
}

void powerflex_findings(const OptionValues& values, std::vector<Finding>& out) {
    Result<std::unique_ptr<PowerFlexPort>> port = open_powerflex(values);
    if (!port) {
        out.push_back({"PowerFlex", "failed", port.error().what});
        return;
    }
    const auto about = (*port)->about();
    if (!about) {
        out.push_back({"PowerFlex", "failed", about.error().what});
        return;
    }
    out.push_back(
        {"PowerFlex", "ok",
         fmt::format("{} as {}: {} version {}", about->endpoint, about->user,
                     about->name.empty() ? about->system_id : about->name, about->version)});
    out.push_back({"PowerFlex NQN", about->nqn.empty() ? "failed" : "ok", about->nqn});
}

} // namespace

int doctor_verb(const OptionValues& values) {
    std::vector<Finding> found{clock_state(), folder("state folder", state_folder()),
                               folder("configuration folder", config_folder())};
    const auto contexts = load_contexts();
    found.push_back({"contexts", contexts ? "ok" : "failed",
                     contexts ? (contexts->current.empty() ? std::string("none in use")
                                                           : contexts->current + " in use")
                              : contexts.error().what});
    vsphere_findings(values, found);
    powerflex_findings(values, found);
    TableOut table{
        "doctor",
        {{"name", FieldKind::Text}, {"result", FieldKind::Text}, {"detail", FieldKind::Text}},
        {},
        {}};
    std::string failed;
    for (const Finding& item : found) {
        table.rows.push_back({item.name, item.result, item.detail});
        failed += item.result == "failed" ? (failed.empty() ? "" : ", ") + item.name : "";
    }
    if (const auto printed = print_table(values, std::move(table)); !printed) {
        return report_error(printed.error());
    }
    return failed.empty() ? kExitOk : report_error(kExitFailure, "not in order: " + failed);
}

int env_verb(const OptionValues& values) {
    struct Setting {
        const char* option;
        std::vector<const char*> variables;
    };
    const std::vector<Setting> settings{
        {"vcenter", {"GOVC_URL"}},
        {"vcenter-user", {"GOVC_USERNAME"}},
        {"vcenter-password", {"GOVC_PASSWORD"}},
        {"powerflex", {"POWERFLEX_ENDPOINT"}},
        {"powerflex-user", {"POWERFLEX_USERNAME"}},
        {"powerflex-password", {"POWERFLEX_PASSWORD"}},
        {"ca-file", {"PF_CA_FILE", "GOVC_TLS_CA_CERTS"}},
        {"ssh-user", {"PF_SSH_USER"}},
        {"ssh-key", {"PF_SSH_KEY"}},
        {"ssh-known-hosts", {"PF_SSH_KNOWN_HOSTS"}},
    };
    const auto context = context_values(values);
    if (!context) {
        return report_error(context.error());
    }
    TableOut table{
        "environment",
        {{"name", FieldKind::Text}, {"value", FieldKind::Text}, {"from", FieldKind::Text}},
        {},
        {}};
    for (const Setting& setting : settings) {
        const std::string name = setting.option;
        std::string value = values.text(name);
        std::string from = value.empty() ? "" : "option or PFNVME_ variable";
        for (const char* variable : setting.variables) {
            const char* found = std::getenv(variable);
            if (value.empty() && found != nullptr && *found != '\0') {
                value = found;
                from = variable;
            }
        }
        if (const auto found = context->find(name); value.empty() && found != context->end()) {
            value = found->second;
            from = "context";
        }
        if (name.ends_with("password") && !value.empty() && from != "context" &&
            !from.starts_with("option")) {
            value = "(hidden)";
        }
        // govc's URL may carry user and password.
        if (const std::size_t at = value.rfind('@'); at != std::string::npos && name == "vcenter") {
            const std::size_t scheme = value.find("://");
            const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
            value = value.substr(0, start) + value.substr(at + 1);
        }
        table.rows.push_back({name, value.empty() ? FieldValue{} : FieldValue{value}, from});
    }
    table.rows.push_back({std::string("state-dir"), state_folder(), std::string()});
    table.rows.push_back({std::string("config-dir"), config_folder(), std::string()});
    const auto printed = print_table(values, std::move(table));
    return printed ? kExitOk : report_error(printed.error());
}

} // namespace pf::nvmetool
