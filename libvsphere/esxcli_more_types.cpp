#include "libvsphere/esxcli_more_types.hpp"

#include "libvsphere/esxcli_read.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace pf::vim::cli {

namespace {

std::string_view trim(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string> split(const std::vector<std::string>& values) {
    std::vector<std::string> out;
    for (std::string_view rest : values) {
        while (!rest.empty()) {
            const size_t comma = std::min(rest.find(','), rest.size());
            if (const std::string_view part = trim(rest.substr(0, comma)); !part.empty())
                out.emplace_back(part);
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        out.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string_view take_digits(std::string_view& text) {
    size_t n = 0;
    while (n < text.size() && std::isdigit(static_cast<unsigned char>(text[n])))
        ++n;
    const std::string_view digits = text.substr(0, n);
    text.remove_prefix(n);
    return digits;
}

template<class Number>
Number number_or_zero(std::string_view text) {
    Number number{};
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// "0.231" ms → 231 µs; numbers that JSON gives as microseconds have no point.
int64_t time_us(const std::string& text) {
    if (text.find('.') == std::string::npos)
        return number_or_zero<int64_t>(text);
    return std::llround(std::strtod(text.c_str(), nullptr) * 1000);
}

} // namespace

std::map<std::string, std::string> identify_fields(const EsxcliOutput& out) {
    std::map<std::string, std::string> fields;
    for (const EsxcliRecord& r : out.records) {
        if (r.has("Name") && r.has("Value")) {
            fields[r.get("Name")] = r.get("Value");
            continue;
        }
        for (const EsxcliRecord::Entry& entry : r.entries)
            fields[entry.name] = entry.values.empty() ? std::string() : entry.values.front();
    }
    return fields;
}

uint64_t identify_number(const std::map<std::string, std::string>& fields,
                         const std::string& name) {
    const auto found = fields.find(name);
    if (found == fields.end())
        return 0;
    std::string_view text = trim(found->second);
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        text.remove_prefix(2);
        base = 16;
    }
    uint64_t number = 0;
    auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} ? number : 0;
}

std::vector<VmkInterfaceRow> vmk_interfaces(const EsxcliOutput& out) {
    std::vector<VmkInterfaceRow> rows;
    for (const EsxcliRecord& r : out.records) {
        VmkInterfaceRow row;
        row.name = r.has("Name") ? r.get("Name") : r.key;
        row.mac = r.get("MACAddress");
        row.portset = r.get("Portset");
        row.portgroup = r.get("Portgroup");
        row.netstack = r.get("NetstackInstance");
        row.vds_name = r.get("VDSName");
        row.vds_uuid = r.get("VDSUUID");
        row.vds_port = r.get("VDSPort");
        for (std::string* absent : {&row.vds_name, &row.vds_uuid, &row.vds_port}) {
            if (*absent == "N/A")
                absent->clear();
        }
        row.enabled = r.get_bool("Enabled");
        row.mtu = as_int(r, "MTU");
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<ConnectionRow> connections(const EsxcliOutput& out) {
    std::vector<ConnectionRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("Proto"), r.get("LocalAddress"), r.get("ForeignAddress"),
                        r.get("State"), r.get("WorldName"), as_int(r, "WorldID"),
                        r.get_int("RecvQ"), r.get_int("SendQ")});
    return rows;
}

std::vector<NeighborRow> neighbors(const EsxcliOutput& out) {
    std::vector<NeighborRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("Neighbor"), first_of(r, {"MacAddress", "MACAddress"}),
                        r.get("Vmknic"), r.get("State")});
    return rows;
}

std::vector<RouteRow> routes(const EsxcliOutput& out) {
    std::vector<RouteRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("Network"), r.get("Netmask"), r.get("Gateway"), r.get("Interface"),
                        r.get("Source")});
    return rows;
}

PingSummary ping_summary(const EsxcliOutput& out) {
    PingSummary s;
    for (const EsxcliRecord& r : out.records) {
        // Structured forms nest it: "Summary.PacketLost"; text has the struct's name as a section.
        auto get = [&r](const std::string& name) { return first_of(r, {"Summary." + name, name}); };
        const std::string transmitted = first_of(r, {"Summary.Transmitted", "Transmitted"});
        if (transmitted.empty())
            continue;
        s.host = first_of(r, {"Summary.HostAddr", "HostAddr", "Summary.Host", "Host"});
        s.transmitted = number_or_zero<int>(transmitted);
        s.received = number_or_zero<int>(
            first_of(r, {"Summary.Received", "Summary.Recieved", "Received", "Recieved"}));
        s.lost_percent = number_or_zero<int>(get("PacketLost"));
        s.min_us = time_us(get("RoundtripMin"));
        s.avg_us = time_us(get("RoundtripAvg"));
        s.max_us = time_us(get("RoundtripMax"));
    }
    return s;
}

