// libpf against the gateway over TLS: the pair that the toolkit and the lab rest on.
#include "backend/gateway/core/gateway.hpp"
#include "base/file.hpp"
#include "base/net/http_server.hpp"
#include "base/net/tls.hpp"
#include "libpf/client.hpp"
#include "tests/unit/gateway/fake_mdm.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace pf::gateway {
namespace {

namespace pfx = pf::powerflex;

class LibpfGatewayTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto users = Users::load(dir_ / "users.json");
        ASSERT_TRUE(users);
        users_ = std::move(*users);
        ASSERT_TRUE(users_->set("admin", Secret("Sekrit-123"), Role::SuperUser));
        gateway_ = std::make_unique<Gateway>(mdm_, *users_, SiteFacts{});
        auto ca = net::CertificateAuthority::create("test CA");
        ASSERT_TRUE(ca);
        auto identity = ca->issue("gateway", {"127.0.0.1"});
        ASSERT_TRUE(identity);
        ASSERT_TRUE(write_file_atomic(dir_ / "ca.pem", ca->cert_pem()));
        pin_ = net::sha256_fingerprint(identity->cert_pem).value();
        net::HttpServerOptions options;
        options.cert_pem = identity->cert_pem;
        options.key_pem = identity->key_pem;
        server_ = std::make_unique<net::HttpServer>(
            std::move(options), net::HttpServer::Handler([this](const net::HttpServerRequest& r) {
                return gateway_->handle(r);
            }));
        ASSERT_TRUE(server_->start());
        options_.endpoint = fmt::format("127.0.0.1:{}", server_->port());
        options_.trust.ca_file = dir_ / "ca.pem";
    }
    void TearDown() override {
        if (server_) {
            server_->stop();
        }
    }
    Result<pfx::Client> connect(std::string_view password = "Sekrit-123") {
        return pfx::Client::connect(options_, {"admin", Secret(password)});
    }

    TempDir dir_{"libpf-gateway"};
    testing::FakeMdm mdm_;
    std::unique_ptr<Users> users_;
    std::unique_ptr<Gateway> gateway_;
    std::unique_ptr<net::HttpServer> server_;
    std::string pin_;
    pfx::ClientOptions options_;
};

TEST_F(LibpfGatewayTest, TrustIsTheCaOrAPinAndNothingElse) {
    EXPECT_TRUE(connect());
    options_.trust.ca_file.clear();
    options_.trust.sha256_pins = {pin_};
    EXPECT_TRUE(connect());
    options_.trust.sha256_pins = {std::string(64, '0')};
    EXPECT_EQ(connect().error().code, Errc::Untrusted);
    options_.trust.sha256_pins.clear();
    EXPECT_EQ(connect().error().code, Errc::Untrusted);
}

TEST_F(LibpfGatewayTest, BothLoginFlowsWork) {
    for (const auto flow : {pfx::LoginFlow::Auto, pfx::LoginFlow::Bearer, pfx::LoginFlow::Legacy}) {
        options_.login_flow = flow;
        auto client = connect();
        ASSERT_TRUE(client) << client.error().what;
        EXPECT_EQ(client->version(), (pfx::ApiVersion{4, 6}));
        EXPECT_TRUE(client->logout());
        EXPECT_TRUE(client->system()); // logs in again
        EXPECT_EQ(connect("wrong").error().code, Errc::AuthFailed);
    }
}

