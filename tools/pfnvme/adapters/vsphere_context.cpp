#include "tools/pfnvme/adapters/vsphere_context.hpp"

#include "libvsphere/administration.hpp"
#include "libvsphere/properties.hpp"
#include "libvsphere/tagging.hpp"
#include "libvsphere/task.hpp"
#include "tools/pfnvme/adapters/value_text.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace pf::nvmetool {

namespace {

using vim::DataObject;
using vim::MoRef;
using vim::Value;

constexpr std::string_view kCluster = "ClusterComputeResource";

// Texts of settings leave out who has them and what vCenter makes up anew.
std::string settings_of(const Value& info) {
    Value copy = info;
    if (DataObject* object = copy.as_object()) {
        for (const char* field :
             {"key", "vm", "status", "inCompliance", "ruleUuid", "userCreated", "uniqueID"}) {
            object->remove(field);
        }
    }
    return value_to_text(copy);
}

std::string principal_of(const vim::EntityPermission& item) {
    return (item.group ? "group " : "user ") + item.principal;
}

std::string permission_text(const vim::EntityPermission& item) {
    return fmt::format("role={} propagate={}", item.role_id, item.propagate);
}

struct KnownVm {
    MoRef ref;
    MoRef host;
    std::string uuid;
};

// ---- reading

class Reader {
  public:
    explicit Reader(vim::Session& session) : session_(session) {}

    Result<std::vector<ContextItem>> read(const std::vector<std::string>& vm_ids) {
        std::vector<MoRef> refs;
        for (const std::string& id : vm_ids) {
            refs.push_back({"VirtualMachine", id});
        }
        if (refs.empty()) {
            return std::move(out_);
        }
        const vim::PropertySpec wanted{"VirtualMachine",
                                       {"config.instanceUuid", "runtime.host", "parent",
                                        "resourcePool", "customValue", "availableField"}};
        PF_TRY(const std::vector<vim::ObjectProps> found, vim::retrieve(session_, refs, wanted));
        for (const vim::ObjectProps& vm : found) {
            read_vm(vm);
        }
        read_tags();
        read_hosts();
        if (failed_) {
            return fail(*failed_);
        }
        return std::move(out_);
    }

  private:
    void add(const KnownVm& vm, const char* kind, std::string name, std::string value) {
        out_.push_back({vm.uuid, kind, std::move(name), std::move(value)});
    }
    // What this account or this vCenter never tells is told as a gap. Anything else may be told the
    // next time: the reading as a whole has failed then.
    void gap(const KnownVm& vm, const char* what, const Error& error) {
        const bool for_good = error.code == Errc::PermissionDenied ||
                              error.code == Errc::Unsupported || error.code == Errc::NotFound;
        if (for_good) {
            add(vm, "gap", what, error.what);
        } else if (!failed_) {
            failed_ = error;
        }
    }

    void read_vm(const vim::ObjectProps& props) {
        KnownVm vm{props.object, props["runtime.host"].ref(), props["config.instanceUuid"].text()};
        add(vm, "folder", "", props["parent"].ref().id);
        if (props["resourcePool"].is_set()) { // a template is in none
            add(vm, "pool", "", props["resourcePool"].ref().id);
        }
        for (const Value& value : props["customValue"].items()) {
            for (const Value& field : props["availableField"].items()) {
                if (field["key"].int_or(-1) == value["key"].int_or(0)) {
                    add(vm, "attribute", field["name"].text(), value["value"].text());
                }
            }
        }
        if (const auto list = vim::entity_permissions(session_, vm.ref)) {
            for (const vim::EntityPermission& item : *list) {
                add(vm, "permission", principal_of(item), permission_text(item));
            }
        } else {
            gap(vm, "permissions", list.error());
        }
        read_alarms(vm);
        vms_.push_back(std::move(vm));
    }

    void read_tags() {
        std::vector<MoRef> refs;
        for (const KnownVm& vm : vms_) {
            refs.push_back(vm.ref);
        }
        const auto tags = vim::TagReader(session_).attached(refs);
        for (std::size_t i = 0; i < vms_.size(); ++i) {
            if (!tags && tags.error().code == Errc::AuthFailed) { // a user of vim25 only
                add(vms_[i], "gap", "tags", tags.error().what);
                continue;
            }
            if (!tags) {
                gap(vms_[i], "tags", tags.error());
                continue;
            }
            for (const vim::Tag& tag : (*tags)[i]) {
                add(vms_[i], "tag", tag.full_name(), tag.id);
            }
        }
    }

