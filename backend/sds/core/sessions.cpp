#include "backend/sds/core/sessions.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace pf::sds {

std::shared_ptr<Sessions::Entry>& Sessions::slot(std::uint64_t session, std::uint64_t request_id) {
    if (sessions_.size() >= kMaxSessions && !sessions_.contains(session)) {
        forget_oldest();
    }
    Session& found = sessions_[session];
    found.used = ++uses_;
    const std::size_t index = proto::slot_of(request_id);
    PF_ASSERT(index < proto::kMaxSlots, "the decoder lets no such slot pass");
    if (found.slots.size() <= index) {
        found.slots.resize(index + 1);
    }
    return found.slots[index];
}

void Sessions::forget_oldest() {
    const auto oldest =
        std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
            return a.second.used < b.second.used;
        });
    sessions_.erase(oldest);
}

Sessions::Begin Sessions::begin(std::uint64_t session, std::uint64_t request_id) {
    Begin begin;
    if (session == 0) {
        begin.entry = std::make_shared<Entry>(executor_, request_id);
        return begin;
    }
    auto& last = slot(session, request_id);
    if (last && last->request_id > request_id) {
        begin.found = Found::Obsolete;
        return begin;
    }
    if (last && last->request_id == request_id) {
        begin.entry = last;
        begin.found = last->done ? Found::Done : Found::Running;
        return begin;
    }
    last = std::make_shared<Entry>(executor_, request_id);
    begin.entry = last;
    return begin;
}

void Sessions::finish(Entry& entry, Outcome outcome) {
    entry.outcome = outcome;
    entry.done = true;
    entry.finished.wake_all();
}

void Sessions::drop(std::uint64_t session, Entry& entry) {
    if (entry.done) {
        return; // a newer primary applied it here meanwhile
    }
    entry.dropped = true;
    entry.finished.wake_all();
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) {
        return;
    }
    const std::size_t index = proto::slot_of(entry.request_id);
    auto& slots = found->second.slots;
    if (index < slots.size() && slots[index].get() == &entry) {
        slots[index].reset();
    }
}

void Sessions::record(std::uint64_t session, std::uint64_t request_id) {
    if (session == 0) {
        return;
    }
    auto& last = slot(session, request_id);
    if (last && last->request_id > request_id) {
        return;
    }
    if (!last || last->request_id < request_id) {
        last = std::make_shared<Entry>(executor_, request_id);
    }
    finish(*last, Outcome{});
}

} // namespace pf::sds
