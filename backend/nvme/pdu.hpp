// NVMe/TCP PDU framing, both directions: an incremental reader and the encoders.
//
// The reader takes a byte stream in pieces of any size and hands over whole PDUs. It checks all
// that framing alone can judge (type for this direction, HLEN, PLEN, PDO, digest flags, header
// digest); what a PDU means is the handler's business. It copies data straight to where the handler
// wants it and holds one header, so its memory is bounded whatever the peer announces.
#pragma once

#include "backend/nvme/wire.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace pf::nvme {

// Why a connection must end: what a termination request carries.
struct PduError {
    Fes fes = Fes::InvalidHeaderField;
    uint32_t fei = 0;
    friend bool operator==(const PduError&, const PduError&) = default;
};

// Which PDUs may arrive.
enum class PduDirection : uint8_t { HostToController, ControllerToHost };

struct PduInfo {
    PduHeader ch;
    ByteSpan header;          // ch.hlen bytes
    uint32_t data_length = 0; // bytes of data that follow
    PduType type() const { return static_cast<PduType>(ch.type); }
    template<class T>
    T as() const {
        return load_struct<T>(header);
    }
};

class PduHandler {
  public:
    virtual ~PduHandler() = default;
    // The header is complete and its digest is right. For a PDU with data, `into` must be set to
    // exactly `data_length` bytes that stay valid until on_pdu, or left empty to discard the data.
    virtual std::optional<PduError> on_header(const PduInfo& pdu, MutByteSpan& into) = 0;
    // The whole PDU has arrived. `data_digest_ok` is true when there is no data digest.
    virtual std::optional<PduError> on_pdu(const PduInfo& pdu, bool data_digest_ok) = 0;
};

class PduReader {
  public:
    explicit PduReader(PduDirection direction) : direction_(direction) {}

    // Takes effect from the next PDU on.
    void set_digests(bool header, bool data) {
        header_digest_ = header;
        data_digest_ = data;
    }
    // Stops after an error; then everything else is ignored.
    std::optional<PduError> feed(ByteSpan bytes, PduHandler& handler);
    // Where data of the PDU being read belongs that has not arrived; empty between data, and when
    // the data is discarded. A reader of a socket may put bytes straight there and `commit` them
    // instead of passing them through `feed`.
    MutByteSpan window() const {
        return phase_ == Phase::Data && !into_.empty() ? into_.subspan(data_done_) : MutByteSpan();
    }
    std::optional<PduError> commit(size_t bytes, PduHandler& handler);
    // Header bytes of the PDU being read, for a termination request.
    ByteSpan current_header() const { return ByteSpan(header_.data(), have_); }

  private:
    enum class Phase : uint8_t { Common, Header, Pad, Data, DataDigest, Dead };

    std::optional<PduError> check_common();
    std::optional<PduError> header_done(PduHandler& handler);
    std::optional<PduError> pdu_done(PduHandler& handler);
    void next_phase_after(Phase done);
    bool data_arrived(ByteSpan bytes);

    PduDirection direction_;
    bool header_digest_ = false;
    bool data_digest_ = false;

    Phase phase_ = Phase::Common;
    std::array<std::byte, 136> header_{};
    size_t have_ = 0; // bytes of the header, its digest included
    size_t need_ = sizeof(PduHeader);
    PduInfo pdu_;
    bool pdu_has_hdgst_ = false;
    bool pdu_has_ddgst_ = false;
    uint32_t pad_left_ = 0;
    MutByteSpan into_;
    uint32_t data_done_ = 0;
    uint32_t crc_ = 0;
    std::array<std::byte, 4> digest_{};
    size_t digest_have_ = 0;
};

struct DigestMode {
    bool header = false;
    bool data = false;
};

Bytes encode_icreq(uint8_t hpda, DigestMode digests, uint32_t maxr2t);
Bytes encode_icresp(uint8_t cpda, DigestMode digests, uint32_t maxh2cdata);
// `offending` is cut at 128 bytes.
Bytes encode_term(PduType type, PduError error, ByteSpan offending);

void append_capsule_cmd(Bytes& out, const Sqe& sqe, ByteSpan in_capsule, DigestMode digests);
// The same in place: write at most kMaxHeaderBytes to `out` and answer how many.
inline constexpr size_t kMaxHeaderBytes = 136;
size_t put_capsule_resp(std::byte* out, const Cqe& cqe, DigestMode digests);
size_t put_r2t(std::byte* out, uint16_t cid, uint16_t ttag, uint32_t offset, uint32_t length,
               DigestMode digests);
// Header of a H2CData or C2HData PDU, padding included: what stands before the data.
size_t put_data_header(std::byte* out, PduType type, uint8_t flags, uint16_t cid, uint16_t ttag,
                       uint32_t offset, uint32_t length, DigestMode digests,
                       uint32_t alignment = 4);

void append_capsule_resp(Bytes& out, const Cqe& cqe, DigestMode digests);
void append_r2t(Bytes& out, uint16_t cid, uint16_t ttag, uint32_t offset, uint32_t length,
                DigestMode digests);
// `type` is H2cData or C2hData; `flags` holds kLast and kSuccess; the data starts at a multiple of
// `alignment` bytes from the start of the PDU.
void append_data(Bytes& out, PduType type, uint8_t flags, uint16_t cid, uint16_t ttag,
                 uint32_t offset, ByteSpan data, DigestMode digests, uint32_t alignment = 4);

} // namespace pf::nvme
