// scli against the gateway over TLS: text out, text on stderr, exit status.
#include "backend/gateway/core/gateway.hpp"
#include "base/file.hpp"
#include "base/net/http_server.hpp"
#include "base/net/tls.hpp"
#include "tests/unit/gateway/fake_mdm.hpp"
#include "tools/scli/run.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <sstream>

namespace pf::scli {
namespace {

struct Outcome {
    int status = 0;
    std::string out;
    std::string err;
};

std::vector<std::string> words(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> out;
    for (std::string word; in >> word;) {
        out.push_back(word);
    }
    return out;
}

class ScliTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto users = gateway::Users::load(dir_ / "users.json");
        ASSERT_TRUE(users);
        users_ = std::move(*users);
        ASSERT_TRUE(users_->set("admin", Secret("Sekrit-123"), gateway::Role::SuperUser));
        gateway::SiteFacts facts;
        facts.mdm_ips = {"10.0.0.1"};
        gateway_ = std::make_unique<gateway::Gateway>(mdm_, *users_, facts);
        auto ca = net::CertificateAuthority::create("test CA");
        ASSERT_TRUE(ca);
        auto identity = ca->issue("gateway", {"127.0.0.1"});
        ASSERT_TRUE(identity);
        ASSERT_TRUE(write_file_atomic(dir_ / "ca.pem", ca->cert_pem()));
        ASSERT_TRUE(write_file_atomic(dir_ / "pw", "Sekrit-123\n", 0600));
        net::HttpServerOptions options;
        options.cert_pem = identity->cert_pem;
        options.key_pem = identity->key_pem;
        server_ = std::make_unique<net::HttpServer>(
            std::move(options), net::HttpServer::Handler([this](const net::HttpServerRequest& r) {
                return gateway_->handle(r);
            }));
        ASSERT_TRUE(server_->start());
        env_["POWERFLEX_ENDPOINT"] = fmt::format("https://127.0.0.1:{}", server_->port());
        env_["PF_CA_FILE"] = dir_ / "ca.pem";
        env_["SCLI_SESSION_FILE"] = dir_ / "state/session.json";
    }
    void TearDown() override {
        if (server_) {
            server_->stop();
        }
    }
    Outcome scli(const std::string& line, std::function<bool(const std::string&)> confirm = {}) {
        std::ostringstream out;
        std::ostringstream err;
        const int status = run({words(line), env_, out, err, std::move(confirm)});
        return {status, out.str(), err.str()};
    }
    void login() {
        const Outcome done = scli("--login --username admin --password_from file:" + (dir_ / "pw"));
        ASSERT_EQ(done.status, 0) << done.err;
    }
    static std::string tail_id(const std::string& text) {
        return text.substr(text.find("Object ID ") + 10, 16);
    }

    TempDir dir_{"scli"};
    gateway::testing::FakeMdm mdm_;
    std::unique_ptr<gateway::Users> users_;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<net::HttpServer> server_;
    Environment env_;
};