std::vector<DeviceUids> device_uids(const EsxcliOutput& out) {
    std::vector<DeviceUids> rows;
    for (const EsxcliRecord& r : out.records) {
        DeviceUids row;
        row.device = r.key.empty() ? first_of(r, {"Device", "PrimaryUID"}) : r.key;
        row.primary = r.get("PrimaryUID");
        for (const char* name : {"AlternativePrimaryUIDs", "LegacyUID", "AlternativeLegacyUIDs"}) {
            for (std::string& uid : split(r.list(name)))
                row.others.push_back(std::move(uid));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<std::pair<std::string, std::string>> detached_devices(const EsxcliOutput& out) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const EsxcliRecord& r : out.records)
        rows.emplace_back(first_of(r, {"DeviceUID", "Device"}), r.get("State"));
    return rows;
}

std::vector<PartitionRow> partitions(const EsxcliOutput& out) {
    std::vector<PartitionRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("Device"), r.get("Type"), as_int(r, "Partition"),
                        r.get_int("StartSector"), r.get_int("EndSector"), r.get_int("Size")});
    return rows;
}

std::vector<DeviceWorldRow> device_worlds(const EsxcliOutput& out) {
    std::vector<DeviceWorldRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back(
            {r.get("Device"), r.get("WorldName"), as_int(r, "WorldID"), as_int(r, "OpenCount")});
    return rows;
}

std::vector<VaaiRow> vaai_status(const EsxcliOutput& out) {
    std::vector<VaaiRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.key.empty() ? r.get("Device") : r.key,
                        first_of(r, {"VAAIPluginName", "VAAIPlugin"}), r.get("ATSStatus"),
                        r.get("CloneStatus"), r.get("ZeroStatus"), r.get("DeleteStatus")});
    return rows;
}

std::vector<ClaimRuleRow> claim_rules(const EsxcliOutput& out) {
    std::vector<ClaimRuleRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("RuleClass"), r.get("Class"), r.get("Type"), r.get("Plugin"),
                        r.get("Matches"), r.get("ConfigString"), as_int(r, "Rule")});
    return rows;
}

std::vector<NmpDeviceRow> nmp_devices(const EsxcliOutput& out) {
    std::vector<NmpDeviceRow> rows;
    for (const EsxcliRecord& r : out.records) {
        NmpDeviceRow row;
        row.device = r.key.empty() ? r.get("Device") : r.key;
        row.display_name = r.get("DeviceDisplayName");
        row.satp = r.get("StorageArrayType");
        row.satp_config = r.get("StorageArrayTypeDeviceConfig");
        row.psp = r.get("PathSelectionPolicy");
        row.psp_config = r.get("PathSelectionPolicyDeviceConfig");
        row.working_paths = split(r.list("WorkingPaths"));
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<NmpPathRow> nmp_paths(const EsxcliOutput& out) {
    std::vector<NmpPathRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.key.empty() ? first_of(r, {"PathUID", "UID", "Path"}) : r.key,
                        r.get("RuntimeName"), r.get("Device"), r.get("GroupState"),
                        r.get("StorageArrayTypePathConfig"), as_int(r, "ArrayPriority")});
    return rows;
}

std::vector<SatpRuleRow> satp_rules(const EsxcliOutput& out) {
    std::vector<SatpRuleRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("Name"), r.get("Vendor"), r.get("Model"), r.get("Driver"),
                        r.get("Transport"), r.get("Options"), r.get("ClaimOptions"),
                        r.get("DefaultPSP"), r.get("PSPOptions"), r.get("Description")});
    return rows;
}

std::vector<DeviceStatsRow> device_stats(const EsxcliOutput& out) {
    std::vector<DeviceStatsRow> rows;
    for (const EsxcliRecord& r : out.records) {
        DeviceStatsRow row;
        row.device = r.key.empty() ? r.get("Device") : r.key;
        row.commands = r.get_int("SuccessfulCommands");
        row.reads = r.get_int("ReadOperations");
        row.writes = r.get_int("WriteOperations");
        row.blocks_read = r.get_int("BlocksRead");
        row.blocks_written = r.get_int("BlocksWritten");
        row.failed_commands = r.get_int("FailedCommands");
        row.failed_reads = r.get_int("FailedReadOperations");
        row.failed_writes = r.get_int("FailedWriteOperations");
        row.reservation_conflicts = r.get_int("ReservationConflicts");
        rows.push_back(std::move(row));
    }
    return rows;
}

