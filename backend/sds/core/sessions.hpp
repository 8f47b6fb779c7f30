// De-duplication of writes (rule 6): a request is executed once per session, however often it is
// sent. A session has slots with one request outstanding each (proto/data_path.hpp); a server keeps
// the last request of each slot with its outcome. The primary registers a request before it
// executes it, the secondary when it has applied it, so that a resend to the promoted secondary
// finds it too.
//
// Memory is bounded by kMaxSlots a session and kMaxSessions, of which the longest unused one goes
// first.
#pragma once

#include "backend/proto/data_path.hpp"
#include "backend/rt/sync.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace pf::sds {

class Sessions {
  public:
    static constexpr std::size_t kMaxSessions = 4096;

    struct Outcome {
        proto::Status status = proto::Status::Ok;
        std::uint64_t detail = 0;
    };
    // Shared by the executing request and its duplicates.
    struct Entry {
        Entry(rt::Executor& executor, std::uint64_t id) : request_id(id), finished(executor) {}
        const std::uint64_t request_id;
        bool done = false;
        bool dropped = false; // given up without effect: a later copy may execute it
        Outcome outcome;
        rt::WaitQueue finished;
    };
    enum class Found : std::uint8_t { New, Running, Done, Obsolete };
    struct Begin {
        Found found = Found::New;
        std::shared_ptr<Entry> entry; // not with Obsolete
    };

    explicit Sessions(rt::Executor& executor) noexcept : executor_(executor) {}

    // Session 0 is not de-duplicated: always New. Precondition: slot_of(request_id) < kMaxSlots.
    Begin begin(std::uint64_t session, std::uint64_t request_id);
    // Whoever executes a New entry ends it with exactly one of these two.
    static void finish(Entry& entry, Outcome outcome);
    void drop(std::uint64_t session, Entry& entry);
    // Secondary: the request has been applied on behalf of the primary.
    void record(std::uint64_t session, std::uint64_t request_id);

    std::size_t size() const noexcept { return sessions_.size(); }

  private:
    struct Session {
        std::uint64_t used = 0; // use counter, for the choice of what to forget
        std::vector<std::shared_ptr<Entry>> slots;
    };
    std::shared_ptr<Entry>& slot(std::uint64_t session, std::uint64_t request_id);
    void forget_oldest();

    rt::Executor& executor_;
    std::unordered_map<std::uint64_t, Session> sessions_;
    std::uint64_t uses_ = 0;
};

} // namespace pf::sds
