// What clusters and hosts keep about VMs: groups, rules, DRS and HA overrides, automatic start.
//
// Kept and shown; nothing is placed or restarted here. What HA does is elect datastores for its
// heartbeats, which can't be unmounted while they are it: anew for a host that is configured anew,
// and for every host when policy or choice change. Lists change by
// ArrayUpdateSpec. A VM that is unregistered is dropped from all of it, and a rule that is left
// with fewer than two VMs goes; whoever registers it again has to put it back.
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/methods.hpp"
#include "libvsphere/wire/schema.hpp"

#include <algorithm>
#include <array>

namespace pf::vim::sim {

namespace {

constexpr std::array<std::string_view, 6> kKept = {
    "dasConfig", "drsConfig", "groupSpec", "rulesSpec", "dasVmConfigSpec", "drsVmConfigSpec"};

std::string key_text(const Value& value) {
    return value.as_ref() != nullptr ? value.ref().id : value.text();
}

// Rules and groups that name VMs or hosts: all of them must exist.
Outcome<> check_members(World& world, const Value& info) {
    const Scope everything;
    for (const char* list : {"vm", "host"}) {
        for (const MoRef& member : info[list].refs()) {
            if (!object_exists({world, everything, nullptr}, member)) {
                return raise_missing_object(member);
            }
        }
    }
    return {};
}

bool is_affinity(const Value& info) {
    return info.type_view() == "ClusterAffinityRuleSpec" ||
           info.type_view() == "ClusterAntiAffinityRuleSpec";
}

Outcome<> check_rule(const ClusterState& state, const Value& info) {
    if (is_affinity(info) && info["vm"].refs().size() < 2) {
        return raise_invalid_argument("spec.rulesSpec", "A rule needs two virtual machines.");
    }
    const auto known = [&](const std::string& name) {
        return name.empty() ||
               std::any_of(state.groups.begin(), state.groups.end(),
                           [&](const Value& group) { return group["name"].text() == name; });
    };
    for (const char* group : {"vmGroupName", "affineHostGroupName", "antiAffineHostGroupName"}) {
        if (!known(info[group].text())) {
            return raise_invalid_argument(
                "spec.rulesSpec", fmt::format("There is no group '{}'.", info[group].text()));
        }
    }
    return {};
}

// One ArrayUpdateSpec on a list whose items are known by the field `key`.
Outcome<> change_list(std::vector<Value>& list, const Value& change, std::string_view key,
                      const std::string& where) {
    const std::string operation = change["operation"].text();
    const std::string wanted =
        operation == "remove" ? key_text(change["removeKey"]) : key_text(change["info"][key]);
    const auto found = std::find_if(
        list.begin(), list.end(), [&](const Value& item) { return key_text(item[key]) == wanted; });
    if (operation == "add") {
        if (found != list.end()) {
            return raise_invalid_argument(where, fmt::format("'{}' exists already.", wanted));
        }
        list.push_back(change["info"]);
        return {};
    }
    if (found == list.end()) {
        return raise_invalid_argument(where, fmt::format("There is no '{}'.", wanted));
    }
    if (operation == "edit") {
        *found = change["info"];
    } else {
        list.erase(found);
    }
    return {};
}

Outcome<> change_rule(ClusterState& state, Value change) {
    if (change["operation"].text() != "remove") {
        Value info = change["info"];
        SIM_CHECK(check_rule(state, info));
        if (change["operation"].text() == "add") {
            const bool taken =
                std::any_of(state.rules.begin(), state.rules.end(), [&](const Value& rule) {
                    return rule["name"].text() == info["name"].text();
                });
            if (taken) {
                return raise("DuplicateName",
                             fmt::format("The name '{}' already exists.", info["name"].text()),
                             {{"name", info["name"]}, {"object", MoRef{"Folder", "group-h4"}}});
            }
            info.as_object()->set("key", Value(state.next_rule++));
            info.as_object()->set("userCreated", true);
        }
        change.as_object()->set("info", std::move(info));
    }
    return change_list(state.rules, change, "key", "spec.rulesSpec");
}

// Everything of `spec` or nothing of it.
Outcome<> apply_spec(World& world, ClusterState& kept, const Value& spec) {
    ClusterState state = kept;
    for (const Value& change : spec["groupSpec"].items()) {
        SIM_CHECK(check_members(world, change["info"]));
        SIM_CHECK(change_list(state.groups, change, "name", "spec.groupSpec"));
    }
    for (const Value& change : spec["rulesSpec"].items()) {
        SIM_CHECK(check_members(world, change["info"]));
        SIM_CHECK(change_rule(state, change));
    }
    const auto overrides = [&](std::vector<Value>& list, const char* name) -> Outcome<> {
        for (const Value& change : spec[name].items()) {
            const MoRef vm = change["info"]["key"].ref();
            if (change["operation"].text() != "remove" && world.vm(vm.id) == nullptr) {
                return raise_missing_object(vm);
            }
            SIM_CHECK(change_list(list, change, "key", std::string("spec.") + name));
        }
        return {};
    };
    SIM_CHECK(overrides(state.das_vms, "dasVmConfigSpec"));
    SIM_CHECK(overrides(state.drs_vms, "drsVmConfigSpec"));
    kept = std::move(state);
    return {};
}

constexpr std::array<std::string_view, 3> kPolicies = {"userSelectedDs", "allFeasibleDs",
                                                       "allFeasibleDsWithUserPreference"};
constexpr size_t kHeartbeatsPerHost = 2; // das.heartbeatDsPerHost

// Policy, choice and switch of HA.
void change_ha(World& world, size_t cluster, const Value& das) {
    if (das["enabled"].is_set()) {
        world.extras->ha[cluster] = das["enabled"].bool_or(false);
    }
    const std::string policy = das["hBDatastoreCandidatePolicy"].text();
    if (policy.empty() && !das["heartbeatDatastore"].is_set()) {
        return;
    }
    ClusterState& state = world.extras->clusters[cluster];
    if (!policy.empty()) {
        state.heartbeat_policy = policy;
    }
    state.heartbeat_choice = das["heartbeatDatastore"].refs();
    for (const auto& host : world.hosts) {
        if (host->cluster == cluster) {
            elect_heartbeats(world, *host);
        }
    }
}

Outcome<> check_ha(World& world, const Value& das) {
    const std::string policy = das["hBDatastoreCandidatePolicy"].text();
    if (!policy.empty() &&
        std::find(kPolicies.begin(), kPolicies.end(), policy) == kPolicies.end()) {
        return raise_invalid_argument("spec.dasConfig.hBDatastoreCandidatePolicy",
                                      fmt::format("There is no policy '{}'.", policy));
    }
    for (const MoRef& chosen : das["heartbeatDatastore"].refs()) {
        if (world.datastore(chosen.id) == nullptr) {
            return raise_missing_object(chosen);
        }
    }
    return {};
}

Outcome<Value> reconfigure_host_for_ha(MethodContext& c, const Call& call) {
    auto work = [&world = c.world, self = call.self](TaskContext&) -> Outcome<Value> {
        const std::lock_guard lock(world.mutex);
        const HostState* host = world.host(self.id);
        if (host == nullptr) {
            return raise_missing_object(self);
        }
        if (!host->connected) {
            return raise("HostNotConnected",
                         fmt::format("The host '{}' is not connected.", host->spec.name));
        }
        if (!ha_enabled(world, host->cluster)) {
            return raise("DasConfigFault", "vSphere HA is not enabled in the host's cluster.");
        }
        elect_heartbeats(world, *host);
        world.touch();
        return Value();
    };
    return start_task(c, "DasConfig.ReconfigureHost", call.self, work);
}

// What else a spec says is not kept here and refused.
Outcome<Value> reconfigure_cluster(MethodContext& c, const Call& call) {
    const Value& spec = call.arg("spec");
    for (const Field& field :
         spec.as_object() == nullptr ? std::vector<Field>() : spec.as_object()->fields) {
        if (std::find(kKept.begin(), kKept.end(), field.name) == kKept.end()) {
            return raise("NotSupported",
                         fmt::format("Changing {} is not supported here.", field.name));
        }
    }
    auto work = [&world = c.world, self = call.self, spec](TaskContext&) -> Outcome<Value> {
        const std::lock_guard lock(world.mutex);
        for (size_t i = 0; i < world.clusters.size(); ++i) {
            if (cluster_ref(i) != self) {
                continue;
            }
            SIM_CHECK(check_ha(world, spec["dasConfig"]));
            SIM_CHECK(apply_spec(world, world.extras->clusters[i], spec));
            change_ha(world, i, spec["dasConfig"]);
            if (spec["drsConfig"]["enabled"].is_set()) {
                world.extras->drs[i] = spec["drsConfig"]["enabled"].bool_or(false);
            }
        }
        world.touch();
        return Value();
    };
    return start_task(c, "ComputeResource.reconfigureEx", call.self, work);
}

Outcome<Value> reconfigure_autostart(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::lock_guard lock(c.world.mutex);
    std::vector<Value>& list = c.world.extras->autostart[host->number];
    for (const Value& info : call.arg("spec")["powerInfo"].items()) {
        const VmState* vm = c.world.vm(info["key"].ref().id);
        if (vm == nullptr || vm->host != host->moid()) {
            return raise_invalid_argument("spec.powerInfo.key",
                                          "The virtual machine is not on this host.");
        }
        std::erase_if(list,
                      [&](const Value& item) { return item["key"].ref() == info["key"].ref(); });
        if (info["startAction"].text() != "none") {
            list.push_back(info);
        }
    }
    c.world.touch();
    return Value();
}

void drop_refs(Value& info, const MoRef& vm) {
    std::vector<MoRef> members = info["vm"].refs();
    if (std::erase(members, vm) != 0) {
        info.as_object()->set("vm", members.empty() ? Value() : Value::refs(members));
    }
}

} // namespace

void elect_heartbeats(World& world, const HostState& host) {
    const ClusterState& state = world.extras->clusters[host.cluster];
    struct Candidate {
        std::string uuid;
        bool chosen = false;
        size_t hosts = 0; // of the cluster that have it, too
    };
    std::vector<Candidate> candidates;
    for (const auto& [uuid, volume] : host.volumes) {
        const DatastoreState* ds = world.datastore_of(uuid);
        if (ds == nullptr || !volume.mounted || !volume.accessible) {
            continue;
        }
        Candidate one{uuid};
        one.chosen = std::find(state.heartbeat_choice.begin(), state.heartbeat_choice.end(),
                               ds->ref()) != state.heartbeat_choice.end();
        for (const auto& other : world.hosts) {
            const auto mounted = other->volumes.find(uuid);
            one.hosts += other->cluster == host.cluster && mounted != other->volumes.end() &&
                                 mounted->second.mounted
                             ? 1U
                             : 0U;
        }
        if (one.chosen || state.heartbeat_policy != "userSelectedDs") {
            candidates.push_back(std::move(one));
        }
    }
    const bool preferred = state.heartbeat_policy != "allFeasibleDs";
    std::stable_sort(candidates.begin(), candidates.end(),
                     [&](const Candidate& a, const Candidate& b) {
                         if (preferred && a.chosen != b.chosen) {
                             return a.chosen;
                         }
                         return a.hosts > b.hosts;
                     });
    std::vector<std::string>& elected = world.extras->elected[host.number];
    elected.clear();
    for (size_t i = 0; i < std::min(candidates.size(), kHeartbeatsPerHost); ++i) {
        elected.push_back(candidates[i].uuid);
    }
}

std::vector<std::string> heartbeats_of(World& world, const HostState& host) {
    if (!ha_enabled(world, host.cluster)) {
        return {};
    }
    std::vector<std::string> out;
    const auto elected = world.extras->elected.find(host.number);
    if (elected != world.extras->elected.end()) {
        out = elected->second;
    } else {
        for (const std::string& name : world.estate.heartbeat_datastores) {
            if (const DatastoreState* ds = world.datastore_named(name)) {
                out.push_back(ds->uuid);
            }
        }
    }
    std::erase_if(out, [&](const std::string& uuid) {
        const auto mounted = host.volumes.find(uuid);
        return mounted == host.volumes.end() || !mounted->second.mounted;
    });
    return out;
}

void forget_vm(World& world, const MoRef& vm) {
    Extras& extras = *world.extras;
    const auto about = [&](const Value& info) { return info["key"].ref() == vm; };
    for (auto& [index, state] : extras.clusters) {
        for (std::vector<Value>* list : {&state.groups, &state.rules}) {
            for (Value& info : *list) {
                drop_refs(info, vm);
            }
        }
        std::erase_if(state.rules, [](const Value& rule) {
            return is_affinity(rule) && rule["vm"].refs().size() < 2;
        });
        std::erase_if(state.das_vms, about);
        std::erase_if(state.drs_vms, about);
    }
    for (auto& [number, list] : extras.autostart) {
        std::erase_if(list, about);
    }
    extras.permissions.erase(vm);
    extras.attached_tags.erase(vm);
    world.custom_values.erase(vm);
}

Value autostart_config(World& world, const MoRef& manager) {
    const HostState* host = world.host_numbered(trailing_number(manager.id));
    const auto found = host == nullptr ? world.extras->autostart.end()
                                       : world.extras->autostart.find(host->number);
    return make(
        "HostAutoStartManagerConfig",
        {{"defaults", make("AutoStartDefaults", {{"enabled", false},
                                                 {"startDelay", int_value(120)},
                                                 {"stopDelay", int_value(120)},
                                                 {"waitForHeartbeat", false},
                                                 {"stopAction", "PowerOff"}})},
         {"powerInfo", Value::array("AutoStartPowerInfo", found == world.extras->autostart.end()
                                                              ? std::vector<Value>()
                                                              : found->second)}});
}

void add_cluster_methods(MethodTable& t) {
    t.add("ClusterComputeResource", "ReconfigureComputeResource_Task", reconfigure_cluster);
    t.add("HostSystem", "ReconfigureHostForDAS_Task", reconfigure_host_for_ha);
    t.add("HostAutoStartManager", "ReconfigureAutostart", reconfigure_autostart);
}

} // namespace pf::vim::sim
