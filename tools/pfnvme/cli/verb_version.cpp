// pfnvme version
#include "base/json.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <cstdio>

namespace pf::nvmetool {

int version_verb(const OptionValues& values) {
    if (output_of(values) == Output::Json) {
        json::object out;
        out["version"] = version();
        out["planSchemaVersion"] = kPlanSchemaVersion;
        std::fputs(pretty_json(json::value(std::move(out))).c_str(), stdout);
    } else {
        std::printf("pfnvme %s\n", std::string(version()).c_str());
    }
    return kExitOk;
}

} // namespace pf::nvmetool
