// From intent and inventory to units: scope, components, classification, checks, budget, steps.
#include "tools/pfnvme/plan/compile.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "base/glob.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/plan/budget.hpp"
#include "tools/pfnvme/plan/compile_parts.hpp"
#include "tools/pfnvme/plan/grouping.hpp"
#include "tools/pfnvme/plan/judge.hpp"
#include "tools/pfnvme/plan/units.hpp"
#include "tools/pfnvme/plan/volume_budget.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace pf::nvmetool {

namespace {

constexpr std::string_view kMigrationSupport =
    "Online units use Storage vMotion, which VMware supports. Offline units follow the joint Dell "
    "and VMware "
    "procedure of Dell KB 000213232.";
constexpr std::uint64_t kKibPerGib = 1024 * 1024;
constexpr std::uint64_t kVolumeStepGib = 8; // PowerFlex allocates in steps of 8 GiB

bool matches_any(const std::vector<std::string>& patterns, const std::string& name) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return glob_match(pattern, name); });
}

bool in_clusters(const Inventory& inventory, const Intent& intent, const DatastoreInfo& datastore) {
    if (intent.clusters.empty()) {
        return true;
    }
    return std::any_of(datastore.mounts.begin(), datastore.mounts.end(),
                       [&](const DatastoreMount& mount) {
                           const HostInfo* host = inventory.host(mount.host_id);
                           return host != nullptr && matches_any(intent.clusters, host->cluster);
                       });
}

std::vector<const DatastoreInfo*> datastores_in_scope(const Inventory& inventory,
                                                      const Intent& intent) {
    std::vector<const DatastoreInfo*> out;
    for (const DatastoreInfo& datastore : inventory.datastores) {
        if (matches_any(intent.include_datastores, datastore.name) &&
            !matches_any(intent.exclude_datastores, datastore.name) &&
            in_clusters(inventory, intent, datastore)) {
            out.push_back(&datastore);
        }
    }
    std::sort(out.begin(), out.end(),
              [](const DatastoreInfo* a, const DatastoreInfo* b) { return a->name < b->name; });
    return out;
}

std::uint64_t rounded_gib(std::uint64_t kib) {
    const std::uint64_t gib = (kib + kKibPerGib - 1) / kKibPerGib;
    return (gib + kVolumeStepGib - 1) / kVolumeStepGib * kVolumeStepGib;
}

// What the compiler makes of one component.
struct Candidate {
    const Component* component = nullptr;
    Strategy strategy = Strategy::Online;
    std::vector<const VmInfo*> moving;  // by this unit
    std::vector<const VmInfo*> leaving; // split: by the unit before
    std::vector<const VmInfo*> staying; // the intent leaves them alone
    std::int64_t wave = 0;
    bool is_auto = false;
    bool after_previous = false; // the offline half of a split datastore
};

class Compiler {
  public:
    Compiler(const Inventory& inventory, const Intent& intent, const CompileOptions& options)
        : inventory_(inventory), intent_(intent), options_(options) {}

    Result<Plan> compile() {
        const std::vector<const DatastoreInfo*> scope = datastores_in_scope(inventory_, intent_);
        if (scope.empty()) {
            return fail(Errc::InvalidArgument,
                        "no datastore matches scope.datastores.include ({}); list them with: govc "
                        "ls datastore",
                        fmt::join(intent_.include_datastores, ", "));
        }
        start_plan();
        components_ = components_of(inventory_, scope);
        for (const Component& component : components_) {
            classify_component(component);
        }
        const bool any_offline =
            std::any_of(candidates_.begin(), candidates_.end(),
                        [](const Candidate& item) { return item.strategy == Strategy::Offline; });
        if (any_offline && intent_.accepted_kb.empty()) {
            return fail(Errc::InvalidArgument,
                        "the plan has offline units: read Dell KB 000213232 and set "
                        "strategy.offline.accept_kb: \"Dell 000213232\"");
        }
        // Before the budget is known nothing counts as a new namespace: only what can move at all
        // shall ask for one.
        leave_blocked_behind();
        solve_namespaces();
        PF_CHECK(build_units());
        count_volumes();
        finish();
        return std::move(plan_);
    }

