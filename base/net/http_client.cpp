#include "base/net/http_client.hpp"

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/net/url.hpp"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace pf::net {
namespace {

void init_curl_once() {
    static const CURLcode kDone = curl_global_init(CURL_GLOBAL_DEFAULT);
    PF_ASSERT(kDone == CURLE_OK, "libcurl cannot start");
}

std::string normal_pin(std::string_view pin) {
    std::string out;
    for (const char c : pin)
        if (c != ':' && c != ' ')
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

std::string fingerprint_of(X509* certificate, const EVP_MD* digest_type = EVP_sha256()) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (certificate == nullptr || X509_digest(certificate, digest_type, digest, &size) != 1)
        return {};
    return to_hex({reinterpret_cast<const std::byte*>(digest), size});
}

// What one transfer needs while curl calls back.
struct Transfer {
    const std::vector<std::string>* pins = nullptr; // normalised; empty: CAs decide
    std::string peer_fingerprint;
    std::string_view body;
    std::size_t sent = 0;
    bool repeatable = false;
    std::size_t limit = 0;
    bool too_large = false;
    std::stop_token stop;
    HttpResponse response;
};

int transfer_index() {
    static const int kIndex = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return kIndex;
}

Transfer* transfer_of(X509_STORE_CTX* store) {
    auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    return static_cast<Transfer*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), transfer_index()));
}

// CA mode: remembers whose certificate it was, the decision stays OpenSSL's.
int record_peer(int preverified, X509_STORE_CTX* store) {
    if (X509_STORE_CTX_get_error_depth(store) == 0 || preverified == 0) {
        auto* leaf = X509_STORE_CTX_get0_cert(store);
        transfer_of(store)->peer_fingerprint = fingerprint_of(leaf);
    }
    return preverified;
}

// Pin mode: the certificate's own fingerprint decides, whoever signed it.
int check_pin(X509_STORE_CTX* store, void* context) {
    auto* transfer = static_cast<Transfer*>(context);
    transfer->peer_fingerprint = fingerprint_of(X509_STORE_CTX_get0_cert(store));
    const auto& pins = *transfer->pins;
    const auto pinned = [&pins](const std::string& digest) {
        return !digest.empty() && std::find(pins.begin(), pins.end(), digest) != pins.end();
    };
    // 40 digits are an SHA-1 thumbprint, which is what vSphere's own tools show and take.
    const bool known = pinned(transfer->peer_fingerprint) ||
                       pinned(fingerprint_of(X509_STORE_CTX_get0_cert(store), EVP_sha1()));
    X509_STORE_CTX_set_error(store, known ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
    return known ? 1 : 0;
}

CURLcode prepare_ssl(CURL*, void* ssl_ctx, void* context) {
    auto* ctx = static_cast<SSL_CTX*>(ssl_ctx);
    auto* transfer = static_cast<Transfer*>(context);
    SSL_CTX_set_ex_data(ctx, transfer_index(), transfer);
    if (!transfer->pins->empty()) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_cert_verify_callback(ctx, check_pin, transfer);
    } else if (SSL_CTX_get_verify_mode(ctx) != SSL_VERIFY_NONE) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, record_peer);
    }
    return CURLE_OK;
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* context) {
    auto* transfer = static_cast<Transfer*>(context);
    if (transfer->response.body.size() + size * count > transfer->limit) {
        transfer->too_large = true;
        return 0;
    }
    transfer->response.body.append(data, size * count);
    return size * count;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* context) {
    auto* transfer = static_cast<Transfer*>(context);
    std::string_view line(data, size * count);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n'))
        line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
        transfer->response.headers = {}; // a new response begins (100 Continue, proxies)
        return size * count;
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
        auto value = line.substr(colon + 1);
        const auto start = value.find_first_not_of(" \t");
        value = start == std::string_view::npos ? std::string_view() : value.substr(start);
        transfer->response.headers.add(std::string(line.substr(0, colon)), std::string(value));
    }
    return size * count;
}

std::size_t on_read(char* to, std::size_t size, std::size_t count, void* context) {
    auto* transfer = static_cast<Transfer*>(context);
    const auto n = std::min(size * count, transfer->body.size() - transfer->sent);
    std::copy_n(transfer->body.data() + transfer->sent, n, to);
    transfer->sent += n;
    return n;
}

// curl rewinds a body to repeat a request on a fresh connection; refusing keeps it from doing so.
int on_seek(void* context, curl_off_t offset, int origin) {
    auto* transfer = static_cast<Transfer*>(context);
    if (!transfer->repeatable || origin != SEEK_SET || offset != 0)
        return CURL_SEEKFUNC_FAIL;
    transfer->sent = 0;
    return CURL_SEEKFUNC_OK;
}

