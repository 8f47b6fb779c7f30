// Numbers of the NVMe base, NVM command set, NVMe over Fabrics and NVMe/TCP specifications that
// the target and the host need. Names only: no behaviour here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pf::nvme {

inline constexpr std::string_view kDiscoveryNqn = "nqn.2014-08.org.nvmexpress.discovery";
inline constexpr uint16_t kIoPort = 4420;
inline constexpr uint16_t kDiscoveryPort = 8009;
inline constexpr size_t kMaxNqnBytes = 223;
inline constexpr uint32_t kBroadcastNsid = 0xFFFFFFFFu;
inline constexpr uint32_t kMaxNsid = 4096; // of a system; a choice, not a limit of the standard
inline constexpr uint16_t kDynamicCntlid = 0xFFFFu;
inline constexpr uint32_t kBlockBytes = 512;
inline constexpr uint32_t kBlockShift = 9;
// Every admin queue and every Fabrics command must take this much data inside the capsule.
inline constexpr uint32_t kAdminInCapsuleBytes = 8192;
inline constexpr uint32_t kVersion14 = 0x00010400u;

enum class PduType : uint8_t {
    IcReq = 0x00,
    IcResp = 0x01,
    H2cTermReq = 0x02,
    C2hTermReq = 0x03,
    CapsuleCmd = 0x04,
    CapsuleResp = 0x05,
    H2cData = 0x06,
    C2hData = 0x07,
    R2t = 0x09,
};

namespace pdu_flag {
inline constexpr uint8_t kHeaderDigest = 0x01;
inline constexpr uint8_t kDataDigest = 0x02;
inline constexpr uint8_t kLast = 0x04;
inline constexpr uint8_t kSuccess = 0x08;
} // namespace pdu_flag

// Fatal error status of a termination request.
enum class Fes : uint16_t {
    InvalidHeaderField = 1,
    SequenceError = 2,
    HeaderDigest = 3,
    OutOfRange = 4,
    LimitExceeded = 5,
    UnsupportedParameter = 6,
};

namespace admin_op {
inline constexpr uint8_t kDeleteSq = 0x00;
inline constexpr uint8_t kCreateSq = 0x01;
inline constexpr uint8_t kGetLogPage = 0x02;
inline constexpr uint8_t kDeleteCq = 0x04;
inline constexpr uint8_t kCreateCq = 0x05;
inline constexpr uint8_t kIdentify = 0x06;
inline constexpr uint8_t kAbort = 0x08;
inline constexpr uint8_t kSetFeatures = 0x09;
inline constexpr uint8_t kGetFeatures = 0x0A;
inline constexpr uint8_t kAsyncEvent = 0x0C;
inline constexpr uint8_t kKeepAlive = 0x18;
inline constexpr uint8_t kFabrics = 0x7F;
} // namespace admin_op

namespace io_op {
inline constexpr uint8_t kFlush = 0x00;
inline constexpr uint8_t kWrite = 0x01;
inline constexpr uint8_t kRead = 0x02;
inline constexpr uint8_t kCompare = 0x05;
inline constexpr uint8_t kWriteZeroes = 0x08;
inline constexpr uint8_t kDsm = 0x09;
inline constexpr uint8_t kVerify = 0x0C;
inline constexpr uint8_t kReservationRegister = 0x0D;
inline constexpr uint8_t kReservationReport = 0x0E;
inline constexpr uint8_t kReservationAcquire = 0x11;
inline constexpr uint8_t kReservationRelease = 0x15;
} // namespace io_op

namespace fctype {
inline constexpr uint8_t kPropertySet = 0x00;
inline constexpr uint8_t kConnect = 0x01;
inline constexpr uint8_t kPropertyGet = 0x04;
inline constexpr uint8_t kAuthSend = 0x05;
inline constexpr uint8_t kAuthReceive = 0x06;
inline constexpr uint8_t kDisconnect = 0x08;
} // namespace fctype

namespace prop {
inline constexpr uint32_t kCap = 0x00;
inline constexpr uint32_t kVs = 0x08;
inline constexpr uint32_t kCc = 0x14;
inline constexpr uint32_t kCsts = 0x1C;
} // namespace prop

namespace cc {
inline constexpr uint32_t kEnable = 1u;
inline constexpr uint32_t kShutdownMask = 3u << 14;
inline constexpr uint32_t kDefault = 0x00460000u; // 64-byte SQEs, 16-byte CQEs, disabled
} // namespace cc

namespace csts {
inline constexpr uint32_t kReady = 1u;
inline constexpr uint32_t kFatal = 2u;
inline constexpr uint32_t kShutdownMask = 3u << 2;
inline constexpr uint32_t kShutdownComplete = 2u << 2;
} // namespace csts

enum class Cns : uint8_t {
    Namespace = 0x00,
    Controller = 0x01,
    ActiveNamespaces = 0x02,
    NamespaceDescriptors = 0x03,
    CommandSetNamespace = 0x05,
    CommandSetController = 0x06,
    CommandSetActiveNamespaces = 0x07,
    IndependentNamespace = 0x08,
    CommandSets = 0x1C,
};

enum class LogId : uint8_t {
    SupportedPages = 0x00,
    ErrorInfo = 0x01,
    Smart = 0x02,
    FirmwareSlot = 0x03,
    ChangedNamespaces = 0x04,
    CommandEffects = 0x05,
    Ana = 0x0C,
    Discovery = 0x70,
    Reservation = 0x80,
};