ReclaimConfig reclaim_config(const EsxcliOutput& out) {
    ReclaimConfig config;
    if (out.records.empty())
        return config;
    // Text has units behind the numbers: "1048576 Bytes", "26 MB/s".
    const EsxcliRecord& r = out.records.front();
    config.method = r.get("ReclaimMethod");
    config.priority = r.get("ReclaimPriority");
    config.granularity_bytes = number_or_zero<int64_t>(r.get("ReclaimGranularity"));
    config.bandwidth_mb_s = number_or_zero<int64_t>(r.get("ReclaimBandwidth"));
    return config;
}

std::vector<SnapshotExtentRow> vmfs_snapshot_extents(const EsxcliOutput& out) {
    std::vector<SnapshotExtentRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("DeviceName"), r.get("VMFSUUID"),
                        number_or_zero<int>(first_of(r, {"Extent#", "ExtentNumber", "Extent"}))});
    return rows;
}

std::vector<VmfsHostRow> vmfs_hosts(const EsxcliOutput& out) {
    std::vector<VmfsHostRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("VolumeName"), first_of(r, {"VMFSUUID", "UUID"}),
                        first_of(r, {"HostName", "Hostname"}),
                        first_of(r, {"OwnerUUID", "HostUUID", "Owner"}),
                        first_of(r, {"MACAddress", "MAC"})});
    return rows;
}

Hostname hostname(const EsxcliOutput& out) {
    Hostname h;
    if (!out.records.empty()) {
        const EsxcliRecord& r = out.records.front();
        h = {r.get("HostName"), r.get("DomainName"), r.get("FullyQualifiedDomainName")};
    }
    return h;
}

std::string system_uuid(const EsxcliOutput& out) {
    if (!out.scalar.empty())
        return out.scalar;
    return out.records.empty() ? std::string()
                               : first_of(out.records.front(), {"UUID", "value", "SystemUUID"});
}

bool in_maintenance(const EsxcliOutput& out) {
    auto yes = [](const std::string& text) {
        return text == "Enabled" || text == "true" || text == "enabled";
    };
    if (!out.scalar.empty())
        return yes(out.scalar);
    return !out.records.empty() && yes(first_of(out.records.front(), {"value", "Enabled"}));
}

DumpPartition dump_partition(const EsxcliOutput& out) {
    if (out.records.empty())
        return {};
    return {out.records.front().get("Active"), out.records.front().get("Configured")};
}

std::vector<DumpPartitionRow> dump_partitions(const EsxcliOutput& out) {
    std::vector<DumpPartitionRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back(
            {r.get("Name"), r.get("Path"), r.get_bool("Active"), r.get_bool("Configured")});
    return rows;
}

std::vector<DumpFileRow> dump_files(const EsxcliOutput& out) {
    std::vector<DumpFileRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back(
            {r.get("Path"), r.get_bool("Active"), r.get_bool("Configured"), r.get_int("Size")});
    return rows;
}

std::string AdvancedOptionRow::value() const {
    return type == "string" ? string_value : std::to_string(int_value);
}

std::vector<AdvancedOptionRow> advanced_option_rows(const EsxcliOutput& out) {
    std::vector<AdvancedOptionRow> rows;
    for (const EsxcliRecord& r : out.records) {
        AdvancedOptionRow row;
        row.path = r.get("Path");
        row.type = r.get("Type");
        row.description = r.get("Description");
        row.string_value = r.get("StringValue");
        row.default_string_value = r.get("DefaultStringValue");
        row.int_value = r.get_int("IntValue");
        row.default_int_value = r.get_int("DefaultIntValue");
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<ModuleRow> modules(const EsxcliOutput& out) {
    std::vector<ModuleRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("Name"), r.get_bool("IsLoaded"), r.get_bool("IsEnabled")});
    return rows;
}

std::vector<VibRow> vibs(const EsxcliOutput& out) {
    std::vector<VibRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.get("Name"), r.get("Version"), r.get("Vendor"), r.get("AcceptanceLevel"),
                        r.get("InstallDate")});
    return rows;
}