  private:
    void start_plan() {
        plan_.name = intent_.name;
        plan_.owner = intent_.owner;
        plan_.ticket = intent_.ticket;
        plan_.kind = "migration";
        plan_.intent_sha256 = intent_.sha256;
        plan_.support = kMigrationSupport;
        plan_.policy = intent_.policy;
        for (const WaveRule& wave : intent_.waves) {
            plan_.waves.push_back(wave.name);
        }
        fill_plan_header(plan_, inventory_, options_.created_at, options_.tool_version);
    }

    void leave(std::string object, std::string check, std::string reason) {
        plan_.left_behind.push_back({std::move(object), std::move(check), std::move(reason)});
    }

    // ---- classification ----

    void classify_component(const Component& component) {
        Candidate item;
        item.component = &component;
        std::vector<const VmInfo*> online;
        std::vector<const VmInfo*> offline;
        std::vector<const VmInfo*> either;
        std::size_t wave = SIZE_MAX;
        for (const VmInfo* vm : component.vms) {
            const RuleSubject subject{&inventory_, vm, homes_of(inventory_, *vm)};
            const Use use = excluded(intent_, subject) ? Use::Skip : classify(intent_, subject);
            wave = std::min(wave, wave_of(intent_, subject));
            (use == Use::Skip      ? item.staying
             : use == Use::Offline ? offline
             : use == Use::Auto    ? either
                                   : online)
                .push_back(vm);
        }
        const std::string name = component.datastores.front()->name;
        if (component.vms.empty()) {
            const RuleSubject subject{&inventory_, nullptr, component.datastores};
            wave = wave_of(intent_, subject);
            const Use use = classify(intent_, subject);
            if (use == Use::Skip) {
                leave("datastore " + name, "", "the intent classifies it as skip");
                return;
            }
            item.strategy =
                use == Use::Offline || (use == Use::Auto && options_.auto_offline.contains(name))
                    ? Strategy::Offline
                    : Strategy::Online;
            item.is_auto = use == Use::Auto;
        } else if (item.staying.size() == component.vms.size()) {
            for (const DatastoreInfo* datastore : component.datastores) {
                leave("datastore " + datastore->name, "", "the intent classifies it as skip");
            }
            return;
        } else {
            choose_strategy(item, online, offline, either);
        }
        item.wave = static_cast<std::int64_t>(std::min(wave, intent_.waves.size()));
        for (const VmInfo* vm : item.staying) {
            leave("VM " + vm->name, "", "the intent leaves it where it is");
        }
        if (item.strategy == Strategy::Offline && !item.staying.empty()) {
            for (const DatastoreInfo* datastore : component.datastores) {
                leave("datastore " + datastore->name, "",
                      fmt::format("the intent leaves VM {} on it, so it can't be converted",
                                  item.staying.front()->name));
            }
            return;
        }
        candidates_.push_back(std::move(item));
    }

    void choose_strategy(Candidate& item, const std::vector<const VmInfo*>& online,
                         const std::vector<const VmInfo*>& offline,
                         const std::vector<const VmInfo*>& either) {
        for (const std::vector<const VmInfo*>* list : {&online, &offline, &either}) {
            item.moving.insert(item.moving.end(), list->begin(), list->end());
        }
        std::sort(item.moving.begin(), item.moving.end(),
                  [](const VmInfo* a, const VmInfo* b) { return a->name < b->name; });
        if (offline.empty() && either.empty()) {
            item.strategy = Strategy::Online;
        } else if (online.empty()) {
            // Without an auto VM nothing is left to choose; with offline ones only that many are
            // asked to bear a stop.
            item.is_auto = !either.empty();
            item.strategy = either.empty() || options_.auto_offline.contains(
                                                  item.component->datastores.front()->name)
                                ? Strategy::Offline
                                : Strategy::Online;
        } else if (intent_.mixed == MixedUse::Split && item.staying.empty() &&
                   item.component->datastores.size() == 1) {
            // The online ones leave first; what remains is converted.
            Candidate first = item;
            first.strategy = Strategy::Online;
            first.moving = online;
            first.staying = offline;
            first.staying.insert(first.staying.end(), either.begin(), either.end());
            split_.push_back(first);
            item.strategy = Strategy::Offline;
            item.leaving = online;
            std::erase_if(item.moving, [&](const VmInfo* vm) {
                return std::find(online.begin(), online.end(), vm) != online.end();
            });
            item.after_previous = true;
        } else {
            item.strategy =
                intent_.mixed == MixedUse::Offline ? Strategy::Offline : Strategy::Online;
        }
    }

