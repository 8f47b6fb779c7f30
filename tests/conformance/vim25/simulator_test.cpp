// libvsphere against the simulated estate, over HTTPS: the calls of onboarding, of an online and of
// an offline conversion, in the order that the toolkit makes them. Volumes are RAM; everything
// between is the real wire.

#include "base/net/http_client.hpp"
#include "base/net/tls.hpp"
#include "base/secret.hpp"
#include "libvsphere/datastore.hpp"
#include "libvsphere/esxcli.hpp"
#include "libvsphere/esxcli_types.hpp"
#include "libvsphere/host.hpp"
#include "libvsphere/inventory.hpp"
#include "libvsphere/simulator/memory_storage.hpp"
#include "libvsphere/simulator/simulator.hpp"
#include "libvsphere/task.hpp"
#include "libvsphere/vm.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>

namespace pf::vim {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kVolumeBytes = uint64_t{256} << 20;
constexpr const char* kPortals[] = {"192.0.2.11", "192.0.2.12"};

/// Polls until `done` says so or the deadline passes: inventories follow their host with a delay.
template<class Done>
bool eventually(Done done, std::chrono::milliseconds limit = 15s) {
    auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end) {
        if (done())
            return true;
        std::this_thread::sleep_for(20ms);
    }
    return done();
}

class Estate : public ::testing::Test {
  protected:
    void SetUp() override {
        array_ = sim::MemoryArray::create();
        for (const char* portal : kPortals)
            array_->add_portal(portal, 4420);
        sim::Estate estate;
        for (unsigned i = 1; i <= 2; ++i)
            estate.hosts.push_back(sim::Estate::default_host(i));
        std::map<std::string, std::string> devices;
        for (const char* name : {"sdc-01", "sdc-02"}) {
            volumes_[name] = array_->add_volume(kVolumeBytes);
            estate.datastores.push_back({name, name, {}});
            for (const sim::HostSpec& host : estate.hosts)
                array_->map_sdc(volumes_[name], host.name);
            devices[name] = array_->sdc_device(volumes_[name]);
        }
        unsigned seed = 1;
        for (const char* name : {"sdc-01", "sdc-02"}) {
            sim::VmSpec vm;
            vm.name = std::string("vm-on-") + name;
            vm.datastore = name;
            vm.powered_on = true;
            sim::DiskSpec disk;
            disk.size_bytes = 8u << 20;
            disk.seed = seed++;
            vm.disks.push_back(disk);
            estate.vms.push_back(vm);
        }
        auto completed = estate.complete();
        ASSERT_TRUE(completed) << completed.error().what;
        auto ca = net::CertificateAuthority::create("test CA");
        ASSERT_TRUE(ca) << ca.error().what;
        auto certificate = ca->issue("vcenter", {"127.0.0.1"});
        ASSERT_TRUE(certificate) << certificate.error().what;
        auto fingerprint = net::sha256_fingerprint(certificate->cert_pem);
        ASSERT_TRUE(fingerprint);
        trust_.sha256_pins = {*fingerprint};
        sim::SimulatorOptions options;
        options.vcenter.cert_pem = certificate->cert_pem;
        options.vcenter.key_pem = certificate->key_pem;
        for (const sim::HostSpec& host : estate.hosts)
            options.hosts[host.name] = options.vcenter;
        options.page_size = 2;
        auto array = array_;
        simulator_ = std::make_unique<sim::Simulator>(
            estate,
            [array](const std::string& name) -> Result<std::shared_ptr<sim::HostStorage>> {
                return std::static_pointer_cast<sim::HostStorage>(array->host(name));
            },
            options);
        auto started = simulator_->start();
        ASSERT_TRUE(started) << started.error().what;
        auto seeded = simulator_->seed(devices);
        ASSERT_TRUE(seeded) << seeded.error().what;
        SessionOptions session_options;
        session_options.page_size = 3;
        auto session = Session::connect(
            "https://127.0.0.1:" + std::to_string(simulator_->vcenter_port()), trust_,
            options.vcenter_login.user, Secret(options.vcenter_login.password), session_options);
        ASSERT_TRUE(session) << session.error().what;
        session_ = std::move(*session);
    }

    void TearDown() override {
        session_.reset();
        if (simulator_)
            simulator_->stop();
    }

    Inventory inventory() {
        auto read = read_inventory(*session_);
        EXPECT_TRUE(read) << read.error().what;
        return read ? std::move(*read) : Inventory{};
    }

