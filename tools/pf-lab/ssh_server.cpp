#include "tools/pf-lab/ssh_server.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "tools/pf-lab/processes.hpp"

#include <pwd.h>
#include <unistd.h>

namespace pf::lab {
namespace {

Result<> make_key(const std::string& path) {
    if (file_exists(path))
        return {};
    PF_TRY(const auto done,
           run_command({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "pf-lab", "-f", path},
                       30s));
    if (done.exit_code != 0)
        return fail(Errc::Failed, "ssh-keygen failed: {}", done.err);
    return {};
}

} // namespace

std::string ssh_user() {
    const passwd* user = ::getpwuid(::geteuid());
    return user != nullptr ? user->pw_name : "root";
}

std::string ssh_key_file(const LabDir& dir) { return dir / "ssh/id_ed25519"; }
std::string ssh_known_hosts_file(const LabDir& dir) { return dir / "ssh/known_hosts"; }

Result<std::vector<std::string>> prepare_ssh(const LabDir& dir, const LabConfig& config) {
    const std::string sshd = "/usr/sbin/sshd"; // sshd insists on an absolute path
    if (!file_exists(sshd))
        return fail(Errc::Unsupported,
                    "OpenSSH's server is not installed (package openssh-server)");
    PF_CHECK(make_key(dir / "ssh/host_key"));
    PF_CHECK(make_key(ssh_key_file(dir)));
    PF_TRY(const std::string public_key, read_file(dir / "ssh/id_ed25519.pub"));
    PF_CHECK(write_file_atomic(dir / "ssh/authorized_keys", public_key, 0600));
    PF_TRY(std::string host_key, read_file(dir / "ssh/host_key.pub"));
    host_key = host_key.substr(0, host_key.rfind(' '));
    std::string known;
    std::string listen;
    for (std::size_t host = 0; host < config.estate.hosts.size(); ++host) {
        known += fmt::format("[{}]:{} {}\n", config.esxi_address(host), kSshPort, host_key);
        listen += fmt::format("ListenAddress {}:{}\n", config.esxi_address(host), kSshPort);
    }
    PF_CHECK(write_file_atomic(ssh_known_hosts_file(dir), known, 0600));
    const std::string settings =
        listen + fmt::format("HostKey {0}/ssh/host_key\n"
                             "PidFile none\n"
                             "AuthorizedKeysFile {0}/ssh/authorized_keys\n"
                             "StrictModes no\n"
                             "UsePAM no\n"
                             "PasswordAuthentication no\n"
                             "KbdInteractiveAuthentication no\n"
                             "PermitRootLogin prohibit-password\n"
                             "AllowTcpForwarding no\n"
                             "X11Forwarding no\n"
                             "PermitTTY no\n"
                             "PrintMotd no\n"
                             "ForceCommand exec {1} esxcli-shell --dir {0}\n",
                             dir.path(), sibling_program("pf-lab"));
    PF_CHECK(write_file_atomic(dir / "ssh/sshd_config", settings, 0600));
    if (::geteuid() == 0)
        PF_CHECK(make_dirs("/run/sshd", 0755)); // its privilege separation folder
    return std::vector<std::string>{sshd, "-D", "-e", "-f", dir / "ssh/sshd_config"};
}

} // namespace pf::lab