    // ---- checks ----

    std::vector<PlanFinding> judge(const Candidate& item,
                                   std::map<std::string, std::vector<PlanFinding>>& by_host) const {
        std::vector<PlanFinding> findings =
            judge_component(inventory_, intent_, *item.component, item.strategy, item.moving);
        if (item.after_previous) { // the online half has to pass as well
            append_findings(findings, judge_component(inventory_, intent_, *item.component,
                                                      Strategy::Online, item.leaving));
        }
        for (const std::string& host_id : hosts_of_component(*item.component)) {
            auto known = by_host.find(host_id);
            if (known == by_host.end()) {
                known = by_host.emplace(host_id, judge_host(inventory_, intent_, host_id)).first;
            }
            append_findings(findings, known->second);
        }
        apply_waivers(intent_, options_.now_s, findings);
        return findings;
    }

    // An online unit goes on without a blocked VM, which stays on the source; the source is kept
    // then. Not when another VM shares its disks, nor when nothing else is left to move. True when
    // a VM was left behind: the rest is to be judged again.
    bool leave_blocked_vms(Candidate& item, const std::vector<PlanFinding>& findings) {
        if (item.strategy != Strategy::Online) {
            return false;
        }
        for (const PlanFinding& finding : findings) {
            const auto vm =
                std::find_if(item.moving.begin(), item.moving.end(), [&](const VmInfo* candidate) {
                    return is_blocker(finding) && finding.object == "VM " + candidate->name;
                });
            if (vm == item.moving.end() || item.moving.size() == 1 ||
                shares_disks(**vm, item.component->vms)) {
                continue;
            }
            add_findings({finding});
            leave(finding.object, finding.check, finding.message);
            item.staying.push_back(*vm);
            item.moving.erase(vm);
            return true;
        }
        return false;
    }

    void leave_blocked_behind() {
        std::vector<Candidate> kept;
        std::map<std::string, std::vector<PlanFinding>> by_host;
        for (Candidate& item : candidates_) {
            std::vector<PlanFinding> findings = judge(item, by_host);
            while (options_.skip_blocked && leave_blocked_vms(item, findings)) {
                findings = judge(item, by_host);
            }
            add_findings(findings);
            const auto blocker =
                std::find_if(findings.begin(), findings.end(),
                             [](const PlanFinding& finding) { return is_blocker(finding); });
            if (blocker == findings.end()) {
                kept.push_back(std::move(item));
                continue;
            }
            for (const DatastoreInfo* datastore : item.component->datastores) {
                leave("datastore " + datastore->name, blocker->check, blocker->message);
            }
        }
        candidates_ = std::move(kept);
    }

    // Every finding once; a set, because large estates have many hosts with the same warning.
    void add_findings(const std::vector<PlanFinding>& findings) {
        for (const PlanFinding& finding : findings) {
            if (seen_.insert(finding.check + "\n" + finding.object + "\n" + finding.message)
                    .second) {
                plan_.findings.push_back(finding);
            }
        }
    }

    static std::vector<std::string> hosts_of_component(const Component& component) {
        std::set<std::string> out;
        for (const DatastoreInfo* datastore : component.datastores) {
            for (const DatastoreMount& mount : datastore->mounts) {
                out.insert(mount.host_id);
            }
        }
        return {out.begin(), out.end()};
    }

    // ---- namespaces ----

