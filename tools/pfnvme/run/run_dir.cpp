#include "tools/pfnvme/run/run_dir.hpp"

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/crypto.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace pf::nvmetool {

namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// "2026-11-22T12:30:05.123Z" → "20261122T123005123"
std::string compact_time() {
    std::string out;
    for (const char c : format_rfc3339(wall_now()).substr(0, 23)) {
        if (c != '-' && c != ':' && c != '.') {
            out += c;
        }
    }
    return out;
}

} // namespace

std::string state_dir(const std::string& option) {
    if (!option.empty()) {
        return option;
    }
    if (const std::string xdg = environment("XDG_STATE_HOME"); !xdg.empty()) {
        return xdg + "/pfnvme";
    }
    return environment("HOME") + "/.local/state/pfnvme";
}

RunDir::RunDir(std::string state, std::string id)
    : state_(std::move(state)), id_(std::move(id)), path_(state_ + "/runs/" + id_) {}

Result<RunDir> RunDir::create(const std::string& state, const Plan& plan) {
    const std::string id = compact_time() + "-" + to_hex(random_bytes(3));
    RunDir out(state, id);
    PF_CHECK(make_dirs(out.path_, 0700));
    PF_CHECK(write_file_atomic(out.plan_path(), plan_to_json(plan), 0600));
    return out;
}

Result<std::vector<std::string>> RunDir::list(const std::string& state) {
    std::vector<std::string> out;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(state + "/runs", error)) {
        if (entry.is_directory(error)) {
            out.push_back(entry.path().filename().string());
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

Result<RunDir> RunDir::open(const std::string& state, const std::string& id) {
    PF_TRY(const std::vector<std::string> runs, list(state));
    if (id == "last" && !runs.empty()) {
        return RunDir(state, runs.back());
    }
    std::vector<std::string> matches;
    std::copy_if(runs.begin(), runs.end(), std::back_inserter(matches),
                 [&](const std::string& run) { return run.starts_with(id); });
    if (id.empty() || matches.empty()) {
        return fail(Errc::NotFound, "there is no run '{}' in {}; list them with: pfnvme run list",
                    id, state);
    }
    if (matches.size() > 1) {
        return fail(Errc::InvalidArgument, "'{}' is the beginning of {} runs; give more of the id",
                    id, matches.size());
    }
    return RunDir(state, matches.front());
}

Result<void> RunDir::lock(const Plan& plan) {
    PF_CHECK(make_dirs(state_ + "/locks", 0700));
    Result<FileLock> run_lock = FileLock::acquire(path_ + "/lock");
    if (!run_lock) {
        return run_lock.error().code == Errc::Busy
                   ? fail(Errc::Busy, "run {} is being worked on by another pfnvme", id_)
                   : fail(run_lock.error());
    }
    const std::string identity =
        plan.vcenter_uuid.empty() ? plan.vcenter_endpoint : plan.vcenter_uuid;
    const std::string name = sha256_hex(as_bytes(identity)).substr(0, 16);
    Result<FileLock> vcenter_lock = FileLock::acquire(state_ + "/locks/" + name + ".lock");
    if (!vcenter_lock) {
        return vcenter_lock.error().code == Errc::Busy
                   ? fail(Errc::Busy,
                          "another pfnvme run is at work on vCenter {}; wait for its end",
                          plan.vcenter_endpoint)
                   : fail(vcenter_lock.error());
    }
    run_lock_ = std::move(*run_lock);
    vcenter_lock_ = std::move(*vcenter_lock);
    return {};
}

} // namespace pf::nvmetool
