#include "backend/sdt/shell/service.hpp"

#include "backend/nvme/memory_device.hpp"
#include "backend/sdt/core/view.hpp"
#include "backend/sdt/shell/volume_device.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"

namespace pf::sdt {

namespace {
// An MDM that is away is asked again for so long.
constexpr std::chrono::seconds kFencePatience{30};
constexpr std::chrono::milliseconds kFencePause{200};
} // namespace

Service::~Service() = default;

Result<void> Service::listen(const ListenConfig& config) {
    for (const std::string& address : config.addresses) {
        PF_TRY(const auto io, server_->listen(rt::Endpoint{address, config.nvme_port}, false));
        nvme_.push_back(io);
        PF_TRY(const auto discovery,
               server_->listen(rt::Endpoint{address, config.discovery_port}, true));
        discovery_.push_back(discovery);
        log("sdt").info("listening nvme={} discovery={}", rt::to_string(io),
                        rt::to_string(discovery));
        if (config.tls_port) {
            PF_TRY(const auto tls,
                   server_->listen(rt::Endpoint{address, *config.tls_port}, false, true));
            tls_.push_back(tls);
            log("sdt").info("listening tls={}", rt::to_string(tls));
        }
    }
    return {};
}

// ---------------------------------------------------------------- standalone

Result<void> Service::start(ListenConfig listen_config, StandaloneConfig standalone) {
    nvme::target::TargetOptions options;
    options.subsystem_nqn = standalone.subsystem_nqn;
    options.discovery_nqn = standalone.discovery_nqn;
    server_ = std::make_unique<Server>(reactor_, reactor_.network(), std::move(options));
    PF_CHECK(listen(listen_config));

    nvme::target::TargetView view;
    nvme::target::NamespaceConfig ns;
    ns.nsid = 1;
    // Stable over restarts: Linux drops a namespace whose identity has changed.
    const auto digest = sha256(as_bytes(standalone.subsystem_nqn));
    std::memcpy(ns.nguid.data(), digest.data(), ns.nguid.size());
    ns.block_shift = standalone.block_bytes == 4096 ? 12 : 9;
    ns.size_blocks = standalone.device_bytes >> ns.block_shift;
    ns.device = 1;
    view.namespaces.push_back(ns);
    view.allow_any_host = standalone.allowed_hosts.empty();
    for (const std::string& nqn : standalone.allowed_hosts) {
        nvme::target::HostConfig host;
        host.nqn = nqn;
        host.nsids = {1};
        host.dhchap_secret = standalone.dhchap_secret;
        host.dhchap_ctrl_secret = standalone.dhchap_ctrl_secret;
        host.tls_psk = standalone.tls_psk;
        view.hosts.push_back(std::move(host));
    }
    const bool secured = !standalone.tls_psk.empty(); // the hosts come by TLS only
    const std::vector<rt::Endpoint>& offered = secured ? tls_ : nvme_;
    uint16_t port_id = 1;
    for (size_t i = 0; i < offered.size(); ++i) {
        nvme::target::Portal portal;
        portal.address =
            i < standalone.advertise.size() ? standalone.advertise[i] : offered[i].host;
        portal.port = offered[i].port;
        portal.port_id = port_id++;
        portal.tls = secured;
        view.portals.push_back(std::move(portal));
    }
    if (standalone.null_device)
        devices_[1] = std::make_shared<nvme::NullDevice>(standalone.device_bytes);
    else
        devices_[1] = std::make_shared<nvme::RamDevice>(standalone.device_bytes);
    standalone_ = view;
    server_->on_reservation([this](uint64_t device, nvme::ReservationCommand command) {
        return reserve_here(device, command);
    });
    server_->set_view(std::move(view), devices_);
    return {};
}

rt::Task<nvme::Status> Service::reserve_here(uint64_t device, nvme::ReservationCommand command) {
    for (nvme::target::NamespaceConfig& ns : standalone_.namespaces) {
        if (ns.device != device)
            continue;
        const nvme::Reservation none;
        auto outcome = nvme::apply_reservation(ns.reservation ? *ns.reservation : none, command);
        if (outcome.status.ok()) {
            ns.reservation = std::make_shared<nvme::Reservation>(std::move(outcome.after));
            server_->set_view(standalone_, devices_);
        }
        co_return outcome.status;
    }
    co_return nvme::st::kInvalidNamespace;
}

rt::Task<nvme::Status> Service::reserve_at_mdm(uint64_t device, nvme::ReservationCommand command) {
    auto asking = client_->reserve(map::VolumeId{device}, command);
    auto answered = co_await std::move(asking);
    co_return answered ? *answered : nvme::status_of(answered.error().code);
}

rt::Task<Result<void>> Service::fence_at_mdm(uint64_t device) {
    const MonoTime give_up = reactor_.now() + kFencePatience;
    while (true) {
        auto fencing = client_->fence(map::VolumeId{device});
        auto fenced = co_await std::move(fencing);
        if (fenced || reactor_.now() >= give_up || !client_->running())
            co_return fenced;
        auto pause = rt::sleep_until(reactor_, reactor_.now() + kFencePause);
        (void)co_await std::move(pause);
    }
}

// ---------------------------------------------------------------- cluster

rt::Task<Result<void>> Service::start(ListenConfig listen_config, ClusterConfig cluster) {
    sdc::ClientOptions options;
    options.mdms = std::move(cluster.mdms);
    options.identity = cluster.identity;
    options.io_timeout = cluster.io_timeout;
    const MonoTime deadline = reactor_.now() + cluster.join_timeout;
    auto connecting =
        sdc::Client::connect(reactor_, reactor_.network(), std::move(options), deadline);
    auto connected = co_await std::move(connecting);
    if (!connected)
        co_return fail_while(std::move(connected.error()), "joining the system");
    client_ = std::move(*connected);
    const std::shared_ptr<const sdc::View> view = client_->view();
    self_ = map::SdtId{view->client_id};
    PF_CO_TRY(auto target, target_options(*view, self_));
    target.discovery_nqn = cluster.discovery_nqn;
    log("sdt").info("joined system={} sdt={} cntlid_first={}", map::hex16(view->system),
                    map::hex16(self_), target.cntlid_first);
    server_ = std::make_unique<Server>(reactor_, reactor_.network(), std::move(target));
    server_->on_controllers_changed([this] { report(); });
    server_->on_reservation([this](uint64_t device, nvme::ReservationCommand command) {
        return reserve_at_mdm(device, command);
    });
    server_->on_lost_write([this](uint64_t device) { return fence_at_mdm(device); });
    PF_CO_CHECK(listen(listen_config));
    apply(*view);
    client_->on_change([this](const std::shared_ptr<const sdc::View>& now) { apply(*now); });
    report();
    co_return Result<void>{};
}

void Service::apply(const sdc::View& view) {
    DeviceMap devices;
    for (const sdc::Volume& volume : view.volumes) {
        const auto known = devices_.find(volume.id.value);
        if (known != devices_.end() && known->second->size_bytes() == volume.size_bytes)
            devices.emplace(volume.id.value, known->second);
        else
            devices.emplace(volume.id.value,
                            std::make_shared<VolumeDevice>(*client_, volume.id, volume.size_bytes));
    }
    devices_ = devices;
    server_->set_view(target_view(view, self_), std::move(devices));
}

void Service::report() {
    client_->report_controllers(
        controller_reports(server_->target().controllers(), *client_->view(), self_));
}

rt::Task<void> Service::stop() {
    if (client_)
        client_->on_change(nullptr);
    if (server_) {
        server_->on_controllers_changed(nullptr);
        server_->shut();
    }
    if (client_) {
        client_->report_controllers({});
        // Cancels what is in flight, so that a stop does not wait for data servers that are away.
        auto stopping = client_->stop();
        co_await std::move(stopping);
    }
    if (server_) {
        auto stopping = server_->stop();
        co_await std::move(stopping);
    }
    server_.reset();
    devices_.clear();
    client_.reset();
}

} // namespace pf::sdt
