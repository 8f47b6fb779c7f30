// esxcli storage core claimrule, storage core device {uidmap, partition, stats}, storage nmp.
#include "libvsphere/simulator/esxcli/model.hpp"
#include "libvsphere/simulator/service/properties.hpp"

namespace pf::vim::sim::cli {

namespace {

Answer list_of(const char* name, bool table) {
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.table = table;
    answer.struct_name = name;
    return answer;
}

bool is_nvme(const DeviceState& device) { return device.info.transport == Transport::NvmeTcp; }

bool wanted(const Invocation& i, const std::string& device) {
    return !i.args.has("device") || i.args.get("device") == device;
}

Outcome<Answer> checked(const Invocation& i, Answer answer) {
    if (answer.rows.empty() && i.args.has("device")) {
        return cli_error(fmt::format("Invalid device {}", i.args.get("device")));
    }
    return answer;
}

struct Rule {
    const char* rule_class;
    int64_t number;
    const char* type;
    const char* plugin;
    const char* matches;
    const char* config;
};

// What a new host brings, in the order of their numbers.
constexpr Rule kRules[] = {
    {"MP", 50, "transport", "NMP", "transport=usb", ""},
    {"MP", 51, "transport", "NMP", "transport=sata", ""},
    {"MP", 52, "transport", "NMP", "transport=ide", ""},
    {"MP", 53, "transport", "NMP", "transport=block", ""},
    {"MP", 54, "transport", "NMP", "transport=unknown", ""},
    {"MP", 101, "vendor", "MASK_PATH", "vendor=DELL model=Universal Xport", ""},
    {"MP", 65531, "transport", "HPP", "transport=sas", ""},
    {"MP", 65533, "nvme", "HPP", "nvme_vendor=* model=*", ""},
    {"MP", 65534, "transport", "HPP", "transport=pcie", ""},
    {"MP", 65535, "vendor", "NMP", "vendor=* model=*", ""},
    {"Filter", 65430, "vendor", "VAAI_FILTER", "vendor=EMC model=*", ""},
    {"VAAI", 65430, "vendor", "VMW_VAAIP_SYMM", "vendor=EMC model=SYMMETRIX", ""},
    {"VAAI", 65431, "vendor", "VMW_VAAIP_CX", "vendor=DGC model=*", ""},
};

Outcome<Answer> claim_rules(const Invocation& i) {
    const std::string only = i.args.get("claimruleclass");
    if (!only.empty() && only != "MP" && only != "Filter" && only != "VAAI" && only != "all") {
        return cli_error("Invalid data constraint for parameter 'claimrule-class'.");
    }
    Answer answer = list_of("ClaimRule", true);
    for (const Rule& rule : kRules) {
        // Without a class: the multipathing rules.
        if (only == "all" || rule.rule_class == (only.empty() ? std::string("MP") : only)) {
            for (const char* where : {"runtime", "file"}) {
                // The lowest and the last ones are built in and stand in no file.
                if (std::string_view(where) == "file" &&
                    (rule.number < 100 || rule.number > 65'000)) {
                    continue;
                }
                answer.rows.push_back({"",
                                       {{"Rule Class", std::string(rule.rule_class)},
                                        {"Rule", rule.number},
                                        {"Class", std::string(where)},
                                        {"Type", std::string(rule.type)},
                                        {"Plugin", std::string(rule.plugin)},
                                        {"Matches", std::string(rule.matches)},
                                        {"XCOPY Use Array Reported Values", false},
                                        {"XCOPY Use Multiple Segments", false},
                                        {"XCOPY Max Transfer Size KiB", int64_t{0}},
                                        {"Config String", std::string(rule.config)}}});
            }
        }
    }
    return answer;
}

Outcome<Answer> uid_map(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("DeviceUidMap", false);
    for (const auto& [id, device] : i.host.devices) {
        if (wanted(i, id)) {
            answer.rows.push_back({id,
                                   {{"Device", id},
                                    {"Primary UID", id},
                                    {"Alternative Primary UIDs", std::vector<std::string>{}},
                                    {"Legacy UID", "vml." + device.uuid},
                                    {"Alternative Legacy UIDs", std::vector<std::string>{}}}});
        }
    }
    return checked(i, std::move(answer));
}

// Partition 0 is the device; a VMFS volume is partition 1 from 1 MiB on.
Outcome<Answer> partition_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("Partition", true);
    for (const auto& [id, device] : i.host.devices) {
        if (!wanted(i, id)) {
            continue;
        }
        const auto sectors = static_cast<int64_t>(device.info.size_bytes / 512);
        auto row = [&, name = id](int64_t number, int64_t start, int64_t end, const char* type) {
            answer.rows.push_back({"",
                                   {{"Device", name},
                                    {"Partition", number},
                                    {"Start Sector", start},
                                    {"End Sector", end},
                                    {"Type", std::string(type)},
                                    {"Size", (end - start) * 512}}});
        };
        row(0, 0, sectors, "0");
        for (const auto& [uuid, volume] : i.host.volumes) {
            if (volume.device_id == id) {
                row(1, 2048, sectors - 33, "fb");
            }
        }
    }
    return checked(i, std::move(answer));
}

Outcome<Answer> nmp_devices(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("NmpDevice", false);
    for (const auto& [id, device] : i.host.devices) {
        if (is_nvme(device) || !wanted(i, id)) {
            continue;
        }
        std::string working;
        for (const DevicePath& path : device.info.paths) {
            const bool off = i.host.disabled_paths.contains(path_identity(id, path));
            if (path.live && !off) {
                working += (working.empty() ? "" : ", ") + path_name(i.host, device, path);
            }
        }
        answer.rows.push_back(
            {id,
             {{"Device", id},
              {"Device Display Name", display_name(i.host, device)},
              {"Storage Array Type", std::string("VMW_SATP_DEFAULT_AA")},
              {"Storage Array Type Device Config", std::string("{action_OnRetryErrors=off}")},
              {"Path Selection Policy", std::string("VMW_PSP_FIXED")},
              {"Path Selection Policy Device Config",
               fmt::format("{{preferred=none;current={}}}", working.substr(0, working.find(',')))},
              {"Path Selection Policy Device Custom Config", std::string()},
              {"Working Paths", working},
              {"Is USB", false}}});
    }
    return checked(i, std::move(answer));
}

Outcome<Answer> nmp_paths(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer = list_of("NmpPath", false);
    for (const auto& [id, device] : i.host.devices) {
        for (const DevicePath& path : device.info.paths) {
            if (is_nvme(device) || !wanted(i, id)) {
                continue;
            }
            const bool off = i.host.disabled_paths.contains(path_identity(id, path));
            const std::string name = path_name(i.host, device, path);
            answer.rows.push_back(
                {fmt::format("scini.{}-{}", path.adapter, id),
                 {{"Runtime Name", name},
                  {"Device", id},
                  {"Device Display Name", display_name(i.host, device)},
                  {"Group State", std::string(off         ? "disabled"
                                              : path.live ? "active"
                                                          : "dead")},
                  {"Array Priority", int64_t{0}},
                  {"Storage Array Type Path Config", std::string("SATP VMW_SATP_DEFAULT_AA does "
                                                                 "not support path "
                                                                 "configuration.")},
                  {"Path Selection Policy Path Config",
                   std::string(off ? "{non-current path; rank: 0}"
                                   : "{current: yes; preferred: no}")}}});
        }
    }
    return checked(i, std::move(answer));
}

Outcome<Answer> satp_rules(const Invocation&) {
    Answer answer = list_of("SatpRule", true);
    for (const auto& [name, psp, text] :
         {std::tuple{"VMW_SATP_LOCAL", "VMW_PSP_FIXED", "Local devices"},
          std::tuple{"VMW_SATP_DEFAULT_AA", "VMW_PSP_FIXED", "Fibre Channel Devices"},
          std::tuple{"VMW_SATP_DEFAULT_AA", "VMW_PSP_FIXED", "iSCSI devices"},
          std::tuple{"VMW_SATP_ALUA", "VMW_PSP_MRU", "Any array with ALUA support"}}) {
        answer.rows.push_back({"",
                               {{"Name", std::string(name)},
                                {"Device", std::string()},
                                {"Vendor", std::string()},
                                {"Model", std::string()},
                                {"Driver", std::string()},
                                {"Transport", std::string()},
                                {"Options", std::string()},
                                {"Rule Group", std::string("system")},
                                {"Claim Options", std::string()},
                                {"Default PSP", std::string(psp)},
                                {"PSP Options", std::string()},
                                {"Description", std::string(text)}}});
    }
    return answer;
}

} // namespace

void add_claim_commands(std::vector<Command>& out) {
    const Param device{"device", "device", 'd', false, false, "Device"};
    out.push_back({"storage.core.claimrule",
                   "list",
                   "List claim rules",
                   {{"claimruleclass", "claimrule-class", 'c', false, false, "MP, Filter or VAAI"}},
                   claim_rules});
    out.push_back({"storage.core.device.uidmap", "list", "UIDs of devices", {device}, uid_map});
    out.push_back(
        {"storage.core.device.partition", "list", "Partitions", {device}, partition_list});
    out.push_back({"storage.nmp.device", "list", "List NMP devices", {device}, nmp_devices});
    out.push_back({"storage.nmp.path", "list", "List NMP paths", {device}, nmp_paths});
    out.push_back({"storage.nmp.satp.rule", "list", "List SATP rules", {}, satp_rules});
}

} // namespace pf::vim::sim::cli
