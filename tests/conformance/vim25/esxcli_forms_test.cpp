// esxcli commands with the releases' columns, read over SOAP and from every form that the shell
// prints.

#include "effects_fixture.hpp"

#include "libvsphere/esxcli.hpp"
#include "libvsphere/esxcli_more_types.hpp"
#include "libvsphere/esxcli_types.hpp"

#include <functional>

namespace pf::vim::test {
namespace {

class EsxcliForms : public Effects, public ::testing::WithParamInterface<const char*> {
  protected:
    std::string version() const override { return GetParam(); }

    void SetUp() override {
        Effects::SetUp();
        ASSERT_TRUE(select_vnic(*session_, host_, "vmk1"));
        ASSERT_TRUE(create_tcp_adapter(*session_, host_, "vmnic0"));
        NvmeConnect spec;
        spec.target = {storage().tcp_hba_on("vmnic0")->device, "192.0.2.11", 4420, ""};
        spec.subnqn = array_->subsystem_nqn();
        ASSERT_TRUE(nvme_connect(*session_, host_, spec));
        const uint64_t volume = array_->add_volume(kVolume);
        array_->map_nvme(volume, host_.nvme_nqn);
        nvme_device_ = array_->nvme_device(volume);
        ASSERT_TRUE(rescan_all(*session_, host_));
        auto soap = make_soap_esxcli(*session_, host_.ref);
        ASSERT_TRUE(soap) << soap.error().what;
        soap_ = std::move(*soap);
    }

    /// What the reader makes of the answer, the same in every form.
    std::string read(const EsxcliCommand& words,
                     const std::function<std::string(const EsxcliOutput&)>& reader) {
        auto over_soap = soap_->run(words, 10s);
        EXPECT_TRUE(over_soap) << over_soap.error().what;
        if (!over_soap)
            return {};
        const std::string want = reader(*over_soap);
        using Parse = Result<EsxcliOutput> (*)(std::string_view);
        for (const auto& [formatter, parse] : std::initializer_list<std::pair<std::string, Parse>>{
                 {"", &parse_esxcli_text},
                 {"json", &parse_esxcli_json},
                 {"xml", &parse_esxcli_xml},
                 {"csv", &parse_esxcli_csv},
                 {"keyvalue", &parse_esxcli_keyvalue}}) {
            auto printed = simulator_->shell_execute(host_.name, words.text(formatter));
            EXPECT_TRUE(printed);
            EXPECT_EQ(printed->exit_status, 0) << printed->out << printed->err;
            auto parsed = parse(printed->out);
            EXPECT_TRUE(parsed) << formatter << "\n" << printed->out;
            if (parsed) {
                EXPECT_EQ(reader(*parsed), want) << formatter << "\n" << printed->out;
            }
        }
        return want;
    }
    std::string shell(const std::string& line) {
        auto printed = simulator_->shell_execute(host_.name, "esxcli " + line);
        return printed ? printed->out : printed.error().what;
    }

