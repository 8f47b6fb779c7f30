#include "tools/pf-lab/host_storage.hpp"

namespace pf::lab {
namespace {

// A plain task around a synchronous look at state that belongs to the reactor's thread.
template<class Fn>
auto on_reactor(rt::Reactor& reactor, Fn fn) {
    struct Call {
        static auto run(Fn f) -> rt::Task<decltype(f())> { co_return f(); }
    };
    return reactor.run_sync(Call::run(std::move(fn)));
}

Result<map::VolumeId> sdc_volume(std::string_view device, const std::string& prefix) {
    if (prefix.empty() || !device.starts_with(prefix) || device.size() != prefix.size() + 16)
        return fail(Errc::NotFound, "{} is no SDC device", device);
    PF_TRY(const std::uint64_t id, map::parse_hex16(device.substr(prefix.size())));
    return map::VolumeId{id};
}

} // namespace

LabHostStorage::LabHostStorage(rt::Reactor& reactor, HostStorageOptions options)
    : reactor_(reactor), options_(std::move(options)),
      nvme_(reactor, reactor.network(), options_.host_nqn, [this] { tell(); }) {}

Result<std::shared_ptr<LabHostStorage>>
LabHostStorage::open(rt::Reactor& reactor, HostStorageOptions options, vim::sim::Timeout timeout) {
    std::shared_ptr<LabHostStorage> self(new LabHostStorage(reactor, std::move(options)));
    if (!self->options_.sdc_guid.empty()) {
        sdc::SdcIdentity identity;
        identity.guid = self->options_.sdc_guid;
        identity.name = self->options_.sdc_name;
        identity.ip = self->options_.sdc_ip;
        identity.os_type = "Esx";
        sdc::ClientOptions client;
        client.mdms = {{self->options_.mdm_address, self->options_.mdm_port}};
        client.identity = identity;
        auto connecting = sdc::Client::connect(reactor, reactor.network(), std::move(client),
                                               mono_now() + timeout);
        auto connected = reactor.run_sync(std::move(connecting));
        if (!connected)
            return fail_while(connected.error(), "the SDC of {} can't register",
                              self->options_.sdc_name);
        self->sdc_ = std::move(*connected);
        on_reactor(reactor, [raw = self.get()] {
            raw->sdc_->on_change([raw](const auto&) { raw->tell(); });
            return true;
        });
    }
    return self;
}

LabHostStorage::~LabHostStorage() {
    on_change({});
    reactor_.run_sync(nvme_.stop());
    if (sdc_)
        reactor_.run_sync(sdc_->stop());
}

std::string LabHostStorage::sdc_mdm_addresses() {
    return options_.sdc_guid.empty() ? std::string() : options_.mdm_address;
}

std::string LabHostStorage::sdc_prefix() const {
    return sdc_ ? "eui." + map::hex16(sdc_->view()->system) : std::string();
}

std::vector<vim::sim::Device> LabHostStorage::sdc_devices() const {
    std::vector<vim::sim::Device> out;
    if (!sdc_)
        return out;
    const auto prefix = sdc_prefix();
    for (const auto& volume : sdc_->view()->volumes) {
        vim::sim::Device device;
        device.id = prefix + map::hex16(volume.id);
        device.transport = vim::sim::Transport::Sdc;
        device.size_bytes = volume.size_bytes;
        device.paths.push_back({});
        out.push_back(std::move(device));
    }
    return out;
}

std::vector<vim::sim::Device> LabHostStorage::list_devices() {
    return on_reactor(reactor_, [this] {
        auto out = sdc_devices();
        for (auto& device : nvme_.devices())
            out.push_back(std::move(device));
        return out;
    });
}

Result<void> LabHostStorage::read(std::string_view device_id, std::uint64_t offset, MutByteSpan out,
                                  vim::sim::Timeout timeout) {
    struct Call {
        static rt::Task<Result<void>> run(LabHostStorage& self, std::string device,
                                          std::uint64_t at, MutByteSpan into, MonoTime deadline) {
            const auto volume = sdc_volume(device, self.sdc_prefix());
            if (!volume) {
                auto task = self.nvme_.read(std::move(device), at, into);
                co_return co_await std::move(task);
            }
            auto task = self.sdc_->read(*volume, at, into, deadline);
            co_return co_await std::move(task);
        }
    };
    return reactor_.run_sync(
        Call::run(*this, std::string(device_id), offset, out, mono_now() + timeout));
}

Result<void> LabHostStorage::write(std::string_view device_id, std::uint64_t offset, ByteSpan data,
                                   vim::sim::Timeout timeout) {
    struct Call {
        static rt::Task<Result<void>> run(LabHostStorage& self, std::string device,
                                          std::uint64_t at, ByteSpan from, MonoTime deadline) {
            const auto volume = sdc_volume(device, self.sdc_prefix());
            if (!volume) {
                auto task = self.nvme_.write(std::move(device), at, from);
                co_return co_await std::move(task);
            }
            auto task = self.sdc_->write(*volume, at, from, deadline);
            co_return co_await std::move(task);
        }
    };
    return reactor_.run_sync(
        Call::run(*this, std::string(device_id), offset, data, mono_now() + timeout));
}

Result<void> LabHostStorage::rescan(vim::sim::Timeout) {
    // The SDC is told of changes by the MDM; NVMe controllers are asked again.
    reactor_.run_sync(nvme_.refresh_all());
    return {};
}

Result<vim::sim::HostStorage::Discovery>
LabHostStorage::nvme_discover(const vim::sim::NvmeTarget& target, vim::sim::Timeout) {
    PF_TRY(const nvme::DiscoveryLog log, reactor_.run_sync(nvme_.discover(target)));
    Discovery out;
    for (const auto& record : log.records) {
        vim::sim::NvmeDiscoveryEntry entry;
        entry.subnqn = record.subsystem_nqn;
        entry.discovery_subsystem = record.subtype != 2;
        entry.address = record.address;
        entry.port = record.port;
        entry.port_id = record.port_id;
        entry.controller_id = record.cntlid;
        entry.admin_queue_max = record.admin_queue_entries;
        out.entries.push_back(std::move(entry));
    }
    return out;
}

Result<std::uint32_t> LabHostStorage::nvme_connect(const vim::sim::NvmeConnectRequest& request,
                                                   vim::sim::Timeout) {
    auto number = reactor_.run_sync(nvme_.connect(request));
    if (!number && number.error().code == Errc::AuthFailed)
        return fail(Errc::PermissionDenied, "{}", number.error().what);
    return number;
}

Result<void> LabHostStorage::nvme_disconnect(std::uint32_t controller_number, vim::sim::Timeout) {
    return reactor_.run_sync(nvme_.disconnect(controller_number));
}

std::vector<vim::sim::NvmeController> LabHostStorage::nvme_controllers() {
    return on_reactor(reactor_, [this] { return nvme_.controllers(); });
}

void LabHostStorage::on_change(std::function<void()> callback) {
    const std::lock_guard lock(callback_mutex_);
    callback_ = std::move(callback);
}

void LabHostStorage::tell() {
    const std::lock_guard lock(callback_mutex_);
    if (callback_)
        callback_();
}

} // namespace pf::lab
