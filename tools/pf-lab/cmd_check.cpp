#include "base/json.hpp"
#include "tools/pf-lab/control.hpp"
#include "tools/pf-lab/verbs.hpp"

#include <algorithm>
#include <cstdio>

namespace pf::lab {
namespace {

// Every disk of the wanted VMs, read back through its host's own paths.
Result<json::array> check_all(const OpenLab& lab, const std::vector<std::string>& wanted) {
    PF_TRY(const Secret token, lab.dir.secret("control"));
    ControlClient control(lab.config, token);
    json::array disks;
    for (const auto& vm : lab.config.estate.vms) {
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), vm.name) == wanted.end())
            continue;
        PF_TRY(const json::value checked, control.call("/check", {{"vm", vm.name}}));
        for (const auto& disk : checked.as_array())
            disks.push_back(disk);
    }
    return disks;
}

} // namespace

int verb_check(const std::vector<std::string>& args) {
    auto table =
        verb_table("check", "reads VM disks back and compares them with the data they were given");
    table.add({.name = "vm", .type = OptionType::List, .help = "only this VM (repeatable)"})
        .add({.name = "transport", .help = "also require this transport: nvme or sdc"})
        .add({.name = "output", .default_value = "text", .help = "text or json"});
    OptionValues values;
    int code = 0;
    if (parsed_or_exit(table, args, false, values, code))
        return code;
    const auto lab = open_lab(values);
    if (!lab)
        return report(lab.error());
    const auto disks = check_all(*lab, values.list("vm"));
    if (!disks)
        return report(disks.error());
    const auto transport = values.text("transport");
    std::size_t bad = 0;
    for (const auto& disk : *disks) {
        const bool ok = disk.at("ok").as_bool() &&
                        (transport.empty() || disk.at("transport").as_string() == transport);
        bad += ok ? 0 : 1;
        if (values.text("output") != "json")
            std::printf("%-5s %-10s %-44s %s %lld bytes, %lld differ, %lld of %lld counters lost\n",
                        ok ? "ok" : "BAD", disk.at("vm").as_string().c_str(),
                        disk.at("file").as_string().c_str(),
                        disk.at("transport").as_string().c_str(),
                        static_cast<long long>(disk.at("bytes").as_int64()),
                        static_cast<long long>(disk.at("badBytes").as_int64()),
                        static_cast<long long>(disk.at("countersLost").as_int64()),
                        static_cast<long long>(disk.at("countersChecked").as_int64()));
    }
    if (values.text("output") == "json")
        std::fputs(pretty_json(*disks).c_str(), stdout);
    if (disks->empty())
        return report({Errc::NotFound, "no disk was checked"});
    return bad == 0 ? 0 : 1;
}

} // namespace pf::lab