int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Transfer*>(context)->stop.stop_requested() ? 1 : 0;
}

} // namespace

struct HttpClient::Impl {
    TlsTrust trust;
    HttpClientOptions options;
    std::vector<std::string> pins;
    std::mutex mutex;
    std::vector<CURL*> idle;

    CURL* take() {
        {
            const std::lock_guard lock(mutex);
            if (!idle.empty()) {
                CURL* handle = idle.back();
                idle.pop_back();
                return handle;
            }
        }
        return curl_easy_init();
    }

    void give_back(CURL* handle) {
        const std::lock_guard lock(mutex);
        if (idle.size() < options.max_idle_connections)
            idle.push_back(handle);
        else
            curl_easy_cleanup(handle);
    }

    Error translate(CURLcode code, CURL* handle, const HttpRequest& request,
                    const Transfer& transfer, const char* detail) const;
    void prepare(CURL* handle, const HttpRequest& request, Transfer& transfer, curl_slist* headers,
                 char* detail) const;
};

HttpClient::HttpClient(TlsTrust trust, HttpClientOptions options)
    : impl_(std::make_unique<Impl>()) {
    init_curl_once();
    for (const auto& pin : trust.sha256_pins)
        impl_->pins.push_back(normal_pin(pin));
    impl_->trust = std::move(trust);
    impl_->options = std::move(options);
}

HttpClient::~HttpClient() {
    for (CURL* handle : impl_->idle)
        curl_easy_cleanup(handle);
}

void HttpClient::Impl::prepare(CURL* handle, const HttpRequest& request, Transfer& transfer,
                               curl_slist* headers, char* detail) const {
    auto set = [handle](CURLoption option, auto value) {
        PF_ASSERT(curl_easy_setopt(handle, option, value) == CURLE_OK, "libcurl refuses an option");
    };
    const auto ms = [](Duration d) {
        return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
    };
    set(CURLOPT_ERRORBUFFER, detail);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "https,http");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_ACCEPT_ENCODING, ""); // whatever libcurl can decode
    set(CURLOPT_USERAGENT, options.user_agent.c_str());
    set(CURLOPT_TCP_NODELAY, 1L);
    set(CURLOPT_MAXAGE_CONN, 60L);
    set(CURLOPT_CONNECTTIMEOUT_MS, ms(options.connect_timeout));
    set(CURLOPT_TIMEOUT_MS,
        ms(request.timeout > Duration::zero() ? request.timeout : options.request_timeout));
    if (!options.proxy.empty())
        set(CURLOPT_PROXY, options.proxy.c_str());
    set(CURLOPT_HTTPHEADER, headers);
    set(CURLOPT_WRITEFUNCTION, on_body);
    set(CURLOPT_WRITEDATA, &transfer);
    set(CURLOPT_HEADERFUNCTION, on_header);
    set(CURLOPT_HEADERDATA, &transfer);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, on_progress);
    set(CURLOPT_XFERINFODATA, &transfer);
    if (request.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET" || !request.body.empty()) {
        set(CURLOPT_POST, 1L);
        set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(CURLOPT_READFUNCTION, on_read);
        set(CURLOPT_READDATA, &transfer);
        set(CURLOPT_SEEKFUNCTION, on_seek);
        set(CURLOPT_SEEKDATA, &transfer);
    }
    if (trust.insecure) {
        set(CURLOPT_SSL_VERIFYPEER, 0L);
        set(CURLOPT_SSL_VERIFYHOST, 0L);
    } else if (!pins.empty()) {
        set(CURLOPT_SSL_VERIFYHOST, 0L); // the pinned certificate is the identity
        // The system's CAs have no say; reading them costs 20 ms of CPU for each new connection.
        set(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
        set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    if (!trust.ca_file.empty())
        set(CURLOPT_CAINFO, trust.ca_file.c_str());
    set(CURLOPT_SSL_CTX_FUNCTION, prepare_ssl);
    set(CURLOPT_SSL_CTX_DATA, &transfer);
    // OpenSSL sessions would outlive the transfer that their verification callback points to.
    set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

Error HttpClient::Impl::translate(CURLcode code, CURL* handle, const HttpRequest& request,
                                  const Transfer& transfer, const char* detail) const {
    const auto parsed = parse_url(request.url);
    const std::string where = parsed ? parsed->origin() : request.url;
    const std::string why = *detail != '\0' ? detail : curl_easy_strerror(code);
    const bool harmless = request.repeatable || request.method == "GET" || request.method == "HEAD";
    curl_off_t connected_us = 0;
    curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    long reused_none = 0;
    curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &reused_none);
    const bool was_sent = connected_us > 0 || reused_none == 0;
    if (transfer.too_large)
        return {Errc::LimitExceeded, fmt::format("{} answered with more than {} bytes", where,
                                                 options.max_response_bytes)};
    switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return {Errc::InvalidArgument, fmt::format("'{}' is not a usable URL", request.url)};
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return {Errc::Unreachable, fmt::format("{} can't be reached: {}", where, why)};
    case CURLE_SSL_CACERT_BADFILE:
        return {Errc::Untrusted,
                fmt::format("the CA file {} can't be used: {}", trust.ca_file, why)};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return {
            Errc::Untrusted,
            fmt::format("the certificate of {} is not trusted (SHA-256 {}): {}; if it is the "
                        "right one, name its CA file or pin it",
                        where,
                        transfer.peer_fingerprint.empty() ? "unknown" : transfer.peer_fingerprint,
                        why)};
    case CURLE_SSL_CONNECT_ERROR:
        return {Errc::Unreachable, fmt::format("{} did not complete TLS: {}", where, why)};
    case CURLE_ABORTED_BY_CALLBACK:
        return {was_sent && !harmless ? Errc::OutcomeUnknown : Errc::Cancelled,
                fmt::format("the request to {} was cancelled", where)};
    default:
        break;
    }
    if (!was_sent)
        return {Errc::Unreachable, fmt::format("{} can't be reached: {}", where, why)};
    if (!harmless)
        return {Errc::OutcomeUnknown,
                fmt::format("{} {} was sent, but no complete answer came: {}; whether it took "
                            "effect has to be read back",
                            request.method, where, why)};
    if (code == CURLE_OPERATION_TIMEDOUT)
        return {Errc::Timeout, fmt::format("{} did not answer in time", where)};
    if (code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_BAD_CONTENT_ENCODING)
        return {Errc::Protocol, fmt::format("{} answered with broken HTTP: {}", where, why)};
    return {Errc::Unreachable, fmt::format("the connection to {} broke: {}", where, why)};
}

