#include "libvsphere/simulator/memory_storage.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace pf::vim::sim {

namespace {
constexpr uint64_t kChunk = 64u << 10;
}

std::shared_ptr<MemoryArray> MemoryArray::create(uint64_t system_id) {
    return std::shared_ptr<MemoryArray>(new MemoryArray(system_id));
}

uint64_t MemoryArray::add_volume(uint64_t size_bytes) {
    const std::lock_guard lock(mutex_);
    const uint64_t id = next_volume_++;
    Volume volume;
    volume.size = size_bytes;
    volume.nsid = static_cast<uint32_t>(volumes_.size() + 1);
    volumes_.emplace(id, std::move(volume));
    return id;
}

void MemoryArray::grow_volume(uint64_t volume, uint64_t size_bytes) {
    {
        const std::lock_guard lock(mutex_);
        volumes_.at(volume).size = size_bytes;
    }
    notify_all();
}

void MemoryArray::add_portal(const std::string& address, uint16_t port) {
    const std::lock_guard lock(mutex_);
    portals_.push_back({address, port, true});
}

void MemoryArray::set_reachable(const std::string& address, bool reachable) {
    {
        const std::lock_guard lock(mutex_);
        for (Portal& portal : portals_) {
            if (portal.address == address) {
                portal.reachable = reachable;
            }
        }
    }
    notify_all();
}

void MemoryArray::map_sdc(uint64_t volume, const std::string& host) {
    {
        const std::lock_guard lock(mutex_);
        volumes_.at(volume).sdc_hosts.insert(host);
    }
    notify_all();
}

void MemoryArray::unmap_sdc(uint64_t volume, const std::string& host) {
    {
        const std::lock_guard lock(mutex_);
        volumes_.at(volume).sdc_hosts.erase(host);
    }
    notify_all();
}

void MemoryArray::map_nvme(uint64_t volume, const std::string& host_nqn) {
    {
        const std::lock_guard lock(mutex_);
        volumes_.at(volume).nvme_hosts.insert(host_nqn);
    }
    notify_all();
}

void MemoryArray::unmap_nvme(uint64_t volume, const std::string& host_nqn) {
    {
        const std::lock_guard lock(mutex_);
        volumes_.at(volume).nvme_hosts.erase(host_nqn);
    }
    notify_all();
}

void MemoryArray::fail_io(uint64_t volume, bool failing) {
    const std::lock_guard lock(mutex_);
    volumes_.at(volume).failing = failing;
}

std::string MemoryArray::subsystem_nqn() const {
    return fmt::format("nqn.1988-11.com.dell:powerflex:00:{:016x}", system_id_);
}

std::string MemoryArray::sdc_device(uint64_t volume) const {
    return fmt::format("eui.{:016x}{:016x}", system_id_, volume);
}

std::string MemoryArray::nvme_device(uint64_t volume) const {
    return fmt::format("eui.{:016x}64b94e{:010x}", volume, system_id_ & 0xffffffffffULL);
}

std::shared_ptr<MemoryHost> MemoryArray::host(const std::string& name) {
    const std::lock_guard lock(mutex_);
    auto& slot = hosts_[name];
    if (!slot) {
        slot = std::make_shared<MemoryHost>(weak_from_this(), name);
    }
    return slot;
}

void MemoryArray::notify_all() {
    std::vector<std::shared_ptr<MemoryHost>> hosts;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, host] : hosts_) {
            hosts.push_back(host);
        }
    }
    for (const auto& host : hosts) {
        const std::lock_guard lock(host->callback_mutex_);
        if (host->callback_) {
            host->callback_();
        }
    }
}

MemoryHost::MemoryHost(std::weak_ptr<MemoryArray> array, std::string name)
    : array_(std::move(array)), name_(std::move(name)) {}

std::string MemoryHost::host_nqn() {
    return "nqn.2014-08.local.lab:nvme:" + name_.substr(0, name_.find('.'));
}

std::string MemoryHost::sdc_guid() {
    return fmt::format("5F3C8E10-0000-4000-8000-{:012X}", std::hash<std::string>{}(name_) >> 16);
}

std::string MemoryHost::sdc_mdm_addresses() { return "127.0.0.1"; }

