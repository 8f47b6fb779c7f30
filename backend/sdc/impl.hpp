// Private to backend/sdc.
#pragma once

#include "backend/proto/control_link.hpp"
#include "backend/proto/data_links.hpp"
#include "backend/rt/gate.hpp"
#include "backend/rt/sync.hpp"
#include "backend/sdc/client.hpp"
#include "backend/sdc/map_state.hpp"

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace pf::sdc {

// One request to one comb: a piece of a call, inside one unit.
struct UnitRequest {
    proto::Op op = proto::Op::Read;
    map::VolumeId volume;
    std::uint64_t unit = 0;
    std::uint32_t offset_bytes = 0;
    std::uint32_t length_bytes = 0;
    ByteSpan payload;
    ByteSpan more_payload;
    MutByteSpan into;
    MonoTime deadline{};
    rt::CancelToken fence;
    bool writes() const { return op != proto::Op::Read && op != proto::Op::Flush; }
};
struct UnitAnswer {
    bool miscompare = false;
    std::uint32_t first_difference = 0;
};

class Client::Impl {
  public:
    Impl(rt::Executor& executor, rt::Network& network, ClientOptions options);

    // client.cpp
    rt::Task<Result<void>> start(MonoTime deadline);
    rt::Task<void> stop();
    rt::Task<Result<void>> transfer(proto::Op op, map::VolumeId volume, std::uint64_t offset_bytes,
                                    std::uint64_t length_bytes, ByteSpan from, MutByteSpan into,
                                    MonoTime deadline, rt::CancelToken fence);
    rt::Task<Result<CompareOutcome>> compare_and_write(map::VolumeId volume,
                                                       std::uint64_t offset_bytes,
                                                       ByteSpan expected, ByteSpan desired,
                                                       MonoTime deadline, rt::CancelToken fence);
    Result<const Volume*> check(map::VolumeId id, std::uint64_t offset_bytes,
                                std::uint64_t length_bytes, bool writes) const;
    void report(std::vector<ControllerReport> controllers);
    rt::Task<Result<nvme::Status>> reserve(map::VolumeId volume,
                                           std::optional<nvme::ReservationCommand> command);

    std::shared_ptr<const View> view() const { return view_; }
    void on_change(OnChange callback) { on_change_ = std::move(callback); }
    bool mdm_connected() const { return registered_; }
    bool running() const { return !stopping_; }
    const Counters& counters() const { return counters_; }

  private:
    struct Join;
    struct Flight;

    // io.cpp
    rt::Task<Result<UnitAnswer>> unit_request(UnitRequest request);
    rt::Task<Result<UnitAnswer>> attempt_until(UnitRequest& request, std::uint64_t request_id);
    rt::Task<void> unit_part(UnitRequest request, Join& join);
    rt::Task<void> pause(MonoTime deadline, std::chrono::milliseconds at_most);
    void want_refresh();

    // mdm_session.cpp
    rt::Task<void> mdm_loop();
    rt::Task<Result<void>> mdm_conversation(proto::ControlLink& link);
    Result<void> handle(proto::ControlLink& link, const proto::control::Envelope& envelope);
    rt::Task<void> heartbeat_loop(proto::ControlLink& link, rt::CancelToken over);
    rt::Task<void> confirm_loop(proto::ControlLink& link, rt::CancelToken over);
    void apply(const proto::control::MapUpdate& update);
    bool drained() const;
    void send_report(proto::ControlLink& link);
    static std::uint64_t send_reserve(proto::ControlLink& link, map::VolumeId volume,
                                      const std::optional<nvme::ReservationCommand>& command);

    rt::Executor& executor_;
    rt::Network& network_;
    const ClientOptions options_;
    const std::uint64_t session_;
    const std::uint64_t instance_;
    MapState map_;
    std::shared_ptr<const View> view_;
    OnChange on_change_;
    Counters counters_;
    bool stopping_ = false;

    // MDM
    bool registered_ = false;
    bool have_map_ = false;
    Error last_mdm_error_{Errc::Unreachable, "the MDM has not been reached"};
    std::uint64_t client_id_ = 0;
    map::SystemId system_;
    std::chrono::milliseconds heartbeat_{500};
    MonoTime lease_until_{};
    std::uint64_t heartbeat_seq_ = 0;
    std::deque<std::pair<std::uint64_t, MonoTime>> heartbeats_; // sent and unanswered
    bool confirm_wanted_ = false;                // a map was applied; confirmed once drained
    std::unordered_set<std::uint64_t> draining_; // volumes taken away, with requests in flight
    bool refresh_wanted_ = false;
    MonoTime last_refresh_{};
    proto::ControlLink* link_ = nullptr;
    std::optional<std::vector<ControllerReport>> controllers_;
    // Reservation commands at the MDM, by request id; the values live in their coroutines.
    struct Asked {
        std::optional<Result<nvme::Status>> answer;
    };
    std::unordered_map<std::uint64_t, Asked*> asked_;
    rt::WaitQueue asked_changed_;
    rt::WaitQueue changed_; // map, lease or registration
    rt::WaitQueue drained_;

    // I/O
    proto::DataLinks links_;
    std::vector<std::uint32_t> free_slots_;
    rt::Semaphore slots_;
    std::uint64_t sequence_ = 0;
    std::unordered_map<std::uint64_t, std::uint32_t> in_flight_; // by volume
    rt::CancelSource stop_;
    rt::Gate gate_;
};

} // namespace pf::sdc
