#include "tools/pfnvme/adapters/vsphere_adapter.hpp"

#include "base/net/http_client.hpp"
#include "base/secret.hpp"
#include "base/signals.hpp"
#include "libvsphere/datastore.hpp"
#include "libvsphere/datastore_users.hpp"
#include "libvsphere/esxcli.hpp"
#include "libvsphere/esxcli_types.hpp"
#include "libvsphere/host.hpp"
#include "libvsphere/host_config.hpp"
#include "libvsphere/inventory.hpp"
#include "libvsphere/performance.hpp"
#include "libvsphere/session.hpp"
#include "libvsphere/task.hpp"
#include "libvsphere/vm.hpp"
#include "tools/pfnvme/adapters/vsphere_context.hpp"
#include "tools/pfnvme/adapters/vsphere_distributed.hpp"
#include "tools/pfnvme/adapters/vsphere_estate.hpp"
#include "tools/pfnvme/adapters/vsphere_values.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace pf::nvmetool {

namespace {

constexpr std::chrono::milliseconds kEsxcliTimeout{60'000};
constexpr std::chrono::minutes kUpdateFilesTimeout{30}; // every file of every VM on a datastore
constexpr std::string_view kNoShell =
    "it needs a shell on the host, and no SSH access is configured (--ssh-user, --ssh-key)";
constexpr unsigned kVmfsPartition = 1; // a datastore made by vSphere is the first partition

constexpr std::string_view kMarkName = "pfnvme.lock";

constexpr std::size_t kMostVmsPerLook = 512;

vim::MoRef host_ref(const std::string& id) { return {"HostSystem", id}; }
vim::MoRef vm_ref(const std::string& id) { return {"VirtualMachine", id}; }
vim::MoRef datastore_ref(const std::string& id) { return {"Datastore", id}; }

TaskInfo task_info(const vim::TaskInfo& in) {
    TaskInfo out;
    out.id = in.task.id;
    out.operation = in.description_id;
    out.progress = in.progress;
    switch (in.state) {
    case vim::TaskState::Queued:
        out.state = TaskInfo::State::Queued;
        break;
    case vim::TaskState::Running:
        out.state = TaskInfo::State::Running;
        break;
    case vim::TaskState::Success:
        out.state = TaskInfo::State::Success;
        break;
    case vim::TaskState::Error:
        out.state = TaskInfo::State::Error;
        out.error = vim::to_error(in.error, in.entity_name).what;
        break;
    }
    return out;
}

class VsphereAdapter final : public VspherePort {
  public:
    VsphereAdapter(std::unique_ptr<vim::Session> session, ShellAccess shell)
        : session_(std::move(session)), shell_(std::move(shell)), latencies_(*session_) {}

    Result<VcenterInfo> about() override {
        const vim::AboutInfo& about = session_->about();
        return VcenterInfo{session_->endpoint(), session_->user(), about.name, about.version,
                           about.instance_uuid};
    }

    Result<VsphereEstate> estate(const VmSink& vm_sink) override {
        return read_estate(*session_, vm_sink);
    }

    Result<std::vector<bool>> has_privileges(const std::vector<std::string>& names) override {
        return root_privileges(*session_, names);
    }

    Result<std::vector<HostInfo>> hosts() override {
        vim::InventoryOptions options;
        options.vms = false;
        options.datastores = false;
        PF_TRY(const vim::Inventory inventory, vim::read_inventory(*session_, options));
        PF_CHECK(vim::require_complete(inventory.missing));
        std::vector<HostInfo> out;
        for (const vim::Host& host : inventory.hosts) {
            PF_TRY(HostInfo info, host_info(host));
            if (const vim::Cluster* cluster = inventory.cluster(host.parent); cluster != nullptr) {
                info.cluster = cluster->name;
                info.cluster_id = cluster->ref.id;
            }
            out.push_back(std::move(info));
        }
        PF_CHECK(read_distributed_ports(*session_, out));
        return out;
    }

    Result<HostInfo> host(const std::string& host_id) override {
        PF_TRY(const vim::Host host, vim::read_host(*session_, host_ref(host_id)));
        return host_info(host);
    }

    Result<std::vector<DatastoreInfo>> datastores() override {
        vim::InventoryOptions options;
        options.vms = false;
        options.hosts = false;
        PF_TRY(const vim::Inventory inventory, vim::read_inventory(*session_, options));
        PF_CHECK(vim::require_complete(inventory.missing));
        std::vector<DatastoreInfo> out;
        for (const vim::Datastore& datastore : inventory.datastores) {
            out.push_back(datastore_info(datastore));
        }
        return out;
    }

    Result<DatastoreInfo> datastore(const std::string& datastore_id) override {
        PF_TRY(const vim::Datastore found,
               vim::read_datastore(*session_, datastore_ref(datastore_id)));
        return datastore_info(found);
    }

    Result<std::vector<VmInfo>> vms() override {
        vim::InventoryOptions options;
        options.hosts = false;
        options.datastores = false;
        options.vm_files = false;
        PF_TRY(const vim::Inventory inventory, vim::read_inventory(*session_, options));
        PF_CHECK(vim::require_complete(inventory.missing));
        std::vector<VmInfo> out;
        for (const vim::Vm& vm : inventory.vms) {
            out.push_back(vm_info(vm));
        }
        return out;
    }

    Result<VmInfo> vm(const std::string& vm_id) override {
        PF_TRY(const vim::Vm vm, vim::read_vm(*session_, vm_ref(vm_id)));
        return vm_info(vm);
    }

    Result<VmInfo> vm_by_uuid(const std::string& instance_uuid) override {
        const Result<vim::Value> found =
            session_->call(session_->content().search_index, "FindByUuid",
                           {{"uuid", instance_uuid}, {"vmSearch", true}, {"instanceUuid", true}});
        if (!found) {
            return fail(found.error());
        }
        const vim::MoRef ref = found->ref();
        if (ref.empty()) {
            return fail(Errc::NotFound, "no registered VM has the instance UUID {}", instance_uuid);
        }
        return vm(ref.id);
    }

    Result<std::vector<DeviceInfo>> devices(const std::string& host_id) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        PF_TRY(const vim::HostStorage storage, vim::read_storage(*session_, *host));
        std::vector<DeviceInfo> out;
        for (const vim::ScsiDevice& device : storage.devices) {
            if (device.is_disk) {
                out.push_back(device_info(storage, device));
            }
        }
        return out;
    }

    Result<std::vector<UnresolvedVolume>> unresolved_volumes(const std::string& host_id) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        PF_TRY(const auto volumes, vim::query_unresolved(*session_, *host));
        std::vector<UnresolvedVolume> out;
        for (const vim::UnresolvedVolume& volume : volumes) {
            out.push_back(unresolved_volume(volume));
        }
        return out;
    }