    [[nodiscard]] BudgetLimits budget_limits() const {
        return {intent_.consolidate.max_namespaces, intent_.consolidate.max_vms,
                intent_.consolidate.max_bytes, intent_.paths_per_namespace};
    }

    void solve_namespaces() {
        std::vector<NamespaceWish> wishes;
        for (const Candidate& item : candidates_) {
            for (const DatastoreInfo* datastore : item.component->datastores) {
                wishes.push_back(wish_of(item, *datastore));
            }
            if (item.after_previous) { // the online half needs one as well
                NamespaceWish extra = wish_of(item, *item.component->datastores.front());
                wishes.push_back(extra);
            }
        }
        std::set<std::string> host_ids;
        for (const NamespaceWish& wish : wishes) {
            host_ids.insert(wish.host_ids.begin(), wish.host_ids.end());
        }
        std::vector<HostBudget> hosts;
        for (const std::string& id : host_ids) {
            if (const HostInfo* host = inventory_.host(id); host != nullptr) {
                hosts.push_back(host_budget(inventory_, *host, budget_limits()));
            }
        }
        const JoinPlan solved = solve_budget(hosts, wishes, budget_limits());
        std::map<std::string, int> numbers;
        for (const NamespaceWish& wish : solved.namespaces) {
            if (wish.datastores.size() > 1) {
                add_join(wish, numbers);
            }
        }
        const bool joined = intent_.consolidate.wanted && solved.fits;
        plan_.budget =
            budget_rows(inventory_, joined ? solved.namespaces : wishes, budget_limits());
        std::vector<PlanFinding> findings;
        for (const PlanBudget& row : plan_.budget) {
            if (row.namespaces_after <= row.namespaces_limit) {
                continue;
            }
            findings.push_back(finding(
                "L-NS-01", "cluster " + row.hosts,
                fmt::format("hosts of {} would have {} namespaces and {} paths; ESXi {} allows {} "
                            "namespaces with {} paths each",
                            row.hosts, row.namespaces_after, row.paths_after, row.version,
                            row.namespaces_limit, row.paths_per_namespace),
                solved.fits && !plan_.consolidation.empty()
                    ? "add target.consolidate to the intent: the plan's proposal joins " +
                          std::to_string(plan_.consolidation.size()) + " group(s) of datastores"
                    : "leave datastores out, or classify more of them online and allow larger "
                      "joined datastores (target.consolidate)"));
        }
        apply_waivers(intent_, options_.now_s, findings);
        add_findings(findings);
        for (PlanConsolidation& join : plan_.consolidation) {
            join.applied = joined;
        }
    }

    [[nodiscard]] NamespaceWish wish_of(const Candidate& item,
                                        const DatastoreInfo& datastore) const {
        NamespaceWish out;
        out.datastores = {datastore.name};
        for (const DatastoreMount& mount : datastore.mounts) {
            out.host_ids.push_back(mount.host_id);
        }
        std::sort(out.host_ids.begin(), out.host_ids.end());
        out.bytes = inventory_.sdc_volume_of(datastore)->size_kib * 1024;
        out.vms = static_cast<std::int64_t>(item.moving.size());
        // Only whole datastores of plain online units are joined: what VMs tie together stays
        // apart, and what is kept for other VMs is not emptied.
        out.joinable = item.strategy == Strategy::Online && item.staying.empty() &&
                       item.component->datastores.size() == 1;
        return out;
    }

    void add_join(const NamespaceWish& wish, std::map<std::string, int>& numbers) {
        const HostInfo* host = inventory_.host(wish.host_ids.front());
        const std::string cluster =
            host == nullptr || host->cluster.empty() ? "hosts" : host->cluster;
        std::string name = intent_.consolidated_name;
        const auto put = [&name](std::string_view what, const std::string& value) {
            for (std::size_t at = name.find(what); at != std::string::npos; at = name.find(what)) {
                name.replace(at, what.size(), value);
            }
        };
        put("{{cluster}}", cluster);
        put("{{number}}", fmt::format("{:02}", ++numbers[cluster]));
        PlanConsolidation out;
        out.target = name;
        out.volume = name.substr(0, 31);
        out.size_gib = static_cast<std::int64_t>(rounded_gib(wish.bytes / 1024));
        out.sources = wish.datastores;
        plan_.consolidation.push_back(std::move(out));
    }

