#include "tools/scli/connection.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/secret.hpp"

#include <unistd.h>

namespace pf::scli {
namespace {

struct Kept {
    std::string endpoint;
    std::string ca_file;
    bool insecure = false;
    powerflex::SavedSession session;
};

std::int64_t seconds(WallTime time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}
WallTime wall(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

Result<Kept> read_kept(const std::string& path) {
    PF_TRY(const std::string text, read_file(path, 1u << 20));
    auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object()) {
        return fail(Errc::Corrupt, "{} is not a session file: remove it and log in again", path);
    }
    const json::object& o = parsed->get_object();
    Kept kept;
    kept.endpoint = json_str_or(o, "endpoint", "");
    kept.ca_file = json_str_or(o, "caFile", "");
    kept.insecure = json_bool_or(o, "insecure", false);
    kept.session.username = json_str_or(o, "username", "");
    kept.session.bearer = json_bool_or(o, "bearer", true);
    kept.session.access_token = Secret(json_str_or(o, "accessToken", ""));
    kept.session.refresh_token = Secret(json_str_or(o, "refreshToken", ""));
    kept.session.access_until = wall(json_int_or(o, "accessUntil", 0));
    kept.session.refresh_until = wall(json_int_or(o, "refreshUntil", 0));
    return kept;
}

} // namespace

std::string Connection::env(std::string_view name) const {
    const auto it = environment_.find(name);
    return it == environment_.end() ? std::string() : it->second;
}

std::string Connection::session_path() const {
    if (std::string path = env("SCLI_SESSION_FILE"); !path.empty()) {
        return path;
    }
    if (std::string state = env("XDG_STATE_HOME"); !state.empty()) {
        return state + "/scli/session.json";
    }
    return env("HOME") + "/.local/state/scli/session.json";
}

Result<powerflex::ClientOptions> Connection::options() const {
    powerflex::ClientOptions out;
    const auto kept = read_kept(session_path());
    out.endpoint = arguments_.value("management_system_ip");
    if (out.endpoint.empty()) {
        // 3.x takes a list of MDMs here; its first entry answers for all.
        const auto mdms = arguments_.list("mdm_ip");
        out.endpoint = mdms.empty() ? env("POWERFLEX_ENDPOINT") : mdms.front();
    }
    if (out.endpoint.empty() && kept) {
        out.endpoint = kept->endpoint;
    }
    if (out.endpoint.empty()) {
        return fail(Errc::InvalidArgument,
                    "no PowerFlex is named: give --management_system_ip ADDRESS or set "
                    "POWERFLEX_ENDPOINT");
    }
    out.trust.ca_file = arguments_.value("ca_file");
    if (out.trust.ca_file.empty()) {
        out.trust.ca_file = env("PF_CA_FILE");
    }
    if (out.trust.ca_file.empty() && kept) {
        out.trust.ca_file = kept->ca_file;
    }
    out.trust.insecure = arguments_.flag("insecure") || (kept && kept->insecure);
    return out;
}

Result<void> Connection::save(const powerflex::Client& client) const {
    PF_TRY(const powerflex::ClientOptions current, options());
    PF_TRY(const powerflex::SavedSession session, client.saved_session());
    const std::string path = session_path();
    if (const auto slash = path.rfind('/'); slash != std::string::npos && slash != 0) {
        PF_CHECK(make_dirs(path.substr(0, slash), 0700));
    }
    const json::object out{{"endpoint", client.endpoint()},
                           {"caFile", current.trust.ca_file},
                           {"insecure", current.trust.insecure},
                           {"username", session.username},
                           {"bearer", session.bearer},
                           {"accessToken", session.access_token.expose()},
                           {"refreshToken", session.refresh_token.expose()},
                           {"accessUntil", seconds(session.access_until)},
                           {"refreshUntil", seconds(session.refresh_until)}};
    return write_file_atomic(path, pretty_json(out), 0600);
}

Result<powerflex::Client> Connection::login() {
    PF_TRY(powerflex::ClientOptions current, options());
    powerflex::Credentials credentials;
    credentials.username = arguments_.value("username");
    if (credentials.username.empty()) {
        credentials.username = env("POWERFLEX_USERNAME");
    }
    if (credentials.username.empty()) {
        return fail(Errc::InvalidArgument, "--username is missing");
    }
    const std::string reference = arguments_.value("password_from");
    if (!reference.empty()) {
        PF_TRY(credentials.password, resolve_secret(reference));
    } else if (const std::string password = env("POWERFLEX_PASSWORD"); !password.empty()) {
        credentials.password = Secret(password);
    } else {
        PF_TRY(credentials.password, resolve_secret("prompt:Password of " + credentials.username));
    }
    PF_TRY(powerflex::Client client,
           powerflex::Client::connect(std::move(current), std::move(credentials)));
    PF_CHECK(save(client));
    return client;
}

Result<powerflex::Client> Connection::open() {
    PF_TRY(powerflex::ClientOptions current, options());
    if (const auto kept = read_kept(session_path()); kept) {
        auto client = powerflex::Client::resume(current, kept->session);
        if (client || client.error().code != Errc::AuthFailed) {
            return client;
        }
    }
    const std::string user = env("POWERFLEX_USERNAME");
    const std::string password = env("POWERFLEX_PASSWORD");
    if (user.empty() || password.empty()) {
        return fail(Errc::AuthFailed, "not logged in: run scli --login --username NAME first");
    }
    one_command_ = true;
    return powerflex::Client::connect(std::move(current), {user, Secret(password)});
}

void Connection::done(powerflex::Client& client) {
    // Neither changes the command's outcome: the worst that can happen is another login.
    if (one_command_) {
        (void)client.logout();
    } else {
        (void)save(client);
    }
}

Result<void> Connection::logout() {
    const std::string path = session_path();
    const auto kept = read_kept(path);
    if (!kept) {
        return fail(Errc::NotFound, "not logged in");
    }
    PF_TRY(const powerflex::ClientOptions current, options());
    // The file goes in any case; the server forgets the tokens by itself if it can't be told.
    auto client = powerflex::Client::resume(current, kept->session);
    Result<void> result;
    if (client) {
        result = client->logout();
    }
    if (::unlink(path.c_str()) != 0) {
        return fail(Errc::Io, "cannot remove {}", path);
    }
    return result;
}

} // namespace pf::scli
