#include "backend/mdm/client/client.hpp"
#include "base/json.hpp"
#include "tools/pf-lab/control.hpp"
#include "tools/pf-lab/processes.hpp"
#include "tools/pf-lab/provision.hpp"
#include "tools/pf-lab/verbs.hpp"

#include <algorithm>
#include <cstdio>

namespace pf::lab {
namespace {

json::object storage_status(const OpenLab& lab) {
    const auto client = connect_mdm(lab.config);
    auto all = client->query();
    if (!all)
        return {{"error", all.error().what}};
    json::array volumes;
    for (const auto& volume : (*all)->volumes) {
        bool sdc = false;
        bool nvme = false;
        for (const auto& mapping : volume.mappings) {
            const bool is_host =
                std::any_of((*all)->hosts.begin(), (*all)->hosts.end(),
                            [&](const mdm::Host& h) { return h.id.value == mapping.initiator; });
            (is_host ? nvme : sdc) = true;
        }
        volumes.push_back(json::object{{"name", volume.name},
                                       {"id", map::hex16(volume.id)},
                                       {"protocol", sdc && nvme ? "MIXED"
                                                    : sdc       ? "SDC"
                                                    : nvme      ? "NVMe"
                                                                : "none"},
                                       {"mappings", volume.mappings.size()}});
    }
    std::size_t joined = 0;
    for (const auto& sds : (*all)->sds)
        joined += sds.joined ? 1 : 0;
    mdm::PoolStats combs;
    for (const auto& pool : (*all)->storage_pools) {
        combs.combs_normal += pool.stats.combs_normal;
        combs.combs_degraded += pool.stats.combs_degraded;
        combs.combs_rebuilding += pool.stats.combs_rebuilding;
        combs.combs_failed += pool.stats.combs_failed;
    }
    return {{"systemId", map::hex16((*all)->system.id)},
            {"systemNqn", (*all)->system.nqn},
            {"durability", lab.config.relaxed_durability ? "RELAXED" : "strict"},
            {"sdsJoined", joined},
            {"combs", json::object{{"normal", combs.combs_normal},
                                   {"degraded", combs.combs_degraded},
                                   {"rebuilding", combs.combs_rebuilding},
                                   {"failed", combs.combs_failed}}},
            {"volumes", std::move(volumes)}};
}

void print_text(const json::object& status) {
    for (const auto& process : status.at("processes").as_array())
        std::printf("%-10s %-8s pid %s\n", process.at("name").as_string().c_str(),
                    process.at("running").as_bool() ? "running" : "ENDED",
                    json::serialize(process.at("pid")).c_str());
    const auto& storage = status.at("storage").as_object();
    if (storage.contains("error")) {
        std::printf("storage    %s\n", storage.at("error").as_string().c_str());
        return;
    }
    std::printf("system     %s  %s\n", storage.at("systemId").as_string().c_str(),
                storage.at("systemNqn").as_string().c_str());
    std::printf("durability %s\n", storage.at("durability").as_string().c_str());
    std::printf("combs      %s\n", json::serialize(storage.at("combs")).c_str());
    for (const auto& volume : storage.at("volumes").as_array())
        std::printf("volume     %s %-5s %s\n", volume.at("id").as_string().c_str(),
                    volume.at("protocol").as_string().c_str(),
                    volume.at("name").as_string().c_str());
    if (status.contains("estate"))
        for (const auto& ds : status.at("estate").at("datastores").as_array())
            std::printf("datastore  %-16s %s on %zu hosts\n", ds.at("name").as_string().c_str(),
                        ds.at("device").as_string().c_str(), ds.at("hosts").as_array().size());
}

} // namespace

int verb_status(const std::vector<std::string>& args) {
    auto table = verb_table("status", "shows processes, storage and estate");
    table.add({.name = "output", .default_value = "text", .help = "text or json"});
    OptionValues values;
    int code = 0;
    if (parsed_or_exit(table, args, false, values, code))
        return code;
    const auto lab = open_lab(values);
    if (!lab)
        return report(lab.error());
    bool healthy = lab->state.ready;
    json::array processes;
    for (const auto& process : lab->state.processes) {
        const bool running = is_running(process);
        healthy = healthy && running;
        processes.push_back(
            json::object{{"name", process.name}, {"pid", process.pid}, {"running", running}});
    }
    json::object status{{"dir", lab->dir.path()},
                        {"ready", lab->state.ready},
                        {"healthy", healthy},
                        {"processes", std::move(processes)},
                        {"storage", storage_status(*lab)}};
    if (const auto token = lab->dir.secret("control")) {
        ControlClient control(lab->config, *token);
        if (auto estate = control.call("/inventory", {}))
            status["estate"] = std::move(*estate);
    }
    if (values.text("output") == "json")
        std::fputs(pretty_json(status).c_str(), stdout);
    else
        print_text(status);
    return healthy ? 0 : 1;
}

} // namespace pf::lab
