// pfnvme array system|nqn, array sdt list|maintenance, array protocol list|check
#include "base/json.hpp"
#include "tools/pfnvme/cli/estate_verbs.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_verbs.hpp"
#include "tools/pfnvme/cli/output.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/single_objects.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/plan/step_builder.hpp"

#include <cstdio>

namespace pf::nvmetool {

namespace {

Result<PowerFlexInfo> about_powerflex(const OptionValues& values) {
    PF_TRY(const std::unique_ptr<PowerFlexPort> port, open_powerflex(values));
    return port->about();
}

} // namespace

int array_system(const OptionValues& values) {
    const auto info = about_powerflex(values);
    if (!info) {
        return report_error(info.error());
    }
    if (format_of(values) != Format::Text) {
        json::object limits;
        for (const auto& [name, limit] : info->limits) {
            limits[name] = limit;
        }
        print_document(json::object{{"schemaVersion", 1},
                                    {"kind", "system"},
                                    {"id", info->system_id},
                                    {"name", info->name},
                                    {"version", info->version},
                                    {"nqn", info->nqn},
                                    {"endpoint", info->endpoint},
                                    {"mdmMode", info->mdm_mode},
                                    {"mdmState", info->mdm_state},
                                    {"limits", std::move(limits)}},
                       format_of(values));
        return kExitOk;
    }
    std::fputs(format_table({{"id", info->system_id},
                             {"name", info->name.empty() ? "-" : info->name},
                             {"version", info->version},
                             {"NQN", info->nqn},
                             {"MDM cluster", info->mdm_mode + " " + info->mdm_state}})
                   .c_str(),
               stdout);
    return kExitOk;
}

int array_nqn(const OptionValues& values) {
    const auto info = about_powerflex(values);
    if (!info) {
        return report_error(info.error());
    }
    if (info->nqn.empty()) {
        return report_error(kExitFailure, fmt::format("PowerFlex {} tells no NQN; NVMe/TCP needs "
                                                      "PowerFlex 4.0 or newer",
                                                      info->endpoint));
    }
    if (output_of(values) == Output::Json) {
        print_document(json::object{{"schemaVersion", 1}, {"nqn", info->nqn}}, Format::Json);
    } else {
        std::printf("%s\n", info->nqn.c_str());
    }
    return kExitOk;
}

int array_sdt_list(const OptionValues& values) { return show_view(values, "sdts"); }

void array_sdt_maintenance_options(OptionTable& table) {
    add_apply_options(table);
    table.add(
        {.name = "enter", .type = OptionType::Flag, .help = "hosts leave the target's paths"});
    table.add({.name = "exit", .type = OptionType::Flag, .help = "the target serves again"});
}

int array_sdt_maintenance(const OptionValues& values) {
    if (values.positionals().empty() || values.flag("enter") == values.flag("exit")) {
        return report_error(kExitUsage, "name the SDTs, and give --enter or --exit");
    }
    const std::string mode = values.flag("enter") ? "enter" : "exit";
    return change_array(
        values, "sdt-maintenance", [&](const Inventory& inventory) -> Result<std::vector<Unit>> {
            std::vector<Unit> units;
            for (const std::string& name : values.positionals()) {
                const SdtAddress* found = nullptr;
                for (const SdtAddress& sdt : inventory.sdts) {
                    found = sdt.sdt_name == name || sdt.sdt_id == name ? &sdt : found;
                }
                if (found == nullptr) {
                    return fail(Errc::NotFound,
                                "PowerFlex has no SDT '{}'; list them with: pfnvme array sdt list",
                                name);
                }
                Params there{{"id", found->sdt_id}, {"name", found->sdt_name}, {"mode", mode}};
                Params back = there;
                back["mode"] = mode == "enter" ? "exit" : "enter";
                StepBuilder steps;
                steps.add("01-" + mode, "sdt.maintenance", there, {{"sdt.maintenance", back}});
                units.push_back(array_unit(found->sdt_name, steps.take()));
            }
            return units;
        });
}

int array_protocol_list(const OptionValues& values) {
    return show_view(values, "volumes", {"name", "protocol", "hosts"});
}

int array_protocol_check(const OptionValues& values) {
    const auto inventory = read_powerflex(values);
    if (!inventory) {
        return report_error(inventory.error());
    }
    TableOut table{"mixed-volumes",
                   {{"name", FieldKind::Text},
                    {"sdc_hosts", FieldKind::Text},
                    {"nvme_hosts", FieldKind::Text}},
                   {},
                   {}};
    for (const VolumeInfo& volume : inventory->volumes) {
        if (volume.protocol() != Protocol::Mixed) {
            continue;
        }
        std::string by[2];
        for (const MappingInfo& mapping : volume.mappings) {
            std::string& list = by[mapping.nvme ? 1 : 0];
            list += (list.empty() ? "" : ",") + mapping.host_name;
        }
        table.rows.push_back({volume.name, by[0], by[1]});
    }
    const std::size_t mixed = table.rows.size();
    if (const Result<void> printed = print_table(values, std::move(table)); !printed) {
        return report_error(printed.error());
    }
    if (mixed != 0) {
        return report_error(kExitBlockers,
                            fmt::format("P-PROTO-01: {} volume(s) are mapped by SDC and NVMe at "
                                        "once; unmap them on one side before anything else",
                                        mixed));
    }
    return kExitOk;
}

} // namespace pf::nvmetool
