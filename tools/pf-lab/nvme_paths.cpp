#include "tools/pf-lab/nvme_paths.hpp"

#include "backend/rt/network.hpp"
#include "base/log.hpp"

#include <algorithm>

namespace pf::lab {
namespace {

vim::sim::AnaState to_sim(nvme::AnaState state) {
    switch (state) {
    case nvme::AnaState::Optimized:
        return vim::sim::AnaState::Optimized;
    case nvme::AnaState::NonOptimized:
        return vim::sim::AnaState::NonOptimized;
    case nvme::AnaState::Inaccessible:
        return vim::sim::AnaState::Inaccessible;
    case nvme::AnaState::PersistentLoss:
        return vim::sim::AnaState::PersistentLoss;
    case nvme::AnaState::Change:
        return vim::sim::AnaState::Change;
    }
    return vim::sim::AnaState::Inaccessible;
}

template<std::size_t N>
std::string trimmed(const std::array<char, N>& field) {
    std::string out(field.data(), field.size());
    const auto end = out.find_last_not_of(std::string_view(" \0", 2));
    out.resize(end == std::string::npos ? 0 : end + 1);
    return out;
}

nvme::AnaState state_of(const std::map<std::uint32_t, nvme::AnaState>& groups,
                        std::uint32_t group) {
    const auto found = groups.find(group);
    return found == groups.end() ? nvme::AnaState::Optimized : found->second;
}

nvme::ConnectOptions options_of(const vim::sim::NvmeConnectRequest& request) {
    nvme::ConnectOptions out;
    out.address = request.target.address;
    out.port = request.target.port;
    out.subsystem_nqn = request.subnqn;
    out.io_queues = static_cast<std::uint16_t>(request.io_queues == 0 ? 2 : request.io_queues);
    if (request.io_queue_size != 0)
        out.io_queue_entries = static_cast<std::uint16_t>(request.io_queue_size);
    if (request.admin_queue_size != 0)
        out.admin_queue_entries = static_cast<std::uint16_t>(request.admin_queue_size);
    if (request.keep_alive_s != 0)
        out.kato = std::chrono::seconds(request.keep_alive_s);
    using vim::sim::NvmeDigest;
    out.digests.header = request.digest == NvmeDigest::Header || request.digest == NvmeDigest::Both;
    out.digests.data = request.digest == NvmeDigest::Data || request.digest == NvmeDigest::Both;
    return out;
}

} // namespace

std::string device_name(const nvme::Nguid& nguid) {
    return "eui." + to_hex({reinterpret_cast<const std::byte*>(nguid.data()), nguid.size()});
}

NvmePaths::NvmePaths(rt::Executor& executor, rt::Network& network, std::string host_nqn,
                     std::function<void()> changed)
    : gate_(executor), host_(executor, network, nvme::HostIdentity::from_nqn(std::move(host_nqn))),
      changed_(std::move(changed)) {}

bool NvmePaths::is_live(const Controller& controller) {
    return controller.session && controller.session->state() == nvme::ControllerState::Live;
}

rt::Task<Result<nvme::DiscoveryLog>> NvmePaths::discover(vim::sim::NvmeTarget target) {
    nvme::ConnectOptions options;
    options.address = target.address;
    options.port = target.port;
    auto task = host_.discover(std::move(options));
    co_return co_await std::move(task);
}

rt::Task<Result<std::uint32_t>> NvmePaths::connect(vim::sim::NvmeConnectRequest request) {
    for (const auto& known : controllers_)
        if (known->request.target.adapter == request.target.adapter &&
            known->request.target.address == request.target.address &&
            known->request.target.port == request.target.port &&
            known->request.subnqn == request.subnqn)
            co_return fail(Errc::AlreadyExists, "{} is connected to {}:{} already",
                           request.target.adapter, request.target.address, request.target.port);
    auto controller = std::make_shared<Controller>();
    controller->request = request;
    controller->number = next_number_++;
    controllers_.push_back(controller); // reserves the place while the connection is being made
    auto connecting = host_.connect(options_of(request));
    auto session = co_await std::move(connecting);
    if (!session) {
        std::erase(controllers_, controller);
        co_return fail(std::move(session).error());
    }
    controller->session = std::move(*session);
    controller->session->on_event([this, weak = std::weak_ptr(controller)](nvme::HostEvent) {
        if (auto strong = weak.lock()) {
            auto task = refresh_and_tell(std::move(strong));
            gate_.spawn(std::move(task));
        }
    });
    auto first = refresh(controller);
    co_await std::move(first);
    co_return controller->number;
}

rt::Task<Result<void>> NvmePaths::disconnect(std::uint32_t number) {
    const auto found = std::find_if(controllers_.begin(), controllers_.end(), [&](const auto& c) {
        return c->number == number && c->session;
    });
    if (found == controllers_.end())
        co_return fail(Errc::NotFound, "there is no NVMe controller {}", number);
    auto controller = *found;
    controller->leaving = true;
    std::erase(controllers_, controller);
    auto task = controller->session->disconnect();
    co_await std::move(task);
    co_return Result<void>{};
}

// One reader at a time per controller; an event meanwhile asks for another round.
rt::Task<void> NvmePaths::refresh(std::shared_ptr<Controller> controller) {
    if (controller->refreshing) {
        controller->refresh_again = true;
        co_return;
    }
    controller->refreshing = true;
    do {
        controller->refresh_again = false;
        if (!is_live(*controller) || controller->leaving)
            break;
        auto list = controller->session->namespaces();
        auto namespaces = co_await std::move(list);
        if (controller->leaving)
            break;
        auto log_task = controller->session->ana_log();
        auto groups = co_await std::move(log_task);
        if (namespaces)
            controller->namespaces = std::move(*namespaces);
        if (groups) {
            controller->ana.clear();
            for (const auto& group : *groups)
                controller->ana[group.id] = group.state;
        }
    } while (controller->refresh_again);
    controller->refreshing = false;
}

rt::Task<void> NvmePaths::refresh_and_tell(std::shared_ptr<Controller> controller) {
    auto task = refresh(std::move(controller));
    co_await std::move(task);
    changed_();
}

rt::Task<void> NvmePaths::refresh_all() {
    const auto all = controllers_;
    for (const auto& controller : all) {
        auto task = refresh(controller);
        co_await std::move(task);
    }
}

std::vector<NvmePaths::Path> NvmePaths::paths_of(const std::string& device) {
    std::vector<Path> out;
    for (const auto& controller : controllers_) {
        if (!is_live(*controller) || controller->leaving)
            continue;
        for (const auto& ns : controller->namespaces) {
            if (device_name(ns.nguid) != device)
                continue;
            const auto state = state_of(controller->ana, ns.ana_group);
            if (state == nvme::AnaState::Optimized || state == nvme::AnaState::NonOptimized)
                out.push_back({controller, ns.nsid, state == nvme::AnaState::Optimized});
        }
    }
    if (!out.empty())
        std::rotate(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(turn_++ % out.size()),
                    out.end());
    std::stable_sort(out.begin(), out.end(),
                     [](const Path& a, const Path& b) { return a.optimized > b.optimized; });
    return out;
}

rt::Task<Result<void>> NvmePaths::read(std::string device, std::uint64_t offset, MutByteSpan out) {
    Result<void> last = fail(Errc::Unreachable, "{} has no usable path", device);
    for (const auto& path : paths_of(device)) {
        auto task = path.controller->session->read(path.nsid, offset, out);
        last = co_await std::move(task);
        if (last || last.error().code == Errc::InvalidArgument)
            break;
    }
    co_return last;
}

rt::Task<Result<void>> NvmePaths::write(std::string device, std::uint64_t offset, ByteSpan data) {
    Result<void> last = fail(Errc::Unreachable, "{} has no usable path", device);
    for (const auto& path : paths_of(device)) {
        auto task = path.controller->session->write(path.nsid, offset, data);
        last = co_await std::move(task);
        // A write whose fate is unknown is not sent down another path: the answer says so instead.
        if (last || (last.error().code != Errc::Unreachable &&
                     last.error().code != Errc::NotReady && last.error().code != Errc::Retry))
            break;
    }
    co_return last;
}

rt::Task<void> NvmePaths::stop() {
    const auto all = controllers_;
    for (const auto& controller : all) {
        controller->leaving = true;
        if (!controller->session)
            continue;
        auto task = controller->session->disconnect();
        co_await std::move(task);
    }
    auto closing = gate_.close();
    co_await std::move(closing);
    controllers_.clear();
}

std::vector<vim::sim::NvmeController> NvmePaths::controllers() const {
    std::vector<vim::sim::NvmeController> out;
    for (const auto& controller : controllers_) {
        if (!controller->session)
            continue;
        const auto& identify = controller->session->identify();
        vim::sim::NvmeController c;
        c.number = controller->number;
        c.target = controller->request.target;
        c.subnqn = controller->request.subnqn;
        c.controller_id = controller->session->cntlid();
        c.online = is_live(*controller);
        c.fused_compare_write = controller->session->fused_supported();
        c.io_queues = controller->session->io_queues();
        c.io_queue_size = controller->session->options().io_queue_entries;
        c.keep_alive_s = static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::seconds>(controller->session->options().kato)
                .count());
        c.vendor_id = identify.vid;
        c.model = trimmed(identify.model);
        c.serial = trimmed(identify.serial);
        c.firmware = trimmed(identify.firmware);
        for (const auto& ns : controller->namespaces)
            c.namespaces.push_back({ns.nsid, device_name(ns.nguid), ns.block_bytes,
                                    ns.block_bytes == 0 ? 0 : ns.size_bytes / ns.block_bytes});
        out.push_back(std::move(c));
    }
    return out;
}

std::vector<vim::sim::Device> NvmePaths::devices() const {
    std::map<std::string, vim::sim::Device> out;
    for (const auto& controller : controllers_) {
        for (const auto& ns : controller->namespaces) {
            auto& device = out[device_name(ns.nguid)];
            device.id = device_name(ns.nguid);
            device.transport = vim::sim::Transport::NvmeTcp;
            device.size_bytes = ns.size_bytes;
            device.block_size = ns.block_bytes;
            device.nsid = ns.nsid;
            device.paths.push_back(
                {controller->request.target.adapter, controller->number,
                 controller->request.target.address, controller->request.target.port,
                 to_sim(state_of(controller->ana, ns.ana_group)), is_live(*controller)});
        }
    }
    std::vector<vim::sim::Device> list;
    for (auto& [id, device] : out)
        list.push_back(std::move(device));
    return list;
}

} // namespace pf::lab
