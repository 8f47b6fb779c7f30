// sshd's forced command: finds the host by the address the connection came in on, hands the line
// over.
#include "base/json.hpp"
#include "tools/pf-lab/control.hpp"
#include "tools/pf-lab/verbs.hpp"

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace pf::lab {
namespace {

Result<std::string> host_of_connection(const LabConfig& config) {
    const char* connection = std::getenv("SSH_CONNECTION"); // client port server port
    std::istringstream words(connection != nullptr ? connection : "");
    std::string client;
    std::string client_port;
    std::string server;
    words >> client >> client_port >> server;
    for (std::size_t i = 0; i < config.estate.hosts.size(); ++i)
        if (config.esxi_address(i) == server)
            return config.estate.hosts[i].name;
    return fail(Errc::NotFound, "no ESXi host of the lab has the address '{}'", server);
}

} // namespace

int verb_esxcli_shell(const std::vector<std::string>& args) {
    auto table = verb_table("esxcli-shell", "runs one command line on a simulated host (internal)");
    OptionValues values;
    int code = 0;
    if (parsed_or_exit(table, args, false, values, code))
        return code;
    const auto lab = open_lab(values);
    if (!lab)
        return report(lab.error());
    const char* line = std::getenv("SSH_ORIGINAL_COMMAND");
    if (line == nullptr)
        return report({Errc::Unsupported, "this host offers no interactive shell"});
    const auto host = host_of_connection(lab->config);
    if (!host)
        return report(host.error());
    const auto token = lab->dir.secret("control");
    if (!token)
        return report(token.error());
    ControlClient control(lab->config, *token);
    const auto answer = control.call("/shell", {{"host", *host}, {"line", line}});
    if (!answer)
        return report(answer.error());
    const auto& result = answer->as_object();
    const auto out = json_str_or(result, "out", "");
    const auto err = json_str_or(result, "err", "");
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fwrite(err.data(), 1, err.size(), stderr);
    return static_cast<int>(json_int_or(result, "exit", 1));
}

} // namespace pf::lab
