// Watches from outside what must never be: one volume mapped by SDC and by NVMe at the same time.
#include "backend/mdm/client/client.hpp"
#include "base/signals.hpp"
#include "tools/pf-lab/provision.hpp"
#include "tools/pf-lab/verbs.hpp"

#include <cstdio>
#include <set>

namespace pf::lab {
namespace {

struct Watched {
    std::uint64_t looks = 0;
    std::uint64_t states = 0; // different revisions seen
    std::set<std::string> mixed;
};

void look(const mdm::Snapshot& all, Watched& watched) {
    std::set<std::uint64_t> hosts;
    for (const auto& host : all.hosts)
        hosts.insert(host.id.value);
    for (const auto& volume : all.volumes) {
        bool sdc = false;
        bool nvme = false;
        for (const auto& mapping : volume.mappings)
            (hosts.contains(mapping.initiator) ? nvme : sdc) = true;
        if (sdc && nvme)
            watched.mixed.insert(volume.name);
    }
}

} // namespace

int verb_watch(const std::vector<std::string>& args) {
    auto table = verb_table("watch", "watches the mappings until SIGTERM or SIGINT");
    table.add({.name = "interval",
               .type = OptionType::DurationMs,
               .default_value = "10ms",
               .help = "time between two looks",
               .min = 1});
    OptionValues values;
    int code = 0;
    if (parsed_or_exit(table, args, false, values, code))
        return code;
    StopSignal stop;
    const auto lab = open_lab(values);
    if (!lab)
        return report(lab.error());
    const auto client = connect_mdm(lab->config);
    const auto interval = std::chrono::milliseconds(values.integer("interval"));
    Watched watched;
    std::uint64_t last_revision = ~std::uint64_t{0};
    do {
        auto all = client->query();
        if (!all)
            continue; // the MDM may be away for a while; nothing can be mapped meanwhile
        ++watched.looks;
        if ((*all)->revision != last_revision) {
            last_revision = (*all)->revision;
            ++watched.states;
            look(**all, watched);
        }
    } while (stop.wait(interval) == 0);
    for (const auto& volume : watched.mixed)
        std::printf("MIXED %s\n", volume.c_str());
    std::printf("watched %llu states in %llu looks: %zu volumes were mapped by both protocols\n",
                static_cast<unsigned long long>(watched.states),
                static_cast<unsigned long long>(watched.looks), watched.mixed.size());
    return watched.mixed.empty() && watched.looks > 0 ? 0 : 1;
}

} // namespace pf::lab
