#include "base/net/ssh_client.hpp"

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/net/ssh_known_hosts.hpp"
#include "base/secret.hpp"

#include <libssh2.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <mutex>
#include <utility>

namespace pf::net {

namespace {

constexpr std::chrono::milliseconds kStopPoll{100};

struct Deadline {
    MonoTime at;
    std::stop_token stop;

    explicit Deadline(std::chrono::milliseconds timeout, std::stop_token token)
        : at(mono_now() + timeout), stop(std::move(token)) {}

    /// Waits for the socket. False: timed out or stopped.
    Result<void> wait(int fd, short events, std::string_view doing) const {
        while (true) {
            if (stop.stop_requested())
                return fail(Errc::Cancelled, "{} was cancelled", doing);
            auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(at - mono_now()).count();
            if (left <= 0)
                return fail(Errc::Timeout, "{} took too long", doing);
            if (stop.stop_possible())
                left = std::min<decltype(left)>(left, kStopPoll.count());
            pollfd entry{fd, events, 0};
            int ready = ::poll(&entry, 1, static_cast<int>(std::min<decltype(left)>(left, 60000)));
            if (ready > 0)
                return {};
            if (ready < 0 && errno != EINTR)
                return fail(Errc::Io, "poll: {}", std::strerror(errno));
        }
    }
};

Result<UniqueFd> dial(const SshOptions& options, const Deadline& deadline) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    std::string port = std::to_string(options.port);
    if (int rc = ::getaddrinfo(options.host.c_str(), port.c_str(), &hints, &found); rc != 0)
        return fail(Errc::Unreachable, "{}: name does not resolve: {}", options.host,
                    ::gai_strerror(rc));
    std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    std::string last = "no address";
    for (addrinfo* a = found; a; a = a->ai_next) {
        UniqueFd fd(
            ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol));
        if (fd.get() < 0)
            continue;
        if (::connect(fd.get(), a->ai_addr, a->ai_addrlen) != 0 && errno != EINPROGRESS) {
            last = std::strerror(errno);
            continue;
        }
        Result<void> writable = deadline.wait(fd.get(), POLLOUT, "connecting");
        if (!writable)
            return fail(writable.error().code == Errc::Timeout ? Errc::Unreachable
                                                               : writable.error().code,
                        "{}:{}: {}", options.host, options.port, writable.error().what);
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error == 0)
            return fd;
        last = std::strerror(error);
    }
    return fail(Errc::Unreachable, "{}:{}: {}; is the SSH service (TSM-SSH) running?", options.host,
                options.port, last);
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
    std::string out;
    for (const std::string& word : words) {
        if (!out.empty())
            out += separator;
        out += word;
    }
    return out;
}

/// A remote text as part of a message: one line, no control characters, bounded.
std::string printable(std::string_view text) {
    constexpr size_t kLongest = 80;
    std::string out;
    for (const char c : text.substr(0, kLongest))
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    while (!out.empty() && out.back() == ' ')
        out.pop_back();
    return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> out;
    while (!text.empty()) {
        size_t at = text.find(separator);
        out.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos)
            break;
        text.remove_prefix(at + 1);
    }
    return out;
}

/// The algorithm lists of a server's KEXINIT, read from a fresh connection: for a message that says
/// what is missing.
struct ServerOffer {
    std::vector<std::string> kex, host_keys;
};

