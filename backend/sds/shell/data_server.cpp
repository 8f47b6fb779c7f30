#include "backend/sds/shell/data_server.hpp"

#include "base/crc32c.hpp"
#include "base/log.hpp"

namespace pf::sds {

using proto::Op;
using proto::Status;

namespace {
constexpr std::chrono::milliseconds kStallTimeout{10'000};
constexpr std::chrono::milliseconds kHelloTimeout{5'000};
} // namespace

struct DataServer::Connection {
    Connection(rt::Executor& executor, std::unique_ptr<rt::Stream> s)
        : stream(std::move(s)), reader(*stream), out(*stream, kStallTimeout),
          room(executor, kMaxInFlight) {}
    std::unique_ptr<rt::Stream> stream;
    proto::StreamReader reader;
    proto::SendQueue out;
    rt::Semaphore room;
    bool greeted = false;
    Sender sender;
};

Result<void> DataServer::listen(const std::vector<rt::Endpoint>& at) {
    for (const rt::Endpoint& endpoint : at) {
        PF_TRY(auto listener, network_.listen(endpoint));
        listeners_.push_back(std::move(listener));
    }
    for (const auto& listener : listeners_) {
        gate_.spawn(accept_loop(*listener));
    }
    return {};
}

std::vector<rt::Endpoint> DataServer::addresses() const {
    std::vector<rt::Endpoint> all;
    for (const auto& listener : listeners_) {
        all.push_back(listener->local());
    }
    return all;
}

rt::Task<void> DataServer::accept_loop(rt::Listener& listener) {
    while (!stopping_) {
        auto accepted = co_await listener.accept(rt::kNever); // close() ends it
        if (accepted) {
            gate_.spawn(run(std::make_shared<Connection>(executor_, std::move(*accepted))));
        } else if (!stopping_) {
            log("sds").warn("accept failed at={}: {}", rt::to_string(listener.local()),
                            accepted.error().what);
            (void)co_await rt::sleep_until(executor_,
                                           executor_.now() + std::chrono::milliseconds(100));
        }
    }
}

rt::Task<void> DataServer::run(std::shared_ptr<Connection> connection) {
    connections_[connection.get()] = connection;
    rt::Gate writer(executor_);
    auto writing = [](std::shared_ptr<Connection> c) -> rt::Task<void> {
        (void)co_await c->out.run();
    };
    writer.spawn(writing(connection));
    auto ended = co_await read_requests(connection);
    if (!ended && ended.error().code == Errc::Protocol) {
        log("sds").warn("connection closed peer={}: {}", rt::to_string(connection->stream->peer()),
                        ended.error().what);
    }
    connection->out.close();
    co_await writer.close();
    // Requests in progress go on: whether their answers can be delivered changes nothing.
    while (connection->room.available() < kMaxInFlight) {
        (void)co_await connection->room.acquire(kMaxInFlight, rt::kNever);
        connection->room.release(kMaxInFlight);
    }
    connections_.erase(connection.get());
}

rt::Task<Result<void>> DataServer::read_requests(const std::shared_ptr<Connection>& connection) {
    // Closed by a successor of the same peer: what is buffered here is not executed any more.
    while (!stopping_ && !connection->stream->closed()) {
        const MonoTime patience =
            connection->greeted ? rt::kNever : executor_.now() + kHelloTimeout;
        if (!connection->reader.has(proto::kRequestHeaderBytes)) {
            PF_CO_CHECK(co_await connection->reader.fill(proto::kRequestHeaderBytes, patience));
        }
        PF_CO_CHECK(co_await read_request(connection));
    }
    co_return fail(Errc::Cancelled, "stopping");
}

rt::Task<Result<void>> DataServer::read_request(const std::shared_ptr<Connection>& connection) {
    PF_CO_TRY(const proto::RequestHeader header,
              proto::decode_request(connection->reader.take(proto::kRequestHeaderBytes)));
    Request request;
    request.header = header;
    request.from = connection->sender;
    if (header.payload_bytes > 0) {
        request.payload = rt::IoBuffer::allocate(header.payload_bytes);
        PF_CO_CHECK(co_await connection->reader.read_into(
            request.payload.span(0, header.payload_bytes), executor_.now() + kStallTimeout));
    }
    auto intact =
        proto::check_payload(header.payload_crc, request.payload.span(0, header.payload_bytes));
    if (!intact) {
        Response response;
        response.header.op = header.op;
        response.header.tag = header.tag;
        response.header.status = Status::ChecksumMismatch;
        respond(*connection, std::move(response));
        co_return Result<void>{};
    }
    if (header.op == Op::Hello) {
        co_return greet(connection, header, request.payload.span(0, header.payload_bytes));
    }
    if (!connection->greeted) {
        co_return fail(Errc::Protocol, "{} before hello", proto::to_string(header.op));
    }
    if (!connection->room.try_acquire(1)) {
        PF_CO_CHECK(co_await connection->room.acquire(1, rt::kNever));
        if (connection->stream->closed()) {
            connection->room.release(1);
            co_return fail(Errc::Cancelled, "superseded");
        }
    }
    if (!gate_.spawn(serve_one(connection, std::move(request)))) {
        connection->room.release(1);
    }
    co_return Result<void>{};
}

Result<void> DataServer::greet(const std::shared_ptr<Connection>& connection,
                               const proto::RequestHeader& header, ByteSpan payload) {
    PF_TRY(const proto::HelloPayload hello, proto::decode_hello(payload));
    Response response;
    response.header.op = Op::Hello;
    response.header.tag = header.tag;
    response.header.detail = identity_.instance;
    if (core_ == nullptr) {
        response.header.status = Status::NoLease;
        respond(*connection, std::move(response));
        return {};
    }
    if (hello.system_id != identity_.system || hello.target_sds != identity_.sds) {
        response.header.status = Status::InvalidRequest;
        respond(*connection, std::move(response));
        return {};
    }
    connection->sender = Sender{hello.role, hello.sender_id};
    connection->greeted = true;
    if (hello.role == proto::PeerRole::Sds) {
        // What a primary sends again on a new connection must not be overtaken by what is still
        // unread on its old one.
        auto& slot = peers_[hello.sender_id];
        if (const auto old = slot.lock()) {
            old->out.close();
        }
        slot = connection;
    }
    respond(*connection, std::move(response));
    return {};
}

rt::Task<void> DataServer::serve_one(std::shared_ptr<Connection> connection, Request request) {
    auto executing = core_->execute(std::move(request));
    Response response = co_await std::move(executing);
    respond(*connection, std::move(response));
    connection->room.release(1);
}

void DataServer::respond(Connection& connection, Response response) {
    proto::OutFrame frame;
    encode(response.header, frame.header);
    frame.header_bytes = proto::kResponseHeaderBytes;
    frame.a = response.payload.span(response.payload_offset, response.header.payload_bytes);
    frame.keep = std::move(response.payload);
    connection.out.push(std::move(frame));
}

rt::Task<void> DataServer::stop() {
    stopping_ = true;
    for (const auto& listener : listeners_) {
        listener->close();
    }
    for (const auto& [key, weak] : connections_) {
        if (const auto connection = weak.lock()) {
            connection->out.close();
        }
    }
    co_await gate_.close();
}

} // namespace pf::sds
