#include "backend/sds/shell/server.hpp"

#include "base/crypto.hpp"
#include "base/log.hpp"

#include <algorithm>
#include <cstring>

namespace pf::sds {

namespace {

std::uint64_t random_u64() {
    const auto bytes = random_bytes(8);
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value | 1; // never 0
}

} // namespace

Server::Server(rt::Reactor& reactor, ServerOptions options)
    : reactor_(reactor), options_(std::move(options)), instance_(random_u64()),
      devices_(reactor, options_.devices),
      links_(reactor, reactor.network(), options_.dial_timeout), data_(reactor, reactor.network()),
      gate_(reactor) {}

Server::~Server() = default;

Result<void> Server::start() {
    PF_TRY(state_, StateFile::load(options_.state_dir));
    clean_start_ = state_.clean;
    if (options_.id.value != 0) {
        if (state_.sds != 0 && state_.sds != options_.id.value) {
            return fail(Errc::Conflict, "{} belongs to SDS {}, not {}", options_.state_dir,
                        map::hex16(state_.sds), map::hex16(options_.id));
        }
        state_.sds = options_.id.value;
    }
    PF_CHECK(data_.listen(options_.listen));
    for (const rt::Endpoint& at : data_.addresses()) {
        log("sds").info("listening at={} name={}", rt::to_string(at), options_.name);
    }
    gate_.spawn(mdm_loop());
    return {};
}

void Server::create_core() {
    ReplicatorOptions replication = options_.replication;
    replication.self = map::SdsId{state_.sds};
    replication.unclean = !clean_start_;
    auto sink = [](Replicator::Level level, const std::string& text) {
        Logger& logger = log("sds");
        switch (level) {
        case Replicator::Level::Info:
            logger.info("{}", text);
            break;
        case Replicator::Level::Warn:
            logger.warn("{}", text);
            break;
        case Replicator::Level::Error:
            logger.error("{}", text);
            break;
        }
    };
    PeerPort& peers = *this;
    MdmPort& mdm = *this;
    core_ = std::make_unique<Replicator>(reactor_, devices_, peers, mdm, replication, sink);
    proto::HelloPayload hello;
    hello.system_id = state_.system;
    hello.sender_id = state_.sds;
    hello.instance = instance_;
    hello.role = proto::PeerRole::Sds;
    links_.set_hello(hello);
    data_.serve(ServerIdentity{state_.system, state_.sds, instance_}, core_.get());
}

rt::Task<void> Server::stop() {
    // Refuse first, then let what was admitted come to its end while the peers and the MDM can
    // still be reached; only if that worked the end is a clean one.
    stopping_ = true;
    lease_until_ = MonoTime{};
    const MonoTime give_up = reactor_.now() + std::chrono::seconds(5);
    while (core_ && core_->writes_in_progress() > 0 && reactor_.now() < give_up) {
        (void)co_await rt::sleep_until(reactor_, reactor_.now() + std::chrono::milliseconds(10));
    }
    const bool drained = !core_ || core_->writes_in_progress() == 0;
    if (core_ && drained) {
        co_await say_goodbye();
    }
    stop_.cancel();
    if (link_) {
        link_->close();
    }
    if (core_) {
        co_await core_->stop();
    }
    co_await data_.stop();
    co_await links_.stop();
    co_await gate_.close();
    co_await devices_.close_all();
    if (core_ && drained) {
        state_.clean = true;
        if (auto saved = state_.save(options_.state_dir); !saved) {
            log("sds").error("the clean end could not be recorded: {}", saved.error().what);
        }
    }
}

rt::Task<Result<PeerAnswer>> Server::call(map::SdsId to, proto::RequestHeader header,
                                          rt::IoBuffer payload, MonoTime deadline,
                                          rt::CancelToken token) {
    const auto known = peers_.find(to.value);
    if (known == peers_.end()) {
        co_return fail(Errc::Unreachable, "SDS {} is not a known peer", map::hex16(to));
    }
    auto getting = links_.get(to.value, known->second, deadline);
    auto link = co_await std::move(getting);
    if (!link) {
        co_return fail(std::move(link).error());
    }
    proto::DataLink::Call call;
    call.header = header;
    call.payload = payload.span(0, header.payload_bytes);
    if (header.payload_crc != 0) {
        call.payload_crc = header.payload_crc;
    }
    auto calling = (*link)->call(std::move(call), deadline, std::move(token));
    auto answered = co_await std::move(calling);
    if (!answered) {
        if (answered.error().code == Errc::Timeout) {
            (*link)->close();
        }
        co_return fail(std::move(answered).error());
    }
    PeerAnswer answer;
    answer.header = answered->header;
    answer.payload = std::move(answered->payload);
    co_return Result<PeerAnswer>(std::move(answer));
}

} // namespace pf::sds