Result<ServerOffer> read_offer(const SshOptions& options) {
    Deadline deadline(options.connect_timeout, options.stop);
    PF_TRY(UniqueFd fd, dial(options, deadline));
    std::string in;
    auto fill = [&](size_t need) -> Result<void> {
        while (in.size() < need) {
            if (need > 64 * 1024)
                return fail(Errc::Protocol, "SSH packet too long");
            PF_CHECK(deadline.wait(fd.get(), POLLIN, "reading the SSH greeting"));
            std::array<char, 4096> chunk;
            ssize_t got = ::read(fd.get(), chunk.data(), chunk.size());
            if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
                return fail(Errc::Protocol, "connection closed");
            if (got > 0)
                in.append(chunk.data(), static_cast<size_t>(got));
        }
        return {};
    };
    const std::string hello = "SSH-2.0-pfnvme_probe\r\n";
    if (::send(fd.get(), hello.data(), hello.size(), MSG_NOSIGNAL) < 0)
        return fail(Errc::Protocol, "connection closed");
    while (true) { // lines before the version line are allowed (RFC 4253, 4.2)
        size_t end = in.find('\n');
        if (end == std::string::npos) {
            PF_CHECK(fill(in.size() + 1));
            continue;
        }
        bool version = in.compare(0, 4, "SSH-") == 0;
        in.erase(0, end + 1);
        if (version)
            break;
    }
    PF_CHECK(fill(5));
    auto be32 = [&](size_t at) {
        auto byte = [&](size_t i) { return uint32_t(static_cast<unsigned char>(in[i])); };
        return byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    };
    size_t length = be32(0);
    PF_CHECK(fill(length + 4));
    size_t at = 5; // length, padding length
    if (length < 22 || static_cast<unsigned char>(in[at]) != 20)
        return fail(Errc::Protocol, "no KEXINIT");
    at += 17; // message number, cookie
    ServerOffer offer;
    for (std::vector<std::string>* list : {&offer.kex, &offer.host_keys}) {
        if (at + 4 > length + 4)
            return fail(Errc::Protocol, "short KEXINIT");
        size_t size = be32(at);
        if (size > length || at + 4 + size > length + 4)
            return fail(Errc::Protocol, "short KEXINIT");
        *list = split(std::string_view(in).substr(at + 4, size), ',');
        at += 4 + size;
    }
    return offer;
}

void init_library() {
    static std::once_flag once;
    std::call_once(once, [] { (void)::libssh2_init(0); });
}

} // namespace

struct SshClient::Impl {
    SshOptions options;
    UniqueFd fd;
    LIBSSH2_SESSION* session = nullptr;
    const Secret* password = nullptr; // only during connect()
    bool password_given = false;      // in answer to a prompt
    std::string open_prompt;          // of keyboard-interactive, that nothing here answers
    bool broken = false;
    std::string fingerprint, key_type, method;

    ~Impl() {
        if (session) {
            // The peer may be gone; one non-blocking goodbye is enough.
            (void)::libssh2_session_disconnect_ex(session, SSH_DISCONNECT_BY_APPLICATION, "bye",
                                                  "");
            (void)::libssh2_session_free(session);
        }
    }

    std::string where() const { return fmt::format("{}:{}", options.host, options.port); }

    std::string last_error() const {
        char* text = nullptr;
        int size = 0;
        (void)::libssh2_session_last_error(session, &text, &size, 0);
        return text ? std::string(text, static_cast<size_t>(size)) : std::string();
    }

    /// Repeats a libssh2 call until it is done, waiting for the socket in between. The return code
    /// of the call is the value; only transport trouble is an error.
    Result<int> drive(const Deadline& deadline, std::string_view doing,
                      const std::function<int()>& call) {
        while (true) {
            int rc = call();
            if (rc != LIBSSH2_ERROR_EAGAIN)
                return rc;
            PF_CHECK(wait(deadline, doing));
        }
    }

    Result<void> wait(const Deadline& deadline, std::string_view doing) {
        int directions = ::libssh2_session_block_directions(session);
        short events = 0;
        if (directions & LIBSSH2_SESSION_BLOCK_INBOUND)
            events = static_cast<short>(events | POLLIN);
        if (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND)
            events = static_cast<short>(events | POLLOUT);
        if (events == 0)
            events = POLLIN;
        Result<void> ready = deadline.wait(fd.get(), events, doing);
        if (!ready) {
            broken = true;
            return fail_while(ready.error(), "ssh {}", where());
        }
        return {};
    }