    void finish(const Result<MoRef>& task, TaskInfo* info = nullptr) {
        ASSERT_TRUE(task) << task.error().what;
        TaskWait wait;
        wait.timeout = 60s;
        auto done = wait_task(*session_, *task, wait);
        ASSERT_TRUE(done) << done.error().what;
        if (info)
            *info = *done;
    }

    /// Tags, adapters and controllers of one host.
    void onboard(const Host& host) {
        int hbas = 0;
        for (const char* vmk : {"vmk1", "vmk2"}) {
            ASSERT_TRUE(select_vnic(*session_, host, vmk));
            auto selection = query_vnics(*session_, host);
            ASSERT_TRUE(selection) << selection.error().what;
            EXPECT_TRUE(selection->is_selected(vmk));
        }
        for (const char* pnic : {"vmnic0", "vmnic1"}) {
            auto created = create_tcp_adapter(*session_, host, pnic);
            ASSERT_TRUE(created) << created.error().what;
            std::string hba;
            ASSERT_TRUE(eventually([&] {
                auto storage = read_storage(*session_, host);
                if (!storage || !storage->tcp_hba_on(pnic))
                    return false;
                hba = storage->tcp_hba_on(pnic)->device;
                return true;
            }));
            ++hbas;
            for (const char* portal : kPortals) {
                NvmeConnect spec;
                spec.target = {hba, portal, 4420, ""};
                spec.subnqn = array_->subsystem_nqn();
                auto connected = nvme_connect(*session_, host, spec);
                ASSERT_TRUE(connected) << connected.error().what;
            }
        }
        ASSERT_TRUE(eventually([&] {
            auto storage = read_storage(*session_, host);
            return storage && storage->controllers.size() == 4;
        }));
        EXPECT_EQ(hbas, 2);
    }

    void expect_data_intact(const std::string& vm, sim::Transport transport) {
        auto checks = simulator_->check_vm(vm);
        ASSERT_TRUE(checks) << checks.error().what;
        ASSERT_FALSE(checks->empty());
        for (const sim::DiskCheck& disk : *checks) {
            EXPECT_TRUE(disk.ok()) << disk.file << ": " << disk.bad_bytes << " bad bytes";
            EXPECT_GT(disk.bytes, 0u);
            EXPECT_EQ(disk.transport, transport) << disk.file;
        }
    }

    std::shared_ptr<sim::MemoryArray> array_;
    std::map<std::string, uint64_t> volumes_;
    net::TlsTrust trust_;
    std::unique_ptr<sim::Simulator> simulator_;
    std::unique_ptr<Session> session_;
};

TEST_F(Estate, InventoryIsCompleteThroughSmallPages) {
    Inventory all = inventory();
    EXPECT_TRUE(all.about.is_vcenter());
    ASSERT_EQ(all.hosts.size(), 2u);
    ASSERT_EQ(all.datastores.size(), 2u);
    ASSERT_EQ(all.vms.size(), 2u);
    ASSERT_FALSE(all.clusters.empty());
    EXPECT_EQ(all.missing.size(), 0u);
    for (const Host& host : all.hosts) {
        EXPECT_EQ(host.version, "7.0.3") << host.name;
        EXPECT_FALSE(host.nvme_nqn.empty()) << host.name;
        EXPECT_TRUE(host.connected());
        EXPECT_FALSE(host.managers.storage.empty());
        EXPECT_FALSE(host.managers.datastores.empty());
        EXPECT_FALSE(host.managers.virtual_nics.empty());
        EXPECT_EQ(host.network.pnics.size(), 2u);
        const Vmk* vmk = host.network.vmk("vmk1");
        ASSERT_TRUE(vmk);
        EXPECT_EQ(host.network.uplinks_of(*vmk), std::vector<std::string>{"vmnic0"});
        const Datacenter* datacenter = all.datacenter_of(host.ref);
        ASSERT_TRUE(datacenter);
        EXPECT_EQ(datacenter->name, "Datacenter");
    }
    EXPECT_NE(all.hosts[0].nvme_nqn, all.hosts[1].nvme_nqn);
    const Datastore* datastore = all.datastore_by_name("sdc-01");
    ASSERT_TRUE(datastore);
    EXPECT_TRUE(datastore->is_vmfs());
    EXPECT_FALSE(datastore->vmfs_uuid.empty());
    ASSERT_EQ(datastore->extents.size(), 1u);
    EXPECT_EQ(datastore->extents[0].disk_name, array_->sdc_device(volumes_["sdc-01"]));
    EXPECT_TRUE(datastore->mounted_on(all.hosts[0].ref));
    ASSERT_EQ(datastore->vms.size(), 1u);
    const Vm* vm = all.vm(datastore->vms[0]);
    ASSERT_TRUE(vm);
    EXPECT_TRUE(vm->powered_on());
    EXPECT_EQ(vm->vmx_path.find("[sdc-01] "), 0u) << vm->vmx_path;
    ASSERT_EQ(vm->disks.size(), 1u);
    EXPECT_EQ(vm->disks[0].backing.datastore, datastore->ref);
    EXPECT_EQ(vm->disks[0].capacity_bytes, 8 << 20);
    EXPECT_EQ(all.datacenter_of(vm->ref), all.datacenter_of(all.hosts[0].ref));
}

