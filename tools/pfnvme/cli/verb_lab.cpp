// pfnvme lab …: the lab's own program, found beside this one or in PATH, takes over.
#include "base/process.hpp"
#include "tools/pfnvme/cli/comfort_verbs.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/verb.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace pf::nvmetool {

int lab_verb(const OptionValues& values) {
    std::vector<std::string> words{"pf-lab"};
    words.insert(words.end(), values.positionals().begin(), values.positionals().end());
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    const std::string beside = executable_dir() + "/pf-lab";
    ::execv(beside.c_str(), argv.data());
    ::execvp("pf-lab", argv.data());
    return report_error(kExitFailure, fmt::format("pf-lab can't be started ({}); it comes with the "
                                                  "package of the lab",
                                                  std::strerror(errno)));
}

} // namespace pf::nvmetool
