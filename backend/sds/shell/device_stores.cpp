#include "backend/sds/shell/device_stores.hpp"

#include "base/file.hpp"
#include "base/log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

namespace pf::sds {

namespace {

// A device that is a regular file is made sparse: it takes space as it is written, and making it
// takes no time. (Files that must not run into a full file system are allocated by whoever makes
// them; block devices are left alone.)
Result<void> make_file(const std::string& path, std::uint64_t bytes) {
    const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) {
        return fail(errno_error("cannot open", path, errno));
    }
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) {
        return fail(errno_error("cannot look at", path, errno));
    }
    if (S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_size) < bytes &&
        ::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) {
        return fail(errno_error("cannot enlarge", path, errno));
    }
    if (::fsync(fd.get()) != 0) {
        return fail(errno_error("cannot sync", path, errno));
    }
    return {};
}

tl::unexpected<Error> not_open(map::DeviceId device) {
    return fail(Errc::NotReady, "device {} is not open", map::hex16(device));
}

} // namespace

rt::Task<void> DeviceStores::open(map::SystemId system, DeviceSpec spec) {
    if (is_open(spec.device)) {
        co_return;
    }
    auto device = std::make_shared<Device>();
    device->spec = std::move(spec);
    devices_[device->spec.device] = device;
    auto opening = open_store(system, *device);
    auto opened = co_await std::move(opening);
    if (!opened) {
        device->store.reset();
        device->disk.reset();
        device->error = opened.error().what;
        log("sds").error("device={} path={} not open: {}", map::hex16(device->spec.device),
                         device->spec.path, device->error);
        co_return;
    }
    log("sds").info("device={} path={} open capacity_mib={}", map::hex16(device->spec.device),
                    device->spec.path, device->store->stats().capacity_bytes >> 20);
}

rt::Task<Result<void>> DeviceStores::open_store(map::SystemId system, Device& device) {
    const DeviceSpec& spec = device.spec;
    std::uint64_t make_bytes = 0;
    if (!options_.allowed.empty()) {
        const auto allowed = options_.allowed.find(spec.path);
        if (allowed == options_.allowed.end()) {
            co_return fail(Errc::PermissionDenied,
                           "{} is not among the devices this server was started with", spec.path);
        }
        make_bytes = allowed->second;
    }
    if (spec.capacity_limit_bytes != 0) {
        make_bytes = spec.capacity_limit_bytes;
    }
    if (spec.may_format && make_bytes != 0) {
        PF_CO_CHECK(make_file(spec.path, make_bytes));
    }
    PF_CO_TRY(device.disk, reactor_.open_disk(spec.path));
    StoreOptions options;
    options.relaxed_durability = options_.relaxed_durability;
    auto opening = BlockStore::open(*device.disk, options);
    auto store = co_await std::move(opening);
    if (!store && store.error().code == Errc::NotFound && spec.may_format) {
        BlockStore::Identity identity;
        identity.system = system.value;
        identity.device = spec.device.value;
        auto formatting = BlockStore::format(*device.disk, identity, options);
        PF_CO_CHECK(co_await std::move(formatting));
        auto again = BlockStore::open(*device.disk, options);
        store = co_await std::move(again);
    }
    if (!store) {
        co_return fail_while(std::move(store).error(), "device {}", spec.path);
    }
    const BlockStore::Identity found = (*store)->identity();
    if (found.system != system.value || found.device != spec.device.value) {
        auto closing = (*store)->close();
        (void)co_await std::move(closing);
        co_return fail(Errc::Conflict, "{} holds device {} of system {}, not {} of {}", spec.path,
                       map::hex16(found.device), map::hex16(found.system), map::hex16(spec.device),
                       map::hex16(system));
    }
    device.store = std::move(*store);
    co_return Result<void>{};
}

rt::Task<void> DeviceStores::close(map::DeviceId id) {
    const auto found = devices_.find(id);
    if (found == devices_.end()) {
        co_return;
    }
    const std::shared_ptr<Device> device = found->second;
    devices_.erase(found);
    if (device->store) {
        auto closing = device->store->close();
        (void)co_await std::move(closing);
    }
}

rt::Task<void> DeviceStores::close_all() {
    for (const map::DeviceId id : configured()) {
        co_await close(id);
    }
}

std::vector<map::DeviceId> DeviceStores::configured() const {
    std::vector<map::DeviceId> ids;
    for (const auto& [id, device] : devices_) {
        ids.push_back(id);
    }
    return ids;
}

bool DeviceStores::is_open(map::DeviceId device) const { return store_of(device) != nullptr; }