    Result<TaskInfo> task(const std::string& task_id) override {
        const Result<vim::TaskInfo> info = vim::describe_task(*session_, {"Task", task_id});
        if (info) {
            return task_info(*info);
        }
        if (info.error().code == Errc::NotFound || info.error().code == Errc::OutcomeUnknown) {
            return TaskInfo{}; // vCenter forgets finished tasks after a while
        }
        return fail(info.error());
    }

    Result<std::vector<TaskInfo>> active_tasks(const std::string& object_id) override {
        PF_TRY(const auto tasks, vim::recent_tasks(*session_));
        std::vector<TaskInfo> out;
        for (const vim::TaskInfo& task : tasks) {
            if (task.entity.id == object_id && !task.finished()) {
                out.push_back(task_info(task));
            }
        }
        return out;
    }

    Result<std::vector<DiscoveredTarget>> discover(const std::string& host_id,
                                                   const std::string& adapter,
                                                   const std::string& address,
                                                   std::uint16_t port) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        vim::NvmeTarget target;
        target.hba = adapter;
        target.address = address;
        target.port = port;
        PF_TRY(const vim::DiscoveryLog log, vim::nvme_discover(*session_, *host, target));
        std::vector<DiscoveredTarget> out;
        for (const vim::DiscoveryEntry& entry : log.entries) {
            out.push_back({entry.subnqn, entry.address, entry.port, entry.connected});
        }
        return out;
    }

    Result<std::vector<Migration>> migrations() override {
        PF_TRY(const auto tasks, vim::recent_tasks(*session_));
        std::vector<Migration> out;
        for (const vim::TaskInfo& task : tasks) {
            const std::string& what = task.description_id;
            if (task.finished() || (what.find("relocate") == std::string::npos &&
                                    what.find("migrate") == std::string::npos)) {
                continue;
            }
            const Result<vim::ObjectProps> vm =
                vim::retrieve_one(*session_, task.entity, {"runtime.host", "datastore"});
            if (!vm) {
                continue; // a VM that went away meanwhile loads no host
            }
            Migration item{task.task.id, task.entity.id, (*vm)["runtime.host"].ref().id, task.user};
            for (const vim::MoRef& datastore : (*vm)["datastore"].refs()) {
                item.datastore_ids.push_back(datastore.id);
            }
            out.push_back(std::move(item));
        }
        return out;
    }

    Result<std::vector<double>> vm_latencies_ms(const std::vector<std::string>& vm_ids) override {
        PF_CHECK(latencies_.check());
        // Of a large plan evenly many, so that a look stays a few calls.
        const std::size_t step = (vm_ids.size() + kMostVmsPerLook - 1) / kMostVmsPerLook;
        std::vector<vim::MoRef> vms;
        for (std::size_t at = 0; at < vm_ids.size(); at += step) {
            vms.push_back(vm_ref(vm_ids[at]));
        }
        PF_TRY(const auto disks, latencies_.read(vms));
        std::map<vim::MoRef, double> slowest;
        for (const vim::DiskLatency& disk : disks) {
            double& of_vm = slowest[disk.vm];
            of_vm = std::max(of_vm, static_cast<double>(disk.latency_ms));
        }
        std::vector<double> out;
        for (const auto& [vm, latency] : slowest) {
            out.push_back(latency);
        }
        return out;
    }

    Result<std::vector<ContextItem>> vm_context(const std::vector<std::string>& vm_ids) override {
        return read_vm_context(*session_, vm_ids);
    }

    Result<std::vector<std::string>>
    restore_context(const std::vector<ContextItem>& items) override {
        return put_vm_context(*session_, items);
    }

    // A custom attribute of the root folder: visible to every client, and on no object that anybody
    // works with.
    Result<std::string> advisory_mark() override {
        PF_TRY(const std::int64_t key, mark_key(false));
        if (key < 0) {
            return std::string();
        }
        PF_TRY(const vim::Value values,
               vim::retrieve_property(*session_, session_->content().root_folder, "customValue"));
        for (const vim::Value& value : values.items()) {
            if (value["key"].int_or(-1) == key) {
                return value["value"].text();
            }
        }
        return std::string();
    }

    Result<void> set_advisory_mark(const std::string& text) override {
        PF_TRY(const std::int64_t key, mark_key(true));
        const Result<vim::Value> set =
            session_->call(session_->content().custom_fields_manager, "SetField",
                           {{"entity", session_->content().root_folder},
                            {"key", static_cast<std::int32_t>(key)},
                            {"value", text}});
        return set ? Result<void>() : fail(set.error());
    }

    // voma exists only in the host's shell; vim25 and esxcli have nothing like it.
    Result<MetadataCheck> check_metadata(const std::string& host_id,
                                         const std::string& device) override {
        if (!shell_.enabled()) {
            return MetadataCheck{false, 0, std::string(kNoShell)};
        }
        PF_TRY(const vim::Host* host, managed(host_id));
        return shell_.check_vmfs(host->name, device, kVmfsPartition);
    }

    Result<void> probe_shell(const std::string& host_id) override {
        if (!shell_.enabled()) {
            return fail(Errc::Unsupported, "{}", kNoShell);
        }
        PF_TRY(const vim::Host* host, managed(host_id));
        return shell_.probe(host->name);
    }

    Result<std::string> module_options(const std::string& host_id,
                                       const std::string& module) override {
        PF_TRY(const vim::Host host, vim::read_host(*session_, host_ref(host_id)));
        return vim::module_options(*session_, host, module);
    }

    Result<void> set_module_options(const std::string& host_id, const std::string& module,
                                    const std::string& options) override {
        PF_TRY(const vim::Host host, vim::read_host(*session_, host_ref(host_id)));
        return vim::set_module_options(*session_, host, module, options);
    }

    Result<void> tag_vmk(const std::string& host_id, const std::string& vmk) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        return vim::select_vnic(*session_, *host, vmk);
    }

    Result<void> untag_vmk(const std::string& host_id, const std::string& vmk) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        return vim::deselect_vnic(*session_, *host, vmk);
    }

    Result<PortGroupInfo> port_group(const std::string& host_id, const std::string& name) override {
        PF_TRY(const vim::Host host, vim::read_host(*session_, host_ref(host_id)));
        return find_port_group(*session_, host, name);
    }

    Result<std::string> add_vmk(const std::string& host_id, const VmkRequest& request) override {
        PF_TRY(const vim::Host host, vim::read_host(*session_, host_ref(host_id)));
        vim::VnicRequest vnic;
        vnic.portgroup = request.group.name;
        vnic.dvs_uuid = request.group.switch_uuid;
        vnic.dv_portgroup_key = request.group.key;
        vnic.dhcp = request.address.empty();
        vnic.ip = request.address;
        vnic.netmask = request.netmask;
        vnic.mtu = static_cast<int>(request.mtu);
        return vim::add_vnic(*session_, host, vnic);
    }

    Result<void> remove_vmk(const std::string& host_id, const std::string& vmk) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        PF_CHECK(refuse_other_services(*session_, *host, vmk));
        return vim::remove_vnic(*session_, *host, vmk);
    }

    Result<void> add_nvme_adapter(const std::string& host_id, const std::string& nic) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        return vim::create_tcp_adapter(*session_, *host, nic);
    }

    Result<void> remove_nvme_adapter(const std::string& host_id,
                                     const std::string& adapter) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        return vim::remove_adapter(*session_, *host, adapter);
    }

    Result<void> connect_controller(const std::string& host_id, const std::string& adapter,
                                    const std::string& address, std::uint16_t port,
                                    const std::string& subsystem_nqn) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        vim::NvmeConnect spec;
        spec.target.hba = adapter;
        spec.target.address = address;
        spec.target.port = port;
        spec.subnqn = subsystem_nqn;
        return vim::nvme_connect(*session_, *host, spec);
    }

    Result<void> disconnect_controller(const std::string& host_id, const std::string& adapter,
                                       std::int32_t controller_number,
                                       const std::string& subsystem_nqn) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        vim::NvmeDisconnect spec;
        spec.hba = adapter;
        spec.subnqn = subsystem_nqn;
        spec.controller_number = controller_number;
        return vim::nvme_disconnect(*session_, *host, spec);
    }

    Result<void> rescan(const std::string& host_id) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        PF_CHECK(vim::rescan_all(*session_, *host));
        return vim::rescan_vmfs(*session_, *host);
    }

    Result<void> detach_device(const std::string& host_id,
                               const std::string& device_uuid) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        return vim::detach_lun(*session_, *host, device_uuid);
    }

    Result<void> attach_device(const std::string& host_id,
                               const std::string& device_uuid) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        return vim::attach_lun(*session_, *host, device_uuid);
    }

    Result<void> unmount(const std::string& host_id, const std::string& vmfs_uuid) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        return vim::unmount_vmfs(*session_, *host, vmfs_uuid);
    }

    Result<void> mount(const std::string& host_id, const std::string& vmfs_uuid) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        return vim::mount_vmfs(*session_, *host, vmfs_uuid);
    }

    Result<void> create_datastore(const std::string& host_id, const std::string& device,
                                  const std::string& name) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        PF_CHECK(vim::create_vmfs_datastore(*session_, *host, device, name));
        return {};
    }

    Result<void> remove_datastore(const std::string& host_id,
                                  const std::string& datastore_id) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        return vim::remove_datastore(*session_, *host, datastore_ref(datastore_id));
    }

    Result<void> rename_datastore(const std::string& datastore_id,
                                  const std::string& name) override {
        return vim::rename_datastore(*session_, datastore_ref(datastore_id), name);
    }

    Result<std::string> start_resignature(const std::string& host_id,
                                          const std::string& device_path) override {
        PF_TRY(const vim::Host* host, managed(host_id));
        PF_TRY(const vim::MoRef task, vim::resignature_task(*session_, *host, {device_path}));
        return task.id;
    }

    Result<std::vector<FileFailure>> update_vm_paths(const std::string& datastore_id,
                                                     const std::vector<MovedVmfs>& moved) override {
        std::vector<std::pair<std::string, vim::MoRef>> paths;
        for (const MovedVmfs& item : moved) {
            paths.emplace_back("/vmfs/volumes/" + item.old_uuid, datastore_ref(item.datastore_id));
        }
        PF_TRY(const vim::MoRef task,
               vim::update_vm_files_task(*session_, datastore_ref(datastore_id), paths));
        vim::TaskWait wait;
        wait.timeout = kUpdateFilesTimeout;
        PF_TRY(const vim::TaskInfo done, vim::wait_task(*session_, task, wait));
        std::vector<FileFailure> out;
        for (const vim::Value& item : done.result["failedVmFile"].items()) {
            out.push_back({item["vmFile"].text_or(), item["fault"]["localizedMessage"].text_or()});
        }
        return out;
    }

    Result<void> shutdown_guest(const std::string& vm_id) override {
        return vim::shutdown_guest(*session_, vm_ref(vm_id));
    }

    Result<std::string> start_power_off(const std::string& vm_id) override {
        PF_TRY(const vim::MoRef task, vim::power_off_task(*session_, vm_ref(vm_id)));
        return task.id;
    }

    Result<std::string> start_power_on(const std::string& vm_id) override {
        PF_TRY(const vim::MoRef task, vim::power_on_task(*session_, vm_ref(vm_id)));
        return task.id;
    }

    Result<void> answer_moved(const std::string& vm_id) override {
        PF_TRY(const vim::Vm vm, vim::read_vm(*session_, vm_ref(vm_id)));
        if (!vm.question) {
            return {};
        }
        const std::string choice = vim::moved_choice(*vm.question);
        if (choice.empty()) {
            return fail(Errc::Conflict, "VM '{}' asks a question that needs a person: {}", vm.name,
                        vm.question->text);
        }
        return vim::answer_vm(*session_, vm.ref, vm.question->id, choice);
    }

    Result<void> unregister(const std::string& vm_id) override {
        return vim::unregister_vm(*session_, vm_ref(vm_id));
    }

    Result<std::string> start_register(const std::string& folder_id, const std::string& vmx_path,
                                       const std::string& name, bool as_template,
                                       const std::string& pool_id,
                                       const std::string& host_id) override {
        vim::Registration registration;
        registration.vmx_path = vmx_path;
        registration.name = name;
        registration.folder = {"Folder", folder_id};
        if (!as_template && !pool_id.empty()) {
            registration.pool = {"ResourcePool", pool_id};
        }
        registration.host = host_ref(host_id);
        registration.as_template = as_template;
        PF_TRY(const vim::MoRef task, vim::register_task(*session_, registration));
        return task.id;
    }

    Result<std::string> start_relocate(const std::string& vm_id,
                                       const std::string& datastore_id) override {
        PF_TRY(const vim::Vm vm, vim::read_vm(*session_, vm_ref(vm_id)));
        vim::Relocation relocation;
        relocation.datastore = datastore_ref(datastore_id);
        if (vm.powered_on()) {
            relocation.host = vm.host; // the API insists for a running VM
        }
        for (const vim::VirtualDisk& disk : vm.disks) {
            vim::DiskMove move;
            move.disk_key = disk.key;
            move.datastore = relocation.datastore;
            relocation.disks.push_back(std::move(move));
        }
        PF_TRY(const vim::MoRef task, vim::relocate_task(*session_, vm.ref, relocation));
        return task.id;
    }

  private:
    // Managers do not change while a host exists; everything else is read anew by the callers.
    Result<const vim::Host*> managed(const std::string& host_id) {
        const auto known = managers_.find(host_id);
        if (known != managers_.end()) {
            return &known->second;
        }
        PF_TRY(vim::Host host, vim::read_host(*session_, host_ref(host_id)));
        return &managers_.emplace(host_id, std::move(host)).first->second;
    }

    Result<HostInfo> host_info(const vim::Host& host) {
        HostInfo out = host_values(host);
        if (!host.connected()) {
            return out; // nothing more can be asked of it
        }
        managers_.insert_or_assign(host.ref.id, host);
        if (const Result<vim::VnicSelection> tags = vim::query_vnics(*session_, host); tags) {
            for (VmkNic& vmk : out.vmks) {
                vmk.nvme_tagged = tags->is_selected(vmk.name);
            }
        } else if (out.nvme_tcp_supported) {
            return fail(tags.error());
        }
        PF_TRY(const vim::HostStorage storage, vim::read_storage(*session_, host));
        add_storage(storage, out);
        PF_CHECK(read_online_states(host, out));
        out.sdc_guid = read_sdc_guid(host);
        return out;
    }

    // vim25's topology lists controllers, but not whether they are online; esxcli does.
    Result<void> read_online_states(const vim::Host& host, HostInfo& out) {
        if (out.controllers.empty()) {
            return {};
        }
        PF_TRY(const auto esxcli, vim::make_soap_esxcli(*session_, host.ref));
        PF_TRY(const vim::EsxcliOutput output,
               esxcli->run(vim::EsxcliCommand("nvme controller list"), kEsxcliTimeout));
        for (const vim::cli::NvmeControllerRow& row : vim::cli::nvme_controllers(output)) {
            for (NvmeController& controller : out.controllers) {
                if (controller.number == row.number) {
                    controller.online = row.online;
                }
            }
        }
        return {};
    }

    // Empty when the host has no SDC driver or does not tell.
    std::string read_sdc_guid(const vim::Host& host) {
        const auto known = sdc_guids_.find(host.ref.id);
        if (known != sdc_guids_.end()) {
            return known->second;
        }
        std::string guid;
        if (!host.managers.kernel_modules.empty()) {
            const Result<vim::Value> options =
                session_->call(host.managers.kernel_modules, "QueryConfiguredModuleOptionString",
                               {{"name", "scini"}});
            if (options) {
                guid = guid_of_options(options->text());
            }
        }
        if (guid.empty()) {
            guid = sdc_guid_by_esxcli(host);
        }
        sdc_guids_.emplace(host.ref.id, guid);
        return guid;
    }

    // Key of the attribute's definition; -1 when there is none and none is to be made.
    Result<std::int64_t> mark_key(bool make) {
        const vim::MoRef manager = session_->content().custom_fields_manager;
        if (manager.empty()) {
            return fail(Errc::Unsupported, "this vCenter has no custom attributes");
        }
        PF_TRY(const vim::Value fields, vim::retrieve_property(*session_, manager, "field"));
        for (const vim::Value& field : fields.items()) {
            if (field["name"].text() == kMarkName) {
                return field["key"].int_or(-1);
            }
        }
        if (!make) {
            return -1;
        }
        const Result<vim::Value> made =
            session_->call(manager, "AddCustomFieldDef", {{"name", std::string(kMarkName)}});
        if (!made) {
            return fail(made.error());
        }
        return (*made)["key"].int_or(-1);
    }

    std::string sdc_guid_by_esxcli(const vim::Host& host) {
        const auto esxcli = vim::make_soap_esxcli(*session_, host.ref);
        if (!esxcli) {
            return {};
        }
        vim::EsxcliCommand command("system module parameters list");
        command.opt("module", "scini");
        const Result<vim::EsxcliOutput> output = (*esxcli)->run(command, kEsxcliTimeout);
        if (!output) {
            return {};
        }
        for (const vim::EsxcliRecord& record : output->records) {
            if (record.get("Name") == "IoctlIniGuidStr") {
                return record.get("Value");
            }
        }
        return {};
    }

    std::unique_ptr<vim::Session> session_;
    HostShell shell_;
    vim::DiskLatencyReader latencies_; // of session_
    std::map<std::string, vim::Host> managers_;
    std::map<std::string, std::string> sdc_guids_;
};

} // namespace