TEST_F(Estate, FaultsAreTypedAndChangeNothing) {
    Inventory all = inventory();
    const Host& host = all.hosts.at(0);
    const Datastore* datastore = all.datastore_by_name("sdc-01");
    ASSERT_TRUE(datastore);
    auto busy = unmount_vmfs(*session_, host, datastore->vmfs_uuid);
    ASSERT_FALSE(busy);
    EXPECT_TRUE(is_fault(busy.error(), "ResourceInUse")) << busy.error().what;
    auto unknown = unmount_vmfs(*session_, host, "00000000-00000000-0000-000000000000");
    ASSERT_FALSE(unknown);
    EXPECT_TRUE(is_fault(unknown.error(), "NotFound")) << unknown.error().what;
    auto no_nic = create_tcp_adapter(*session_, host, "vmnic9");
    ASSERT_FALSE(no_nic);
    EXPECT_TRUE(is_fault(no_nic.error(), "NotFound")) << no_nic.error().what;
    auto gone = describe_task(*session_, {"Task", "task-99999"});
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::NotFound) << gone.error().what;
    auto duplicate = rename_datastore(*session_, datastore->ref, "sdc-02");
    ASSERT_FALSE(duplicate);
    EXPECT_TRUE(is_fault(duplicate.error(), "DuplicateName")) << duplicate.error().what;
    auto power = power_on_task(*session_, datastore->vms.at(0));
    if (power)
        power = wait_task(*session_, *power).map([](const TaskInfo& t) { return t.task; });
    ASSERT_FALSE(power);
    EXPECT_TRUE(is_fault(power.error(), "InvalidPowerState")) << power.error().what;
    EXPECT_TRUE(inventory().datastore_by_name("sdc-01")->mounted_on(host.ref));
}

TEST_F(Estate, WrongPasswordAndUntrustedCertificate) {
    const std::string url = "https://127.0.0.1:" + std::to_string(simulator_->vcenter_port());
    auto wrong = Session::connect(url, trust_, "administrator@vsphere.local", Secret("nope"));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, Errc::AuthFailed) << wrong.error().what;
    net::TlsTrust other;
    other.sha256_pins = {std::string(64, 'a')};
    auto untrusted = Session::connect(url, other, "administrator@vsphere.local", Secret("nope"));
    ASSERT_FALSE(untrusted);
    EXPECT_EQ(untrusted.error().code, Errc::Untrusted) << untrusted.error().what;
}

TEST_F(Estate, ASingleHostWorksToo) {
    auto session = Session::connect(
        "https://127.0.0.1:" + std::to_string(simulator_->host_port("esx01.lab.local")), trust_,
        "root", Secret(sim::SimulatorOptions{}.host_login.password));
    ASSERT_TRUE(session) << session.error().what;
    EXPECT_FALSE((*session)->is_vcenter());
    auto all = read_inventory(**session);
    ASSERT_TRUE(all) << all.error().what;
    ASSERT_EQ(all->hosts.size(), 1u);
    EXPECT_FALSE(all->hosts[0].nvme_nqn.empty());
    auto check = check_relocate(**session, {"VirtualMachine", "1"}, {});
    ASSERT_FALSE(check);
    EXPECT_EQ(check.error().code, Errc::Unsupported);
}

TEST_F(Estate, SessionsRenewAndLogOut) {
    auto alive = session_->is_alive();
    ASSERT_TRUE(alive) << alive.error().what;
    EXPECT_TRUE(*alive);
    ASSERT_TRUE(session_->renew());
    EXPECT_EQ(inventory().hosts.size(), 2u);
    ASSERT_TRUE(session_->logout());
    EXPECT_FALSE(*session_->is_alive());
}

