#include "backend/proto/control_message.hpp"

#include "control.pb.h"

namespace pf::proto::control {

Result<Bytes> encode(const Envelope& envelope) {
    const std::string payload = envelope.SerializeAsString();
    Bytes out;
    out.reserve(kControlHeaderBytes + payload.size());
    PF_CHECK(append_frame(as_bytes(payload), out));
    return out;
}

Result<void> decode(ByteSpan payload, Envelope& out) {
    // Protobuf would print to standard error for every malformed message a peer sends.
    static const bool quiet = [] {
        google::protobuf::SetLogHandler(nullptr);
        return true;
    }();
    (void)quiet;
    if (payload.size() > kControlMaxFrameBytes ||
        !out.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
        return fail(Errc::Protocol, "control message does not parse");
    if (out.body_case() == Envelope::BODY_NOT_SET)
        return fail(Errc::Protocol, "control message of an unknown kind");
    return {};
}

std::string_view errc_name(Errc code) { return to_string(code); }

Errc errc_from_name(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(Errc::Internal); ++i)
        if (to_string(static_cast<Errc>(i)) == name)
            return static_cast<Errc>(i);
    return Errc::Internal;
}

void set_ack(Ack& ack, const Result<void>& outcome) {
    ack.Clear();
    if (outcome)
        return;
    ack.set_code(std::string(errc_name(outcome.error().code)));
    ack.set_message(outcome.error().what);
}

Result<void> from_ack(const Ack& ack) {
    if (ack.code().empty())
        return {};
    return fail(Error{errc_from_name(ack.code()), ack.message()});
}

} // namespace pf::proto::control
