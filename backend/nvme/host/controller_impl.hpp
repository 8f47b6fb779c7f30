// Private to backend/nvme/host: the state of a HostController.
#pragma once

#include "backend/nvme/host/association.hpp"
#include "backend/rt/cancel.hpp"

namespace pf::nvme {

class HostController::Impl {
  public:
    Impl(rt::Executor& executor, rt::Network& network, HostIdentity identity,
         ConnectOptions options);

    rt::Task<Result<void>> start();
    rt::Task<void> disconnect();
    std::shared_ptr<Association> live() const;
    uint32_t max_transfer() const { return association->max_transfer_bytes(); }
    rt::Task<Result<HostCompletion>> run_io(Sqe sqe, ByteSpan write, MutByteSpan read);

    rt::Executor& executor;
    rt::Network& network;
    const HostIdentity identity;
    const ConnectOptions options;
    rt::Gate gate;
    rt::WaitQueue lost;
    rt::CancelSource stop;
    std::shared_ptr<Association> association; // the latest one that was established
    std::shared_ptr<Association> attempt;     // being established after a loss
    IdentifyController identify;
    ControllerState state = ControllerState::Connecting;
    bool disconnecting = false;
    std::function<void(HostEvent)> callback;

  private:
    void adopt(std::shared_ptr<Association> fresh);
    void tell(HostEvent event);
    rt::Task<void> supervise();
    rt::Task<void> keep_alive(std::shared_ptr<Association> a);
    rt::Task<void> events(std::shared_ptr<Association> a);
};

} // namespace pf::nvme
