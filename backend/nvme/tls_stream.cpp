#include "backend/nvme/tls_stream.hpp"

#include "base/assert.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace pf::nvme {
namespace {

constexpr size_t kRecordBytes = 16 * 1024;
constexpr size_t kReadAheadBytes = 128 * 1024;
constexpr unsigned kPskExtension = 41;
// Suites as they stand in a hello.
constexpr unsigned char kSuite128[] = {0x13, 0x01};
constexpr unsigned char kSuite256[] = {0x13, 0x02};
constexpr const char* kBothSuites = "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256";

const char* suite_name(PskHash hash) {
    return hash == PskHash::Sha384 ? "TLS_AES_256_GCM_SHA384" : "TLS_AES_128_GCM_SHA256";
}

std::string last_error() {
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason != nullptr ? reason : "the connection ended";
}

// The key as OpenSSL wants it.
SSL_SESSION* session_of(SSL* ssl, const TlsPsk& psk) {
    const SSL_CIPHER* cipher =
        SSL_CIPHER_find(ssl, psk.hash == PskHash::Sha384 ? kSuite256 : kSuite128);
    SSL_SESSION* session = SSL_SESSION_new();
    const bool good =
        session != nullptr && cipher != nullptr &&
        SSL_SESSION_set1_master_key(session, reinterpret_cast<const unsigned char*>(psk.key.data()),
                                    psk.key.size()) == 1 &&
        SSL_SESSION_set_cipher(session, cipher) == 1 &&
        SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1;
    if (good)
        return session;
    SSL_SESSION_free(session);
    return nullptr;
}

// The hash that the first offered identity asks for: the suite has to be chosen before OpenSSL
// looks at the keys, and only one of them fits.
std::optional<PskHash> offered_hash(SSL* ssl) {
    const unsigned char* data = nullptr;
    size_t length = 0;
    if (SSL_client_hello_get0_ext(ssl, kPskExtension, &data, &length) != 1 || length < 4)
        return std::nullopt;
    const size_t first = size_t{data[2]} << 8 | data[3];
    if (first > length - 4)
        return std::nullopt;
    const auto identity =
        parse_psk_identity(std::string_view(reinterpret_cast<const char*>(data + 4), first));
    return identity ? std::optional(identity->hash) : std::nullopt;
}

class Context final : public TlsContext {
  public:
    static Result<std::shared_ptr<Context>> make(const SSL_METHOD* method) {
        auto context = std::shared_ptr<Context>(new Context);
        SSL_CTX* ctx = SSL_CTX_new(method);
        context->ctx = ctx;
        if (ctx == nullptr || SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
            SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
            SSL_CTX_set_ciphersuites(ctx, kBothSuites) != 1)
            return fail(Errc::Internal, "TLS 1.3 is not to be had: {}", last_error());
        SSL_CTX_set_app_data(ctx, context.get());
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_num_tickets(ctx, 0);
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
        SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_read_ahead(ctx, 1);
        SSL_CTX_set_default_read_buffer_len(ctx, kReadAheadBytes);
        return context;
    }
    ~Context() override { SSL_CTX_free(ctx); }

    static const Context& of(SSL* ssl) {
        return *static_cast<const Context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    }
    SSL_CTX* ctx = nullptr;
    bool is_server = false;
    KeyLookup keys;
    TlsPsk psk; // of a client

  private:
    Context() = default;
};

} // namespace

struct TlsStream::Impl {
    Impl(rt::Executor& executor, std::shared_ptr<TlsContext> shared,
         std::unique_ptr<rt::Stream> below)
        : context(std::static_pointer_cast<Context>(std::move(shared))), lower(std::move(below)),
          ready(executor) {}
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { SSL_free(ssl); }

    std::shared_ptr<Context> context;
    std::unique_ptr<rt::Stream> lower;
    SSL* ssl = nullptr;
    rt::WaitQueue ready; // the lower stream may go on
    std::string identity;
    Bytes record;  // given to OpenSSL, which has not taken it yet
    int error = 0; // what ended the lower stream, while it is being told to OpenSSL
    bool ended = false;
    bool broken = false;

