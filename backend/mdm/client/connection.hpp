// One blocking connection to an MDM: request out, reply in, each within a deadline. Private to the
// client; one thread at a time.
#pragma once

#include "backend/proto/control_frame.hpp"
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/result.hpp"

#include <string>

namespace pf::mdm {

class Connection {
  public:
    // Unreachable, Timeout. Address "host:port"; names are resolved.
    static Result<Connection> dial(const std::string& address, MonoTime deadline);

    // `sent` says whether any byte of the request may have reached the MDM.
    Result<Bytes> exchange(ByteSpan frame, MonoTime deadline, bool& sent);

    // False once the other end has closed it, or has sent what nobody asked for.
    bool alive() const;

  private:
    explicit Connection(UniqueFd fd) : fd_(std::move(fd)) {}
    Result<void> wait_for(short events, MonoTime deadline);
    UniqueFd fd_;
    proto::FrameDecoder decoder_;
};

} // namespace pf::mdm
