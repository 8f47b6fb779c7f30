// login, logout
#include "tools/scli/connection.hpp"
#include "tools/scli/context.hpp"

#include <array>

namespace pf::scli {
namespace {

Result<void> login(Context& context) {
    PF_TRY(powerflex::Client client, context.connection().login());
    PF_TRY(const powerflex::System system, client.system());
    context.print("Logged in. System ID is {}", system.id.value);
    return {};
}

Result<void> logout(Context& context) {
    PF_CHECK(context.connection().logout());
    context.print("Logged out.");
    return {};
}

constexpr auto kCommands = std::to_array<Command>({
    {"login", "username=,password_from=", "log in and keep the session for later commands", login,
     false, false},
    {"logout", "", "end the kept session", logout, false, false},
});

} // namespace

std::span<const Command> session_commands() { return kCommands; }

} // namespace pf::scli