    Result<void> handshake(const KnownHosts& known) {
        Deadline deadline(options.connect_timeout, options.stop);
        PF_TRY(fd, dial(options, deadline));
        session = ::libssh2_session_init_ex(nullptr, nullptr, nullptr, this);
        if (!session)
            return fail(Errc::Internal, "libssh2: out of memory");
        ::libssh2_session_set_blocking(session, 0);
        // Ask for the key types that known_hosts knows, or a server with several keys looks like a
        // changed one.
        std::vector<std::string> types = known.key_types(options.host, options.port);
        if (!types.empty()) {
            std::string list = join(types, ",");
            if (::libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, list.c_str()) != 0)
                return fail(Errc::Unsupported,
                            "ssh {}: known_hosts only has keys of type {}, which libssh2 {} cannot "
                            "verify; add the host's ed25519 or ECDSA key, or use esxcli over SOAP",
                            where(), list, LIBSSH2_VERSION);
        }
        PF_TRY(int rc, drive(deadline, "SSH handshake",
                             [&] { return ::libssh2_session_handshake(session, fd.get()); }));
        if (rc == 0)
            return {};
        broken = true;
        if (rc != LIBSSH2_ERROR_KEX_FAILURE && rc != LIBSSH2_ERROR_METHOD_NOT_SUPPORTED)
            return fail(Errc::Protocol, "ssh {}: handshake failed: {}", where(), last_error());
        return explain_kex_failure(types);
    }

    std::vector<std::string> supported(int method_type) const {
        const char** list = nullptr;
        std::vector<std::string> out;
        int count = ::libssh2_session_supported_algs(session, method_type, &list);
        for (int i = 0; i < count; ++i)
            out.emplace_back(list[i]);
        if (count > 0)
            ::libssh2_free(session, static_cast<void*>(list));
        return out;
    }

    Result<void> explain_kex_failure(const std::vector<std::string>& wanted) {
        std::vector<std::string> can = supported(LIBSSH2_METHOD_HOSTKEY);
        Result<ServerOffer> offer = read_offer(options);
        if (!offer)
            return fail(Errc::Unsupported, "ssh {}: no common algorithm (libssh2 {}: {})", where(),
                        LIBSSH2_VERSION, last_error());
        auto common = [](const std::vector<std::string>& a, const std::vector<std::string>& b) {
            return std::any_of(a.begin(), a.end(), [&](const std::string& x) {
                return std::find(b.begin(), b.end(), x) != b.end();
            });
        };
        if (!common(offer->host_keys, can))
            return fail(Errc::Unsupported,
                        "ssh {}: the host only offers host keys of type {}, libssh2 {} can do {}; "
                        "give the host an ed25519 or ECDSA key, or use esxcli over SOAP",
                        where(), join(offer->host_keys, ", "), LIBSSH2_VERSION, join(can, ", "));
        if (!wanted.empty() && !common(offer->host_keys, wanted))
            return fail(Errc::Untrusted,
                        "ssh {}: known_hosts has a {} key, but the host offers only {}; check the "
                        "host and record its key",
                        where(), join(wanted, ", "), join(offer->host_keys, ", "));
        return fail(Errc::Unsupported,
                    "ssh {}: no common key exchange; the host offers {}, libssh2 {} can do {}",
                    where(), join(offer->kex, ", "), LIBSSH2_VERSION,
                    join(supported(LIBSSH2_METHOD_KEX), ", "));
    }

    Result<void> verify_host_key(const KnownHosts& known) {
        size_t size = 0;
        int type = 0;
        const char* key = ::libssh2_session_hostkey(session, &size, &type);
        if (!key)
            return fail(Errc::Protocol, "ssh {}: no host key", where());
        ByteSpan blob = as_bytes(std::string_view(key, size));
        fingerprint = ssh_fingerprint(blob);
        key_type = ssh_key_type(blob);
        for (const std::string& pin : options.host_key_pins) {
            if (pin == fingerprint)
                return {};
        }
        KeyMatch match = options.known_hosts_file.empty()
                             ? KeyMatch::Unknown
                             : known.check(options.host, options.port, blob);
        switch (match) {
        case KeyMatch::Trusted:
            return {};
        case KeyMatch::Revoked:
            return fail(Errc::Untrusted, "ssh {}: host key {} is marked as revoked in {}", where(),
                        fingerprint, options.known_hosts_file);
        case KeyMatch::Changed:
            return fail(Errc::Untrusted,
                        "ssh {}: the host's {} key {} is not the one in {}; if the host was "
                        "reinstalled, replace that line, otherwise somebody is in between",
                        where(), key_type, fingerprint, options.known_hosts_file);
        case KeyMatch::Unknown:
            break;
        }
        return fail(Errc::Untrusted,
                    "ssh {}: unknown host key {} {}; verify it on the host's console, then add to "
                    "known_hosts: {} {} {}",
                    where(), key_type, fingerprint, known_hosts_name(options.host, options.port),
                    key_type, base64_encode(blob));
    }

    Result<bool> try_agent(const Deadline& deadline) {
        std::unique_ptr<LIBSSH2_AGENT, decltype(&::libssh2_agent_free)> agent(
            ::libssh2_agent_init(session), &::libssh2_agent_free);
        if (!agent || ::libssh2_agent_connect(agent.get()) != 0)
            return false;
        struct Disconnect {
            LIBSSH2_AGENT* agent;
            ~Disconnect() { (void)::libssh2_agent_disconnect(agent); }
        } disconnect{agent.get()};
        if (::libssh2_agent_list_identities(agent.get()) != 0)
            return false;
        libssh2_agent_publickey* identity = nullptr;
        libssh2_agent_publickey* previous = nullptr;
        // sshd ends the connection after MaxAuthTries (6 by default): leave one try for the other
        // methods.
        for (int tried = 0; tried < 4; ++tried) {
            if (::libssh2_agent_get_identity(agent.get(), &identity, previous) != 0)
                return false;
            PF_TRY(int rc, drive(deadline, "authentication", [&] {
                       return ::libssh2_agent_userauth(agent.get(), options.user.c_str(), identity);
                   }));
            if (rc == 0)
                return true;
            previous = identity;
        }
        return false;
    }

    static void answer_prompts(const char*, int, const char*, int, int count,
                               const LIBSSH2_USERAUTH_KBDINT_PROMPT* prompts,
                               LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** abstract) {
        auto* self = static_cast<Impl*>(*abstract);
        for (int i = 0; i < count; ++i) {
            responses[i].text = nullptr;
            responses[i].length = 0;
            // What is shown while it is typed is no secret: a code, a name.
            if (prompts[i].echo || !self->password) {
                self->open_prompt = printable({prompts[i].text, prompts[i].length});
                continue;
            }
            self->password_given = true;
            std::string_view secret = self->password->expose();
            // libssh2 frees it with its allocator, which is malloc's.
            responses[i].text = static_cast<char*>(std::malloc(secret.size() + 1));
            if (!responses[i].text)
                continue;
            std::memcpy(responses[i].text, secret.data(), secret.size());
            responses[i].text[secret.size()] = '\0';
            responses[i].length = static_cast<unsigned>(secret.size());
        }
    }

    Result<void> authenticate(const SshSecrets& secrets) {
        Deadline deadline(options.auth_timeout, options.stop);
        const std::string& user = options.user;
        auto user_size = static_cast<unsigned>(user.size());
        char* list = nullptr;
        PF_TRY(int listed, drive(deadline, "authentication", [&] {
                   list = ::libssh2_userauth_list(session, user.c_str(), user_size);
                   return list ? 0 : ::libssh2_session_last_errno(session);
               }));
        if (::libssh2_userauth_authenticated(session)) {
            method = "none";
            return {};
        }
        if (listed != 0)
            return fail(Errc::Protocol, "ssh {}: {}", where(), last_error());
        std::vector<std::string> offered = split(list, ',');
        auto offers = [&](std::string_view name) {
            return std::find(offered.begin(), offered.end(), name) != offered.end();
        };
        std::vector<std::string> tried;
        if (options.use_agent && offers("publickey")) {
            tried.emplace_back("agent");
            PF_TRY(bool ok, try_agent(deadline));
            if (ok) {
                method = "agent";
                return {};
            }
        }
        std::string key_trouble;
        if (!options.key_file.empty() && offers("publickey")) {
            tried.emplace_back("publickey");
            std::string passphrase(secrets.key_passphrase ? secrets.key_passphrase->expose()
                                                          : std::string_view{});
            PF_TRY(int rc, drive(deadline, "authentication", [&] {
                       return ::libssh2_userauth_publickey_fromfile_ex(
                           session, user.c_str(), user_size, nullptr, options.key_file.c_str(),
                           passphrase.c_str());
                   }));
            std::fill(passphrase.begin(), passphrase.end(), '\0');
            if (rc == 0) {
                method = "publickey";
                return {};
            }
            key_trouble = rc == LIBSSH2_ERROR_FILE
                              ? fmt::format("; key {}: {}", options.key_file, last_error())
                              : std::string();
        }
        if (secrets.password && offers("keyboard-interactive")) {
            tried.emplace_back("keyboard-interactive");
            password = secrets.password;
            Result<int> rc = drive(deadline, "authentication", [&] {
                return ::libssh2_userauth_keyboard_interactive_ex(session, user.c_str(), user_size,
                                                                  &Impl::answer_prompts);
            });
            password = nullptr;
            if (!rc)
                return fail(rc.error());
            if (*rc == 0) {
                method = "keyboard-interactive";
                return {};
            }
        }
        // The same wrong secret by another method is a second failure: ESXi locks accounts.
        if (secrets.password && offers("password") && !password_given) {
            tried.emplace_back("password");
            std::string_view secret = secrets.password->expose();
            PF_TRY(int rc, drive(deadline, "authentication", [&] {
                       return ::libssh2_userauth_password_ex(
                           session, user.c_str(), user_size, secret.data(),
                           static_cast<unsigned>(secret.size()), nullptr);
                   }));
            if (rc == 0) {
                method = "password";
                return {};
            }
        }
        broken = true;
        std::string prompt_trouble;
        if (!open_prompt.empty())
            prompt_trouble = fmt::format(
                "; the host asked \"{}\", which a password does not answer", open_prompt);
        return fail(Errc::AuthFailed,
                    "ssh {}: user {} was not let in (tried: {}; the host offers: {}){}{}", where(),
                    user,
                    tried.empty() ? "nothing, no key or password was given" : join(tried, ", "),
                    join(offered, ", "), key_trouble, prompt_trouble);
    }

    Result<SshResult> run(std::string_view command, const Deadline& deadline,
                          std::string_view input);
};