    // ---- the lower stream as OpenSSL sees it
    static int bio_read(BIO* bio, char* into, int length) {
        auto& self = *static_cast<Impl*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        if (length <= 0 || self.lower->closed())
            return 0;
        const auto moved = self.lower->try_read(
            MutByteSpan(reinterpret_cast<std::byte*>(into), static_cast<size_t>(length)));
        if (moved.error == EAGAIN) {
            BIO_set_retry_read(bio);
            return -1;
        }
        if (moved.error != 0) {
            self.error = moved.error;
            return -1;
        }
        self.ended = moved.bytes == 0;
        return static_cast<int>(moved.bytes);
    }
    static int bio_write(BIO* bio, const char* from, int length) {
        auto& self = *static_cast<Impl*>(BIO_get_data(bio));
        BIO_clear_retry_flags(bio);
        if (length <= 0 || self.lower->closed())
            return 0;
        const ByteSpan part(reinterpret_cast<const std::byte*>(from), static_cast<size_t>(length));
        const auto moved = self.lower->try_write(std::span<const ByteSpan>(&part, 1), 0);
        if (moved.error == EAGAIN) {
            BIO_set_retry_write(bio);
            return -1;
        }
        if (moved.error != 0) {
            self.error = moved.error;
            return -1;
        }
        return static_cast<int>(moved.bytes);
    }
    static long bio_control(BIO*, int command, long, void*) {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }
    static BIO_METHOD* method() {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
            BIO_meth_set_read(m, bio_read);
            BIO_meth_set_write(m, bio_write);
            BIO_meth_set_ctrl(m, bio_control);
            return m;
        }();
        return made;
    }

    bool start() {
        ssl = SSL_new(context->ctx);
        BIO* bio = ssl == nullptr ? nullptr : BIO_new(method());
        if (bio == nullptr)
            return false;
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl, bio, bio);
        SSL_set_app_data(ssl, this);
        if (context->is_server)
            SSL_set_accept_state(ssl);
        else
            SSL_set_connect_state(ssl);
        return true;
    }

    // What a call that moved nothing means.
    rt::Stream::Moved blocked(int result) {
        switch (SSL_get_error(ssl, result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            return {0, EAGAIN};
        case SSL_ERROR_ZERO_RETURN:
            return {0, 0};
        default:
            ERR_clear_error();
            broken = true;
            // An end without a close notification is what a killed peer leaves, too.
            return {0, error != 0 ? error : ended ? ECONNRESET : EPROTO};
        }
    }
};

namespace {

int find_key(SSL* ssl, const unsigned char* identity, size_t length, SSL_SESSION** session) {
    *session = nullptr;
    const std::string_view text(reinterpret_cast<const char*>(identity), length);
    const Context& context = Context::of(ssl);
    const std::optional<TlsPsk> psk = context.keys ? context.keys(text) : std::nullopt;
    if (!psk)
        return 1; // go on without: with nothing else to prove itself by, the peer is refused
    *session = session_of(ssl, *psk);
    if (*session == nullptr)
        return 0;
    static_cast<TlsStream::Impl*>(SSL_get_app_data(ssl))->identity = psk->identity;
    return 1;
}

int use_key(SSL* ssl, const EVP_MD* digest, const unsigned char** identity, size_t* length,
            SSL_SESSION** session) {
    const TlsPsk& psk = Context::of(ssl).psk;
    *session = nullptr;
    const int wanted = psk.hash == PskHash::Sha384 ? NID_sha384 : NID_sha256;
    if (digest != nullptr && EVP_MD_get_type(digest) != wanted)
        return 1;
    *session = session_of(ssl, psk);
    *identity = reinterpret_cast<const unsigned char*>(psk.identity.data());
    *length = psk.identity.size();
    return *session == nullptr ? 0 : 1;
}

int on_hello(SSL* ssl, int*, void*) {
    if (const auto hash = offered_hash(ssl))
        (void)SSL_set_ciphersuites(ssl, suite_name(*hash));
    return SSL_CLIENT_HELLO_SUCCESS;
}

} // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::server(KeyLookup keys) {
    PF_TRY(auto context, Context::make(TLS_server_method()));
    context->is_server = true;
    context->keys = std::move(keys);
    SSL_CTX_set_psk_find_session_callback(context->ctx, find_key);
    SSL_CTX_set_client_hello_cb(context->ctx, on_hello, nullptr);
    return std::shared_ptr<TlsContext>(std::move(context));
}