TEST_F(Estate, EsxcliOverSoapAgreesWithTheApi) {
    Inventory all = inventory();
    onboard(all.hosts.at(0));
    const Host& host = all.hosts.at(0);
    auto esxcli = make_soap_esxcli(*session_, host.ref);
    ASSERT_TRUE(esxcli) << esxcli.error().what;
    auto run = [&](const char* words) {
        auto out = (*esxcli)->run(EsxcliCommand(words), 20s);
        EXPECT_TRUE(out) << out.error().what;
        return out ? *out : EsxcliOutput{};
    };
    auto nqn = cli::host_nqn(run("nvme info get"));
    ASSERT_TRUE(nqn) << nqn.error().what;
    EXPECT_EQ(*nqn, host.nvme_nqn);
    EXPECT_EQ(cli::system_version(run("system version get")).build, host.build);
    EXPECT_EQ(cli::nvme_adapters(run("nvme adapter list")).size(), 2u);
    auto controllers = cli::nvme_controllers(run("nvme controller list"));
    ASSERT_EQ(controllers.size(), 4u);
    EXPECT_TRUE(controllers[0].online);
    EXPECT_EQ(controllers[0].subnqn, array_->subsystem_nqn());
    EXPECT_EQ(cli::filesystems(run("storage filesystem list")).empty(), false);
    EsxcliCommand tags("network ip interface tag get");
    tags.opt("interface-name", "vmk1");
    auto tag_out = (*esxcli)->run(tags, 20s);
    ASSERT_TRUE(tag_out) << tag_out.error().what;
    auto names = cli::vmk_tags(*tag_out);
    EXPECT_NE(std::find(names.begin(), names.end(), "NVMeTCP"), names.end());
    auto unknown = (*esxcli)->run(EsxcliCommand("nvme nothing list"), 20s);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::Unsupported) << unknown.error().what;
}

TEST_F(Estate, OnlineConversion) {
    Inventory all = inventory();
    uint64_t volume = array_->add_volume(kVolumeBytes);
    for (const Host& host : all.hosts) {
        array_->map_nvme(volume, host.nvme_nqn);
        onboard(host);
        ASSERT_TRUE(rescan_all(*session_, host));
        ASSERT_TRUE(eventually([&] {
            auto storage = read_storage(*session_, host);
            return storage && storage->device(array_->nvme_device(volume)) &&
                   storage->controllers_of(array_->nvme_device(volume)).size() == 4;
        })) << host.name;
        auto storage = read_storage(*session_, host);
        const MultipathDevice* paths = storage->paths_of(array_->nvme_device(volume));
        ASSERT_TRUE(paths);
        EXPECT_TRUE(paths->hpp());
        EXPECT_EQ(paths->paths.size(), 4u);
    }
    const Host& pivot = all.hosts.at(0);
    auto created = create_vmfs_datastore(*session_, pivot, array_->nvme_device(volume), "nvme-01");
    ASSERT_TRUE(created) << created.error().what;
    for (const Host& host : all.hosts) {
        ASSERT_TRUE(rescan_vmfs(*session_, host));
        EXPECT_TRUE(eventually([&] {
            auto datastore = read_datastore(*session_, *created);
            return datastore && datastore->mounted_on(host.ref);
        })) << host.name;
    }
    const Datastore* source = all.datastore_by_name("sdc-01");
    ASSERT_TRUE(source);
    const Vm* vm = all.vm(source->vms.at(0));
    ASSERT_TRUE(vm);
    finish(relocate_task(*session_, vm->ref, relocation_off(*vm, *source, *created)));
    auto moved = read_vm(*session_, vm->ref);
    ASSERT_TRUE(moved) << moved.error().what;
    EXPECT_EQ(moved->vmx_path.find("[nvme-01] "), 0u) << moved->vmx_path;
    EXPECT_EQ(moved->disks.at(0).backing.datastore, *created);
    EXPECT_TRUE(moved->powered_on());
    expect_data_intact(vm->name, sim::Transport::NvmeTcp);
    auto left = read_datastore(*session_, source->ref);
    ASSERT_TRUE(left);
    EXPECT_TRUE(left->vms.empty());
    for (const Host& host : all.hosts)
        ASSERT_TRUE(unmount_vmfs(*session_, host, source->vmfs_uuid));
}

