// TLS 1.3 with a pre-shared key over any stream: what NVMe/TCP hosts and targets speak on TLS
// listeners. No certificates: who knows the key is who it says it is.
//
// Contract: make a stream over a connected one, await `handshake`, then use it like any other. Only
// TLS 1.3, only (EC)DHE with the key, only TLS_AES_128_GCM_SHA256 and TLS_AES_256_GCM_SHA384; no
// tickets, no resumption. Neither peer's text nor a key is ever logged.
//
// Failure modes: AuthFailed (no common key, or a peer that speaks something else), Timeout,
// Unreachable. After the handshake a broken record ends the stream like a broken connection.
#pragma once

#include "backend/nvme/tls_psk.hpp"
#include "backend/rt/network.hpp"
#include "backend/rt/sync.hpp"

#include <functional>

namespace pf::nvme {

// Shared by all connections that use the same keys.
class TlsContext {
  public:
    // The key for an identity that a peer names; nothing when there is none. The peer's text may be
    // anything, up to 64 KiB.
    using KeyLookup = std::function<std::optional<TlsPsk>(std::string_view identity)>;
    static Result<std::shared_ptr<TlsContext>> server(KeyLookup keys);
    static Result<std::shared_ptr<TlsContext>> client(TlsPsk psk);
    virtual ~TlsContext() = default;
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

  protected:
    TlsContext() = default;
};

class TlsStream final : public rt::Stream {
  public:
    TlsStream(rt::Executor& executor, std::shared_ptr<TlsContext> context,
              std::unique_ptr<rt::Stream> lower);
    ~TlsStream() override;

    rt::Task<Result<void>> handshake(MonoTime deadline);
    // Server: the identity that the peer proved; empty before.
    const std::string& identity() const;

    rt::Endpoint local() const override;
    rt::Endpoint peer() const override;
    Moved try_read(MutByteSpan buffer) override;
    Moved try_write(std::span<const ByteSpan> parts, std::size_t offset) override;

    struct Impl; // private to tls_stream.cpp

  private:
    void close_transport() override;
    void lower_ready() override;
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::nvme
