// Secrets by reference. A Secret zeroes its memory, can't be formatted, compared loosely or logged;
// expose() is the one way out and is called only where the wire needs the value.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace pf {

class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string_view value) : value_(value) {}
    Secret(const Secret& other) : value_(other.value_) {}
    Secret(Secret&& other) noexcept;
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret() { wipe(); }
    std::string_view expose() const { return value_; }
    bool empty() const { return value_.empty(); }

  private:
    void wipe();
    std::string value_;
};

// Overwrites what held a secret, in a way that is not optimised away.
void wipe(MutByteSpan bytes);
void wipe(std::string& text);

// "env:NAME", "file:PATH" (owned by this user, mode 0600 or stricter; one trailing newline
// dropped), "cmd:WORD WORD …" (run without a shell, first line of its output), "prompt:TEXT" (from
// the terminal without echo), "netrc:[USER@]MACHINE", "keyring:NAME" (by secret-tool),
// "systemd-cred:NAME". Anything else is InvalidArgument: a secret is never given by value.
Result<Secret> resolve_secret(std::string_view reference);

// Keeps secrets out of core dumps of this process (PR_SET_DUMPABLE, RLIMIT_CORE 0).
void forbid_core_dumps();

} // namespace pf
