// The real pf-mdm process and the management client: kill -9 and restart keep every object.
#include "backend/mdm/client/client.hpp"
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/process.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <thread>

namespace pf::mdm {
namespace {

class Mdm {
  public:
    explicit Mdm(std::vector<std::string> extra = {}) : extra_(std::move(extra)) {}

    void start() {
        static_cast<void>(::unlink(port_file().c_str()));
        std::vector<std::string> argv{executable_dir() + "/pf-mdm",
                                      "--listen",
                                      address_.empty() ? "127.0.0.1:0" : address_,
                                      "--data-dir",
                                      dir_ / "data",
                                      "--port-file",
                                      port_file()};
        argv.insert(argv.end(), extra_.begin(), extra_.end());
        auto process = ChildProcess::spawn(argv, {.stderr_file = dir_ / "log"});
        ASSERT_TRUE(process) << process.error().what;
        process_.emplace(std::move(*process));
        const auto deadline = mono_now() + 20s;
        while (!file_exists(port_file())) {
            ASSERT_TRUE(process_->running()) << read_file(dir_ / "log").value_or("");
            ASSERT_LT(mono_now(), deadline) << "pf-mdm does not get ready";
            std::this_thread::sleep_for(5ms);
        }
        auto text = read_file(port_file());
        ASSERT_TRUE(text);
        address_ = text->substr(0, text->find('\n'));
    }
    void kill() {
        process_->signal(SIGKILL);
        ASSERT_TRUE(process_->wait(10s));
    }
    int stop() { return process_->stop(10s); }
    const std::string& address() const { return address_; }
    std::string data_dir() const { return dir_ / "data"; }
    Client client(std::chrono::milliseconds timeout = 10s) const {
        return Client({.addresses = {address_}, .timeout = timeout});
    }

  private:
    std::string port_file() const { return dir_ / "port"; }
    std::vector<std::string> extra_;
    TempDir dir_{"mdm"};
    std::string address_;
    std::optional<ChildProcess> process_;
};

TEST(MdmProcess, KeepsItsStateOverKillAndRestart) {
    Mdm mdm({"--system-id", "1250de83018c2d0f", "--system-name", "lab"});
    ASSERT_NO_FATAL_FAILURE(mdm.start());
    Client client({.addresses = {mdm.address()}});
    const auto domain = client.add_protection_domain("pd1");
    ASSERT_TRUE(domain) << domain.error().what;
    AddStoragePool pool;
    pool.name = "sp1";
    pool.protection_domain = *domain;
    pool.properties = {{"rebuildIoPriorityPolicy", "unlimited"}};
    ASSERT_TRUE(client.add_storage_pool(pool));
    AddHost host;
    host.nqn = "nqn.2014-08.org.nvmexpress:uuid:c470aaaa-0000-0000-0000-000000000001";
    host.name = "esx1";
    const auto host_id = client.add_host(host);
    ASSERT_TRUE(host_id);
    AddSdt sdt;
    sdt.name = "sdt1";
    sdt.protection_domain = *domain;
    sdt.ips = {{"127.0.2.1", SdtIpRole::StorageAndHost, 0}, {"127.0.2.2", SdtIpRole::HostOnly, 0}};
    ASSERT_TRUE(client.add_sdt(sdt));
    // Thrice: after a change, after a restart, after a second one.
    for (int round = 0; round < 3; ++round) {
        const auto view = client.query();
        ASSERT_TRUE(view) << view.error().what;
        const Snapshot& s = **view;
        EXPECT_EQ(map::hex16(s.system.id), "1250de83018c2d0f");
        EXPECT_EQ(s.system.nqn, "nqn.1988-11.com.dell:powerflex:00:1250de83018c2d0f");
        EXPECT_EQ(s.system.name, "lab");
        ASSERT_EQ(s.protection_domains.size(), 1U);
        ASSERT_EQ(s.storage_pools.size(), 1U);
        EXPECT_EQ(s.storage_pools[0].properties.at("rebuildIoPriorityPolicy"), "unlimited");
        ASSERT_EQ(s.hosts.size(), 1U);
        EXPECT_EQ(s.hosts[0].id, *host_id);
        EXPECT_EQ(s.hosts[0].max_num_paths, 4U);
        ASSERT_EQ(s.sdts.size(), 1U);
        ASSERT_EQ(s.sdts[0].ips.size(), 2U);
        EXPECT_EQ(s.sdts[0].ips[1].role, SdtIpRole::HostOnly);
        EXPECT_NE(s.sdts[0].ips[0].port_id, s.sdts[0].ips[1].port_id);
        ASSERT_NO_FATAL_FAILURE(mdm.kill());
        ASSERT_NO_FATAL_FAILURE(mdm.start());
    }
    // Ids go on where they were.
    const auto second = client.add_protection_domain("pd2");
    ASSERT_TRUE(second) << second.error().what;
    EXPECT_NE(second->value, domain->value);
    EXPECT_EQ(mdm.stop(), 0);
}

TEST(MdmProcess, RefusalsCarryReturnCodes) {
    Mdm mdm;
    ASSERT_NO_FATAL_FAILURE(mdm.start());
    Client client({.addresses = {mdm.address()}});
    ASSERT_TRUE(client.add_protection_domain("pd1"));
    const auto again = client.add_protection_domain("pd1");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().rc, 141U);
    EXPECT_EQ(again.error().symbol, "FD_NAME_IN_USE");
    EXPECT_EQ(again.error().code, Errc::AlreadyExists);
    const auto missing = client.map({1}, 2, {});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().rc, 79U);
    EXPECT_EQ(missing.error().what, "Could not find the volume");
}

