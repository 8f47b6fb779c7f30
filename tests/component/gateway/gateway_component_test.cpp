// Real processes: pf-mdm, three pf-sds and pf-gateway, driven by libpf over TLS and by the scli
// program.
#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/net/url.hpp"
#include "base/process.hpp"
#include "libpf/client.hpp"
#include "libpf/model_json.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace pf::powerflex {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kSystemId = "1250de83018c2d0f";

class GatewayProcesses : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(write_file_atomic(dir_ / "password", "Sekrit-123\n", 0600));
        start("pf-mdm", "mdm",
              {"--listen", "127.0.0.1:0", "--data-dir", dir_ / "mdm", "--system-id",
               std::string(kSystemId), "--system-name", "lab", "--combs-per-pool", "64", "--lease",
               "1500ms", "--lease-margin", "200ms", "--heartbeat", "200ms", "--startup-grace",
               "1700ms"});
        mdm_ = address("mdm");
        start_gateway("127.0.0.1:0");
    }
    void start_gateway(const std::string& listen) {
        start("pf-gateway", "gateway",
              {"--listen", listen, "--mdm", mdm_, "--data-dir", dir_ / "gateway",
               "--admin-password", "file:" + (dir_ / "password")});
        gateway_ = address("gateway");
    }
    void TearDown() override {
        if (HasFailure()) {
            for (const auto& [name, process] : processes_) {
                ADD_FAILURE() << name << ":\n" << read_file(dir_ / (name + ".log")).value_or("");
            }
        }
        for (auto& [name, process] : processes_) {
            EXPECT_EQ(process.stop(10s), 0) << name;
        }
    }
    void start(const std::string& program, const std::string& name, std::vector<std::string> args) {
        (void)remove_tree(dir_ / (name + ".port"));
        args.insert(args.begin(), executable_dir() + "/" + program);
        args.insert(args.end(), {"--port-file", dir_ / (name + ".port")});
        SpawnOptions options;
        options.stderr_file = dir_ / (name + ".log");
        options.die_with_parent = true;
        auto process = ChildProcess::spawn(args, options);
        ASSERT_TRUE(process) << process.error().what;
        processes_.insert_or_assign(name, std::move(*process));
    }
    std::string address(const std::string& name) {
        for (const MonoTime end = mono_now() + 20s; mono_now() < end;) {
            if (auto text = read_file(dir_ / (name + ".port")); text && !text->empty()) {
                return text->substr(0, text->find('\n'));
            }
            std::this_thread::sleep_for(10ms); // a poll with a deadline
        }
        ADD_FAILURE() << name << " does not get ready";
        return {};
    }
    Result<Client> connect() {
        ClientOptions options;
        options.endpoint = gateway_;
        options.trust.ca_file = dir_ / "gateway/tls/ca.pem";
        return Client::connect(std::move(options), {"admin", Secret("Sekrit-123")});
    }
    CommandResult scli(std::vector<std::string> args) {
        args.insert(args.begin(), executable_dir() + "/scli");
        auto done = run_command(args, 30s, {},
                                {{"POWERFLEX_ENDPOINT", "https://" + gateway_},
                                 {"PF_CA_FILE", dir_ / "gateway/tls/ca.pem"},
                                 {"SCLI_SESSION_FILE", dir_ / "scli.json"}});
        EXPECT_TRUE(done);
        return done ? *done : CommandResult{};
    }
    std::string create(Client& client, const std::string& type, const json::object& body) {
        auto reply =
            client.post(fmt::format("/api/types/{}/instances", type), json::serialize(body));
        EXPECT_TRUE(reply) << type << ": " << reply.error().what;
        return reply ? decode_created_id(*reply).value() : std::string();
    }

    TempDir dir_{"gateway-component"};
    std::map<std::string, ChildProcess> processes_;
    std::string mdm_;
    std::string gateway_;
};