TEST_F(LibpfGatewayTest, ADatastoresWayFromSdcToNvmeAndBack) {
    auto client = connect();
    ASSERT_TRUE(client) << client.error().what;
    const auto system = client->system();
    ASSERT_TRUE(system);
    EXPECT_EQ(system->nqn, "nqn.1988-11.com.dell:powerflex:00:" + system->id.value);
    const auto sdts = client->sdts();
    ASSERT_EQ(sdts->size(), 2u);
    EXPECT_TRUE(sdts->front().ips.front().serves_hosts());

    const auto pool = client->storage_pool_by_name("PD1/SP1");
    ASSERT_TRUE(pool);
    EXPECT_GT(client->storage_pool_capacity(pool->id)->available_for_volumes_kib, 0u);
    pfx::CreateVolume create;
    create.name = "ds1";
    create.size_kib = 10;
    create.pool = pfx::StoragePoolRef(pool->id, pool->name);
    const auto id = client->create(create);
    ASSERT_TRUE(id) << id.error().what;
    EXPECT_EQ(client->create(create).error().code, Errc::AlreadyExists);
    const pfx::VolumeRef volume(*id, "ds1");
    EXPECT_EQ(client->volume_by_name("ds1")->size_kib, pfx::kVolumeGranularityKib);

    const auto sdcs = client->sdcs();
    ASSERT_EQ(sdcs->size(), 2u);
    for (const auto& sdc : *sdcs) {
        EXPECT_EQ(client->map({volume, pfx::HostRef(sdc.id, sdc.name), pfx::HostKind::Sdc}).value(),
                  pfx::MapOutcome::Mapped);
        EXPECT_TRUE(client->apply(pfx::SetMappingLimits{volume, pfx::HostRef(sdc.id), {500, 20}}));
    }
    EXPECT_EQ(client->volume(*id)->protocol(), pfx::VolumeProtocol::Sdc);
    EXPECT_EQ(client->volume(*id)->mappings.front().limits, (pfx::MappingLimits{500, 20}));

    pfx::CreateNvmeHost new_host;
    new_host.nqn = "nqn.2014-08.com.lab:esx01";
    new_host.name = "esx01";
    const auto host_id = client->create(new_host);
    ASSERT_TRUE(host_id);
    const auto host = client->nvme_host_by_nqn("nqn.2014-08.COM.lab:esx01");
    ASSERT_TRUE(host);
    EXPECT_EQ(host->id, *host_id);
    const pfx::HostRef host_ref(host->id, host->name);
    const auto both = client->map({volume, host_ref});
    ASSERT_FALSE(both);
    EXPECT_EQ(both.error().code, Errc::Conflict);

    const auto snapshots = client->create(pfx::CreateSnapshots{system->id, {{volume, "ds1-snap"}}});
    ASSERT_TRUE(snapshots) << snapshots.error().what;
    for (const auto& sdc : *sdcs) {
        EXPECT_EQ(client->unmap({volume, pfx::HostRef(sdc.id), pfx::HostKind::Sdc}).value(),
                  pfx::UnmapOutcome::Unmapped);
    }
    EXPECT_EQ(client->volume(*id)->protocol(), pfx::VolumeProtocol::None);
    EXPECT_EQ(client->map({volume, host_ref}).value(), pfx::MapOutcome::Mapped);
    EXPECT_EQ(client->map({volume, host_ref}).value(), pfx::MapOutcome::AlreadyMapped);
    EXPECT_EQ(client->volumes_of_host(host->id)->size(), 1u);
    EXPECT_EQ(client->apply(pfx::RemoveHost{host_ref}).error().code, Errc::Conflict);
    EXPECT_EQ(client->unmap({volume, host_ref}).value(), pfx::UnmapOutcome::Unmapped);
    EXPECT_EQ(client->unmap({volume, host_ref}).value(), pfx::UnmapOutcome::WasNotMapped);

    const pfx::VolumeRef snapshot(snapshots->snapshots.front(), "ds1-snap");
    EXPECT_TRUE(client->volume(snapshot.id)->is_snapshot());
    EXPECT_TRUE(client->apply(pfx::OverwriteVolume{volume, snapshot}));
    EXPECT_TRUE(client->apply(pfx::RemoveVolume{snapshot}));
    EXPECT_TRUE(client->apply(pfx::RenameVolume{volume, "ds1-new"}));
    EXPECT_TRUE(client->apply(pfx::ResizeVolume{volume, 16}));
    EXPECT_TRUE(client->apply(pfx::RenameHost{host_ref, "esx01-old"}));
    EXPECT_TRUE(client->apply(pfx::SetHostMaxPaths{host_ref, 6}));
    EXPECT_TRUE(client->apply(pfx::SetHostMaxSystemPorts{host_ref, 12}));
    EXPECT_EQ(client->nvme_hosts()->front().max_paths, 6);
    EXPECT_TRUE(client->nvme_controllers(host->id)->empty());
    EXPECT_TRUE(client->apply(pfx::RemoveHost{host_ref}));
    EXPECT_TRUE(client->apply(pfx::RemoveVolume{volume}));
    EXPECT_EQ(client->volume(*id).error().code, Errc::NotFound);
}

TEST_F(LibpfGatewayTest, LostAnswersOfTheMdmComeThroughAsUnknown) {
    auto client = connect();
    ASSERT_TRUE(client);
    mdm_.lose_answers = true;
    pfx::CreateNvmeHost op;
    op.nqn = "nqn.2014-08.com.lab:esx02";
    EXPECT_EQ(client->create(op).error().code, Errc::OutcomeUnknown);
    mdm_.lose_answers = false;
    EXPECT_TRUE(client->nvme_host_by_nqn(op.nqn)); // and there it is
}

TEST_F(LibpfGatewayTest, OneClientServesManyThreads) {
    auto client = connect();
    ASSERT_TRUE(client);
    std::atomic<int> good{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            for (int k = 0; k < 5; ++k) {
                if (i == 0) {
                    (void)client->logout(); // the others meet dead tokens and go on
                }
                good += client->sdts().has_value() && client->system_limits().has_value() ? 1 : 0;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(good.load(), 40);
}

} // namespace
} // namespace pf::gateway