    // ---- units ----

    [[nodiscard]] Result<const PoolInfo*> target_pool(const VolumeInfo& source,
                                                      std::uint64_t size_gib) {
        if (intent_.pools.empty()) {
            const PoolInfo* pool = inventory_.pool(source.pool_id);
            if (pool == nullptr) {
                return fail(Errc::InvalidArgument, "the pool of volume '{}' is not known",
                            source.name);
            }
            return pool;
        }
        for (const TargetPool& wanted : intent_.pools) {
            const auto found = std::find_if(
                inventory_.pools.begin(), inventory_.pools.end(), [&](const PoolInfo& pool) {
                    return pool.name == wanted.storage_pool &&
                           (wanted.protection_domain.empty() ||
                            pool.protection_domain == wanted.protection_domain);
                });
            if (found == inventory_.pools.end()) {
                return fail(Errc::InvalidArgument,
                            "PowerFlex has no storage pool '{}' in protection domain '{}'",
                            wanted.storage_pool, wanted.protection_domain);
            }
            const bool last = &wanted == &intent_.pools.back();
            std::uint64_t& taken = taken_kib_[found->id];
            if (last || !found->capacity_known ||
                taken + size_gib * kKibPerGib <= found->available_kib) {
                taken += size_gib * kKibPerGib;
                return &*found;
            }
        }
        return fail(Errc::Internal, "no pool was chosen");
    }

    // Room for what is there and for the free space that the intent asks for.
    [[nodiscard]] std::uint64_t target_gib(const std::vector<const DatastoreInfo*>& sources,
                                           const std::vector<const VmInfo*>& vms) const {
        std::uint64_t volumes = 0;
        for (const DatastoreInfo* source : sources) {
            volumes += inventory_.sdc_volume_of(*source)->size_kib;
        }
        std::uint64_t provisioned = 0;
        for (const VmInfo* vm : vms) {
            provisioned += vm->provisioned_bytes() / 1024;
        }
        const auto free = static_cast<std::uint64_t>(intent_.verify_free_percent);
        return rounded_gib(std::max(volumes, provisioned * 100 / (100 - free)));
    }

    Result<OnlineTarget> plain_target(const DatastoreInfo& source,
                                      const std::vector<const VmInfo*>& vms) {
        OnlineTarget out;
        out.volume = expand_name(intent_.volume_name, source.name).substr(0, 31);
        std::replace(out.volume.begin(), out.volume.end(), ' ', '-');
        out.datastore = expand_name(intent_.datastore_online, source.name);
        out.sources = {&source};
        out.size_gib = target_gib(out.sources, vms);
        PF_TRY(out.pool, target_pool(*inventory_.sdc_volume_of(source), out.size_gib));
        return out;
    }

    Result<Unit> online_unit(const Candidate& item) {
        OnlinePlan plan;
        plan.vms = item.moving;
        plan.release = item.staying.empty();
        for (const DatastoreInfo* datastore : item.component->datastores) {
            // VMs that span datastores go where their configuration is.
            std::vector<const VmInfo*> here;
            for (const VmInfo* vm : item.moving) {
                if (item.component->datastores.size() == 1 ||
                    split_datastore_path(vm->vmx_path).datastore == datastore->name) {
                    here.push_back(vm);
                }
            }
            PF_TRY(OnlineTarget target, plain_target(*datastore, here));
            plan.targets.push_back(std::move(target));
        }
        Unit unit = make_online_unit(inventory_, intent_, plan, fmt::format("on-{:02}", ++online_));
        for (const VmInfo* vm : item.staying) {
            unit.objects.other_vm_ids.push_back(vm->id);
        }
        return unit;
    }