    void read_alarms(const KnownVm& vm) {
        const auto alarms =
            session_.call(session_.content().alarm_manager, "GetAlarm", {{"entity", vm.ref}});
        if (!alarms) {
            gap(vm, "alarms", alarms.error());
            return;
        }
        for (const MoRef& alarm : alarms->refs()) {
            const auto info = vim::retrieve_property(session_, alarm, "info");
            if (info && (*info)["entity"].ref() == vm.ref) {
                add(vm, "alarm", (*info)["name"].text(), "");
            }
        }
    }

    void read_hosts() {
        std::set<MoRef> hosts;
        for (const KnownVm& vm : vms_) {
            if (!vm.host.empty()) {
                hosts.insert(vm.host);
            }
        }
        std::set<MoRef> clusters;
        for (const MoRef& host : hosts) {
            const auto props =
                vim::retrieve_one(session_, host, {"parent", "configManager.autoStartManager"});
            if (!props) {
                for_host(host, "rules and overrides", props.error());
                continue;
            }
            if ((*props)["parent"].ref().type == kCluster) {
                clusters.insert((*props)["parent"].ref());
            }
            cluster_of_[host] = (*props)["parent"].ref();
            read_autostart(host, (*props)["configManager.autoStartManager"].ref());
        }
        for (const MoRef& cluster : clusters) {
            read_cluster(cluster);
        }
    }

    void for_host(const MoRef& host, const char* what, const Error& error) {
        for (const KnownVm& vm : vms_) {
            if (vm.host == host) {
                gap(vm, what, error);
            }
        }
    }

    void read_autostart(const MoRef& host, const MoRef& manager) {
        if (manager.empty()) {
            return;
        }
        const auto config = vim::retrieve_property(session_, manager, "config");
        if (!config) {
            for_host(host, "automatic start", config.error());
            return;
        }
        for (const Value& info : (*config)["powerInfo"].items()) {
            if (const KnownVm* vm = known(info["key"].ref()); vm != nullptr) {
                add(*vm, "autostart", "", settings_of(info));
            }
        }
    }

    void read_cluster(const MoRef& cluster) {
        const auto config = vim::retrieve_property(session_, cluster, "configurationEx");
        if (!config) {
            for (const KnownVm& vm : vms_) {
                if (cluster_of_[vm.host] == cluster) {
                    gap(vm, "rules and overrides", config.error());
                }
            }
            return;
        }
        for (const auto& [field, kind] :
             {std::pair{"drsVmConfig", "drs"}, std::pair{"dasVmConfig", "ha"}}) {
            for (const Value& info : (*config)[field].items()) {
                if (const KnownVm* vm = known(info["key"].ref()); vm != nullptr) {
                    add(*vm, kind, "", settings_of(info));
                }
            }
        }
        for (const auto& [field, kind] : {std::pair{"rule", "rule"}, std::pair{"group", "group"}}) {
            for (const Value& info : (*config)[field].items()) {
                read_members(info, kind);
            }
        }
    }

    // A rule holds VMs of other units too, which may be unregistered at the same time: all are
    // told.
    void read_members(const Value& info, const char* kind) {
        const std::vector<MoRef> members = info["vm"].refs();
        if (std::none_of(members.begin(), members.end(),
                         [&](const MoRef& ref) { return known(ref) != nullptr; })) {
            return;
        }
        for (const MoRef& member : members) {
            if (const KnownVm* vm = known(member); vm != nullptr) {
                add(*vm, kind, info["name"].text(), settings_of(info));
            } else if (const auto uuid =
                           vim::retrieve_property(session_, member, "config.instanceUuid")) {
                add(KnownVm{member, {}, uuid->text()}, kind, info["name"].text(),
                    settings_of(info));
            }
        }
    }

    const KnownVm* known(const MoRef& ref) const {
        const auto found = std::find_if(vms_.begin(), vms_.end(),
                                        [&](const KnownVm& vm) { return vm.ref == ref; });
        return found == vms_.end() ? nullptr : &*found;
    }

    vim::Session& session_;
    std::vector<KnownVm> vms_;
    std::map<MoRef, MoRef> cluster_of_; // by host
    std::optional<Error> failed_;
    std::vector<ContextItem> out_;
};

// ---- putting back

struct ClusterChange {
    const char* field; // of ClusterConfigSpecEx
    Value spec;
    std::vector<std::size_t> items;
};

class Writer {
  public:
    Writer(vim::Session& session, const std::vector<ContextItem>& items)
        : session_(session), items_(items), out_(items.size()) {}