TEST_F(GatewayProcesses, AnEstateIsBuiltAndUsedOverRestAlone) {
    auto client = connect();
    ASSERT_TRUE(client) << client.error().what;
    const auto system = client->system();
    ASSERT_TRUE(system) << system.error().what;
    EXPECT_EQ(system->id.value, kSystemId);

    const std::string domain = create(*client, "ProtectionDomain", {{"name", "PD1"}});
    const std::string pool =
        create(*client, "StoragePool",
               {{"name", "SP1"}, {"protectionDomainId", domain}, {"mediaType", "SSD"}});
    for (int i = 1; i <= 3; ++i) {
        const std::string name = fmt::format("sds{}", i);
        start(
            "pf-sds", name,
            {"--name", name, "--listen", "127.0.0.1:0", "--mdm", mdm_, "--state-dir", dir_ / name});
        const auto at = net::parse_endpoint(address(name));
        ASSERT_TRUE(at);
        create(*client, "Sds",
               {{"name", name},
                {"protectionDomainId", domain},
                {"sdsPort", fmt::to_string(at->port)},
                {"sdsIpList", json::array{json::object{{"ip", at->host}, {"role", "all"}}}}});
    }
    std::vector<Sds> all;
    for (const MonoTime end = mono_now() + 20s; mono_now() < end;) {
        all = client->sdss().value();
        if (std::all_of(all.begin(), all.end(),
                        [](const Sds& sds) { return sds.membership_state == "Joined"; })) {
            break;
        }
        std::this_thread::sleep_for(50ms); // a poll with a deadline
    }
    ASSERT_EQ(all.size(), 3u);
    for (const Sds& sds : all) {
        ASSERT_EQ(sds.membership_state, "Joined");
        create(*client, "Device",
               {{"sdsId", sds.id.value},
                {"storagePoolId", pool},
                {"capacityLimitInKb", "524288"},
                {"deviceCurrentPathname", dir_ / (sds.name + ".dev")}});
    }
    EXPECT_GT(client->storage_pool_capacity(StoragePoolId(pool))->max_kib, 0u);

    CreateVolume create_volume;
    create_volume.name = "v1";
    create_volume.size_kib = kVolumeGranularityKib;
    create_volume.pool = StoragePoolRef(StoragePoolId(pool), "SP1");
    const auto volume_id = client->create(create_volume);
    ASSERT_TRUE(volume_id) << volume_id.error().what;
    const VolumeRef volume(*volume_id, "v1");
    EXPECT_EQ(client->create(create_volume).error().code, Errc::AlreadyExists);

    CreateNvmeHost new_host;
    new_host.nqn = "nqn.2014-08.com.lab:esx01";
    new_host.name = "esx01";
    const auto host_id = client->create(new_host);
    ASSERT_TRUE(host_id) << host_id.error().what;
    EXPECT_EQ(client->create(new_host).error().code, Errc::AlreadyExists);
    const HostRef host(*host_id, "esx01");
    EXPECT_EQ(client->map({volume, host}).value(), MapOutcome::Mapped);
    EXPECT_EQ(client->map({volume, host}).value(), MapOutcome::AlreadyMapped);
    EXPECT_TRUE(client->apply(SetMappingLimits{volume, host, {500, 20}}));
    const auto mapped = client->volume(*volume_id);
    ASSERT_TRUE(mapped);
    EXPECT_EQ(mapped->protocol(), VolumeProtocol::Nvme);
    EXPECT_GT(mapped->nsid, 0u);
    EXPECT_EQ(mapped->mappings.front().limits, (MappingLimits{500, 20}));
    EXPECT_EQ(client->apply(RemoveVolume{volume}).error().code, Errc::Conflict);
    EXPECT_EQ(client->apply(RemoveHost{host}).error().code, Errc::Conflict);
    EXPECT_EQ(client->unmap({volume, host}).value(), UnmapOutcome::Unmapped);
    EXPECT_EQ(client->unmap({volume, host}).value(), UnmapOutcome::WasNotMapped);

    const auto taken = client->create(CreateSnapshots{system->id, {{volume, "v1-snap"}}});
    ASSERT_TRUE(taken) << taken.error().what;
    const VolumeRef snapshot(taken->snapshots.front(), "v1-snap");
    EXPECT_EQ(client->volume(snapshot.id)->ancestor, *volume_id);
    const auto restored = client->apply(OverwriteVolume{volume, snapshot});
    EXPECT_TRUE(restored) << restored.error().what;
    EXPECT_TRUE(client->apply(RemoveVolume{snapshot}));
    const auto grown = client->apply(ResizeVolume{volume, 16});
    EXPECT_TRUE(grown) << grown.error().what;
    EXPECT_TRUE(client->apply(RenameVolume{volume, "v1b"}));
    EXPECT_EQ(client->volume_by_name("v1b")->size_kib, 2 * kVolumeGranularityKib);
    EXPECT_TRUE(client->apply(RemoveHost{host}));
    EXPECT_TRUE(client->apply(RemoveVolume{volume}));
    EXPECT_EQ(client->volume_by_name("v1b").error().code, Errc::NotFound);

    // The founding command, by the real program.
    const auto login =
        scli({"--login", "--username", "admin", "--password_from", "file:" + (dir_ / "password")});
    EXPECT_EQ(login.out, fmt::format("Logged in. System ID is {}\n", kSystemId)) << login.err;
    const auto nqn = scli({"--query_properties", "--object_type", "SYSTEM", "--properties", "NQN",
                           "--flat_list", "--all_objects"});
    EXPECT_EQ(nqn.exit_code, 0) << nqn.err;
    EXPECT_EQ(nqn.out,
              fmt::format("SYSTEM {0} NQN nqn.1988-11.com.dell:powerflex:00:{0}\n", kSystemId));
    EXPECT_EQ(scli({"--query_volume", "--volume_name", "none"}).exit_code, 7);
}

TEST_F(GatewayProcesses, SurvivesTheLossOfTheMdmAndItsOwnRestart) {
    auto client = connect();
    ASSERT_TRUE(client) << client.error().what;
    create(*client, "ProtectionDomain", {{"name", "PD1"}});
    processes_.at("mdm").signal(SIGKILL);
    ASSERT_TRUE(processes_.at("mdm").wait(10s));
    const auto lost = client->system();
    ASSERT_FALSE(lost);
    EXPECT_TRUE(lost.error().code == Errc::Unreachable || lost.error().code == Errc::NotReady);
    start("pf-mdm", "mdm", {"--listen", mdm_, "--data-dir", dir_ / "mdm"});
    address("mdm");
    const auto after_mdm = client->protection_domains();
    ASSERT_TRUE(after_mdm) << after_mdm.error().what;
    EXPECT_EQ(after_mdm->size(), 1u);
    EXPECT_EQ(processes_.at("gateway").stop(10s), 0);
    start_gateway(gateway_); // same identity, same users: the client logs in again by itself
    const auto after_gateway = client->protection_domains();
    ASSERT_TRUE(after_gateway) << after_gateway.error().what;
    EXPECT_EQ(after_gateway->size(), 1u);
    // Every change so far is in the audit log.
    const auto audit = read_file(dir_ / "gateway/audit.jsonl");
    ASSERT_TRUE(audit);
    EXPECT_NE(audit->find("/api/types/ProtectionDomain/instances"), std::string::npos);
    EXPECT_EQ(audit->find("Sekrit"), std::string::npos);
}

} // namespace
} // namespace pf::powerflex
