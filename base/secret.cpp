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

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <vector>

namespace pf {

void wipe(MutByteSpan bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }
void wipe(std::string& text) {
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

namespace {

Result<Secret> from_file(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
        return fail(errno_error("cannot open secret file", path, errno));
    if (info.st_uid != ::geteuid())
        return fail(Errc::PermissionDenied, "secret file {} belongs to another user", path);
    if ((info.st_mode & 077) != 0)
        return fail(Errc::PermissionDenied,
                    "secret file {} can be read by others; run: chmod 600 {}", path, path);
    PF_TRY(std::string text, read_file(path, 64 * 1024));
    if (!text.empty() && text.back() == '\n')
        text.pop_back();
    Secret out(text);
    OPENSSL_cleanse(text.data(), text.size());
    return out;
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
        if (kind == "prompt")
            return from_prompt(rest);
    }
    // The text itself may be a secret typed by mistake: it is not repeated.
    return fail(Errc::InvalidArgument,
                "a secret is given by reference: env:NAME, file:PATH, cmd:COMMAND or prompt:");
}

void forbid_core_dumps() {
    ::prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
}

} // namespace pf
