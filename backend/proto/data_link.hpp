// Client end of a data-path connection: many calls at once over one stream, answers in any order.
// Used by clients towards primaries and by data servers towards each other.
//
// One executor's thread. A link that fails stays failed: every call ends with Unreachable, the
// owner makes a new one. stop() before the destructor.
#pragma once

#include "backend/proto/data_path.hpp"
#include "backend/proto/stream_io.hpp"
#include "backend/rt/cancel.hpp"
#include "backend/rt/gate.hpp"
#include "backend/rt/network.hpp"

#include <memory>
#include <optional>
#include <unordered_map>

namespace pf::proto {

class DataLink {
  public:
    struct Answer {
        ResponseHeader header;
        rt::IoBuffer payload; // when the caller gave no memory of its own
    };
    // What a call sends and where its answer's bytes go. The spans live until the call has ended.
    struct Call {
        Call() = default;
        RequestHeader header; // tag, payload_bytes and checksums are filled in
        ByteSpan payload;
        ByteSpan more_payload; // sent after it (the second half of compare-and-write)
        // CRC32C of the payload when the caller knows it already.
        std::optional<std::uint32_t> payload_crc;
        // Once it has fired the request does not leave any more: the call ends with Cancelled and
        // `sent` false. One that has begun to leave is waited for.
        rt::CancelToken fence;
        MutByteSpan into; // exactly as long as an Ok answer's payload; empty: Answer::payload
    };

    // Connects and says hello. Unreachable, Timeout; Protocol or PermissionDenied when the server
    // is not who we take it for.
    static rt::Task<Result<std::unique_ptr<DataLink>>> connect(rt::Executor& executor,
                                                               rt::Network& network,
                                                               rt::Endpoint to, HelloPayload hello,
                                                               MonoTime deadline);
    ~DataLink();
    DataLink(const DataLink&) = delete;
    DataLink& operator=(const DataLink&) = delete;

    // Ok: an answer came, its status is for the caller to judge; payload checksums have been
    // checked (ChecksumMismatch otherwise). Timeout, Cancelled, Unreachable: the outcome is unknown
    // unless `sent` (optional) stays false.
    rt::Task<Result<Answer>> call(Call call, MonoTime deadline, rt::CancelToken token = {},
                                  bool* sent = nullptr);

    bool failed() const noexcept { return failed_; }
    std::uint64_t server_instance() const noexcept { return server_instance_; }
    std::size_t in_flight() const noexcept { return pending_.size(); }
    // Ends everything with Unreachable.
    void close();
    rt::Task<void> stop();

  private:
    struct Pending {
        explicit Pending(rt::Executor& executor) : settled(executor) {}
        MutByteSpan into;
        Answer answer;
        Result<void> outcome;
        bool done = false;
        bool abandoned = false; // nobody waits for it: skip its payload
        bool receiving = false; // the reader is writing into `into`
        OutFrame::State frame = OutFrame::State::Queued;
        rt::WaitQueue settled;
    };
    DataLink(rt::Executor& executor, std::unique_ptr<rt::Stream> stream);
    void start();
    rt::Task<void> read_loop();
    rt::Task<Result<void>> read_answer();
    rt::Task<void> write_loop();
    void fail_all(const Error& why);

    rt::Executor& executor_;
    std::unique_ptr<rt::Stream> stream_;
    StreamReader reader_;
    SendQueue out_;
    std::unordered_map<std::uint64_t, std::shared_ptr<Pending>> pending_;
    std::uint64_t next_tag_ = 1;
    std::uint64_t server_instance_ = 0;
    bool failed_ = false;
    rt::Gate gate_;
};

} // namespace pf::proto
