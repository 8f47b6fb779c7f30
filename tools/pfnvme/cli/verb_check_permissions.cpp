// pfnvme check permissions: the privileges that a mode needs, asked of vCenter with --live.
#include "tools/pfnvme/checks/permissions.hpp"
#include "tools/pfnvme/cli/connection.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <cstdio>
#include <optional>

namespace pf::nvmetool {

namespace {

std::optional<Mode> mode_named(const std::string& name) {
    for (const Mode mode : {Mode::Read, Mode::Onboard, Mode::Online, Mode::Offline}) {
        if (to_string(mode) == name) {
            return mode;
        }
    }
    return std::nullopt;
}

Result<std::vector<bool>> ask(const OptionValues& values, const std::vector<std::string>& names) {
    PF_TRY(const std::unique_ptr<VspherePort> vsphere, open_vsphere(values));
    return vsphere->has_privileges(names);
}

} // namespace

void check_permissions_options(OptionTable& table) {
    table.add({.name = "mode",
               .default_value = "offline",
               .help = "read, onboard, online or offline",
               .value_name = "MODE"});
    table.add({.name = "live",
               .type = OptionType::Flag,
               .help = "ask vCenter whether the user has them on the root folder"});
    table.add({.name = "role",
               .help = "print the command that makes a role of them: govc or powercli",
               .value_name = "TOOL"});
    add_table_options(table);
}

int check_permissions(const OptionValues& values) {
    const std::optional<Mode> mode = mode_named(values.text("mode"));
    if (!mode) {
        return report_error(kExitUsage, fmt::format("--mode is read, onboard, online or offline, "
                                                    "not '{}'",
                                                    values.text("mode")));
    }
    if (const std::string& tool = values.text("role"); !tool.empty()) {
        if (tool != "govc" && tool != "powercli") {
            return report_error(kExitUsage, "--role is govc or powercli, not '" + tool + "'");
        }
        std::printf("%s\n", (tool == "govc" ? govc_role(*mode) : powercli_role(*mode)).c_str());
        return kExitOk;
    }
    TableOut table{
        "privileges",
        {{"name", FieldKind::Text}, {"granted", FieldKind::Flag}, {"reason", FieldKind::Text}},
        {},
        {}};
    for (const PrivilegeNeed& item : privilege_needs()) {
        if (item.needed(*mode)) {
            table.rows.push_back(
                {std::string(item.privilege), std::monostate{}, std::string(item.reason)});
        }
    }
    std::string missing;
    if (values.flag("live")) {
        const auto granted = ask(values, privileges_of(*mode));
        if (!granted) {
            return report_error(granted.error());
        }
        for (std::size_t i = 0; i < table.rows.size(); ++i) {
            table.rows[i][1] = (*granted)[i];
            if (!(*granted)[i]) {
                missing += (missing.empty() ? "" : ", ") + std::get<std::string>(table.rows[i][0]);
            }
        }
    }
    if (const auto printed = print_table(values, std::move(table)); !printed) {
        return report_error(printed.error());
    }
    return missing.empty()
               ? kExitOk
               : report_error(kExitPrivilege,
                              fmt::format("the user lacks on the root folder: {}", missing));
}

} // namespace pf::nvmetool
