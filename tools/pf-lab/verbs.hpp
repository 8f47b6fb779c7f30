// One verb, one file. A verb gets its words without program and verb name and returns an exit code:
// 0 done, 1 failed, 2 wrong usage, 3 no lab is there.
#pragma once

#include "base/options.hpp"
#include "tools/pf-lab/config.hpp"
#include "tools/pf-lab/state.hpp"

#include <string>
#include <vector>

namespace pf::lab {

int verb_up(const std::vector<std::string>& args);
int verb_down(const std::vector<std::string>& args);
int verb_status(const std::vector<std::string>& args);
int verb_env(const std::vector<std::string>& args);
int verb_check(const std::vector<std::string>& args);
int verb_watch(const std::vector<std::string>& args);
int verb_record(const std::vector<std::string>& args);
int verb_fault(const std::vector<std::string>& args);
int verb_vsphere(const std::vector<std::string>& args);      // internal: a process of the lab
int verb_esxcli_shell(const std::vector<std::string>& args); // internal: sshd's forced command

// The table every verb starts from: --dir and the standard options.
OptionTable verb_table(const std::string& verb, const std::string& summary);
// The lab's folder, its state, and the configuration that the state describes.
struct OpenLab {
    LabDir dir{""};
    LabState state;
    LabConfig config;
};
Result<OpenLab> open_lab(const OptionValues& values);
Result<LabConfig> config_of(const LabState& state);
// Prints the error on stderr and gives the exit code.
int report(const Error& error);
// Handles --help and bad words: true when the verb is to return `exit_code` at once.
bool parsed_or_exit(const OptionTable& table, const std::vector<std::string>& args,
                    bool allow_positionals, OptionValues& values, int& exit_code);

} // namespace pf::lab
