// Every typed reader of an esxcli command against recorded answers: the text table or list and the
// structured formatter's, of 7.0 U3 and of 8.0. Both forms must read the same. A reader without its
// four samples, or without the reason why a release has none, fails; a new reader too.
//
// Samples stand in esxcli_samples/*.sample: "=== 7.0 text", "=== 7.0 structured", "=== 7.0 reads"
// (one line a row, as this test shows it), the same for 8.0; or "=== 7.0 absent" and the reason.

#include "base/file.hpp"
#include "libvsphere/esxcli_more_types.hpp"
#include "libvsphere/esxcli_types.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace pf::vim::cli {
namespace {

namespace fs = std::filesystem;

std::string_view trimmed(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(" \n") - begin + 1);
}

/// Rows of a reader, each shown by `line`.
template<class Row>
std::string shown(const std::vector<Row>& rows,
                  const std::function<std::string(const Row&)>& line) {
    std::string out;
    for (const Row& row : rows)
        out += line(row) + "\n";
    return out;
}

using Reader = std::function<std::string(const EsxcliOutput&)>;

template<class Row>
Reader rows_of(std::vector<Row> (*read)(const EsxcliOutput&),
               std::function<std::string(const Row&)> line) {
    return [read, line](const EsxcliOutput& out) { return shown<Row>(read(out), line); };
}

std::string joined(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, ","));
}

void add_nvme_and_network(std::map<std::string, Reader>& r) {
    r["host_nqn"] = [](const EsxcliOutput& out) { return host_nqn(out).value_or("none"); };
    r["nvme_adapters"] = rows_of<NvmeAdapter>(&nvme_adapters, [](const NvmeAdapter& a) {
        return fmt::format("adapter={} name={} transport={} driver={} devices={}", a.adapter,
                           a.qualified_name, a.transport, a.driver, joined(a.devices));
    });
    r["nvme_controllers"] =
        rows_of<NvmeControllerRow>(&nvme_controllers, [](const NvmeControllerRow& c) {
            return fmt::format("number={} adapter={} transport={} online={:d} vvol={:d} type={} "
                               "keep_alive={} queues={}x{} subsystem={} at={}:{}",
                               c.number, c.adapter, c.transport, c.online, c.vvol, c.type,
                               c.keep_alive_s, c.io_queues, c.queue_size, c.subnqn, c.address,
                               c.port);
        });
    r["nvme_namespaces"] =
        rows_of<NvmeNamespaceRow>(&nvme_namespaces, [](const NvmeNamespaceRow& n) {
            return fmt::format("name={} controller={} nsid={} block={} mb={}", n.name,
                               n.controller_number, n.nsid, n.block_size, n.capacity_mb);
        });
    r["nvme_discovery"] = rows_of<NvmeDiscoveryRow>(&nvme_discovery, [](const NvmeDiscoveryRow& d) {
        return fmt::format("transport={} family={} type={} controller={} admin={} at={}:{} "
                           "subsystem={} connected={:d}",
                           d.transport, d.family, d.subsystem_type, d.controller_id,
                           d.admin_queue_max, d.address, d.port, d.subnqn, d.connected);
    });
    r["identify_fields"] = [](const EsxcliOutput& out) {
        std::string text;
        for (const auto& [name, value] : identify_fields(out))
            text += fmt::format("{}={}\n", name, trimmed(value));
        return text;
    };
    r["nics"] = rows_of<NicRow>(&nics, [](const NicRow& n) {
        return fmt::format("name={} driver={} admin={} link={} mac={} speed={} mtu={} about={}",
                           n.name, n.driver, n.admin_status, n.link_status, n.mac, n.speed_mbps,
                           n.mtu, n.description);
    });
    r["vmk_interfaces"] = rows_of<VmkInterfaceRow>(&vmk_interfaces, [](const VmkInterfaceRow& v) {
        return fmt::format("name={} mac={} on={:d} portset={} portgroup={} stack={} vds={} uuid={} "
                           "port={} mtu={}",
                           v.name, v.mac, v.enabled, v.portset, v.portgroup, v.netstack, v.vds_name,
                           v.vds_uuid, v.vds_port, v.mtu);
    });
    r["vmk_addresses"] = rows_of<VmkAddressRow>(&vmk_addresses, [](const VmkAddressRow& v) {
        return fmt::format("name={} ip={}/{} broadcast={} type={} gateway={}", v.name, v.address,
                           v.netmask, v.broadcast, v.type, v.gateway);
    });
    r["vmk_tags"] = rows_of<std::string>(&vmk_tags, [](const std::string& tag) { return tag; });
    r["ping_summary"] = [](const EsxcliOutput& out) {
        const PingSummary s = ping_summary(out);
        return fmt::format("host={} sent={} back={} lost={} us={}/{}/{}", s.host, s.transmitted,
                           s.received, s.lost_percent, s.min_us, s.avg_us, s.max_us);
    };
    r["connections"] = rows_of<ConnectionRow>(&connections, [](const ConnectionRow& c) {
        return fmt::format("{} {}>{} state={} world={}/{} queues={}/{}", c.proto, c.local,
                           c.foreign, c.state, c.world_id, c.world_name, c.recv_q, c.send_q);
    });
    r["neighbors"] = rows_of<NeighborRow>(&neighbors, [](const NeighborRow& n) {
        return fmt::format("{} mac={} vmk={} state={}", n.neighbor, n.mac, n.vmk, n.state);
    });
    r["routes"] = rows_of<RouteRow>(&routes, [](const RouteRow& w) {
        return fmt::format("{}/{} via {} on {} by {}", w.network, w.netmask, w.gateway, w.interface,
                           w.source);
    });
}