std::vector<VmProcessRow> vm_processes(const EsxcliOutput& out) {
    std::vector<VmProcessRow> rows;
    for (const EsxcliRecord& r : out.records)
        rows.push_back({r.has("DisplayName") ? r.get("DisplayName") : r.key, r.get("UUID"),
                        r.get("ConfigFile"), as_int(r, "WorldID"), as_int(r, "VMXCartelID")});
    return rows;
}

std::vector<RegisteredVm> registered_vms(std::string_view text) {
    std::vector<RegisteredVm> rows;
    for (std::string_view line : lines_of(text)) {
        std::string_view rest = line;
        const std::string_view id = take_digits(rest);
        const size_t open = rest.find(" [");
        const size_t close = open == std::string_view::npos ? open : rest.find("] ", open);
        size_t end = std::string_view::npos; // behind the file name
        if (close != std::string_view::npos) {
            for (std::string_view suffix : {".vmx ", ".vmtx "}) {
                const size_t found = rest.find(suffix, close);
                if (found != std::string_view::npos)
                    end = std::min(end, found + suffix.size() - 1);
            }
        }
        if (id.empty() || rest.empty() || rest.front() != ' ' || end == std::string_view::npos) {
            // Not a row: the header, or a further line of the last VM's annotation.
            if (!rows.empty()) {
                if (!rows.back().annotation.empty())
                    rows.back().annotation += '\n';
                rows.back().annotation += line;
            }
            continue;
        }
        RegisteredVm row;
        row.vmid = number_or_zero<int>(id);
        row.name = trim(rest.substr(0, open));
        row.vmx_path = trim(rest.substr(open + 1, end - open - 1));
        std::string_view tail = trim(rest.substr(end));
        size_t space = std::min(tail.find(' '), tail.size());
        row.guest = tail.substr(0, space);
        tail = trim(tail.substr(space));
        space = std::min(tail.find(' '), tail.size());
        row.version = tail.substr(0, space);
        row.annotation = trim(tail.substr(space));
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<VolumeCopy> volume_copies(std::string_view text) {
    std::vector<VolumeCopy> rows;
    // "Yes" or "No (why)"
    auto answer = [](std::string_view value, bool& yes, std::string& why) {
        yes = value.starts_with("Yes");
        const size_t open = value.find('(');
        const size_t close = value.rfind(')');
        if (open != std::string_view::npos && close != std::string_view::npos && close > open)
            why = value.substr(open + 1, close - open - 1);
    };
    for (std::string_view line : lines_of(text)) {
        const size_t colon = line.find(": ");
        if (colon == std::string_view::npos)
            continue;
        const std::string_view name = trim(line.substr(0, colon));
        const std::string_view value = trim(line.substr(colon + 2));
        if (name == "VMFS UUID/label" || name == "VMFS3 UUID/label") {
            const size_t slash = std::min(value.find('/'), value.size());
            rows.emplace_back();
            rows.back().uuid = value.substr(0, slash);
            rows.back().label = value.substr(std::min(slash + 1, value.size()));
        } else if (rows.empty()) {
            continue;
        } else if (name == "Can mount") {
            answer(value, rows.back().can_mount, rows.back().mount_reason);
        } else if (name == "Can resignature") {
            answer(value, rows.back().can_resignature, rows.back().resignature_reason);
        } else if (name == "Extent name") {
            const size_t range = std::min(value.find("range:"), value.size());
            rows.back().extents.emplace_back(trim(value.substr(0, range)));
        }
    }
    return rows;
}

std::vector<MpathDevice> mpath_devices(std::string_view text) {
    std::vector<MpathDevice> rows;
    for (std::string_view line : lines_of(text)) {
        if (trim(line).empty())
            continue;
        if (line.front() != ' ' && line.front() != '\t') {
            const size_t colon = line.find(" : ");
            if (colon == std::string_view::npos)
                continue;
            rows.push_back({std::string(trim(line.substr(0, colon))),
                            std::string(trim(line.substr(colon + 3))),
                            {}});
        } else if (!rows.empty()) {
            const std::string_view body = trim(line);
            const size_t space = std::min(body.find(' '), body.size());
            const size_t state = body.find("state:");
            std::string_view word;
            if (state != std::string_view::npos) {
                word = body.substr(state + 6);
                word = word.substr(0, word.find(' '));
            }
            rows.back().paths.emplace_back(body.substr(0, space), word);
        }
    }
    return rows;
}

} // namespace pf::vim::cli
