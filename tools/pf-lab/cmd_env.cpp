#include "tools/pf-lab/ssh_server.hpp"
#include "tools/pf-lab/verbs.hpp"

#include <cstdio>

namespace pf::lab {
namespace {

std::string quoted(std::string_view value) {
    std::string out = "'";
    for (const char c : value)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

Result<> print_env(const OpenLab& lab) {
    PF_TRY(const Secret vcenter, lab.dir.secret("vcenter"));
    PF_TRY(const Secret powerflex, lab.dir.secret("powerflex"));
    PF_TRY(const Secret esxi, lab.dir.secret("esxi"));
    const auto& c = lab.config;
    auto put = [](const char* name, std::string_view value) {
        std::printf("export %s=%s\n", name, quoted(value).c_str());
    };
    put("GOVC_URL", fmt::format("https://{}:{}/sdk", c.vcenter_address(), kHttpsPort));
    put("GOVC_USERNAME", "administrator@vsphere.local");
    put("GOVC_PASSWORD", vcenter.expose());
    put("GOVC_TLS_CA_CERTS", lab.dir.ca_file());
    put("POWERFLEX_ENDPOINT", fmt::format("https://{}:{}", c.gateway_address(), kHttpsPort));
    put("POWERFLEX_USERNAME", "admin");
    put("POWERFLEX_PASSWORD", powerflex.expose());
    put("PF_CA_FILE", lab.dir.ca_file());
    put("PF_SYSTEM_NQN", lab.state.system_nqn);
    put("PF_SDT_LIST", c.sdt_list());
    put("PF_ESXI_LIST", c.esxi_list());
    put("PF_ESXI_USERNAME", "root");
    put("PF_ESXI_PASSWORD", esxi.expose());
    put("PF_SSH_USER", ssh_user());
    put("PF_SSH_PORT", std::to_string(kSshPort));
    put("PF_SSH_KEY", ssh_key_file(lab.dir));
    put("PF_SSH_KNOWN_HOSTS", ssh_known_hosts_file(lab.dir));
    put("PF_SSH_HOSTS", c.ssh_hosts());
    return {};
}

} // namespace

int verb_env(const std::vector<std::string>& args) {
    auto table = verb_table("env", "prints shell exports for any other client");
    OptionValues values;
    int code = 0;
    if (parsed_or_exit(table, args, false, values, code))
        return code;
    const auto lab = open_lab(values);
    if (!lab)
        return report(lab.error());
    if (const auto printed = print_env(*lab); !printed)
        return report(printed.error());
    return 0;
}

} // namespace pf::lab
