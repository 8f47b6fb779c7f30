#include "base/secret.hpp"

#include "base/file.hpp"
#include "base/process.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <vector>

namespace pf {

void wipe(MutByteSpan bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }
void wipe(std::string& text) {
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

namespace {

Result<void> refuse_shared_file(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
        return fail(errno_error("cannot open secret file", path, errno));
    if (info.st_uid != ::geteuid())
        return fail(Errc::PermissionDenied, "secret file {} belongs to another user", path);
    if ((info.st_mode & 077) != 0)
        return fail(Errc::PermissionDenied,
                    "secret file {} can be read by others; run: chmod 600 {}", path, path);
    return {};
}

Result<Secret> content_of(const std::string& path) {
    PF_TRY(std::string text, read_file(path, 64 * 1024));
    if (!text.empty() && text.back() == '\n')
        text.pop_back();
    Secret out(text);
    OPENSSL_cleanse(text.data(), text.size());
    return out;
}

Result<Secret> from_file(const std::string& path) {
    PF_CHECK(refuse_shared_file(path));
    return content_of(path);
}

// systemd gives a service its credentials as files of its own or, under an access list for it, of
// root's: the group's bits are that list's mask then.
Result<Secret> from_credential(const std::string& name) {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (folder == nullptr || *folder == '\0')
        return fail(Errc::Unsupported,
                    "systemd-cred:{}: CREDENTIALS_DIRECTORY is not set; it is in services with "
                    "LoadCredential= or SetCredential=",
                    name);
    if (name.empty() || name.find('/') != std::string::npos || name == "." || name == "..")
        return fail(Errc::InvalidArgument, "systemd-cred: takes the name of a credential, no path");
    const std::string path = std::string(folder) + "/" + name;
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
        return fail(errno_error("cannot open credential", path, errno));
    if (info.st_uid != 0 || (info.st_mode & 0037) != 0)
        PF_CHECK(refuse_shared_file(path));
    return content_of(path);
}

// The words of a netrc file, as curl and ftp read them: "…" with backslashes is one word, # begins
// a comment. Wiped with the object.
class NetrcWords {
  public:
    explicit NetrcWords(std::string_view text) : rest_(text) {}
    ~NetrcWords() { wipe(word_); }
    NetrcWords(const NetrcWords&) = delete;
    NetrcWords& operator=(const NetrcWords&) = delete;

    bool next() {
        wipe(word_);
        skip_blanks();
        if (rest_.empty())
            return false;
        const bool quoted = rest_.front() == '"';
        std::size_t at = quoted ? 1 : 0;
        for (; at < rest_.size(); ++at) {
            const char c = rest_[at];
            if (quoted ? c == '"' : is_blank(c))
                break;
            if (quoted && c == '\\' && at + 1 < rest_.size())
                ++at;
            word_ += rest_[at];
        }
        rest_.remove_prefix(std::min(rest_.size(), at + (quoted ? 1 : 0)));
        return true;
    }
    void skip_macro() { // to the empty line after it
        const auto end = rest_.find("\n\n");
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
    }
    const std::string& word() const { return word_; }

  private:
    static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
    void skip_blanks() {
        while (!rest_.empty() && (is_blank(rest_.front()) || rest_.front() == '#')) {
            const auto end = rest_.front() == '#' ? rest_.find('\n') : 1;
            rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
        }
    }
    std::string_view rest_;
    std::string word_;
};

// Password of the first entry for this machine (and user, when one is named), or of "default".
std::optional<Secret> netrc_password(std::string_view text, const std::string& user,
                                     const std::string& machine) {
    NetrcWords words(text);
    bool here = false;
    std::string login;
    std::optional<Secret> password;
    const auto complete = [&] { return here && password && (user.empty() || login == user); };
    while (words.next()) {
        const std::string key = words.word();
        if (key == "macdef") {
            words.skip_macro();
            continue;
        }
        if (key != "machine" && key != "default" && key != "login" && key != "password" &&
            key != "account")
            continue;
        if (key == "machine" || key == "default") {
            if (complete())
                return password;
            here = key == "default" || (words.next() && words.word() == machine);
            login.clear();
            password.reset();
            continue;
        }
        if (!words.next())
            break;
        if (key == "login")
            login = words.word();
        else if (key == "password")
            password = Secret(words.word());
    }
    return complete() ? password : std::nullopt;
}

// "[USER@]MACHINE"; users of vCenter have an @ of their own.
Result<Secret> from_netrc(const std::string& whose) {
    const auto at = whose.rfind('@');
    const std::string user = at == std::string::npos ? "" : whose.substr(0, at);
    const std::string machine = at == std::string::npos ? whose : whose.substr(at + 1);
    if (machine.empty())
        return fail(Errc::InvalidArgument, "netrc: takes a machine, as in netrc:vcenter.example");
    std::string path;
    if (const char* named = std::getenv("NETRC"); named != nullptr && *named != '\0')
        path = named;
    else if (const char* home = std::getenv("HOME"); home != nullptr)
        path = std::string(home) + "/.netrc";
    PF_CHECK(refuse_shared_file(path));
    PF_TRY(std::string text, read_file(path, 1 << 20));
    std::optional<Secret> found = netrc_password(text, user, machine);
    wipe(text);
    if (!found)
        return fail(Errc::NotFound, "{} has no password for machine {}{}{}", path, machine,
                    user.empty() ? "" : " and login ", user);
    return std::move(*found);
}

Result<Secret> from_command(const std::string& line) {
    std::istringstream words(line);
    std::vector<std::string> argv;
    for (std::string word; words >> word;)
        argv.push_back(word);
    if (argv.empty())
        return fail(Errc::InvalidArgument, "cmd: names no command");
    PF_TRY(auto done, run_command(argv, std::chrono::seconds(60)));
    if (done.exit_code != 0)
        return fail(Errc::Failed, "the secret command '{}' ended with exit code {}", argv[0],
                    done.exit_code);
    const auto newline = done.out.find('\n');
    Secret out(std::string_view(done.out).substr(0, newline));
    OPENSSL_cleanse(done.out.data(), done.out.size());
    return out;
}

// The desktop's keyring, by the program that libsecret comes with: jump hosts have neither, and
// need no GLib for that. "NAME" is the item with service=pfnvme and account=NAME; "KEY=VALUE,…"
// names the attributes.
Result<Secret> from_keyring(const std::string& item) {
    std::vector<std::string> argv{"secret-tool", "lookup"};
    if (item.empty())
        return fail(Errc::InvalidArgument, "keyring: takes the name of an item");
    if (item.find('=') == std::string::npos) {
        argv.insert(argv.end(), {"service", "pfnvme", "account", item});
    } else {
        std::istringstream pairs(item);
        for (std::string pair; std::getline(pairs, pair, ',');) {
            const auto equals = pair.find('=');
            if (equals == std::string::npos || equals == 0)
                return fail(Errc::InvalidArgument, "keyring:{}: '{}' is no KEY=VALUE", item, pair);
            argv.insert(argv.end(), {pair.substr(0, equals), pair.substr(equals + 1)});
        }
    }
    auto ran = run_command(argv, std::chrono::seconds(60));
    if (!ran && ran.error().code == Errc::NotFound)
        return fail(Errc::Unsupported,
                    "keyring:{} needs the program secret-tool (Debian package libsecret-tools), "
                    "which is not here; use file:, systemd-cred: or cmd: instead",
                    item);
    PF_TRY(auto done, std::move(ran));
    if (done.exit_code != 0 || done.out.empty())
        return fail(Errc::NotFound,
                    "the keyring has no item {}, or is locked; store one with: secret-tool store "
                    "--label pfnvme service pfnvme account {}",
                    item, item);
    std::string_view value = done.out;
    if (value.ends_with('\n'))
        value.remove_suffix(1);
    Secret out(value);
    OPENSSL_cleanse(done.out.data(), done.out.size());
    return out;
}

Result<Secret> from_prompt(const std::string& text) {
    UniqueFd tty(::open("/dev/tty", O_RDWR | O_CLOEXEC));
    if (!tty)
        return fail(Errc::Unsupported, "no terminal to ask for a secret; use env: or file:");
    termios before{};
    if (::tcgetattr(tty.get(), &before) != 0)
        return fail(errno_error("cannot set up", "/dev/tty", errno));
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    const std::string question = (text.empty() ? "Password" : text) + ": ";
    if (::write(tty.get(), question.data(), question.size()) < 0)
        return fail(errno_error("cannot write", "/dev/tty", errno));
    ::tcsetattr(tty.get(), TCSAFLUSH, &silent);
    char line[1024];
    const ssize_t n = ::read(tty.get(), line, sizeof line);
    ::tcsetattr(tty.get(), TCSAFLUSH, &before);
    (void)!::write(tty.get(), "\n", 1);
    if (n <= 0)
        return fail(Errc::Cancelled, "no password was given");
    std::string_view value(line, static_cast<std::size_t>(n));
    if (value.ends_with('\n'))
        value.remove_suffix(1);
    Secret out(value);
    OPENSSL_cleanse(line, sizeof line);
    return out;
}

} // namespace

Secret::Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe(); }

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        wipe();
        value_ = other.value_;
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        value_ = other.value_;
        other.wipe();
    }
    return *this;
}

