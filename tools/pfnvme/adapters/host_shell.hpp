// The shell of an ESXi host, by SSH, for the one thing that vim25 and esxcli have no call for:
// voma.
//
// Nothing here starts the host's SSH service; a host without it is Unreachable, and the sentence
// says how an administrator starts it. Host keys are strict (base/net/ssh_client.hpp). One
// connection per check: checks are minutes apart. Not thread-safe.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct ShellAccess {
    bool enabled = false; // false: nobody asked for SSH, no connection is tried
    std::string user = "root";
    std::uint16_t port = 22;
    std::string key_file;
    Secret key_passphrase;
    Secret password; // for password and keyboard-interactive
    bool use_agent = true;
    std::string known_hosts_file;
    // vCenter's name of a host -> where its SSH service listens; others are asked under their name.
    std::map<std::string, std::string> addresses;
};

// "esx01=10.0.0.1 esx02=10.0.0.2": pairs separated by blanks or commas. InvalidArgument names the
// pair that isn't one.
[[nodiscard]] Result<std::map<std::string, std::string>>
parse_shell_addresses(std::string_view text);

// What voma printed: performed when it told a total. `err` gives the reason when it did not.
[[nodiscard]] MetadataCheck parse_voma(int exit_status, std::string_view out, std::string_view err);

class HostShell {
  public:
    explicit HostShell(ShellAccess access) : access_(std::move(access)) {}

    [[nodiscard]] bool enabled() const { return access_.enabled; }

    // Logs in and out again; the error is what stands in the way. `host` is vCenter's name.
    [[nodiscard]] Result<void> probe(const std::string& host) const;

    // `voma -m vmfs -f check` of the device's partition. A connection that can't be made or a voma
    // that refuses is a check that was not performed, with its reason; a host key that is not the
    // known one is an error (Untrusted), always.
    [[nodiscard]] Result<MetadataCheck>
    check_vmfs(const std::string& host, const std::string& device, unsigned partition) const;

  private:
    [[nodiscard]] std::string address_of(const std::string& host) const;

    ShellAccess access_;
};

} // namespace pf::nvmetool