std::vector<Device> MemoryHost::list_devices() {
    const auto array = array_.lock();
    std::vector<Device> devices;
    if (!array) {
        return devices;
    }
    const std::string nqn = host_nqn();
    const std::lock_guard lock(array->mutex_);
    for (const auto& [id, volume] : array->volumes_) {
        if (volume.sdc_hosts.contains(name_)) {
            Device device;
            device.id = array->sdc_device(id);
            device.transport = Transport::Sdc;
            device.size_bytes = volume.size;
            device.paths.emplace_back();
            devices.push_back(std::move(device));
        }
        if (!volume.nvme_hosts.contains(nqn) || controllers_.empty()) {
            continue;
        }
        Device device;
        device.id = array->nvme_device(id);
        device.transport = Transport::NvmeTcp;
        device.size_bytes = volume.size;
        device.nsid = volume.nsid;
        for (const NvmeController& controller : controllers_) {
            DevicePath path;
            path.adapter = controller.target.adapter;
            path.controller_number = controller.number;
            path.address = controller.target.address;
            path.port = controller.target.port;
            path.live = controller.online;
            for (const auto& portal : array->portals_) {
                if (portal.address == path.address && portal.port == path.port) {
                    path.live = portal.reachable;
                }
            }
            device.paths.push_back(std::move(path));
        }
        devices.push_back(std::move(device));
    }
    return devices;
}

template<class Move>
Result<void> MemoryHost::transfer(std::string_view device_id, uint64_t offset, uint64_t length,
                                  Move move) {
    const auto array = array_.lock();
    if (!array) {
        return fail(Errc::Unreachable, "device {}: the array is gone", device_id);
    }
    if (offset % 512 != 0 || length % 512 != 0) {
        return fail(Errc::InvalidArgument, "device {}: unaligned I/O", device_id);
    }
    const std::string nqn = host_nqn();
    const std::lock_guard lock(array->mutex_);
    // The volume's id stands in the name: at its end over SDC, at its front over NVMe.
    for (const size_t from : {size_t{20}, size_t{4}}) {
        uint64_t id = 0;
        const std::string_view hex = device_id.substr(std::min(from, device_id.size()), 16);
        if (std::from_chars(hex.data(), hex.data() + hex.size(), id, 16).ec != std::errc{}) {
            continue;
        }
        const auto found = array->volumes_.find(id);
        if (found == array->volumes_.end()) {
            continue;
        }
        MemoryArray::Volume& volume = found->second;
        const bool by_sdc = volume.sdc_hosts.contains(name_) && device_id == array->sdc_device(id);
        const bool by_nvme = volume.nvme_hosts.contains(nqn) && !controllers_.empty() &&
                             device_id == array->nvme_device(id);
        if (!by_sdc && !by_nvme) {
            continue;
        }
        if (volume.failing) {
            return fail(Errc::Io, "device {}: I/O error", device_id);
        }
        if (offset + length > volume.size) {
            return fail(Errc::InvalidArgument, "device {}: I/O past its end", device_id);
        }
        for (uint64_t done = 0; done < length;) {
            const uint64_t at = offset + done;
            const uint64_t n = std::min(length - done, kChunk - at % kChunk);
            move(volume.chunks, at, done, n);
            done += n;
        }
        return {};
    }
    return fail(Errc::NotFound, "host {} does not see device {}", name_, device_id);
}

Result<void> MemoryHost::read(std::string_view device_id, uint64_t offset, MutByteSpan out,
                              Timeout) {
    auto move = [&](std::map<uint64_t, Bytes>& chunks, uint64_t at, uint64_t done, uint64_t n) {
        const auto found = chunks.find(at / kChunk);
        if (found == chunks.end()) {
            std::memset(out.data() + done, 0, n);
        } else {
            std::memcpy(out.data() + done, found->second.data() + at % kChunk, n);
        }
    };
    return transfer(device_id, offset, out.size(), move);
}

Result<void> MemoryHost::write(std::string_view device_id, uint64_t offset, ByteSpan data,
                               Timeout) {
    auto move = [&](std::map<uint64_t, Bytes>& chunks, uint64_t at, uint64_t done, uint64_t n) {
        Bytes& chunk = chunks[at / kChunk];
        chunk.resize(kChunk);
        std::memcpy(chunk.data() + at % kChunk, data.data() + done, n);
    };
    return transfer(device_id, offset, data.size(), move);
}

Result<void> MemoryHost::rescan(Timeout) { return {}; }

