// Operations that look after an estate and are no part of a migration: the form of a host's NVMe
// name, maintenance of an NVMe target, an SDC that nobody uses any more.
#include "tools/pfnvme/run/lookups.hpp"

#include <array>
#include <utility>

namespace pf::nvmetool {

namespace {

using Commands = std::vector<std::string>;

constexpr const char* kNvmeModule = "vmknvme";
constexpr std::string_view kFormatOption = "vmknvme_hostnqn_format=";

// ---- nqn.format: 0 makes the host's name of its UUID, 1 of its host name; after a reboot
// ------------

// The module's options with this one set; the others stay as they are.
std::string with_format(const std::string& options, const std::string& format) {
    std::string out;
    std::size_t at = 0;
    while (at < options.size()) {
        const std::size_t end = std::min(options.find(' ', at), options.size());
        const std::string word = options.substr(at, end - at);
        if (!word.empty() && !word.starts_with(kFormatOption)) {
            out += word + " ";
        }
        at = end + 1;
    }
    return out + std::string(kFormatOption) + format;
}

std::string format_describe(const Params& p) {
    return fmt::format("{}: name the host after its {} in NVMe, from its next boot on",
                       param(p, "host"), param(p, "format") == "0" ? "UUID" : "host name");
}
Commands format_commands(const Params& p) {
    return {fmt::format("{}# esxcli system module parameters set -m {} -p {}{}", param(p, "host"),
                        kNvmeModule, kFormatOption, param(p, "format"))};
}
std::string format_pre(const Params&) { return "the host is in maintenance mode"; }
std::string format_post(const Params& p) {
    return fmt::format("the module's options hold {}{}", kFormatOption, param(p, "format"));
}
Result<void> format_guard(OpContext& c, const Params& p) {
    PF_TRY(const HostInfo host, c.vsphere.host(param(p, "host_id")));
    if (!host.in_maintenance) {
        return fail(Errc::Conflict,
                    "host {} is not in maintenance mode; its new NVMe name needs a reboot and a "
                    "new registration on PowerFlex, so evacuate it first",
                    host.name);
    }
    return {};
}
Result<Observation> format_observe(OpContext& c, const Params& p) {
    PF_TRY(const std::string options, c.vsphere.module_options(param(p, "host_id"), kNvmeModule));
    return with_format(options, param(p, "format")) == options ? present("set") : absent("not set");
}
Result<CallOutcome> format_execute(OpContext& c, const Params& p) {
    PF_TRY(const std::string options, c.vsphere.module_options(param(p, "host_id"), kNvmeModule));
    PF_CHECK(c.vsphere.set_module_options(param(p, "host_id"), kNvmeModule,
                                          with_format(options, param(p, "format"))));
    return CallOutcome{};
}

// ---- sdt.maintenance
// ---------------------------------------------------------------------------------

bool entering(const Params& p) { return param(p, "mode") == "enter"; }

std::string sdt_describe(const Params& p) {
    return fmt::format("PowerFlex: SDT {} {} maintenance mode", param(p, "name"),
                       entering(p) ? "enters" : "leaves");
}
Commands sdt_commands(const Params& p) {
    return {fmt::format("POST /api/instances/Sdt::{}/action/{}MaintenanceMode {{}}", param(p, "id"),
                        param(p, "mode"))};
}
std::string sdt_pre(const Params& p) {
    return entering(p) ? "another SDT of its protection domain serves" : "";
}
std::string sdt_post(const Params& p) {
    return entering(p) ? "PowerFlex shows it in maintenance" : "PowerFlex shows no maintenance";
}
// Whoever has paths to this target alone would lose them all.
Result<void> sdt_guard(OpContext& c, const Params& p) {
    if (!entering(p)) {
        return {};
    }
    PF_TRY(const std::vector<SdtAddress> all, c.powerflex.sdt_addresses());
    std::string domain;
    for (const SdtAddress& sdt : all) {
        domain = sdt.sdt_id == param(p, "id") ? sdt.protection_domain_id : domain;
    }
    for (const SdtAddress& sdt : all) {
        if (sdt.sdt_id != param(p, "id") && sdt.protection_domain_id == domain && sdt.serving) {
            return {};
        }
    }
    return fail(Errc::Conflict,
                "no other SDT of its protection domain serves; {} can't go into maintenance",
                param(p, "name"));
}
Result<Observation> sdt_observe(OpContext& c, const Params& p) {
    PF_TRY(const std::vector<SdtAddress> all, c.powerflex.sdt_addresses());
    for (const SdtAddress& sdt : all) {
        if (sdt.sdt_id == param(p, "id")) {
            const bool inside = sdt.maintenance == "InMaintenance";
            return inside == entering(p) ? present(sdt.maintenance) : absent(sdt.maintenance);
        }
    }
    return fail(Errc::NotFound, "PowerFlex has no SDT {} any more", param(p, "name"));
}
Result<CallOutcome> sdt_execute(OpContext& c, const Params& p) {
    PF_CHECK(c.powerflex.set_sdt_maintenance(param(p, "id"), entering(p)));
    return CallOutcome{};
}

// ---- sdc.remove
// --------------------------------------------------------------------------------------

std::string sdc_describe(const Params& p) {
    return fmt::format("PowerFlex: remove SDC {}", param(p, "sdc"));
}
Commands sdc_commands(const Params& p) {
    return {fmt::format("POST /api/instances/Sdc::{}/action/removeSdc {{}}", param(p, "sdc_id"))};
}
std::string sdc_pre(const Params&) { return "no volume is mapped to it, and it is disconnected"; }
std::string sdc_post(const Params& p) {
    return fmt::format("PowerFlex has no SDC {}", param(p, "sdc"));
}
Result<std::optional<PowerFlexHost>> find_sdc(OpContext& c, const Params& p) {
    PF_TRY(std::vector<PowerFlexHost> hosts, c.powerflex.hosts());
    for (PowerFlexHost& host : hosts) {
        if (!host.nvme && host.id == param(p, "sdc_id")) {
            return std::optional(std::move(host));
        }
    }
    return std::optional<PowerFlexHost>();
}
Result<void> sdc_guard(OpContext& c, const Params& p) {
    PF_TRY(const auto sdc, find_sdc(c, p));
    PF_TRY(const std::vector<VolumeInfo> volumes, c.powerflex.volumes());
    for (const VolumeInfo& volume : volumes) {
        if (sdc && volume.mapping_of(sdc->id) != nullptr) {
            return fail(Errc::Conflict, "volume '{}' is still mapped to SDC {}; it is not removed",
                        volume.name, sdc->name);
        }
    }
    if (sdc && sdc->connected) {
        return fail(Errc::Busy,
                    "SDC {} is still connected; take its driver off the host and reboot that first",
                    sdc->name);
    }
    return {};
}
Result<Observation> sdc_observe(OpContext& c, const Params& p) {
    PF_TRY(const auto sdc, find_sdc(c, p));
    return sdc ? absent(sdc->connected ? "connected" : "there, disconnected")
               : present("no such SDC");
}
Result<CallOutcome> sdc_execute(OpContext& c, const Params& p) {
    PF_CHECK(c.powerflex.remove_sdc(param(p, "sdc_id")));
    return CallOutcome{};
}

} // namespace

std::span<const Op> upkeep_ops() {
    using namespace std::chrono_literals;
    static const std::array<Op, 3> kOps{{
        {"nqn.format", OpKind::Change, false, 60s, format_describe, format_commands, format_pre,
         format_post, format_guard, format_observe, format_execute, nullptr, nullptr},
        {"sdt.maintenance", OpKind::Change, true, 120s, sdt_describe, sdt_commands, sdt_pre,
         sdt_post, sdt_guard, sdt_observe, sdt_execute, nullptr, nullptr},
        {"sdc.remove", OpKind::Change, true, 60s, sdc_describe, sdc_commands, sdc_pre, sdc_post,
         sdc_guard, sdc_observe, sdc_execute, nullptr, nullptr},
    }};
    return kOps;
}

} // namespace pf::nvmetool
