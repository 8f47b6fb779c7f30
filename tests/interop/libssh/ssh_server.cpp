// A small SSH server on libssh, for what OpenSSH can't be made to do without system accounts:
// password and keyboard-interactive authentication, as ESXi has them.
//   test-ssh-server HOST_KEY METHODS DIALOG     (password in SSH_TEST_PASSWORD)
// METHODS: password, keyboard-interactive or both with a comma. DIALOG of keyboard-interactive:
//   plain     one hidden prompt
//   trailing  after the right answer a round without prompts, as PAM modules send
//   code      the hidden prompt and then one that is shown, for a second factor
//   silent    rounds without any prompt, then refused
// Prints "port N", then a line for every secret that it was given. Serves one connection after the
// other until it is killed. Knows the commands "echo TEXT" and "fail".

#include <arpa/inet.h>
#include <fmt/core.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

struct Setup {
    std::string password, dialog;
    int methods = 0;
};

/// What one connection has come to.
struct Connection {
    const Setup* setup = nullptr;
    int round = 0;
    bool let_in = false;
};

void tell(std::string_view line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
}

int check_password(ssh_session, const char*, const char* password, void* context) {
    auto& connection = *static_cast<Connection*>(context);
    tell("secret by password");
    if ((connection.setup->methods & int{SSH_AUTH_METHOD_PASSWORD}) == 0 ||
        connection.setup->password != password)
        return SSH_AUTH_DENIED;
    connection.let_in = true;
    return SSH_AUTH_SUCCESS;
}

void ask(ssh_message message, const char* prompt, bool shown) {
    const char* prompts[] = {prompt};
    char echo[] = {static_cast<char>(shown ? 1 : 0)};
    ssh_message_auth_interactive_request(message, "", "", 1, prompts, echo);
}

void ask_nothing(ssh_message message) {
    ssh_message_auth_interactive_request(message, "", "nothing to answer", 0, nullptr, nullptr);
}

void refuse(Connection& connection, ssh_message message) {
    connection.round = 0;
    ssh_message_auth_set_methods(message, connection.setup->methods);
    ssh_message_reply_default(message);
}

void let_in(Connection& connection, ssh_message message) {
    connection.let_in = true;
    ssh_message_auth_reply_success(message, 0);
}

/// One step of keyboard-interactive: the request, or the answers to the last prompts.
void talk(Connection& connection, ssh_session session, ssh_message message) {
    const std::string& dialog = connection.setup->dialog;
    if (ssh_message_auth_kbdint_is_response(message) == 0) {
        connection.round = 1;
        if (dialog == "silent")
            ask_nothing(message);
        else
            ask(message, "Password: ", false);
        return;
    }
    const int answers = ssh_userauth_kbdint_getnanswers(session);
    const char* answer = answers > 0 ? ssh_userauth_kbdint_getanswer(session, 0) : nullptr;
    if (connection.round == 1) {
        if (answer != nullptr && *answer != '\0')
            tell("secret by keyboard-interactive");
        if (answer == nullptr || connection.setup->password != answer)
            return refuse(connection, message);
        connection.round = 2;
        if (dialog == "trailing")
            return ask_nothing(message);
        if (dialog == "code")
            return ask(message, "Verification code: ", true);
        return let_in(connection, message);
    }
    if (dialog == "trailing")
        return let_in(connection, message);
    tell(fmt::format("code \"{}\"", answer != nullptr ? answer : ""));
    refuse(connection, message);
}

void run(ssh_channel channel, std::string_view command) {
    int status = 127;
    if (command.starts_with("echo ")) {
        const std::string text = std::string(command.substr(5)) + "\n";
        ssh_channel_write(channel, text.data(), static_cast<uint32_t>(text.size()));
        status = 0;
    } else {
        constexpr std::string_view what = "no such command\n";
        ssh_channel_write_stderr(channel, what.data(), static_cast<uint32_t>(what.size()));
    }
    ssh_channel_request_send_exit_status(channel, status);
    ssh_channel_send_eof(channel);
    ssh_channel_close(channel);
}

/// Everything but passwords, which only a callback of their own tells.
int answer(ssh_session session, ssh_message message, void* context) {
    auto& connection = *static_cast<Connection*>(context);
    const int type = ssh_message_type(message);
    const int subtype = ssh_message_subtype(message);
    if (type == SSH_REQUEST_AUTH) {
        const bool interactive =
            subtype == int{SSH_AUTH_METHOD_INTERACTIVE} &&
            (connection.setup->methods & int{SSH_AUTH_METHOD_INTERACTIVE}) != 0;
        if (interactive)
            talk(connection, session, message);
        else
            refuse(connection, message);
    } else if (type == SSH_REQUEST_CHANNEL_OPEN && subtype == SSH_CHANNEL_SESSION &&
               connection.let_in) {
        ssh_message_channel_request_open_reply_accept(message);
    } else if (type == SSH_REQUEST_CHANNEL && subtype == SSH_CHANNEL_REQUEST_EXEC) {
        const std::string command = ssh_message_channel_request_command(message);
        ssh_channel channel = ssh_message_channel_request_channel(message);
        ssh_message_channel_request_reply_success(message);
        run(channel, command);
    } else {
        ssh_message_reply_default(message);
    }
    return 0;
}

void serve(ssh_bind bind, int fd, const Setup& setup) {
    ssh_session session = ssh_new();
    Connection connection{&setup};
    ssh_server_callbacks_struct callbacks{};
    callbacks.userdata = &connection;
    callbacks.auth_password_function = check_password;
    ssh_callbacks_init(&callbacks);
    if (ssh_bind_accept_fd(bind, session, fd) != SSH_OK) {
        ::close(fd);
    } else {
        ssh_set_server_callbacks(session, &callbacks);
        ssh_set_message_callback(session, answer, &connection);
        ssh_set_auth_methods(session, setup.methods);
        if (ssh_handle_key_exchange(session) == SSH_OK) {
            // The callbacks take every message; this ends with the connection.
            ssh_message left = ssh_message_get(session);
            if (left != nullptr)
                ssh_message_free(left);
        } else {
            tell(fmt::format("no key exchange: {}", ssh_get_error(session)));
        }
    }
    ssh_disconnect(session);
    ssh_free(session);
}

int listen_somewhere() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 8) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return -1;
    tell(fmt::format("port {}", ntohs(address.sin_port)));
    return fd;
}

} // namespace

int main(int argc, char** argv) {
    const char* password = std::getenv("SSH_TEST_PASSWORD");
    if (argc != 4 || password == nullptr) {
        fmt::print(stderr, "usage: test-ssh-server HOST_KEY METHODS DIALOG\n");
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    Setup setup{password, argv[3]};
    const std::string methods = argv[2];
    if (methods.find("password") != std::string::npos)
        setup.methods |= int{SSH_AUTH_METHOD_PASSWORD};
    if (methods.find("keyboard-interactive") != std::string::npos)
        setup.methods |= int{SSH_AUTH_METHOD_INTERACTIVE};
    ssh_init();
    ssh_bind bind = ssh_bind_new();
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, argv[1]);
    const int listener = listen_somewhere();
    if (listener < 0)
        return 1;
    while (true) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0)
            serve(bind, fd, setup);
    }
}