void add_storage(std::map<std::string, Reader>& r) {
    r["storage_adapters"] =
        rows_of<StorageAdapterRow>(&storage_adapters, [](const StorageAdapterRow& a) {
            return fmt::format("{} driver={} link={} uid={} can={} about={}", a.name, a.driver,
                               a.link_state, a.uid, a.capabilities, a.description);
        });
    r["storage_devices"] =
        rows_of<StorageDeviceRow>(&storage_devices, [](const StorageDeviceRow& d) {
            return fmt::format("{} name={} mb={} type={} plugin={} path={} vendor={} model={} "
                               "revision={} status={} rdm={:d} local={:d} ssd={:d} offline={:d} "
                               "thin={} vaai={} depth={}",
                               d.device, d.display_name, d.size_mb, d.device_type,
                               d.multipath_plugin, d.devfs_path, trimmed(d.vendor), d.model,
                               d.revision, d.status, d.rdm_capable, d.local, d.ssd, d.offline,
                               d.thin_status, d.vaai_status, d.max_queue_depth);
        });
    r["device_uids"] = rows_of<DeviceUids>(&device_uids, [](const DeviceUids& d) {
        return fmt::format("{} primary={} others={}", d.device, d.primary, joined(d.others));
    });
    r["detached_devices"] = rows_of<std::pair<std::string, std::string>>(
        &detached_devices,
        [](const std::pair<std::string, std::string>& d) { return d.first + " " + d.second; });
    r["partitions"] = rows_of<PartitionRow>(&partitions, [](const PartitionRow& p) {
        return fmt::format("{}:{} {}-{} type={} bytes={}", p.device, p.partition, p.start_sector,
                           p.end_sector, p.type, p.size_bytes);
    });
    r["device_worlds"] = rows_of<DeviceWorldRow>(&device_worlds, [](const DeviceWorldRow& w) {
        return fmt::format("{} world={}/{} opened={}", w.device, w.world_id, w.world_name,
                           w.open_count);
    });
    r["vaai_status"] = rows_of<VaaiRow>(&vaai_status, [](const VaaiRow& v) {
        return fmt::format("{} plugin={} ats={} clone={} zero={} delete={}", v.device, v.plugin,
                           v.ats, v.clone, v.zero, v.deletes);
    });
    r["storage_paths"] = rows_of<StoragePathRow>(&storage_paths, [](const StoragePathRow& p) {
        return fmt::format("{} runtime={} device={} adapter={} plugin={} state={} transport={}",
                           p.uid, p.runtime_name, p.device, p.adapter, p.plugin, p.state,
                           p.transport);
    });
    r["hpp_devices"] = rows_of<HppDeviceRow>(&hpp_devices, [](const HppDeviceRow& d) {
        return fmt::format("{} scheme={} config={} paths={} working={}", d.device, d.scheme,
                           d.scheme_config, joined(d.paths), joined(d.working_paths));
    });
    r["hpp_paths"] = rows_of<HppPathRow>(&hpp_paths, [](const HppPathRow& p) {
        return fmt::format("{} runtime={} device={} state={} ana={} health={}", p.key,
                           p.runtime_name, p.device, p.state, p.ana_state, p.health);
    });
    r["claim_rules"] = rows_of<ClaimRuleRow>(&claim_rules, [](const ClaimRuleRow& c) {
        return fmt::format("{} {} {} {} plugin={} matches={} config={}", c.rule_class, c.rule,
                           c.claim_class, c.type, c.plugin, c.matches, c.config);
    });
    r["nmp_devices"] = rows_of<NmpDeviceRow>(&nmp_devices, [](const NmpDeviceRow& d) {
        return fmt::format("{} name={} satp={} {} psp={} {} working={}", d.device, d.display_name,
                           d.satp, d.satp_config, d.psp, d.psp_config, joined(d.working_paths));
    });
    r["nmp_paths"] = rows_of<NmpPathRow>(&nmp_paths, [](const NmpPathRow& p) {
        return fmt::format("{} runtime={} device={} state={} priority={} config={}", p.uid,
                           p.runtime_name, p.device, p.group_state, p.priority, p.path_config);
    });
    r["satp_rules"] = rows_of<SatpRuleRow>(&satp_rules, [](const SatpRuleRow& s) {
        return fmt::format("{} {}/{} driver={} transport={} options={} claim={} psp={} {} about={}",
                           s.satp, s.vendor, s.model, s.driver, s.transport, s.options,
                           s.claim_options, s.psp, s.psp_options, s.description);
    });
    r["device_stats"] = rows_of<DeviceStatsRow>(&device_stats, [](const DeviceStatsRow& s) {
        return fmt::format("{} commands={} reads={}/{} writes={}/{} failed={}/{}/{} conflicts={}",
                           s.device, s.commands, s.reads, s.blocks_read, s.writes, s.blocks_written,
                           s.failed_commands, s.failed_reads, s.failed_writes,
                           s.reservation_conflicts);
    });
    r["filesystems"] = rows_of<FilesystemRow>(&filesystems, [](const FilesystemRow& f) {
        return fmt::format("{} name={} uuid={} mounted={:d} type={} bytes={} free={}",
                           f.mount_point.empty() ? "-" : f.mount_point, f.volume_name, f.uuid,
                           f.mounted, f.type, f.size_bytes, f.free_bytes);
    });
}

