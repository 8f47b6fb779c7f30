// Where scli connects, as whom, and the session file that carries a login to the next command.
//
// Endpoint: --management_system_ip (or --mdm_ip), else POWERFLEX_ENDPOINT, else that of the last
// login. Trust: --ca_file, else PF_CA_FILE, else that of the last login, else the system's CAs;
// --insecure for labs. The session file (SCLI_SESSION_FILE, else $XDG_STATE_HOME/scli/session.json,
// else ~/.local/state/…) has mode 0600 and holds tokens, never a password. Without a login,
// POWERFLEX_USERNAME and POWERFLEX_PASSWORD serve for one command.
#pragma once

#include "libpf/client.hpp"
#include "tools/scli/arguments.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace pf::scli {

using Environment = std::map<std::string, std::string, std::less<>>;

class Connection {
  public:
    Connection(const Arguments& arguments, const Environment& environment)
        : arguments_(arguments), environment_(environment) {}

    // Logs in with --username and a password from --password_from, POWERFLEX_PASSWORD or the
    // terminal; keeps the session.
    [[nodiscard]] Result<powerflex::Client> login();
    // By the kept session, or for this one command by the environment.
    [[nodiscard]] Result<powerflex::Client> open();
    // After the command: keeps tokens that were renewed, or ends a session of one command.
    void done(powerflex::Client& client);
    [[nodiscard]] Result<void> logout();

  private:
    [[nodiscard]] Result<powerflex::ClientOptions> options() const;
    [[nodiscard]] std::string env(std::string_view name) const;
    [[nodiscard]] std::string session_path() const;
    [[nodiscard]] Result<void> save(const powerflex::Client& client) const;

    const Arguments& arguments_;
    const Environment& environment_;
    bool one_command_ = false;
};

} // namespace pf::scli
