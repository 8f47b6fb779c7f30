#include "base/json.hpp"
#include "tools/pf-lab/control.hpp"
#include "tools/pf-lab/verbs.hpp"

#include <cstdio>
#include <filesystem>

namespace pf::lab {
namespace {

Result<std::int64_t> record(const OpenLab& lab, const std::string& folder) {
    const auto path = std::filesystem::absolute(folder);
    std::error_code error;
    if (std::filesystem::exists(path, error) && !std::filesystem::is_empty(path, error))
        return fail(Errc::AlreadyExists, "{} is not empty", folder);
    PF_TRY(const Secret token, lab.dir.secret("control"));
    ControlClient control(lab.config, token);
    PF_TRY(const json::value answer, control.call("/record", {{"dir", path.string()}}));
    return json_int(answer.as_object(), "objects");
}

} // namespace

int verb_record(const std::vector<std::string>& args) {
    auto table = verb_table("record", "FOLDER");
    OptionValues values;
    int code = 0;
    if (parsed_or_exit(table, args, true, values, code))
        return code;
    if (values.positionals().size() != 1)
        return report({Errc::InvalidArgument, "usage: pf-lab record FOLDER"});
    const auto lab = open_lab(values);
    if (!lab)
        return report(lab.error());
    const auto objects = record(*lab, values.positionals()[0]);
    if (!objects)
        return report(objects.error());
    std::printf("%lld objects in %s\n", static_cast<long long>(*objects),
                values.positionals()[0].c_str());
    return 0;
}

} // namespace pf::lab
