#include "tools/pfnvme/run/remote_lock.hpp"

#include "base/json.hpp"

#include <utility>

namespace pf::nvmetool {

std::string format_mark(const LockMark& mark) {
    json::object out;
    out["holder"] = mark.holder;
    out["run"] = mark.run;
    out["beat"] = mark.beat_s;
    out["ttl"] = mark.ttl_s;
    return canonical_json(json::value(std::move(out)));
}

Result<LockMark> parse_mark(std::string_view text) {
    if (text.empty()) {
        return fail(Errc::NotFound, "nobody holds the lock");
    }
    PF_TRY(const json::value parsed, parse_json(text));
    if (!parsed.is_object()) {
        return fail(Errc::InvalidArgument, "the lock mark is not an object");
    }
    LockMark out;
    PF_TRY(out.holder, json_str(parsed.get_object(), "holder"));
    out.run = json_str_or(parsed.get_object(), "run", "");
    PF_TRY(out.beat_s, json_int(parsed.get_object(), "beat"));
    PF_TRY(out.ttl_s, json_int(parsed.get_object(), "ttl"));
    return out;
}

Result<RemoteLock> RemoteLock::acquire(VspherePort& vsphere, const std::string& holder,
                                       const std::string& run, std::int64_t ttl_s, Seconds now) {
    PF_TRY(const std::string text, vsphere.advisory_mark());
    const Result<LockMark> held = parse_mark(text);
    if (!held && held.error().code != Errc::NotFound) {
        return fail(
            Errc::Busy,
            "the attribute pfnvme.lock of vCenter's root folder holds something that is not "
            "pfnvme's: {}; clear it when no run is at work",
            held.error().what);
    }
    if (held && held->holder != holder && !held->dead(now())) {
        return fail(Errc::Busy,
                    "vCenter is locked by {} for run {} (last heartbeat {} s ago); wait for its "
                    "end, or, if that process is dead: pfnvme run abort --break-lock '{}'",
                    held->holder, held->run, now() - held->beat_s, held->holder);
    }
    LockMark own{holder, run, now(), ttl_s}; // before `now` is moved away
    RemoteLock lock(std::move(own), std::move(now));
    PF_CHECK(vsphere.set_advisory_mark(format_mark(lock.mark_)));
    // Who looked in the same instant has written as well; the last one has it.
    PF_TRY(const std::string after, vsphere.advisory_mark());
    PF_TRY(const LockMark winner, parse_mark(after));
    if (winner.holder != holder) {
        return fail(Errc::Busy, "vCenter was locked by {} in the same instant", winner.holder);
    }
    return lock;
}

Result<void> RemoteLock::beat(VspherePort& vsphere) {
    PF_TRY(const std::string text, vsphere.advisory_mark());
    const Result<LockMark> held = parse_mark(text);
    if (!held || held->holder != mark_.holder) {
        return fail(Errc::Busy, "the lock of this run was taken by {}",
                    held ? held->holder : std::string("somebody who broke it"));
    }
    mark_.beat_s = now_();
    return vsphere.set_advisory_mark(format_mark(mark_));
}

Result<void> RemoteLock::release(VspherePort& vsphere) {
    PF_TRY(const std::string text, vsphere.advisory_mark());
    const Result<LockMark> held = parse_mark(text);
    if (!held || held->holder != mark_.holder) {
        return {}; // not ours any more
    }
    return vsphere.set_advisory_mark("");
}

Result<void> break_remote_lock(VspherePort& vsphere, const std::string& holder) {
    PF_TRY(const std::string text, vsphere.advisory_mark());
    const Result<LockMark> held = parse_mark(text);
    if (!held) {
        return held.error().code == Errc::NotFound
                   ? fail(Errc::NotFound, "nobody holds the lock; there is nothing to break")
                   : fail(held.error());
    }
    if (held->holder != holder) {
        return fail(Errc::Conflict, "the lock is held by '{}', not by '{}'; nothing was changed",
                    held->holder, holder);
    }
    return vsphere.set_advisory_mark("");
}

} // namespace pf::nvmetool