Result<std::unique_ptr<VspherePort>>
connect_vsphere(const std::string& url, const net::TlsTrust& trust, const std::string& user,
                const Secret& password, ShellAccess shell, const ConnectionTuning& tuning) {
    vim::SessionOptions options;
    if (tuning.timeout.count() > 0) {
        options.call_timeout = tuning.timeout;
    }
    if (tuning.trace) {
        options.trace = [trace = tuning.trace](const vim::CallTrace& call) {
            trace(fmt::format("vim25 {} {} {} {} us, {} B out, {} B in{}{}", call.operation_id,
                              call.receiver, call.method, call.duration.count(), call.request_bytes,
                              call.response_bytes, call.error.empty() ? "" : ": ", call.error));
        };
    }
    // A run observes by itself what a call without an answer did, and makes it again: one look here
    // is enough.
    options.settle_timeout = {};
    // Its threads must leave Ctrl-C to the run: it means a pause there, not an end.
    const ThreadsWithoutStopSignals no_signals;
    PF_TRY(std::unique_ptr<vim::Session> session,
           vim::Session::connect(url, trust, user, password, std::move(options)));
    if (!session->is_vcenter()) {
        return fail(Errc::Unsupported,
                    "{} is {}, not a vCenter; point GOVC_URL at the vCenter that manages the hosts",
                    url, session->about().full_name);
    }
    return std::make_unique<VsphereAdapter>(std::move(session), std::move(shell));
}

} // namespace pf::nvmetool