Result<std::shared_ptr<TlsContext>> TlsContext::client(TlsPsk psk) {
    PF_TRY(auto context, Context::make(TLS_client_method()));
    context->psk = std::move(psk);
    if (SSL_CTX_set_ciphersuites(context->ctx, suite_name(context->psk.hash)) != 1)
        return fail(Errc::Internal, "the cipher suite of the TLS key is not to be had");
    // Without certificates on either side: a server that does not know the key has nothing to show.
    SSL_CTX_set_verify(context->ctx, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_psk_use_session_callback(context->ctx, use_key);
    return std::shared_ptr<TlsContext>(std::move(context));
}

TlsStream::TlsStream(rt::Executor& executor, std::shared_ptr<TlsContext> context,
                     std::unique_ptr<rt::Stream> lower)
    : Stream(executor),
      impl_(std::make_unique<Impl>(executor, std::move(context), std::move(lower))) {
    put_over(*impl_->lower);
    impl_->broken = !impl_->start();
}

TlsStream::~TlsStream() { close(); }

const std::string& TlsStream::identity() const { return impl_->identity; }
rt::Endpoint TlsStream::local() const { return impl_->lower->local(); }
rt::Endpoint TlsStream::peer() const { return impl_->lower->peer(); }

rt::Task<Result<void>> TlsStream::handshake(MonoTime deadline) {
    while (!impl_->broken && !closed()) {
        ERR_clear_error();
        const int result = SSL_do_handshake(impl_->ssl);
        if (result == 1)
            co_return Result<void>{};
        const int why = SSL_get_error(impl_->ssl, result);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
            impl_->broken = true;
            const bool gone = impl_->ended || impl_->error != 0;
            co_return fail(gone && why != SSL_ERROR_SSL ? Errc::Unreachable : Errc::AuthFailed,
                           "the TLS handshake failed: {}", last_error());
        }
        auto woken = co_await impl_->ready.wait(deadline);
        if (!woken && !closed())
            co_return fail(Errc::Timeout, "the TLS handshake takes too long");
    }
    co_return fail(Errc::Cancelled, "connection closed");
}

TlsStream::Moved TlsStream::try_read(MutByteSpan buffer) {
    if (impl_->broken)
        return {0, EPROTO};
    ERR_clear_error();
    size_t done = 0;
    const int result = SSL_read_ex(impl_->ssl, buffer.data(), buffer.size(), &done);
    if (result == 1)
        return {done, 0};
    return impl_->blocked(result);
}

// Small parts go out together, in records of their full size. What OpenSSL has once been given must
// be given again as it was until it is taken: it is kept here, and counts as sent only then.
TlsStream::Moved TlsStream::try_write(std::span<const ByteSpan> parts, std::size_t offset) {
    if (impl_->broken)
        return {0, EPROTO};
    size_t moved = 0;
    size_t part = 0;
    const auto skip = [&](size_t bytes) {
        offset += bytes;
        while (part < parts.size() && offset >= parts[part].size())
            offset -= parts[part++].size();
    };
    skip(0);
    while (part < parts.size()) {
        Bytes& record = impl_->record;
        if (record.empty()) {
            size_t at = offset;
            for (size_t i = part; i < parts.size() && record.size() < kRecordBytes; ++i) {
                const size_t n = std::min(parts[i].size() - at, kRecordBytes - record.size());
                const ByteSpan piece = parts[i].subspan(at, n);
                record.insert(record.end(), piece.begin(), piece.end());
                at = 0;
            }
        }
        ERR_clear_error();
        size_t done = 0;
        const int result = SSL_write_ex(impl_->ssl, record.data(), record.size(), &done);
        if (result != 1) {
            if (moved > 0)
                return {moved, 0};
            return impl_->blocked(result);
        }
        PF_ASSERT(done == record.size(), "a record is taken whole");
        record.clear();
        moved += done;
        skip(done);
    }
    return {moved, 0};
}

void TlsStream::close_transport() {
    if (impl_->ssl != nullptr && !impl_->broken && SSL_is_init_finished(impl_->ssl) == 1) {
        ERR_clear_error();
        (void)SSL_shutdown(impl_->ssl); // as far as it goes without waiting
        ERR_clear_error();
    }
    impl_->lower->close();
    impl_->ready.wake_all();
}

void TlsStream::lower_ready() {
    impl_->ready.wake_all();
    if (closed() || impl_->ssl == nullptr || SSL_is_init_finished(impl_->ssl) == 0)
        return;
    readable();
    writable();
}

} // namespace pf::nvme