TEST(MdmProcess, QuerySharesAnUnchangedSnapshot) {
    Mdm mdm;
    ASSERT_NO_FATAL_FAILURE(mdm.start());
    Client client({.addresses = {mdm.address()}});
    const auto first = client.query();
    ASSERT_TRUE(first);
    EXPECT_EQ(*client.query(), *first);
    ASSERT_TRUE(client.add_protection_domain("pd1"));
    EXPECT_NE(*client.query(), *first);
}

TEST(MdmProcess, ManyThreadsShareOneClient) {
    Mdm mdm;
    ASSERT_NO_FATAL_FAILURE(mdm.start());
    Client client({.addresses = {mdm.address()}, .max_connections = 3});
    std::atomic<int> made{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t)
            threads.emplace_back([&client, &made, t] {
                for (int i = 0; i < 10; ++i)
                    made += client.add_protection_domain(fmt::format("pd-{}-{}", t, i)) ? 1 : 0;
            });
    }
    EXPECT_EQ(made, 80);
    EXPECT_EQ((*client.query())->protection_domains.size(), 80U);
}

TEST(MdmProcess, DeadMdmIsUnreachable) {
    Mdm mdm;
    ASSERT_NO_FATAL_FAILURE(mdm.start());
    Client client({.addresses = {mdm.address()}, .timeout = 2s});
    ASSERT_TRUE(client.query());
    ASSERT_NO_FATAL_FAILURE(mdm.kill());
    const auto gone = client.add_protection_domain("pd1");
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::Unreachable) << "nothing was sent";
    EXPECT_EQ(gone.error().rc, 0U);
}

TEST(MdmProcess, SecondProcessOnTheSameDataIsRefused) {
    Mdm mdm;
    ASSERT_NO_FATAL_FAILURE(mdm.start());
    auto second = run_command(
        {executable_dir() + "/pf-mdm", "--listen", "127.0.0.1:0", "--data-dir", mdm.data_dir()},
        20s);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->exit_code, 1);
    EXPECT_NE(second->err.find("pf-mdm: "), std::string::npos);
}

TEST(MdmProcess, OtherSystemIdIsRefused) {
    Mdm mdm({"--system-id", "1250de83018c2d0f"});
    ASSERT_NO_FATAL_FAILURE(mdm.start());
    ASSERT_EQ(mdm.stop(), 0);
    auto second = run_command({executable_dir() + "/pf-mdm", "--listen", "127.0.0.1:0",
                               "--data-dir", mdm.data_dir(), "--system-id", "00000000000000aa"},
                              20s);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->exit_code, 1);
    EXPECT_NE(second->err.find("1250de83018c2d0f"), std::string::npos);
}

} // namespace
} // namespace pf::mdm