    Result<Unit> joined_unit(const PlanConsolidation& join) {
        OnlinePlan plan;
        OnlineTarget target;
        target.volume = join.volume;
        target.datastore = join.target;
        for (const std::string& name : join.sources) {
            const Candidate* item = candidate_of(name);
            target.sources.push_back(item->component->datastores.front());
            plan.vms.insert(plan.vms.end(), item->moving.begin(), item->moving.end());
        }
        std::sort(plan.vms.begin(), plan.vms.end(),
                  [](const VmInfo* a, const VmInfo* b) { return a->name < b->name; });
        target.size_gib = target_gib(target.sources, plan.vms);
        PF_TRY(target.pool,
               target_pool(*inventory_.sdc_volume_of(*target.sources.front()), target.size_gib));
        plan.targets.push_back(std::move(target));
        return make_online_unit(inventory_, intent_, plan, fmt::format("on-{:02}", ++online_));
    }

    [[nodiscard]] const Candidate* candidate_of(const std::string& datastore) const {
        const auto found =
            std::find_if(candidates_.begin(), candidates_.end(), [&](const Candidate& item) {
                return item.component->datastores.front()->name == datastore;
            });
        return &*found;
    }

    Result<void> build_units() {
        std::map<std::string, const PlanConsolidation*> joined;
        for (const PlanConsolidation& join : plan_.consolidation) {
            for (const std::string& source : join.sources) {
                if (join.applied) {
                    joined[source] = &join;
                }
            }
        }
        const std::string tag =
            sha256_hex(as_bytes(options_.created_at + plan_.inventory_sha256)).substr(0, 6);
        std::set<const PlanConsolidation*> done;
        std::map<std::int64_t, std::vector<Unit>> waves;
        std::map<const Component*, std::string> first_half; // id of the unit that goes before
        for (const Candidate& item : candidates_) {
            const std::string& name = item.component->datastores.front()->name;
            if (item.after_previous) {
                const auto first =
                    std::find_if(split_.begin(), split_.end(), [&](const Candidate& half) {
                        return half.component == item.component;
                    });
                PF_TRY(Unit unit, online_unit(*first));
                unit.wave = item.wave;
                first_half[item.component] = unit.id;
                waves[item.wave].push_back(std::move(unit));
            }
            if (item.strategy != Strategy::Online) {
                continue;
            }
            const auto join = joined.find(name);
            if (join != joined.end() && !done.insert(join->second).second) {
                continue;
            }
            PF_TRY(Unit unit,
                   join != joined.end() ? joined_unit(*join->second) : online_unit(item));
            unit.wave = item.wave;
            waves[item.wave].push_back(std::move(unit));
        }
        for (const Candidate& item : candidates_) {
            if (item.strategy != Strategy::Offline) {
                continue;
            }
            Unit unit = make_offline_unit(inventory_, intent_, item.component->datastores,
                                          item.moving, fmt::format("off-{:02}", ++offline_), tag);
            for (const VmInfo* vm : item.leaving) {
                unit.objects.other_vm_ids.push_back(vm->id);
            }
            if (const auto first = first_half.find(item.component); first != first_half.end()) {
                unit.depends_on.push_back(first->second);
            }
            unit.wave = item.wave;
            waves[item.wave].push_back(std::move(unit));
        }
        for (auto& [wave, units] : waves) {
            for (Unit& unit : units) {
                plan_.units.push_back(std::move(unit));
            }
        }
        return {};
    }

    // Units that PowerFlex's limits leave no room for stay behind, with those that wait for them.
    void count_volumes() {
        VolumeBudget budget(inventory_);
        std::set<std::string> dropped;
        std::vector<Unit> kept;
        for (Unit& unit : plan_.units) {
            std::vector<PlanFinding> findings;
            const auto missing =
                std::find_if(unit.depends_on.begin(), unit.depends_on.end(),
                             [&](const std::string& id) { return dropped.contains(id); });
            if (missing == unit.depends_on.end()) {
                findings = budget.exceeded_by(unit);
                apply_waivers(intent_, options_.now_s, findings);
                add_findings(findings);
            }
            const auto blocker = std::find_if(findings.begin(), findings.end(), is_blocker);
            if (missing == unit.depends_on.end() && blocker == findings.end()) {
                budget.take(unit); // what was waived, too
                kept.push_back(std::move(unit));
                continue;
            }
            dropped.insert(unit.id);
            for (const UnitPart& part : unit.objects.parts) {
                leave("datastore " + part.datastore,
                      blocker == findings.end() ? "" : blocker->check,
                      blocker == findings.end() ? fmt::format("unit {} goes before", *missing)
                                                : blocker->message);
            }
        }
        plan_.units = std::move(kept);
    }