TEST_F(ScliTest, LoginNamesTheSystemAndKeepsOnlyTokens) {
    const Outcome done = scli("--login --username admin --password_from file:" + (dir_ / "pw"));
    EXPECT_EQ(done.out, "Logged in. System ID is 1250de83018c2d0f\n");
    struct stat info {};
    ASSERT_EQ(::stat((dir_ / "state/session.json").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_EQ(read_file(dir_ / "state/session.json")->find("Sekrit"), std::string::npos);
    EXPECT_EQ(scli("--query_all_sdt").status, 0);
    EXPECT_EQ(scli("--logout").out, "Logged out.\n");
    const Outcome after = scli("--query_all_sdt");
    EXPECT_EQ(after.status, 1);
    EXPECT_EQ(after.err, "Error: not logged in: run scli --login --username NAME first\n");
}

TEST_F(ScliTest, TheFoundingCommandPrintsTheSystemNqn) {
    login();
    const Outcome done =
        scli("--query_properties --object_type SYSTEM --properties NQN --flat_list --all_objects");
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(done.out, "SYSTEM 1250de83018c2d0f NQN "
                        "nqn.1988-11.com.dell:powerflex:00:1250de83018c2d0f\n");
}

TEST_F(ScliTest, TheEnvironmentServesForOneCommand) {
    env_["POWERFLEX_USERNAME"] = "admin";
    env_["POWERFLEX_PASSWORD"] = "Sekrit-123";
    EXPECT_EQ(scli("--query_all_sdt").status, 0);
    EXPECT_FALSE(file_exists(dir_ / "state/session.json"));
    env_["POWERFLEX_PASSWORD"] = "wrong";
    const Outcome refused = scli("--query_all_sdt");
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.err.find("wrong user name or password"), std::string::npos);
}

TEST_F(ScliTest, APastedDashIsDiagnosed) {
    for (const std::string dash : {"\u2013", "\u2014", "\u2212", "\u2013\u2013", "-\u2013"}) {
        const Outcome done = scli(dash + "query_properties --object_type SYSTEM");
        EXPECT_EQ(done.status, 1);
        EXPECT_NE(done.err.find("type two plain hyphens, --query_properties"), std::string::npos)
            << done.err;
    }
    EXPECT_NE(scli("--query_properties \u2013object_type SYSTEM").err.find("an en dash (U+2013)"),
              std::string::npos);
}

TEST_F(ScliTest, PasswordsOnTheCommandLineAreRefused) {
    const Outcome done = scli("--login --username admin --password Sekrit-123");
    EXPECT_EQ(done.status, 1);
    EXPECT_EQ(done.err.find("Sekrit"), std::string::npos);
    EXPECT_NE(done.err.find("--password_from"), std::string::npos);
}

TEST_F(ScliTest, BadUsage) {
    for (const auto& [line, text] :
         {std::pair{"", "no command given"}, std::pair{"--nonsense", "unknown command --nonsense"},
          std::pair{"query_all", "is no option"},
          std::pair{"--query_all --volume_name x", "does not know the option --volume_name"},
          std::pair{"--query_all --query_cluster", "are both commands"},
          std::pair{"--query_volume --volume_name", "needs a value"},
          std::pair{"--query_volume --volume_name a --volume_name b", "given twice"},
          std::pair{"--query_all --i_am_sure=1", "takes no value"}}) {
        const Outcome done = scli(line);
        EXPECT_EQ(done.status, 1) << line;
        EXPECT_NE(done.err.find(text), std::string::npos) << line << ": " << done.err;
        EXPECT_TRUE(done.out.empty());
    }
    EXPECT_EQ(scli("--help").status, 0);
    EXPECT_NE(scli("--add_volume --help").out.find("--size_gb VALUE"), std::string::npos);
}

TEST_F(ScliTest, VolumesInPowerFlexsWords) {
    login();
    EXPECT_EQ(scli("--query_all_volumes").out,
              fmt::format("Query-all-volumes returned 0 volumes\n"
                          "Protection Domain {} Name: PD1\nStorage Pool {} Name: SP1\n"
                          " <No volumes defined>\n",
                          map::hex16(mdm_.state().protection_domains[0].id),
                          map::hex16(mdm_.state().storage_pools[0].id)));
    const Outcome added = scli("--add_volume --protection_domain_name PD1 --storage_pool_name SP1 "
                               "--size_gb 10 --volume_name v1 --thin_provisioned");
    EXPECT_EQ(added.out, "Warning: Rounding up the volume size to 16 GB\n"
                         "Successfully created volume of size 16 GB. Object ID b5a167e400000001\n");
    const Outcome again = scli("--add_volume --storage_pool_name SP1 --size_gb 8 --volume_name v1");
    EXPECT_EQ(again.status, 7);
    EXPECT_NE(again.err.find("Error: MDM failed command.  Status: "), std::string::npos);
    EXPECT_NE(again.err.find("already in use"), std::string::npos);
    EXPECT_EQ(scli("--map_volume_to_sdc --volume_name v1 --sdc_ip 10.0.2.1 --allow_multi_map").out,
              "Successfully mapped volume v1 to SDC 10.0.2.1\n");
    EXPECT_EQ(
        scli("--set_sdc_volume_limits --volume_name v1 --sdc_name esx1 --iops_limit 200").status,
        0);
    const Outcome all = scli("--query_all_volumes");
    EXPECT_NE(
        all.out.find(" Volume ID: b5a167e400000001 Name: v1 Size: 16.0 GB (16384 MB) Mapped to 1 "
                     "SDC Thin-provisioned\n"),
        std::string::npos)
        << all.out;
    const Outcome one = scli("--query_volume --volume_name v1");
    EXPECT_NE(one.out.find("IP: 10.0.2.1 Name: esx1 IOPS limit: 200"), std::string::npos)
        << one.out;
    EXPECT_EQ(scli("--remove_volume --volume_name v1").status, 1);             // nobody confirmed
    EXPECT_EQ(scli("--remove_volume --volume_name v1 --i_am_sure").status, 7); // mapped
    EXPECT_EQ(scli("--unmap_volume_from_sdc --volume_name v1 --all_sdcs --i_am_sure").status, 0);
    EXPECT_EQ(
        scli("--remove_volume --volume_name v1", [](const std::string&) { return false; }).status,
        1);
    EXPECT_EQ(scli("--remove_volume --volume_name v1", [](const std::string&) { return true; }).out,
              "Successfully removed volume v1\n");
    EXPECT_EQ(scli("--query_volume --volume_name v1").status, 7);
}

TEST_F(ScliTest, NvmeHostsFromRegistrationToRemoval) {
    login();
    const Outcome added =
        scli("--add_nvme_host --nvme_host_nqn nqn.2014-08.com.lab:esx01 --host_name esx01");
    ASSERT_EQ(added.status, 0) << added.err;
    const std::string id = tail_id(added.out);
    EXPECT_EQ(scli("--query_all_nvme_hosts").out,
              fmt::format("Query all NVMe hosts returned 1 hosts.\nHost ID: {} Name: esx01 NQN: "
                          "nqn.2014-08.com.lab:esx01 Max paths: 4 Max system ports: 10\n",
                          id));
    scli("--add_volume --storage_pool_name SP1 --size_gb 8 --volume_name v1");
    EXPECT_EQ(scli("--map_volume_to_host --volume_name v1 --nqn nqn.2014-08.com.lab:esx01").out,
              "Successfully mapped volume v1 to host esx01\n");
    EXPECT_EQ(scli("--map_volume_to_host --volume_name v1 --host_name esx01").status, 7);
    const Outcome mixed =
        scli("--map_volume_to_sdc --volume_name v1 --sdc_name esx1 --allow_multi_map");
    EXPECT_EQ(mixed.status, 7);
    EXPECT_NE(mixed.err.find("not by both"), std::string::npos) << mixed.err;
    EXPECT_NE(scli("--query_nvme_host --host_id " + id).out.find("Name: v1 NSID: 1"),
              std::string::npos);
    EXPECT_EQ(scli("--remove_nvme_host --host_name esx01 --i_am_sure").status, 7);
    EXPECT_EQ(
        scli("--unmap_volume_from_host --volume_name v1 --host_id " + id + " --i_am_sure").status,
        0);
    EXPECT_EQ(scli("--rename_sdc --sdc_id " + id + " --new_name esx01b").status, 0);
    EXPECT_EQ(scli("--remove_nvme_host --host_name esx01b --i_am_sure").status, 0);
}

TEST_F(ScliTest, HostSecretsComeByReference) {
    login();
    scli("--add_nvme_host --nvme_host_nqn nqn.2014-08.com.lab:esx01 --host_name esx01");
    ASSERT_TRUE(write_file_atomic(dir_ / "chap", "DHHC-1:00:secret:\n", 0600));
    const Outcome set = scli(
        "--set_nvme_host_secrets --host_name esx01 --dhchap_secret_from file:" + (dir_ / "chap"));
    EXPECT_EQ(set.out, "Successfully set the secrets of NVMe host esx01\n") << set.err;
    EXPECT_EQ(mdm_.dhchap.expose(), "DHHC-1:00:secret:");
    const Outcome by_value =
        scli("--set_nvme_host_secrets --host_name esx01 --dhchap_secret_from DHHC-1:00:secret:");
    EXPECT_NE(by_value.status, 0) << "never by value";
    EXPECT_NE(scli("--set_nvme_host_secrets --host_name esx01").status, 0);
    EXPECT_EQ(scli("--clear_nvme_host_secrets --host_name esx01 --i_am_sure").status, 0);
    EXPECT_TRUE(mdm_.dhchap.empty());
}

TEST_F(ScliTest, SnapshotsAndRestore) {
    login();
    scli("--add_volume --storage_pool_name SP1 --size_gb 8 --volume_name v1");
    scli("--add_volume --storage_pool_name SP1 --size_gb 8 --volume_name v2");
    const Outcome taken = scli("--snapshot_volume --volume_id b5a167e400000001,b5a167e400000002 "
                               "--snapshot_name s1,s2");
    EXPECT_EQ(taken.out, "Snapshots on 2 volumes created successfully.\n"
                         "Consistency group ID: 5a05c11200000001\n"
                         "    Source volume with ID b5a167e400000001 => b5a167e400000003 s1\n"
                         "    Source volume with ID b5a167e400000002 => b5a167e400000004 s2\n");
    EXPECT_EQ(scli("--overwrite_volume_content --source_vol_name s1 --destination_vol_name v1 "
                   "--i_am_sure")
                  .status,
              0);
    EXPECT_EQ(scli("--overwrite_volume_content --source_vol_name s1 --destination_vol_name v2 "
                   "--i_am_sure")
                  .status,
              7);
    EXPECT_EQ(scli("--remove_consistency_group_snapshots --consistency_group_id 5a05c11200000001 "
                   "--i_am_sure")
                  .status,
              0);
}

TEST_F(ScliTest, PropertiesInColumns) {
    login();
    scli("--add_volume --storage_pool_name SP1 --size_gb 8 --volume_name v1");
    EXPECT_EQ(scli("--query_properties --object_type VOLUME --all_objects --properties "
                   "NAME,SIZE,TYPE,USE_RMCACHE,ANCESTOR_VOLUME_ID")
                  .out,
              fmt::format("VOLUME b5a167e400000001:\n"
                          "\t{:<50} v1\n\t{:<50} 8.0 GB (8192 MB)\n\t{:<50} THIN_PROVISIONED\n"
                          "\t{:<50} No\n\t{:<50} 0000000000000000\n",
                          "NAME", "SIZE", "TYPE", "USE_RMCACHE", "ANCESTOR_VOLUME_ID"));
    const Outcome sds = scli(
        "--query_properties --object_type SDS --all_objects --properties IPS,MEMBERSHIP_STATE");
    EXPECT_NE(sds.out.find("10.0.0.3"), std::string::npos);
    EXPECT_EQ(std::count(sds.out.begin(), sds.out.end(), ':'), 3);
    EXPECT_NE(scli("--query_properties --object_type STORAGE_POOL --all_objects --properties "
                   "MAX_CAPACITY_IN_KB,SPARE_PERCENT")
                  .out.find("10%"),
              std::string::npos);
    EXPECT_EQ(scli("--query_properties --object_type HOST --all_objects --properties NAME").out,
              "No objects returned\n");
    EXPECT_NE(scli("--query_properties --object_type SYSTEM --all_objects --preset ALL")
                  .out.find("SYSTEM_NQN"),
              std::string::npos);
    EXPECT_EQ(
        scli("--query_properties --object_type SYSTEM --all_objects --properties NO_SUCH").status,
        1);
    EXPECT_EQ(scli("--query_properties --object_type PLANET --all_objects --preset ALL").status, 1);
}

TEST_F(ScliTest, TheRestOfTheQueries) {
    login();
    EXPECT_NE(scli("--query_all").out.find("NQN:     nqn.1988-11.com.dell"), std::string::npos);
    EXPECT_NE(scli("--query_cluster").out.find("    Mode: 1_node, State: Normal, Active: 1/1"),
              std::string::npos);
    EXPECT_NE(scli("--query_system_limits").out.find("volumeSizeGb"), std::string::npos);
    EXPECT_NE(scli("--query_all_sds").out.find("Query-all-SDS returned 3 SDS nodes."),
              std::string::npos);
    EXPECT_NE(scli("--query_sds --sds_name sds1").out.find("Path: /dev/sdb"), std::string::npos);
    EXPECT_NE(scli("--query_all_sdc").out.find("Query all SDC returned 2 SDC nodes."),
              std::string::npos);
    EXPECT_NE(scli("--query_sdt --sdt_name sdt1").out.find("10.0.1.1 (StorageAndHost)"),
              std::string::npos);
    EXPECT_NE(scli("--query_storage_pool --storage_pool_name SP1").out.find("total capacity"),
              std::string::npos);
    EXPECT_EQ(scli("--add_protection_domain --protection_domain_name PD2").status, 0);
    EXPECT_EQ(
        scli("--add_storage_pool --protection_domain_name PD2 --storage_pool_name SP2").status, 0);
    EXPECT_EQ(scli("--add_sds --protection_domain_name PD2 --sds_name n1 --sds_ip 10.9.9.1 "
                   "--device_path /dev/sdx --storage_pool_name SP2")
                  .status,
              0);
    EXPECT_EQ(
        scli("--add_sdt --protection_domain_name PD2 --sdt_name t9 --sdt_ip 10.9.9.2,10.9.9.3 "
             "--sdt_ip_role storage_and_host,host_only --nvme_port 4421")
            .status,
        0);
    EXPECT_NE(scli("--query_sdt --sdt_name t9").out.find("10.9.9.3 (HostOnly)"), std::string::npos);
    EXPECT_EQ(scli("--query_protection_domain --protection_domain_name PD2").status, 0);
    EXPECT_EQ(scli("--remove_sdt --sdt_name t9 --i_am_sure").status, 0);
}

TEST_F(ScliTest, UntrustedAndUnreachableSayWhatToDo) {
    login();
    env_["PF_CA_FILE"] = dir_ / "none.pem";
    EXPECT_EQ(scli("--query_all").status, 1);
    env_["PF_CA_FILE"] = dir_ / "ca.pem";
    server_->stop();
    const Outcome gone = scli("--query_all");
    EXPECT_EQ(gone.status, 1);
    EXPECT_NE(gone.err.find("127.0.0.1"), std::string::npos) << gone.err;
}

} // namespace
} // namespace pf::scli