void Secret::wipe() {
    if (!value_.empty())
        OPENSSL_cleanse(value_.data(), value_.size());
    value_.clear();
}

Result<Secret> resolve_secret(std::string_view reference) {
    const auto colon = reference.find(':');
    const std::string kind(reference.substr(0, colon));
    const std::string rest(colon == std::string_view::npos ? std::string_view()
                                                           : reference.substr(colon + 1));
    if (colon != std::string_view::npos) {
        if (kind == "env") {
            const char* value = std::getenv(rest.c_str());
            if (value == nullptr)
                return fail(Errc::NotFound, "environment variable {} is not set", rest);
            return Secret(value);
        }
        if (kind == "file")
            return from_file(rest);
        if (kind == "cmd")
            return from_command(rest);
        if (kind == "netrc")
            return from_netrc(rest);
        if (kind == "keyring")
            return from_keyring(rest);
        if (kind == "systemd-cred")
            return from_credential(rest);
        if (kind == "prompt")
            return from_prompt(rest);
    }
    // The text itself may be a secret typed by mistake: it is not repeated.
    return fail(Errc::InvalidArgument,
                "a secret is given by reference: env:NAME, file:PATH, netrc:MACHINE, cmd:COMMAND, "
                "keyring:NAME, systemd-cred:NAME or prompt:");
}

void forbid_core_dumps() {
    ::prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
}

} // namespace pf
