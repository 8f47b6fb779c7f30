// pfnvme version
#include "base/json.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <cstdio>

namespace pf::nvmetool {

void version_options(OptionTable& table) {
    table.add(
        {.name = "require", .help = "exit 34 when this pfnvme is older", .value_name = "VERSION"});
}

int version_verb(const OptionValues& values) {
    const std::string& needed = values.text("require");
    if (!needed.empty() && compare_versions(std::string(version()), needed) < 0) {
        return report_error(kExitUnsupported,
                            fmt::format("pfnvme is {}, {} or newer is needed", version(), needed));
    }
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
