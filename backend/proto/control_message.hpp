#pragma once
// Envelope <-> frame. Includes no generated code: a source that touches message fields includes
// "control.pb.h" itself (a large header; keep it out of headers, forward-declare instead).
#include "backend/proto/control_frame.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

#include <optional>

namespace pf::proto::control {

class Envelope;
class Ack;

// One frame, ready to send.
[[nodiscard]] Result<Bytes> encode(const Envelope& envelope);

// One payload (as FrameDecoder::next gave it). Protocol when it doesn't parse or has no body that
// this version knows.
[[nodiscard]] Result<void> decode(ByteSpan payload, Envelope& out);

// Ack and reply codes: the Errc's name, "" for success.
[[nodiscard]] std::string_view errc_name(Errc code);
[[nodiscard]] Errc errc_from_name(std::string_view name); // unknown names: Errc::Internal

void set_ack(Ack& ack, const Result<void>& outcome);
[[nodiscard]] Result<void> from_ack(const Ack& ack);

} // namespace pf::proto::control