void add_vmfs_and_system(std::map<std::string, Reader>& r) {
    r["vmfs_extents"] = rows_of<VmfsExtentRow>(&vmfs_extents, [](const VmfsExtentRow& e) {
        return fmt::format("{} uuid={} extent={} on {}:{}", e.volume_name, e.vmfs_uuid, e.extent,
                           e.device, e.partition);
    });
    r["reclaim_config"] = [](const EsxcliOutput& out) {
        const ReclaimConfig c = reclaim_config(out);
        return fmt::format("{} {} granularity={} bandwidth={}", c.method, c.priority,
                           c.granularity_bytes, c.bandwidth_mb_s);
    };
    r["vmfs_snapshots"] = rows_of<VmfsSnapshotRow>(&vmfs_snapshots, [](const VmfsSnapshotRow& s) {
        return fmt::format("{} name={} mount={:d} ({}) resignature={:d} ({}) extents={}",
                           s.vmfs_uuid, s.volume_name, s.can_mount, s.mount_reason,
                           s.can_resignature, s.resignature_reason, s.unresolved_extents);
    });
    r["vmfs_snapshot_extents"] =
        rows_of<SnapshotExtentRow>(&vmfs_snapshot_extents, [](const SnapshotExtentRow& e) {
            return fmt::format("{} uuid={} extent={}", e.device, e.vmfs_uuid, e.extent);
        });
    r["vmfs_lock_modes"] = rows_of<LockModeRow>(&vmfs_lock_modes, [](const LockModeRow& m) {
        return fmt::format("{} uuid={} type={} mode={} ats={:d} why={}", m.volume_name, m.uuid,
                           m.type, m.mode, m.ats_only(), m.incompatibility);
    });
    r["vmfs_hosts"] = rows_of<VmfsHostRow>(&vmfs_hosts, [](const VmfsHostRow& h) {
        return fmt::format("{} uuid={} host={} owner={} mac={}", h.volume_name, h.vmfs_uuid,
                           h.host_name, h.owner, h.mac);
    });
    r["system_version"] = [](const EsxcliOutput& out) {
        const SystemVersion v = system_version(out);
        return fmt::format("{} {} build {} update {} patch {}", v.product, v.version, v.build,
                           v.update, v.patch);
    };
    r["hostname"] = [](const EsxcliOutput& out) {
        const Hostname h = hostname(out);
        return fmt::format("host={} domain={} fqdn={}", h.host, h.domain, h.fqdn);
    };
    r["system_uuid"] = [](const EsxcliOutput& out) { return system_uuid(out); };
    r["in_maintenance"] = [](const EsxcliOutput& out) {
        return in_maintenance(out) ? "yes" : "no";
    };
    r["dump_partition"] = [](const EsxcliOutput& out) {
        const DumpPartition d = dump_partition(out);
        return fmt::format("active={} configured={}", d.active, d.configured);
    };
    r["dump_partitions"] =
        rows_of<DumpPartitionRow>(&dump_partitions, [](const DumpPartitionRow& d) {
            return fmt::format("{} path={} active={:d} configured={:d}", d.name, d.path, d.active,
                               d.configured);
        });
    r["dump_files"] = rows_of<DumpFileRow>(&dump_files, [](const DumpFileRow& d) {
        return fmt::format("{} active={:d} configured={:d} bytes={}", d.path, d.active,
                           d.configured, d.size_bytes);
    });
    r["advanced_option_rows"] =
        rows_of<AdvancedOptionRow>(&advanced_option_rows, [](const AdvancedOptionRow& o) {
            return fmt::format("{} {}={} default={} about={}", o.path, o.type, o.value(),
                               o.type == "string" ? o.default_string_value
                                                  : std::to_string(o.default_int_value),
                               o.description);
        });
    r["modules"] = rows_of<ModuleRow>(&modules, [](const ModuleRow& m) {
        return fmt::format("{} loaded={:d} enabled={:d}", m.name, m.loaded, m.enabled);
    });
    r["module_parameters"] =
        rows_of<ModuleParameter>(&module_parameters, [](const ModuleParameter& p) {
            return fmt::format("{} {}={} about={}", p.name, p.type, p.value, p.description);
        });
    r["vibs"] = rows_of<VibRow>(&vibs, [](const VibRow& v) {
        return fmt::format("{} {} vendor={} level={} at={}", v.name, v.version, v.vendor,
                           v.acceptance, v.install_date);
    });
    r["vm_processes"] = rows_of<VmProcessRow>(&vm_processes, [](const VmProcessRow& v) {
        return fmt::format("{} world={} cartel={} uuid={} file={}", v.name, v.world_id, v.cartel_id,
                           v.uuid, v.config_file);
    });
}

