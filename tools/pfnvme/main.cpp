#include "base/log.hpp"
#include "base/secret.hpp"
#include "tools/pfnvme/cli/verb.hpp"

#include <csignal>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    pf::forbid_core_dumps(); // passwords live in this process
    pf::LogOptions logging;
    logging.level = pf::LogLevel::Warn;
    pf::init_logging(logging);
    return pf::nvmetool::run_pfnvme(std::vector<std::string>(argv + 1, argv + argc));
}
