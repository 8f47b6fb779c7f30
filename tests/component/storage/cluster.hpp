// A storage system of real processes on loopback: one pf-mdm, some pf-sds on files, and a client in
// the test's own process.
#pragma once

#include "backend/mdm/client/client.hpp"
#include "backend/rt/reactor.hpp"
#include "backend/sdc/client.hpp"
#include "base/file.hpp"
#include "base/process.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pf::test {

class StorageCluster {
  public:
    // Throws std::runtime_error with the reason and the logs' place when something does not start.
    explicit StorageCluster(std::size_t servers = 3);
    ~StorageCluster();

    mdm::Client& management() { return *management_; }
    rt::ReactorThread& loop() { return *loop_; }
    sdc::Client& client() { return *client_; }
    std::size_t size() const { return servers_.size(); }
    const std::string& mdm_address() const { return mdm_address_; } // ip:port

    // Creates, maps to the client, waits until it is visible there.
    map::VolumeId make_volume(const std::string& name, std::uint64_t size_gib = 8);
    void map_to_client(map::VolumeId volume);

    void kill_server(std::size_t index); // kill -9
    // SIGSTOP, SIGCONT: a server that is slow, or thought dead and comes back as it was.
    void signal_server(std::size_t index, int number);
    void stop_server(std::size_t index); // SIGTERM
    void start_server(std::size_t index);
    void pause_server(std::size_t index);  // SIGSTOP: it holds its connections and answers nobody
    void resume_server(std::size_t index); // SIGCONT
    std::string device_path(std::size_t index) const;
    std::string server_log(std::size_t index) const;
    std::string mdm_log() const;
    void restart_mdm(); // kill -9, then a new one on the same store
    // All combs have two valid copies.
    bool wait_healthy(Duration timeout);
    // The servers as the MDM sees them: index of one that is primary of something.
    mdm::PoolStats pool_stats();

    Result<void> write(map::VolumeId volume, std::uint64_t offset, ByteSpan bytes);
    Result<void> read(map::VolumeId volume, std::uint64_t offset, MutByteSpan into);

  private:
    struct Server {
        std::string address; // ip:port, the same after restarts
        map::SdsId id;
        std::optional<ChildProcess> process;
    };
    void start_mdm();
    void start_process(std::size_t index, const std::string& listen);
    void add_topology();
    void connect_client();
    [[noreturn]] void give_up(const std::string& what) const;
    std::string wait_for_file(const std::string& path) const;

    TempDir dir_{"pf-storage"};
    std::string mdm_address_ = "127.0.0.1:0";
    std::optional<ChildProcess> mdm_;
    std::vector<Server> servers_;
    std::unique_ptr<mdm::Client> management_;
    map::StoragePoolId pool_;
    std::unique_ptr<rt::ReactorThread> loop_;
    std::unique_ptr<sdc::Client> client_;
};

} // namespace pf::test