const std::map<std::string, Reader>& readers() {
    static const std::map<std::string, Reader> all = [] {
        std::map<std::string, Reader> r;
        add_nvme_and_network(r);
        add_storage(r);
        add_vmfs_and_system(r);
        return r;
    }();
    return all;
}

struct Sample {
    std::string name, reader, command;
    std::map<std::string, std::string> sections;
};

std::vector<Sample> samples() {
    std::vector<Sample> out;
    for (const auto& entry : fs::directory_iterator(PF_SAMPLES)) {
        Sample sample;
        sample.name = entry.path().filename();
        const std::string text = read_file(entry.path()).value_or("");
        std::string section;
        for (size_t at = 0; at < text.size();) {
            const size_t end = std::min(text.find('\n', at), text.size() - 1);
            const std::string line = text.substr(at, end - at);
            at = end + 1;
            if (line.starts_with("=== "))
                sample.sections[section = line.substr(4)];
            else if (!section.empty())
                sample.sections[section] += line + "\n";
            else if (line.starts_with("# reader: "))
                sample.reader = line.substr(10);
            else if (line.starts_with("# esxcli "))
                sample.command = line.substr(9);
        }
        out.push_back(std::move(sample));
    }
    return out;
}

TEST(EsxcliSamples, EveryReaderHasItsFour) {
    const std::vector<Sample> all = samples();
    std::set<std::string> sampled;
    for (const Sample& sample : all) {
        ASSERT_TRUE(readers().contains(sample.reader)) << sample.name << ": " << sample.reader;
        sampled.insert(sample.reader);
        for (const std::string release : {"7.0", "8.0"}) {
            const auto absent = sample.sections.find(release + " absent");
            if (absent != sample.sections.end()) {
                EXPECT_FALSE(trimmed(absent->second).empty()) << sample.name << ": no reason";
                continue;
            }
            for (const char* form : {" text", " structured", " reads"})
                EXPECT_TRUE(sample.sections.contains(release + form))
                    << sample.name << " has no \"" << release << form << "\"";
        }
    }
    // The readers there are, by the headers.
    const std::regex declared(R"((\w+)\(const EsxcliOutput& \w+\);)");
    size_t count = 0;
    for (const char* header : {"esxcli_types.hpp", "esxcli_more_types.hpp"}) {
        const std::string text =
            read_file(std::string(PF_SOURCE) + "/libvsphere/" + header).value_or("");
        for (std::sregex_iterator it(text.begin(), text.end(), declared), end; it != end; ++it) {
            ++count;
            EXPECT_TRUE(sampled.contains((*it)[1])) << (*it)[1] << " has no samples";
        }
    }
    EXPECT_EQ(count, readers().size());
}

TEST(EsxcliSamples, BothFormsReadTheSameInBothReleases) {
    size_t read = 0;
    for (const Sample& sample : samples()) {
        for (const std::string release : {"7.0", "8.0"}) {
            const auto want = sample.sections.find(release + " reads");
            if (want == sample.sections.end())
                continue;
            const Reader& reader = readers().at(sample.reader);
            const auto text = parse_esxcli_text(sample.sections.at(release + " text"));
            const auto structured = parse_esxcli_json(sample.sections.at(release + " structured"));
            ASSERT_TRUE(text) << sample.name << ": " << text.error().what;
            ASSERT_TRUE(structured) << sample.name << ": " << structured.error().what;
            EXPECT_EQ(trimmed(reader(*text)), trimmed(want->second))
                << sample.name << ", text of " << release;
            EXPECT_EQ(trimmed(reader(*structured)), trimmed(want->second))
                << sample.name << ", structured form of " << release;
            ++read;
        }
    }
    EXPECT_GE(read, 2 * readers().size());
}

} // namespace
} // namespace pf::vim::cli