    std::string nvme_device_;
    std::unique_ptr<EsxcliExecutor> soap_;
};

TEST_P(EsxcliForms, Network) {
    const std::string routes = read(EsxcliCommand("network ip route ipv4 list"), [](auto& o) {
        std::string out;
        for (const auto& r : cli::routes(o))
            out += r.network + "/" + r.netmask + " " + r.gateway + " " + r.interface + "\n";
        return out;
    });
    EXPECT_NE(routes.find("192.168.151.0/255.255.255.0 0.0.0.0 vmk1\n"), std::string::npos)
        << routes;
    const std::string neighbors = read(EsxcliCommand("network ip neighbor list"), [](auto& o) {
        std::string out;
        for (const auto& r : cli::neighbors(o))
            out += r.neighbor + " " + r.vmk + " " + (r.mac.empty() ? "-" : "mac") + "\n";
        return out;
    });
    EXPECT_NE(neighbors.find("192.168.151.12 vmk1 mac\n"), std::string::npos) << neighbors;
    const std::string connections = read(EsxcliCommand("network ip connection list"), [](auto& o) {
        std::string out;
        for (const auto& r : cli::connections(o)) {
            out += r.state + " " + r.foreign + " " + r.world_name + "\n";
        }
        return out;
    });
    EXPECT_NE(connections.find("ESTABLISHED 192.0.2.11:4420 nvmetcp\n"), std::string::npos)
        << connections;
    auto ping = [&](const std::string& address, const std::string& size) {
        EsxcliCommand words("network diag ping");
        words.opt("host", address).opt("interface", "vmk1").opt("size", size).opt("count", "2");
        return read(words, [](auto& o) {
            const auto s = cli::ping_summary(o);
            return fmt::format("{} {} {} {}%", s.host, s.transmitted, s.received, s.lost_percent);
        });
    };
    EXPECT_EQ(ping("192.168.151.12", "8972"), "192.168.151.12 2 2 0%"); // the other host's
    EXPECT_EQ(ping("192.168.151.99", "56"), "192.168.151.99 2 0 100%");
    EXPECT_NE(shell("network diag ping -H 192.168.151.12 -I vmk1 -d -s 8973").find("too long"),
              std::string::npos); // an MTU of 9000 less 28
}

TEST_P(EsxcliForms, NvmeIdentify) {
    const auto controllers =
        simulator_->shell_execute(host_.name, EsxcliCommand("nvme controller list").text("json"));
    auto parsed = parse_esxcli_json(controllers->out);
    ASSERT_TRUE(parsed);
    const auto rows = cli::nvme_controllers(*parsed);
    ASSERT_EQ(rows.size(), 1u);
    // What a release does not know it does not print.
    const bool eight = version().starts_with("8");
    EXPECT_EQ(controllers->out.find("IsVVOL") != std::string::npos, eight);
    EXPECT_EQ(controllers->out.find("IOQueueNumber") != std::string::npos, eight);
    EsxcliCommand words("nvme controller identify");
    words.opt("controller", rows[0].name);
    const std::string fused = read(words, [](auto& o) {
        const auto fields = cli::identify_fields(o);
        return fmt::format("{} {}", cli::identify_number(fields, "FUSES"),
                           fields.count("SN") + fields.count("MN") + fields.count("CNTLID"));
    });
    EXPECT_EQ(fused, "1 3");
    EsxcliCommand space("nvme namespace identify");
    space.opt("namespace", nvme_device_);
    const std::string size = read(space, [](auto& o) {
        const auto fields = cli::identify_fields(o);
        return fmt::format("{} {}", cli::identify_number(fields, "NSZE"), fields.at("NGUID"));
    });
    EXPECT_EQ(size, fmt::format("{} {}", kVolume / 512, nvme_device_.substr(4)));
    EXPECT_NE(shell("nvme namespace identify -n eui.0").find("Unable to find"), std::string::npos);
    // Nor does a 7.0 host tell the target in the name of a path.
    const std::string paths = shell("storage hpp path list");
    EXPECT_EQ(paths.find("-tcp.unknown-" + nvme_device_) == std::string::npos, eight) << paths;
    EXPECT_EQ(paths.find("-tcp.192.0.2.11:4420-") != std::string::npos, eight) << paths;
    EXPECT_EQ(paths.find("ANA_GRP_state=") != std::string::npos, eight) << paths;
    EXPECT_EQ(shell("network ip interface tag remove -i vmk1 -t NVMeTCP"), "");
    EXPECT_NE(shell("network ip interface tag remove -i vmk1 -t NVMeTCP").find("not tagged"),
              std::string::npos);
}

TEST_P(EsxcliForms, DevicesAndTheirClaims) {
    const std::string sdc = array_->sdc_device(volume_);
    const std::string rules = read(EsxcliCommand("storage core claimrule list"), [](auto& o) {
        std::string out;
        for (const auto& r : cli::claim_rules(o))
            out += fmt::format("{} {} {} {} {}\n", r.rule_class, r.rule, r.claim_class, r.type,
                               r.plugin);
        return out;
    });
    EXPECT_NE(rules.find("MP 65533 runtime nvme HPP\n"), std::string::npos) << rules;
    EXPECT_NE(rules.find("MP 65535 runtime vendor NMP\n"), std::string::npos) << rules;
    EXPECT_EQ(rules.find("VAAI"), std::string::npos);
    EXPECT_NE(shell("storage core claimrule list -c VAAI").find("VMW_VAAIP"), std::string::npos);
    const std::string uids = read(EsxcliCommand("storage core device uidmap list"), [](auto& o) {
        std::string out;
        for (const auto& r : cli::device_uids(o))
            out += r.device + "=" + r.primary + "+" + std::to_string(r.others.size()) + "\n";
        return out;
    });
    EXPECT_NE(uids.find(sdc + "=" + sdc + "+1\n"), std::string::npos) << uids;
    const std::string parts =
        read(EsxcliCommand("storage core device partition list"), [](auto& o) {
            std::string out;
            for (const auto& r : cli::partitions(o))
                out += fmt::format("{}:{} {} {}\n", r.device, r.partition, r.type, r.start_sector);
            return out;
        });
    EXPECT_NE(parts.find(sdc + ":1 fb 2048\n"), std::string::npos) << parts;
    EXPECT_EQ(parts.find(nvme_device_ + ":1"), std::string::npos); // blank
    const std::string nmp = read(EsxcliCommand("storage nmp device list"), [](auto& o) {
        std::string out;
        for (const auto& r : cli::nmp_devices(o))
            out += r.device + " " + r.satp + " " + r.psp + " " +
                   std::to_string(r.working_paths.size()) + "\n";
        return out;
    });
    EXPECT_EQ(nmp, sdc + " VMW_SATP_DEFAULT_AA VMW_PSP_FIXED 1\n"); // NVMe is HPP's
    EXPECT_NE(shell("storage nmp path list").find("Group State: active"), std::string::npos);
    EXPECT_NE(shell("storage nmp satp rule list").find("VMW_SATP_ALUA"), std::string::npos);
}

TEST_P(EsxcliForms, DumpsOptionsAndTheRest) {
    auto files = [&] {
        return read(EsxcliCommand("system coredump file list"), [](auto& o) {
            std::string out;
            for (const auto& r : cli::dump_files(o))
                out += r.path.substr(0, r.path.rfind('/')) + (r.active ? " active" : "");
            return out;
        });
    };
    EXPECT_EQ(shell("system coredump file add -d sdc-01"), "");
    EXPECT_EQ(files(), "/vmfs/volumes/" + uuid_ + "/vmkdump active");
    EXPECT_NE(shell("system coredump file get").find("/vmkdump/"), std::string::npos);
    EXPECT_EQ(shell("storage vmfs unmap -l sdc-01"), "");
    EXPECT_NE(shell("storage vmfs unmap -l nowhere").find("not found"), std::string::npos);
    EXPECT_EQ(shell("storage vmfs reclaim config set -l sdc-01 -p none"), "");
    EXPECT_NE(shell("storage vmfs reclaim config get -u " + uuid_).find("Reclaim Priority: none"),
              std::string::npos);
    EXPECT_EQ(retrieve_property(*session_, datastore_, "info")->at("vmfs.unmapPriority").text(),
              "none");
    // A dump file keeps its datastore from being unmounted.
    for (const char* one : {"one", "two"})
        ASSERT_TRUE(unregister_vm(*session_, vm(one)));
    EXPECT_EQ(fault(unmount_vmfs(*session_, host_, uuid_)), "ResourceInUse");
    EXPECT_NE(shell("system coredump file remove").find("--force"), std::string::npos);
    EXPECT_EQ(shell("system coredump file remove --force"), "");
    EXPECT_TRUE(unmount_vmfs(*session_, host_, uuid_));
    EXPECT_NE(shell("system coredump partition list").find(nvme_device_ + ":1"), std::string::npos);
    EXPECT_EQ(read(EsxcliCommand("system coredump partition get"),
                   [](auto& o) { return "[" + cli::dump_partition(o).active + "]"; }),
              "[]");
    auto option = [&](const std::string& path) {
        EsxcliCommand words("system settings advanced list");
        words.opt("option", path);
        return read(words, [](auto& o) {
            const auto rows = cli::advanced_option_rows(o);
            return rows.empty() ? std::string() : rows[0].path + "=" + rows[0].value();
        });
    };
    EXPECT_EQ(option("/Misc/APDTimeout"), "/Misc/APDTimeout=140");
    EXPECT_EQ(shell("system settings advanced set -o /Misc/APDTimeout -i 60"), "");
    EXPECT_EQ(option("/Misc/APDTimeout"), "/Misc/APDTimeout=60");
    EXPECT_NE(shell("system settings advanced set -o /Misc/APDTimeout -i 1"), "");
    EXPECT_EQ(option("/Misc/HostName"), "/Misc/HostName=" + host_.name);
    EXPECT_EQ(shell("system maintenanceMode set --enable true"), "");
    EXPECT_NE(shell("system maintenanceMode get").find("Enabled"), std::string::npos);
    EXPECT_EQ(shell("system maintenanceMode set --enable false"), "");
    EXPECT_EQ(shell("system module parameters set -m nvmetcp -p a=1"), "");
    EXPECT_NE(shell("system module parameters list -m nvmetcp").find("a"), std::string::npos);
    EXPECT_NE(shell("system module load -m nvmetcp").find("Busy"), std::string::npos);
    EXPECT_NE(shell("software vib get -n sdc").find("Vendor: EMC"), std::string::npos);
    EXPECT_NE(shell("vm process kill -t soft -w 1").find("Unable to find"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Releases, EsxcliForms, ::testing::Values("7.0.3", "8.0.3"));

} // namespace
} // namespace pf::vim::test