    void finish() {
        if (intent_.waves.empty()) {
            plan_.waves.clear();
        } else if (std::any_of(plan_.units.begin(), plan_.units.end(), [&](const Unit& unit) {
                       return unit.wave == static_cast<std::int64_t>(intent_.waves.size());
                   })) {
            plan_.waves.emplace_back("rest");
        }
        if (has_blocker(plan_.findings) && !options_.skip_blocked) {
            plan_.units.clear();
        }
        if (!plan_.units.empty()) {
            // Canaries are the first units of the first wave that wait for nothing.
            const std::int64_t first_wave = plan_.units.front().wave;
            std::int64_t left = plan_.policy.blast.canary;
            for (Unit& unit : plan_.units) {
                if (left > 0 && unit.wave == first_wave && unit.depends_on.empty()) {
                    unit.canary = true;
                    --left;
                }
            }
        }
        std::set<std::string> host_ids;
        for (Unit& unit : plan_.units) {
            unit.fingerprint = fingerprint(inventory_, unit).value_or("");
            host_ids.insert(unit.objects.host_ids.begin(), unit.objects.host_ids.end());
        }
        for (const HostInfo& host : inventory_.hosts) {
            if (host_ids.contains(host.id)) {
                plan_.hosts.push_back(
                    {host.id, host.name, host.cluster, host.version, storage_mbit(host)});
            }
        }
        seal(plan_);
    }

    // Of the NICs that carry NVMe/TCP; without tagged ports of the fastest one.
    static std::int64_t storage_mbit(const HostInfo& host) {
        std::set<std::string> uplinks;
        for (const VmkNic& vmk : host.vmks) {
            if (vmk.nvme_tagged) {
                uplinks.insert(vmk.uplinks.begin(), vmk.uplinks.end());
            }
        }
        std::int64_t sum = 0;
        std::int64_t fastest = 0;
        for (const PhysicalNic& nic : host.nics) {
            fastest = std::max<std::int64_t>(fastest, nic.speed_mbit);
            sum += uplinks.contains(nic.name) ? nic.speed_mbit : 0;
        }
        return sum > 0 ? sum : fastest;
    }

    const Inventory& inventory_;
    const Intent& intent_;
    const CompileOptions& options_;
    Plan plan_;
    std::vector<Component> components_;
    std::vector<Candidate> candidates_;
    std::vector<Candidate> split_; // online halves
    std::set<std::string> seen_;   // findings
    std::map<std::string, std::uint64_t> taken_kib_;
    int online_ = 0;
    int offline_ = 0;
};

} // namespace

void fill_plan_header(Plan& plan, const Inventory& inventory, const std::string& created_at,
                      const std::string& tool_version) {
    plan.created_at = created_at;
    plan.tool_version = tool_version;
    plan.inventory_sha256 = digest(inventory);
    plan.limits_version = std::string(limits_version());
    plan.vcenter_endpoint = inventory.vcenter.endpoint;
    plan.vcenter_uuid = inventory.vcenter.instance_uuid;
    plan.powerflex_endpoint = inventory.powerflex.endpoint;
    plan.powerflex_system = inventory.powerflex.system_id;
}

void append_findings(std::vector<PlanFinding>& to, const std::vector<PlanFinding>& from) {
    for (const PlanFinding& item : from) {
        if (std::find(to.begin(), to.end(), item) == to.end()) {
            to.push_back(item);
        }
    }
}

Result<Plan> compile_migration(const Inventory& inventory, const Intent& intent,
                               const CompileOptions& options) {
    return Compiler(inventory, intent, options).compile();
}

} // namespace pf::nvmetool