namespace {

struct ChannelCloser {
    void operator()(LIBSSH2_CHANNEL* channel) const { (void)::libssh2_channel_free(channel); }
};

} // namespace

Result<SshResult> SshClient::Impl::run(std::string_view command, const Deadline& deadline,
                                       std::string_view input) {
    constexpr std::string_view doing = "the command";
    std::unique_ptr<LIBSSH2_CHANNEL, ChannelCloser> channel;
    while (!channel) {
        channel.reset(::libssh2_channel_open_session(session));
        if (channel)
            break;
        if (::libssh2_session_last_errno(session) != LIBSSH2_ERROR_EAGAIN) {
            broken = true;
            return fail(Errc::Unreachable, "ssh {}: connection lost: {}", where(), last_error());
        }
        PF_CHECK(wait(deadline, doing));
    }
    std::string line(command);
    PF_TRY(int started, drive(deadline, doing, [&] {
               return ::libssh2_channel_process_startup(channel.get(), "exec", 4, line.data(),
                                                        static_cast<unsigned>(line.size()));
           }));
    if (started != 0)
        return fail(Errc::PermissionDenied, "ssh {}: the host refuses to run commands: {}", where(),
                    last_error());
    SshResult result;
    bool eof_sent = false;
    std::array<char, 16384> chunk;
    while (true) {
        bool progress = false;
        if (!input.empty()) {
            ssize_t sent = ::libssh2_channel_write_ex(channel.get(), 0, input.data(), input.size());
            if (sent > 0) {
                input.remove_prefix(static_cast<size_t>(sent));
                progress = true;
            } else if (sent != LIBSSH2_ERROR_EAGAIN) {
                input = {}; // the command does not read its input; its exit status tells the rest
            }
        } else if (!eof_sent) {
            int rc = ::libssh2_channel_send_eof(channel.get());
            eof_sent = rc != LIBSSH2_ERROR_EAGAIN;
            progress = eof_sent;
        }
        for (int stream : {0, SSH_EXTENDED_DATA_STDERR}) {
            std::string& sink = stream == 0 ? result.out : result.err;
            while (true) {
                ssize_t got =
                    ::libssh2_channel_read_ex(channel.get(), stream, chunk.data(), chunk.size());
                if (got == LIBSSH2_ERROR_EAGAIN || got == 0)
                    break;
                if (got < 0) {
                    broken = true;
                    return fail(Errc::OutcomeUnknown,
                                "ssh {}: connection lost while the command ran: {}", where(),
                                last_error());
                }
                progress = true;
                if (sink.size() + static_cast<size_t>(got) > options.max_output_bytes) {
                    broken = true;
                    return fail(Errc::LimitExceeded,
                                "ssh {}: the command printed more than {} bytes", where(),
                                options.max_output_bytes);
                }
                sink.append(chunk.data(), static_cast<size_t>(got));
            }
        }
        if (::libssh2_channel_eof(channel.get()))
            break;
        if (!progress)
            PF_CHECK(wait(deadline, doing));
    }
    PF_TRY(int closed,
           drive(deadline, doing, [&] { return ::libssh2_channel_close(channel.get()); }));
    PF_TRY(int waited,
           drive(deadline, doing, [&] { return ::libssh2_channel_wait_closed(channel.get()); }));
    if (closed != 0 || waited != 0) {
        broken = true;
        return fail(Errc::OutcomeUnknown, "ssh {}: connection lost before the exit status: {}",
                    where(), last_error());
    }
    result.exit_status = ::libssh2_channel_get_exit_status(channel.get());
    char* signal = nullptr;
    size_t signal_size = 0;
    (void)::libssh2_channel_get_exit_signal(channel.get(), &signal, &signal_size, nullptr, nullptr,
                                            nullptr, nullptr);
    if (signal) {
        result.exit_signal.assign(signal, signal_size);
        ::libssh2_free(session, signal);
    }
    return result;
}