enum class FeatureId : uint8_t {
    Arbitration = 0x01,
    PowerManagement = 0x02,
    TemperatureThreshold = 0x04,
    ErrorRecovery = 0x05,
    VolatileWriteCache = 0x06,
    NumberOfQueues = 0x07,
    WriteAtomicity = 0x0A,
    AsyncEventConfig = 0x0B,
    KeepAliveTimer = 0x0F,
    HostBehavior = 0x16,
    HostId = 0x81,
    ReservationMask = 0x82,
    ReservationPersistence = 0x83,
};

enum class AnaState : uint8_t {
    Optimized = 1,
    NonOptimized = 2,
    Inaccessible = 3,
    PersistentLoss = 4,
    Change = 0xF,
};

// Asynchronous events, as they appear in completion dword 0.
namespace aen {
inline constexpr uint32_t kNamespaceChanged = 0x00040002u;
inline constexpr uint32_t kAnaChanged = 0x000C0302u;
inline constexpr uint32_t kDiscoveryChanged = 0x0070F002u;
inline constexpr uint32_t kReservationLog = 0x00800006u;
// Bits of feature 0Bh and of OAES.
inline constexpr uint32_t kConfigNamespace = 1u << 8;
inline constexpr uint32_t kConfigAna = 1u << 11;
inline constexpr uint32_t kConfigDiscovery = 1u << 31;
} // namespace aen

// Status of a completion: status code type, status code, do-not-retry.
struct Status {
    uint8_t sct = 0;
    uint8_t sc = 0;
    bool dnr = false;

    constexpr bool ok() const { return sct == 0 && sc == 0; }
    constexpr bool is(uint8_t type, uint8_t code) const { return sct == type && sc == code; }
    friend constexpr bool operator==(const Status&, const Status&) = default;
    // The 16-bit status field of a completion, phase bit zero.
    constexpr uint16_t field() const {
        return static_cast<uint16_t>((sc << 1) | ((sct & 7) << 9) | (dnr ? 0x8000 : 0));
    }
    static constexpr Status from_field(uint16_t f) {
        return Status{static_cast<uint8_t>((f >> 9) & 7), static_cast<uint8_t>((f >> 1) & 0xFF),
                      (f & 0x8000) != 0};
    }
};

namespace st {
inline constexpr Status kOk{};
inline constexpr Status kInvalidOpcode{0, 0x01, true};
inline constexpr Status kInvalidField{0, 0x02, true};
inline constexpr Status kCidConflict{0, 0x03, true};
inline constexpr Status kDataTransferError{0, 0x04, false};
inline constexpr Status kInternal{0, 0x06, false};
inline constexpr Status kAborted{0, 0x07, false};
inline constexpr Status kAbortedSqDeleted{0, 0x08, false};
inline constexpr Status kAbortedFailedFused{0, 0x09, false};
inline constexpr Status kAbortedMissingFused{0, 0x0A, false};
inline constexpr Status kInvalidNamespace{0, 0x0B, true};
inline constexpr Status kCommandSequence{0, 0x0C, true};
inline constexpr Status kSglLengthInvalid{0, 0x0F, true};
inline constexpr Status kSglTypeInvalid{0, 0x11, true};
inline constexpr Status kAtomicWriteExceeded{0, 0x14, true};
inline constexpr Status kHostIdInconsistent{0, 0x18, true};
inline constexpr Status kPreempted{0, 0x1B, true};
inline constexpr Status kKeepAliveInvalid{0, 0x1A, true};
inline constexpr Status kNamespaceWriteProtected{0, 0x20, true};
inline constexpr Status kTransientTransport{0, 0x22, false};
inline constexpr Status kLbaOutOfRange{0, 0x80, true};
inline constexpr Status kCapacityExceeded{0, 0x81, true};
inline constexpr Status kNamespaceNotReady{0, 0x82, false};
inline constexpr Status kReservationConflict{0, 0x83, true};
inline constexpr Status kInvalidQueueId{1, 0x01, true};
inline constexpr Status kAerLimit{1, 0x05, true};
inline constexpr Status kInvalidLogPage{1, 0x09, true};
inline constexpr Status kFeatureNotSaveable{1, 0x0D, true};
inline constexpr Status kFeatureNotChangeable{1, 0x0E, true};
inline constexpr Status kConnectFormat{1, 0x80, true};
inline constexpr Status kConnectBusy{1, 0x81, false};
inline constexpr Status kConnectInvalid{1, 0x82, true};
inline constexpr Status kConnectRestartDiscovery{1, 0x83, true};
inline constexpr Status kConnectInvalidHost{1, 0x84, true};
inline constexpr Status kAuthRequired{1, 0x91, true};
inline constexpr Status kWriteFault{2, 0x80, false};
inline constexpr Status kUnrecoveredRead{2, 0x81, false};
inline constexpr Status kCompareFailure{2, 0x85, true};
inline constexpr Status kAnaPersistentLoss{3, 0x01, false};
inline constexpr Status kAnaInaccessible{3, 0x02, false};
inline constexpr Status kAnaTransition{3, 0x03, false};
inline constexpr Status kPathError{3, 0x00, false};
} // namespace st

// "sct 1 sc 84 invalid host (dnr)": for logs and error texts.
std::string_view status_name(Status s);

} // namespace pf::nvme