Result<HttpResponse> HttpClient::send(const HttpRequest& request, std::stop_token stop) {
    CURL* handle = impl_->take();
    PF_ASSERT(handle != nullptr, "libcurl has no memory");
    Transfer transfer;
    transfer.pins = &impl_->pins;
    transfer.body = request.body;
    transfer.repeatable = request.repeatable || request.method == "GET" || request.method == "HEAD";
    transfer.limit = impl_->options.max_response_bytes;
    transfer.stop = std::move(stop);

    curl_slist* headers = nullptr;
    for (const auto& [name, value] : request.headers.fields()) {
        // "Name;" is curl's spelling of a field with an empty value.
        const std::string line = value.empty() ? name + ";" : name + ": " + value;
        headers = curl_slist_append(headers, line.c_str());
    }
    headers = curl_slist_append(headers, "Expect:");
    char detail[CURL_ERROR_SIZE] = "";
    impl_->prepare(handle, request, transfer, headers, detail);
    const CURLcode code = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    Result<HttpResponse> result =
        code == CURLE_OK
            ? Result<HttpResponse>(std::move(transfer.response))
            : Result<HttpResponse>(fail(impl_->translate(code, handle, request, transfer, detail)));
    if (result)
        result->status = static_cast<unsigned>(status);
    curl_slist_free_all(headers);
    curl_easy_reset(handle); // keeps the live connection, drops everything that points here
    if (code == CURLE_OK)
        impl_->give_back(handle);
    else
        curl_easy_cleanup(handle);
    return result;
}

Errc errc_of_status(unsigned status, bool mutating) {
    switch (status) {
    case 400:
        return Errc::InvalidArgument;
    case 401:
        return Errc::AuthFailed;
    case 403:
        return Errc::PermissionDenied;
    case 404:
        return Errc::NotFound;
    case 429:
        return Errc::Busy;
    case 503:
        return Errc::NotReady; // the ingress has nobody to hand the request to
    case 504:
        return mutating ? Errc::OutcomeUnknown : Errc::Timeout;
    case 502:
        return mutating ? Errc::OutcomeUnknown : Errc::Unreachable;
    default:
        break;
    }
    if (status >= 500) {
        return mutating ? Errc::OutcomeUnknown : Errc::Failed;
    }
    return Errc::Failed;
}

} // namespace pf::net