std::vector<DeviceReport> DeviceStores::reports() const {
    std::vector<DeviceReport> reports;
    for (const auto& [id, device] : devices_) {
        DeviceReport report;
        report.device = id;
        report.error = device->error;
        if (device->store) {
            const StoreStats stats = device->store->stats();
            report.open = !stats.failed;
            report.capacity_bytes = stats.capacity_bytes;
            report.used_bytes = stats.used_bytes;
            if (stats.failed) {
                report.error = "the device failed a write";
            }
        }
        reports.push_back(std::move(report));
    }
    return reports;
}

BlockStore* DeviceStores::store_of(map::DeviceId device) const {
    const auto found = devices_.find(device);
    return found == devices_.end() ? nullptr : found->second->store.get();
}

rt::Task<Result<void>> DeviceStores::read(const UnitPath& path, std::uint32_t offset_bytes,
                                          MutByteSpan into) {
    BlockStore* store = store_of(path.device);
    if (store == nullptr) {
        co_return not_open(path.device);
    }
    co_return co_await store->read(path.comb, path.chain, path.unit, offset_bytes, into);
}

rt::Task<Result<void>> DeviceStores::write(const UnitPath& path, std::uint32_t offset_bytes,
                                           ByteSpan bytes) {
    BlockStore* store = store_of(path.device);
    if (store == nullptr) {
        co_return not_open(path.device);
    }
    co_return co_await store->write(path.comb, path.chain, path.unit, offset_bytes, bytes);
}

rt::Task<Result<void>> DeviceStores::write_zeroes(const UnitPath& path, std::uint32_t offset_bytes,
                                                  std::uint32_t length_bytes) {
    BlockStore* store = store_of(path.device);
    if (store == nullptr) {
        co_return not_open(path.device);
    }
    co_return co_await store->write_zeroes(path.comb, path.chain, path.unit, offset_bytes,
                                           length_bytes);
}

BlockSet DeviceStores::owned_blocks(map::DeviceId device, const UnitId& id) const {
    const BlockStore* store = store_of(device);
    return store == nullptr ? BlockSet{} : store->owned_blocks(id);
}

bool DeviceStores::has_unit(map::DeviceId device, const UnitId& id) const {
    const BlockStore* store = store_of(device);
    return store != nullptr && store->has_unit(id);
}

std::vector<UnitKey> DeviceStores::units(map::DeviceId device, map::CombId comb) const {
    std::vector<UnitKey> keys;
    if (const BlockStore* store = store_of(device)) {
        for (const UnitSummary& unit : store->list_units(comb)) {
            keys.push_back(UnitKey{unit.id.node, unit.id.unit});
        }
    }
    return keys;
}

rt::Task<Result<UnitImage>> DeviceStores::export_unit(map::DeviceId device, UnitId id) {
    BlockStore* store = store_of(device);
    if (store == nullptr) {
        co_return not_open(device);
    }
    auto exporting = store->export_unit(id);
    auto image = co_await std::move(exporting);
    if (!image && image.error().code == Errc::NotFound) {
        co_return Result<UnitImage>(UnitImage{});
    }
    co_return image;
}

rt::Task<Result<void>> DeviceStores::import_unit(map::DeviceId device, UnitId id, UnitImage image) {
    BlockStore* store = store_of(device);
    if (store == nullptr) {
        co_return not_open(device);
    }
    auto importing = store->import_unit(id, std::move(image));
    co_return co_await std::move(importing);
}

rt::Task<Result<void>> DeviceStores::drop_unit(map::DeviceId device, UnitId id) {
    BlockStore* store = store_of(device);
    if (store == nullptr) {
        co_return not_open(device);
    }
    co_return co_await store->drop_unit(id);
}

rt::Task<Result<void>> DeviceStores::drop_node(map::NodeId node) {
    Result<void> outcome;
    for (const map::DeviceId id : configured()) {
        if (BlockStore* store = store_of(id)) {
            auto dropped = co_await store->drop_node(node);
            if (!dropped) {
                outcome = dropped;
            }
        }
    }
    co_return outcome;
}

rt::Task<Result<void>> DeviceStores::drop_comb(map::CombId comb) {
    Result<void> outcome;
    for (const map::DeviceId id : configured()) {
        if (BlockStore* store = store_of(id)) {
            auto dropped = co_await store->drop_comb(comb);
            if (!dropped) {
                outcome = dropped;
            }
        }
    }
    co_return outcome;
}

std::vector<map::NodeId> DeviceStores::nodes() const {
    std::set<map::NodeId> all;
    for (const auto& [id, device] : devices_) {
        if (device->store) {
            for (const map::NodeId node : device->store->list_nodes()) {
                all.insert(node);
            }
        }
    }
    return {all.begin(), all.end()};
}

std::vector<map::CombId> DeviceStores::combs() const {
    std::set<map::CombId> all;
    for (const auto& [id, device] : devices_) {
        if (device->store) {
            for (const map::CombId comb : device->store->list_combs()) {
                all.insert(comb);
            }
        }
    }
    return {all.begin(), all.end()};
}

} // namespace pf::sds