TEST_F(Estate, OfflineConversion) {
    Inventory all = inventory();
    for (const Host& host : all.hosts)
        onboard(host);
    const uint64_t volume = volumes_["sdc-02"];
    const Datastore source = *all.datastore_by_name("sdc-02");
    const Vm vm = *all.vm(source.vms.at(0));
    const std::string sdc_device = array_->sdc_device(volume);
    const std::string nvme_device = array_->nvme_device(volume);

    auto shutdown = shutdown_guest(*session_, vm.ref);
    ASSERT_TRUE(shutdown) << shutdown.error().what;
    ASSERT_TRUE(eventually([&] {
        auto state = read_power_state(*session_, vm.ref);
        return state && *state == "poweredOff";
    }));
    ASSERT_TRUE(unregister_vm(*session_, vm.ref));
    for (const Host& host : all.hosts) {
        auto unmounted = unmount_vmfs(*session_, host, source.vmfs_uuid);
        ASSERT_TRUE(unmounted) << unmounted.error().what;
        auto storage = read_storage(*session_, host);
        ASSERT_TRUE(storage) << storage.error().what;
        const ScsiDevice* device = storage->device(sdc_device);
        ASSERT_TRUE(device);
        auto detached = detach_lun(*session_, host, device->uuid);
        ASSERT_TRUE(detached) << detached.error().what;
        EXPECT_TRUE(eventually([&] {
            auto now = read_storage(*session_, host);
            return now && (!now->device(sdc_device) || now->device(sdc_device)->detached());
        }));
    }
    for (const Host& host : all.hosts) {
        array_->unmap_sdc(volume, host.name);
        ASSERT_TRUE(rescan_all(*session_, host));
        ASSERT_TRUE(delete_lun_state(*session_, host, sdc_device));
    }
    const Host& pivot = all.hosts.at(0);
    array_->map_nvme(volume, pivot.nvme_nqn);
    ASSERT_TRUE(rescan_all(*session_, pivot));
    ASSERT_TRUE(eventually([&] {
        auto storage = read_storage(*session_, pivot);
        return storage && storage->device(nvme_device);
    }));
    ASSERT_TRUE(rescan_vmfs(*session_, pivot));
    std::vector<std::string> extents;
    ASSERT_TRUE(eventually([&] {
        auto unresolved = query_unresolved(*session_, pivot);
        if (!unresolved || unresolved->size() != 1)
            return false;
        const UnresolvedVolume& copy = unresolved->front();
        EXPECT_EQ(copy.uuid, source.vmfs_uuid);
        EXPECT_EQ(copy.label, "sdc-02");
        EXPECT_TRUE(copy.resolvable);
        EXPECT_FALSE(copy.multiple_copies);
        EXPECT_EQ(copy.extents.at(0).reason, "diskIdMismatch");
        EXPECT_EQ(copy.extents.at(0).device, nvme_device);
        extents = {copy.extents.at(0).device_path};
        return true;
    }));
    TaskInfo resigned;
    finish(resignature_task(*session_, pivot, extents), &resigned);
    auto result = resignature_result(resigned);
    ASSERT_TRUE(result) << result.error().what;
    auto copy = read_datastore(*session_, result->datastore);
    ASSERT_TRUE(copy) << copy.error().what;
    EXPECT_EQ(copy->name.find("snap-"), 0u) << copy->name;
    EXPECT_NE(copy->vmfs_uuid, source.vmfs_uuid);
    auto renamed = rename_datastore(*session_, result->datastore, "sdc-02");
    ASSERT_TRUE(renamed) << renamed.error().what;
    for (const Host& host : all.hosts) {
        array_->map_nvme(volume, host.nvme_nqn);
        ASSERT_TRUE(rescan_all(*session_, host));
        ASSERT_TRUE(rescan_vmfs(*session_, host));
        EXPECT_TRUE(eventually([&] {
            auto mounts = read_datastore_mounts(*session_, result->datastore);
            if (!mounts)
                return false;
            for (const DatastoreMount& mount : *mounts) {
                if (mount.host == host.ref && mount.mounted && mount.accessible)
                    return true;
            }
            return false;
        })) << host.name;
    }
    Registration registration;
    registration.vmx_path = vm.vmx_path; // the name is the old one again
    registration.name = vm.name;
    registration.folder = vm.folder;
    registration.pool = vm.pool;
    registration.host = vm.host;
    TaskInfo registered;
    finish(register_task(*session_, registration), &registered);
    auto again = registered_vm(registered);
    ASSERT_TRUE(again) << again.error().what;
    auto power = power_on_task(*session_, *again);
    ASSERT_TRUE(power) << power.error().what;
    ASSERT_TRUE(eventually([&] {
        auto now = read_vm(*session_, *again);
        if (!now)
            return false;
        if (now->question) {
            std::string choice = moved_choice(*now->question);
            EXPECT_FALSE(choice.empty()) << now->question->text;
            (void)answer_vm(*session_, *again, now->question->id, choice);
        }
        return now->powered_on();
    }));
    finish(power);
    expect_data_intact(vm.name, sim::Transport::NvmeTcp);
}

} // namespace
} // namespace pf::vim
