// Identify data structures and log pages, as they travel (4096 bytes unless asserted otherwise).
#pragma once

#include "backend/nvme/wire.hpp"

#include <string>

namespace pf::nvme {

using Nguid = std::array<uint8_t, 16>;

#pragma pack(push, 1)

struct IdentifyController {
    uint16_t vid = 0;
    uint16_t ssvid = 0;
    std::array<char, 20> serial{};
    std::array<char, 40> model{};
    std::array<char, 8> firmware{};
    uint8_t rab = 0;
    std::array<uint8_t, 3> ieee{};
    uint8_t cmic = 0;
    uint8_t mdts = 0;
    uint16_t cntlid = 0;
    uint32_t version = 0;
    uint32_t rtd3r = 0;
    uint32_t rtd3e = 0;
    uint32_t oaes = 0;
    uint32_t ctratt = 0;
    uint16_t rrls = 0;
    std::array<uint8_t, 9> reserved102{};
    uint8_t cntrltype = 0;
    std::array<uint8_t, 16> fguid{};
    std::array<uint16_t, 3> crdt{};
    std::array<uint8_t, 122> reserved134{};
    uint16_t oacs = 0;
    uint8_t acl = 0;
    uint8_t aerl = 0;
    uint8_t frmw = 0;
    uint8_t lpa = 0;
    uint8_t elpe = 0;
    uint8_t npss = 0;
    uint8_t avscc = 0;
    uint8_t apsta = 0;
    uint16_t wctemp = 0;
    uint16_t cctemp = 0;
    std::array<uint8_t, 50> reserved270{};
    uint16_t kas = 0;
    std::array<uint8_t, 20> reserved322{};
    uint8_t anatt = 0;
    uint8_t anacap = 0;
    uint32_t anagrpmax = 0;
    uint32_t nanagrpid = 0;
    std::array<uint8_t, 160> reserved352{};
    uint8_t sqes = 0;
    uint8_t cqes = 0;
    uint16_t maxcmd = 0;
    uint32_t nn = 0;
    uint16_t oncs = 0;
    uint16_t fuses = 0;
    uint8_t fna = 0;
    uint8_t vwc = 0;
    uint16_t awun = 0;
    uint16_t awupf = 0;
    uint8_t icsvscc = 0;
    uint8_t nwpc = 0;
    uint16_t acwu = 0;
    uint16_t cdfs = 0;
    uint32_t sgls = 0;
    uint32_t mnan = 0;
    std::array<uint8_t, 224> reserved544{};
    std::array<char, 256> subnqn{};
    std::array<uint8_t, 768> reserved1024{};
    uint32_t ioccsz = 0;
    uint32_t iorcsz = 0;
    uint16_t icdoff = 0;
    uint8_t fcatt = 0;
    uint8_t msdbd = 0;
    uint16_t ofcs = 0;
    std::array<uint8_t, 242> reserved1806{};
    std::array<uint8_t, 2048> power_states{};
};
static_assert(sizeof(IdentifyController) == 4096);
static_assert(offsetof(IdentifyController, cntrltype) == 111);
static_assert(offsetof(IdentifyController, oacs) == 256);
static_assert(offsetof(IdentifyController, kas) == 320);
static_assert(offsetof(IdentifyController, anatt) == 342);
static_assert(offsetof(IdentifyController, sqes) == 512);
static_assert(offsetof(IdentifyController, sgls) == 536);
static_assert(offsetof(IdentifyController, subnqn) == 768);
static_assert(offsetof(IdentifyController, ioccsz) == 1792);
static_assert(offsetof(IdentifyController, power_states) == 2048);

struct LbaFormat {
    uint16_t ms = 0;
    uint8_t lbads = 0;
    uint8_t rp = 0;
};
static_assert(sizeof(LbaFormat) == 4);

struct IdentifyNamespace {
    uint64_t nsze = 0;
    uint64_t ncap = 0;
    uint64_t nuse = 0;
    uint8_t nsfeat = 0;
    uint8_t nlbaf = 0;
    uint8_t flbas = 0;
    uint8_t mc = 0;
    uint8_t dpc = 0;
    uint8_t dps = 0;
    uint8_t nmic = 0;
    uint8_t rescap = 0;
    uint8_t fpi = 0;
    uint8_t dlfeat = 0;
    uint16_t nawun = 0;
    uint16_t nawupf = 0;
    uint16_t nacwu = 0;
    uint16_t nabsn = 0;
    uint16_t nabo = 0;
    uint16_t nabspf = 0;
    uint16_t noiob = 0;
    std::array<uint8_t, 16> nvmcap{};
    uint16_t npwg = 0;
    uint16_t npwa = 0;
    uint16_t npdg = 0;
    uint16_t npda = 0;
    uint16_t nows = 0;
    std::array<uint8_t, 18> reserved74{};
    uint32_t anagrpid = 0;
    std::array<uint8_t, 3> reserved96{};
    uint8_t nsattr = 0;
    uint16_t nvmsetid = 0;
    uint16_t endgid = 0;
    Nguid nguid{};
    std::array<uint8_t, 8> eui64{};
    std::array<LbaFormat, 64> lbaf{};
    std::array<uint8_t, 3712> vendor{};
};
static_assert(sizeof(IdentifyNamespace) == 4096);
static_assert(offsetof(IdentifyNamespace, anagrpid) == 92);
static_assert(offsetof(IdentifyNamespace, nguid) == 104);
static_assert(offsetof(IdentifyNamespace, lbaf) == 128);

// CNS 08h.
struct IdentifyIndependentNamespace {
    uint8_t nsfeat = 0;
    uint8_t nmic = 0;
    uint8_t rescap = 0;
    uint8_t fpi = 0;
    uint32_t anagrpid = 0;
    uint8_t nsattr = 0;
    uint8_t reserved9 = 0;
    uint16_t nvmsetid = 0;
    uint16_t endgid = 0;
    uint8_t nstat = 0; // bit 0: ready
    std::array<uint8_t, 4081> reserved15{};
};
static_assert(sizeof(IdentifyIndependentNamespace) == 4096);

// CNS 06h, command set 0 (NVM).
struct IdentifyNvmController {
    uint8_t vsl = 0;
    uint8_t wzsl = 0;
    uint8_t wusl = 0;
    uint8_t dmrl = 0;
    uint32_t dmrsl = 0;
    uint64_t dmsl = 0;
    std::array<uint8_t, 4080> reserved{};
};
static_assert(sizeof(IdentifyNvmController) == 4096);

struct SmartLog {
    uint8_t critical_warning = 0;
    uint16_t temperature_kelvin = 0;
    uint8_t available_spare = 0;
    uint8_t spare_threshold = 0;
    uint8_t percentage_used = 0;
    std::array<uint8_t, 26> reserved6{};
    std::array<uint64_t, 2> data_units_read{};
    std::array<uint64_t, 2> data_units_written{};
    std::array<uint64_t, 2> host_reads{};
    std::array<uint64_t, 2> host_writes{};
    std::array<uint8_t, 416> rest{};
};
static_assert(sizeof(SmartLog) == 512);
static_assert(offsetof(SmartLog, data_units_read) == 32);

struct EffectsLog {
    std::array<uint32_t, 256> admin{};
    std::array<uint32_t, 256> io{};
    std::array<uint8_t, 2048> reserved{};
};
static_assert(sizeof(EffectsLog) == 4096);

struct AnaLogHeader {
    uint64_t change_count = 0;
    uint16_t groups = 0;
    std::array<uint8_t, 6> reserved{};
};
static_assert(sizeof(AnaLogHeader) == 16);

struct AnaGroupDescriptor {
    uint32_t group_id = 0;
    uint32_t namespaces = 0;
    uint64_t change_count = 0;
    uint8_t state = 0;
    std::array<uint8_t, 15> reserved{};
};
static_assert(sizeof(AnaGroupDescriptor) == 32);

struct DiscoveryLogHeader {
    uint64_t generation = 0;
    uint64_t records = 0;
    uint16_t format = 0;
    std::array<uint8_t, 1006> reserved{};
};
static_assert(sizeof(DiscoveryLogHeader) == 1024);

struct DiscoveryLogEntry {
    uint8_t trtype = 3;  // TCP
    uint8_t adrfam = 1;  // 1 IPv4, 2 IPv6
    uint8_t subtype = 2; // 1 referral, 2 NVM subsystem, 3 current discovery subsystem
    uint8_t treq = 0;
    uint16_t portid = 0;
    uint16_t cntlid = kDynamicCntlid;
    uint16_t asqsz = 0;
    uint16_t eflags = 0;
    std::array<uint8_t, 20> reserved12{};
    std::array<char, 32> trsvcid{};
    std::array<uint8_t, 192> reserved64{};
    std::array<char, 256> subnqn{};
    std::array<char, 256> traddr{};
    std::array<uint8_t, 256> tsas{};
};
static_assert(sizeof(DiscoveryLogEntry) == 1024);
static_assert(offsetof(DiscoveryLogEntry, trsvcid) == 32);
static_assert(offsetof(DiscoveryLogEntry, subnqn) == 256);

#pragma pack(pop)

// `volume_id` and `system_id` (16 hex digits each) as the NGUID that the product gives a volume:
// volume id, the OUI 64b94e, the last 40 bits of the system id.
Nguid volume_nguid(uint64_t volume_id, uint64_t system_id);
// 32 lower-case hex digits.
std::string nguid_hex(const Nguid& nguid);

} // namespace pf::nvme
