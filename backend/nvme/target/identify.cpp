// Identify, all the structures that hosts ask for.
#include "backend/nvme/target/impl.hpp"

#include <algorithm>

namespace pf::nvme::target {
namespace {

constexpr size_t kIdentifyBytes = 4096;
constexpr uint8_t kSharedNamespace = 1;
constexpr uint8_t kReservationCapabilities = 0xFF; // all types, persistence, IEKEY as of 1.3

// Identification descriptors of CNS 03h. No UUID: Linux would name the device by it and not by the
// NGUID, which carries the volume id that administrators look for.
Bytes namespace_descriptors(const NamespaceConfig& ns) {
    Bytes page(kIdentifyBytes);
    page[0] = std::byte{2}; // NGUID
    page[1] = std::byte{16};
    std::memcpy(page.data() + 4, ns.nguid.data(), ns.nguid.size());
    page[20] = std::byte{4}; // command set identifier: NVM, value 0
    page[21] = std::byte{1};
    return page;
}

Bytes page_of(const auto& structure) {
    const ByteSpan s = struct_bytes(structure);
    return Bytes(s.begin(), s.end());
}

} // namespace

IdentifyController Target::Impl::identify_controller(const Controller& controller) const {
    IdentifyController id;
    put_text(id.serial, options_.serial, ' ');
    put_text(id.model, options_.model, ' ');
    put_text(id.firmware, options_.firmware, ' ');
    id.rab = 6;
    id.ieee = {0x4E, 0xB9, 0x64};
    id.mdts = options_.mdts;
    id.cntlid = controller.cntlid;
    id.version = kVersion14;
    id.cntrltype = controller.discovery ? 2 : 1;
    id.ctratt = 1; // 128-bit host identifier
    id.oaes =
        controller.discovery ? aen::kConfigDiscovery : aen::kConfigNamespace | aen::kConfigAna;
    id.aerl = kMaxAers - 1;
    id.lpa = 0x04; // extended data: log page offset
    id.kas = kKeepAliveUnit100ms;
    id.maxcmd = options_.max_queue_entries;
    id.sgls = 0x00100001;
    id.ioccsz = (uint32_t{sizeof(Sqe)} + options_.in_capsule_bytes) / 16;
    id.iorcsz = 1;
    id.msdbd = 1;
    if (controller.discovery) {
        put_text(id.subnqn, own_discovery_nqn(), '\0');
        id.ioccsz = 4;
        return id;
    }
    put_text(id.subnqn, options_.subsystem_nqn, '\0');
    id.cmic = 0x0B; // several ports, several controllers, asymmetric access
    id.acl = 3;
    id.frmw = 0x03; // one slot, read-only
    id.lpa = 0x06;  // commands supported and effects too
    id.wctemp = 0x0157;
    id.cctemp = 0x0175;
    id.anatt = 10;
    id.anacap = 0x40 | 0x07; // group ids are static; optimized, non-optimized, inaccessible
    id.anagrpmax = options_.ana_groups;
    id.nanagrpid = options_.ana_groups;
    id.sqes = 0x66;
    id.cqes = 0x44;
    id.nn = kMaxNsid;
    id.mnan = kMaxNamespaces;
    // Compare, dataset management, write zeroes, reservations, verify.
    id.oncs = 0x01 | 0x04 | 0x08 | 0x20 | 0x80;
    id.fuses = 1; // compare and write
    return id;
}

IdentifyNamespace Target::Impl::identify_namespace(const Controller& controller,
                                                   const NamespaceConfig& ns) const {
    IdentifyNamespace id;
    const AnaState state = ana_state(controller, ns.ana_group);
    id.nsze = ns.size_blocks;
    id.ncap = ns.size_blocks;
    id.nuse = state == AnaState::Optimized || state == AnaState::NonOptimized ? ns.size_blocks : 0;
    id.nsfeat = 0x01; // thin
    id.nmic = kSharedNamespace;
    id.rescap = kReservationCapabilities;
    id.dlfeat = 0x01 | 0x08; // deallocated blocks read as zeroes; write zeroes may deallocate
    id.anagrpid = ns.ana_group;
    id.nsattr = ns.read_only ? 1 : 0;
    id.nguid = ns.nguid;
    id.lbaf[0].lbads = ns.block_shift;
    return id;
}

void Target::Impl::identify(Session& session, uint16_t slot) {
    Connection& c = session.connection;
    const Sqe& sqe = c.command(slot).sqe;
    const Controller& controller = *session.controller;
    const auto cns = static_cast<Cns>(sqe.cdw10 & 0xFF);
    const uint32_t nsid = sqe.nsid;
    const auto command_set = static_cast<uint8_t>(sqe.cdw11 >> 24);
    if (cns == Cns::Controller) {
        c.respond_data(slot, struct_bytes(identify_controller(controller)));
        return;
    }
    if (controller.discovery) {
        c.respond(slot, st::kInvalidField);
        return;
    }
    const NamespaceConfig* ns = controller.find(nsid);
    const bool nsid_in_range = nsid != 0 && nsid <= kMaxNsid;
    switch (cns) {
    case Cns::Namespace:
    case Cns::CommandSetNamespace:
    case Cns::IndependentNamespace: {
        if (cns == Cns::CommandSetNamespace && command_set != 0)
            break;
        if (!nsid_in_range) {
            c.respond(slot, st::kInvalidNamespace);
            return;
        }
        Bytes page(kIdentifyBytes); // an inactive namespace reads as zeroes
        if (ns && cns == Cns::Namespace) {
            page = page_of(identify_namespace(controller, *ns));
        } else if (ns && cns == Cns::IndependentNamespace) {
            IdentifyIndependentNamespace id;
            id.nmic = kSharedNamespace;
            id.rescap = kReservationCapabilities;
            id.anagrpid = ns->ana_group;
            id.nsattr = ns->read_only ? 1 : 0;
            id.nstat = 1;
            page = page_of(id);
        }
        c.respond_data(slot, page);
        return;
    }
    case Cns::CommandSetActiveNamespaces:
    case Cns::ActiveNamespaces: {
        if (cns == Cns::CommandSetActiveNamespaces && command_set != 0)
            break;
        if (nsid >= 0xFFFFFFFEu) {
            c.respond(slot, st::kInvalidNamespace);
            return;
        }
        std::array<uint32_t, 1024> list{};
        size_t n = 0;
        for (const NamespaceConfig& a : controller.attached)
            if (a.nsid > nsid && n < list.size())
                list[n++] = a.nsid;
        c.respond_data(slot, struct_bytes(list));
        return;
    }
    case Cns::NamespaceDescriptors:
        if (!nsid_in_range)
            c.respond(slot, st::kInvalidNamespace);
        else if (!ns)
            c.respond(slot, st::kInvalidField);
        else
            c.respond_data(slot, namespace_descriptors(*ns));
        return;
    case Cns::CommandSetController: {
        if (command_set != 0)
            break;
        IdentifyNvmController id;
        id.dmrl = 255; // ranges of one dataset management command, 0 meaning no limit
        c.respond_data(slot, struct_bytes(id));
        return;
    }
    case Cns::CommandSets: {
        Bytes page(kIdentifyBytes);
        page[0] = std::byte{1}; // one combination: NVM alone
        c.respond_data(slot, page);
        return;
    }
    default:
        break;
    }
    c.respond(slot, st::kInvalidField);
}

} // namespace pf::nvme::target