SshClient::SshClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SshClient::~SshClient() = default;

Result<std::unique_ptr<SshClient>> SshClient::connect(const SshOptions& options,
                                                      const SshSecrets& secrets) {
    init_library();
    KnownHosts known;
    if (!options.known_hosts_file.empty()) {
        PF_TRY(known, KnownHosts::load(options.known_hosts_file));
    } else if (options.host_key_pins.empty()) {
        return fail(Errc::InvalidArgument, "ssh {}: give a known_hosts file or a pinned host key",
                    options.host);
    }
    auto impl = std::make_unique<Impl>();
    impl->options = options;
    PF_CHECK(impl->handshake(known));
    PF_CHECK(impl->verify_host_key(known));
    PF_CHECK(impl->authenticate(secrets));
    return std::unique_ptr<SshClient>(new SshClient(std::move(impl)));
}

Result<SshHostKey> SshClient::scan(const SshOptions& options) {
    init_library();
    Impl impl;
    impl.options = options;
    PF_CHECK(impl.handshake(KnownHosts()));
    size_t size = 0;
    int type = 0;
    const char* key = ::libssh2_session_hostkey(impl.session, &size, &type);
    if (!key)
        return fail(Errc::Protocol, "ssh {}: no host key", impl.where());
    const ByteSpan blob = as_bytes(std::string_view(key, size));
    SshHostKey out{ssh_key_type(blob), ssh_fingerprint(blob), ""};
    out.line = fmt::format("{} {} {}", known_hosts_name(options.host, options.port), out.type,
                           base64_encode(blob));
    return out;
}

Result<SshResult> SshClient::run(std::string_view command, std::chrono::milliseconds timeout,
                                 std::string_view input) {
    if (impl_->broken)
        return fail(Errc::Unreachable, "ssh {}: the connection is no longer usable",
                    impl_->where());
    return impl_->run(command, Deadline(timeout, impl_->options.stop), input);
}

const std::string& SshClient::host_key_fingerprint() const { return impl_->fingerprint; }
const std::string& SshClient::host_key_type() const { return impl_->key_type; }
const std::string& SshClient::auth_method() const { return impl_->method; }

} // namespace pf::net