    Result<std::vector<std::string>> put() {
        std::map<MoRef, std::vector<std::size_t>> of_clusters;
        for (std::size_t i = 0; i < items_.size(); ++i) {
            PF_TRY(const KnownVm* vm, find(items_[i].vm_uuid));
            if (vm == nullptr) {
                out_[i] = "the VM is not registered";
                continue;
            }
            const std::string& kind = items_[i].kind;
            if (kind == "rule" || kind == "group" || kind == "drs" || kind == "ha") {
                of_clusters[cluster_of_[vm->host]].push_back(i);
            } else if (Result<void> done = put_on_vm(*vm, items_[i]); !done) {
                out_[i] = done.error().what;
            }
        }
        for (const auto& [cluster, which] : of_clusters) {
            put_on_cluster(cluster, which);
        }
        return std::move(out_);
    }

  private:
    // nullptr: not registered.
    Result<const KnownVm*> find(const std::string& uuid) {
        if (const auto known = vms_.find(uuid); known != vms_.end()) {
            return known->second.ref.empty() ? nullptr : &known->second;
        }
        PF_TRY(const Value found,
               session_.call(session_.content().search_index, "FindByUuid",
                             {{"uuid", uuid}, {"vmSearch", true}, {"instanceUuid", true}}));
        KnownVm vm{found.ref(), {}, uuid};
        if (!vm.ref.empty()) {
            PF_TRY(const Value host, vim::retrieve_property(session_, vm.ref, "runtime.host"));
            vm.host = host.ref();
            if (!cluster_of_.contains(vm.host)) {
                PF_TRY(const Value parent, vim::retrieve_property(session_, vm.host, "parent"));
                cluster_of_[vm.host] = parent.ref();
            }
        }
        const KnownVm& kept = vms_.emplace(uuid, std::move(vm)).first->second;
        return kept.ref.empty() ? nullptr : &kept;
    }

    Result<void> put_on_vm(const KnownVm& vm, const ContextItem& item) {
        if (item.kind == "attribute") {
            return vim::set_custom_value(session_, vm.ref, item.name, item.value);
        }
        if (item.kind == "permission") {
            return put_permission(vm, item);
        }
        if (item.kind == "autostart") {
            return put_autostart(vm, item);
        }
        if (item.kind == "tag") {
            return vim::attach_tag(session_, item.value, vm.ref);
        }
        if (item.kind == "alarm") {
            return fail(Errc::Unsupported,
                        "the alarm was defined on the VM itself; define it there again");
        }
        if (item.kind == "folder" || item.kind == "pool") {
            return fail(Errc::Conflict, "it was in {}; move it there again", item.value);
        }
        return fail(Errc::Unsupported, "it could not be read before: {}", item.value);
    }

    Result<void> put_permission(const KnownVm& vm, const ContextItem& item) {
        vim::EntityPermission permission;
        permission.entity = vm.ref;
        permission.group = item.name.starts_with("group ");
        permission.principal = item.name.substr(item.name.find(' ') + 1);
        permission.propagate = item.value.ends_with("propagate=true");
        const std::size_t digits = item.value.find('=') + 1;
        std::from_chars(item.value.data() + digits, item.value.data() + item.value.size(),
                        permission.role_id);
        return vim::set_entity_permissions(session_, vm.ref, {permission});
    }

    Result<void> put_autostart(const KnownVm& vm, const ContextItem& item) {
        PF_TRY(const Value manager,
               vim::retrieve_property(session_, vm.host, "configManager.autoStartManager"));
        PF_TRY(Value info, value_from_text(item.value));
        if (!info.is_object() || manager.ref().empty()) {
            return fail(Errc::Unsupported, "its host starts no VMs by itself");
        }
        info.as_object()->set("key", vm.ref);
        DataObject config("HostAutoStartManagerConfig");
        config.set("powerInfo", Value::array("AutoStartPowerInfo", {std::move(info)}));
        PF_CHECK(session_.call(manager.ref(), "ReconfigureAutostart",
                               {{"spec", Value(std::move(config))}}));
        return {};
    }

    // ---- clusters

    void put_on_cluster(const MoRef& cluster, const std::vector<std::size_t>& which) {
        const auto refuse = [&](const std::string& why) {
            for (const std::size_t i : which) {
                out_[i] = why;
            }
        };
        if (cluster.type != kCluster) {
            refuse("its host is in no cluster any more");
            return;
        }
        const auto config = vim::retrieve_property(session_, cluster, "configurationEx");
        if (!config) {
            refuse(config.error().what);
            return;
        }
        std::vector<ClusterChange> changes;
        if (const Result<void> made = changes_of(*config, which, changes); !made) {
            refuse(made.error().what);
            return;
        }
        // All at once; when vCenter refuses that, each by itself, so that one does not stop others.
        std::vector<const ClusterChange*> all;
        for (const ClusterChange& change : changes) {
            all.push_back(&change);
        }
        if (reconfigure(cluster, all)) {
            return;
        }
        for (const ClusterChange& change : changes) {
            if (const Result<void> done = reconfigure(cluster, {&change}); !done) {
                for (const std::size_t i : change.items) {
                    out_[i] = done.error().what;
                }
            }
        }
    }