Result<HostStorage::Discovery> MemoryHost::nvme_discover(const NvmeTarget& target, Timeout) {
    const auto array = array_.lock();
    if (!array) {
        return fail(Errc::Unreachable, "{}:{} does not answer", target.address, target.port);
    }
    const std::lock_guard lock(array->mutex_);
    bool found = false;
    Discovery discovery;
    for (const auto& portal : array->portals_) {
        found = found || (portal.reachable && portal.address == target.address);
        NvmeDiscoveryEntry entry;
        entry.subnqn = array->subsystem_nqn();
        entry.address = portal.address;
        entry.port = portal.port;
        entry.port_id = static_cast<uint16_t>(discovery.entries.size() + 1);
        entry.admin_queue_max = 128;
        discovery.entries.push_back(std::move(entry));
    }
    if (!found) {
        return fail(Errc::Unreachable, "{}:{} does not answer", target.address, target.port);
    }
    const std::string nqn = host_nqn();
    const bool mapped = std::any_of(array->volumes_.begin(), array->volumes_.end(),
                                    [&](auto& v) { return v.second.nvme_hosts.contains(nqn); });
    if (!mapped) {
        discovery.entries.clear();
    }
    return discovery;
}

Result<uint32_t> MemoryHost::nvme_connect(const NvmeConnectRequest& request, Timeout) {
    const auto array = array_.lock();
    if (!array) {
        return fail(Errc::Unreachable, "{}:{} does not answer", request.target.address,
                    request.target.port);
    }
    NvmeController controller;
    {
        const std::lock_guard lock(array->mutex_);
        const bool reachable =
            std::any_of(array->portals_.begin(), array->portals_.end(), [&](const auto& portal) {
                return portal.reachable && portal.address == request.target.address &&
                       portal.port == request.target.port;
            });
        if (!reachable) {
            return fail(Errc::Unreachable, "{}:{} does not answer", request.target.address,
                        request.target.port);
        }
        if (request.subnqn != array->subsystem_nqn()) {
            return fail(Errc::NotFound, "{}:{} has no subsystem {}", request.target.address,
                        request.target.port, request.subnqn);
        }
        for (const NvmeController& other : controllers_) {
            if (other.target.adapter == request.target.adapter &&
                other.target.address == request.target.address &&
                other.target.port == request.target.port) {
                return fail(Errc::AlreadyExists, "{} is connected to {}:{} already",
                            request.target.adapter, request.target.address, request.target.port);
            }
        }
        controller.number = next_number_++;
        controller.target = request.target;
        controller.subnqn = request.subnqn;
        controller.controller_id = static_cast<uint16_t>(controller.number - 255);
        controller.online = true;
        controller.fused_compare_write = true;
        controller.io_queues = request.io_queues == 0 ? 8 : request.io_queues;
        controller.io_queue_size = request.io_queue_size == 0 ? 256 : request.io_queue_size;
        controller.keep_alive_s = request.keep_alive_s == 0 ? 60 : request.keep_alive_s;
        controller.model = "PowerFlex";
        controller.serial = fmt::format("{:016x}", array->system_id_);
        controller.firmware = "4.6";
        controllers_.push_back(controller);
    }
    return controller.number;
}

Result<void> MemoryHost::nvme_disconnect(uint32_t controller_number, Timeout) {
    const auto array = array_.lock();
    if (!array) {
        return {};
    }
    const std::lock_guard lock(array->mutex_);
    const auto gone = std::erase_if(
        controllers_, [&](const NvmeController& c) { return c.number == controller_number; });
    if (gone == 0) {
        return fail(Errc::NotFound, "no controller {}", controller_number);
    }
    return {};
}

std::vector<NvmeController> MemoryHost::nvme_controllers() {
    const auto array = array_.lock();
    if (!array) {
        return {};
    }
    const std::string nqn = host_nqn();
    const std::lock_guard lock(array->mutex_);
    std::vector<NvmeController> out = controllers_;
    for (NvmeController& controller : out) {
        for (const auto& portal : array->portals_) {
            if (portal.address == controller.target.address &&
                portal.port == controller.target.port) {
                controller.online = portal.reachable;
            }
        }
        for (const auto& [id, volume] : array->volumes_) {
            if (volume.nvme_hosts.contains(nqn)) {
                controller.namespaces.push_back(
                    {volume.nsid, array->nvme_device(id), 512, volume.size / 512});
            }
        }
    }
    return out;
}

void MemoryHost::on_change(std::function<void()> callback) {
    const std::lock_guard lock(callback_mutex_);
    callback_ = std::move(callback);
}

} // namespace pf::vim::sim
