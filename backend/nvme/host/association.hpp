// One association of a host with a controller: Connect on the admin queue, enable, identify, I/O
// queues. Private to backend/nvme/host. HostController (controller.cpp) replaces it after a loss.
#pragma once

#include "backend/nvme/host/host.hpp"
#include "backend/nvme/host/link.hpp"

namespace pf::nvme {

class Association : public std::enable_shared_from_this<Association> {
  public:
    Association(rt::Executor& executor, rt::Network& network, rt::Gate& gate,
                const HostIdentity& identity, const ConnectOptions& options);

    // All of it within options.connect_timeout. Closes its links when it fails.
    rt::Task<Result<void>> establish();
    // Orderly shutdown, as far as the controller still answers, then close.
    rt::Task<void> shut_down();
    void close(const std::string& why);
    void on_death(std::function<void()> callback) { on_death_ = std::move(callback); }

    bool alive() const { return alive_; }
    bool discovery() const { return discovery_; }
    uint16_t cntlid() const { return cntlid_; }
    const IdentifyController& identify() const { return identify_; }
    uint32_t max_transfer_bytes() const { return max_transfer_bytes_; }
    uint16_t io_queues() const { return static_cast<uint16_t>(io_.size()); }

    HostLink& admin_link() { return *admin_; }
    // The I/O link with the fewest commands; null when there is none alive.
    std::shared_ptr<HostLink> pick();

    rt::Task<Result<HostCompletion>> admin(Sqe sqe, ByteSpan write, MutByteSpan read,
                                           MonoTime deadline);
    rt::Task<Result<HostCompletion>> io(Sqe sqe, ByteSpan write, MutByteSpan read,
                                        MonoTime deadline);
    // Get Log Page without retaining the event.
    rt::Task<Result<void>> get_log(LogId lid, uint64_t offset, MutByteSpan into, uint32_t nsid);
    MonoTime command_deadline() const;

  private:
    rt::Task<Result<void>> establish_steps(MonoTime deadline);
    rt::Task<Result<void>> connect_queue(std::shared_ptr<HostLink> link, uint16_t qid,
                                         uint16_t entries, MonoTime deadline);
    rt::Task<Result<void>> authenticate(std::shared_ptr<HostLink> link, MonoTime deadline);
    rt::Task<Result<Bytes>> auth_receive(std::shared_ptr<HostLink> link, MonoTime deadline);
    rt::Task<Result<void>> auth_send(std::shared_ptr<HostLink> link, Bytes message,
                                     MonoTime deadline);
    rt::Task<Result<void>> enable(MonoTime deadline);
    rt::Task<Result<uint64_t>> property_get(uint32_t offset, bool wide, MonoTime deadline);
    rt::Task<Result<void>> property_set(uint32_t offset, uint32_t value, MonoTime deadline);
    rt::Task<Result<void>> identify_controller(MonoTime deadline);
    rt::Task<Result<void>> connect_io_queues(MonoTime deadline);
    std::shared_ptr<HostLink> make_link(uint16_t entries, uint32_t in_capsule_bytes);
    void link_died(const std::string& why);

    rt::Executor& executor_;
    rt::Network& network_;
    rt::Gate& gate_;
    const HostIdentity& identity_;
    const ConnectOptions& options_;
    bool discovery_ = false;
    bool alive_ = true;
    uint16_t cntlid_ = kDynamicCntlid;
    IdentifyController identify_;
    uint32_t max_transfer_bytes_ = 128 * 1024;
    std::shared_ptr<TlsContext> tls_; // null: plain TCP
    std::shared_ptr<HostLink> admin_;
    std::vector<std::shared_ptr<HostLink>> io_;
    std::function<void()> on_death_;
};

} // namespace pf::nvme