    Result<void> reconfigure(const MoRef& cluster, const std::vector<const ClusterChange*>& list) {
        DataObject spec("ClusterConfigSpecEx");
        // Groups before the rules that name them: vCenter takes the fields of a spec in this order.
        for (const char* field : {"groupSpec", "rulesSpec", "dasVmConfigSpec", "drsVmConfigSpec"}) {
            std::vector<Value> items;
            for (const ClusterChange* change : list) {
                if (std::string_view(change->field) == field) {
                    items.push_back(change->spec);
                }
            }
            if (!items.empty()) {
                const std::string type(items.front().type_view());
                spec.set(field, Value::array(type, std::move(items)));
            }
        }
        PF_TRY(const Value task,
               session_.call(cluster, "ReconfigureComputeResource_Task",
                             {{"spec", Value(std::move(spec))}, {"modify", true}}));
        PF_CHECK(vim::wait_task(session_, task.ref()));
        return {};
    }

    static ClusterChange change_of(const char* field, const char* type, bool edit, Value info,
                                   std::vector<std::size_t> items) {
        DataObject spec(type);
        spec.set("operation", Value::enumerator("ArrayUpdateOperation", edit ? "edit" : "add"));
        spec.set("info", std::move(info));
        return {field, Value(std::move(spec)), std::move(items)};
    }

    static const Value* named(const Value& list, const std::string& name) {
        for (const Value& item : list.items()) {
            if (item["name"].text() == name) {
                return &item;
            }
        }
        return nullptr;
    }

    Result<void> changes_of(const Value& config, const std::vector<std::size_t>& which,
                            std::vector<ClusterChange>& out) {
        std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> lists;
        for (const std::size_t i : which) {
            const ContextItem& item = items_[i];
            if (item.kind == "rule" || item.kind == "group") {
                lists[{item.kind, item.name}].push_back(i);
                continue;
            }
            const bool drs = item.kind == "drs";
            const MoRef vm = vms_.at(item.vm_uuid).ref;
            PF_TRY(Value info, value_from_text(item.value));
            info.as_object()->set("key", vm);
            const auto& current = config[drs ? "drsVmConfig" : "dasVmConfig"].items();
            const bool there = std::any_of(current.begin(), current.end(), [&](const Value& other) {
                return other["key"].ref() == vm;
            });
            out.push_back(drs ? change_of("drsVmConfigSpec", "ClusterDrsVmConfigSpec", there,
                                          std::move(info), {i})
                              : change_of("dasVmConfigSpec", "ClusterDasVmConfigSpec", there,
                                          std::move(info), {i}));
        }
        for (auto& [key, members] : lists) {
            const bool rule = key.first == "rule";
            const Value* there = named(config[rule ? "rule" : "group"], key.second);
            Value info;
            std::vector<MoRef> vms;
            if (there != nullptr) {
                info = *there; // somebody may have changed it: only the members are added
                vms = info["vm"].refs();
            } else {
                PF_TRY(info, value_from_text(items_[members.front()].value));
            }
            for (const std::size_t i : members) {
                const MoRef vm = vms_.at(items_[i].vm_uuid).ref;
                if (std::find(vms.begin(), vms.end(), vm) == vms.end()) {
                    vms.push_back(vm);
                }
            }
            info.as_object()->set("vm", Value::refs(vms));
            out.push_back(rule ? change_of("rulesSpec", "ClusterRuleSpec", there != nullptr,
                                           std::move(info), std::move(members))
                               : change_of("groupSpec", "ClusterGroupSpec", there != nullptr,
                                           std::move(info), std::move(members)));
        }
        return {};
    }

    vim::Session& session_;
    const std::vector<ContextItem>& items_;
    std::vector<std::string> out_;
    std::map<std::string, KnownVm> vms_; // by instance UUID; an empty reference: not registered
    std::map<MoRef, MoRef> cluster_of_;  // by host
};

} // namespace

Result<std::vector<ContextItem>> read_vm_context(vim::Session& session,
                                                 const std::vector<std::string>& vm_ids) {
    return Reader(session).read(vm_ids);
}

Result<std::vector<std::string>> put_vm_context(vim::Session& session,
                                                const std::vector<ContextItem>& items) {
    return Writer(session, items).put();
}

} // namespace pf::nvmetool
