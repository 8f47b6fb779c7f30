// The policy as JSON. One list of members serves both directions, so that none is forgotten.
#include "tools/pfnvme/plan/policy.hpp"

#include "base/json.hpp"

#include <array>
#include <utility>

namespace pf::nvmetool {

namespace {

constexpr std::array<std::pair<StartRule, std::string_view>, 3> kStartRules{
    {{StartRule::InsideWindow, "inside_window"},
     {StartRule::P90BeforeEnd, "p90_before_end"},
     {StartRule::P90PlusRollbackBeforeEnd, "p90_plus_rollback_before_end"}}};
constexpr std::array<std::pair<Overrun, std::string_view>, 3> kOverruns{
    {{Overrun::FinishUnit, "finish-unit"},
     {Overrun::RollbackUnit, "rollback-unit"},
     {Overrun::Ask, "ask"}}};

// Calls visit(name, member) for every number of the struct.
template<class Caps, class Visit>
void each_cap(Caps& caps, Visit visit) {
    visit("svmotionPerHost", caps.svmotion_per_host);
    visit("svmotionPerDatastore", caps.svmotion_per_datastore);
    visit("svmotionTotal", caps.svmotion_total);
    visit("datastoresInFlight", caps.datastores_in_flight);
    visit("unitsInFlight", caps.units_in_flight);
    visit("hostsRescanning", caps.hosts_rescanning);
    visit("hostNicSharePercent", caps.host_nic_share_percent);
}
template<class Blast, class Visit>
void each_blast(Blast& blast, Visit visit) {
    visit("canary", blast.canary);
    visit("maxFailedUnits", blast.max_failed_units);
    visit("maxVmsDown", blast.max_vms_down);
    visit("maxDatastoresOffline", blast.max_datastores_offline);
}
template<class Policy, class Visit>
void each_hook_list(Policy& hooks, Visit visit) {
    visit("preRun", hooks.pre_run);
    visit("postRun", hooks.post_run);
    visit("preUnit", hooks.pre_unit);
    visit("postUnit", hooks.post_unit);
    visit("onFailure", hooks.on_failure);
}

json::object span_to_json(const TimeSpan& span) {
    json::object out;
    out["startS"] = span.start_s;
    out["endS"] = span.end_s;
    return out;
}

class Reader {
  public:
    std::int64_t number(const json::object& in, std::string_view name) {
        const json::value* value = in.if_contains(name);
        if (value == nullptr || !value->is_int64()) {
            return miss(name, "a whole number"), 0;
        }
        return value->get_int64();
    }
    bool flag(const json::object& in, std::string_view name) {
        const json::value* value = in.if_contains(name);
        if (value == nullptr || !value->is_bool()) {
            return miss(name, "true or false"), false;
        }
        return value->get_bool();
    }
    std::string text(const json::object& in, std::string_view name) {
        const json::value* value = in.if_contains(name);
        if (value == nullptr || !value->is_string()) {
            return miss(name, "a text"), std::string();
        }
        return std::string(value->get_string());
    }
    const json::object& object(const json::object& in, std::string_view name) {
        static const json::object kEmpty;
        const json::value* value = in.if_contains(name);
        if (value == nullptr || !value->is_object()) {
            return miss(name, "an object"), kEmpty;
        }
        return value->get_object();
    }
    std::vector<json::object> objects(const json::object& in, std::string_view name) {
        std::vector<json::object> out;
        const json::value* value = in.if_contains(name);
        if (value == nullptr || !value->is_array()) {
            return miss(name, "a list"), out;
        }
        for (const json::value& item : value->get_array()) {
            if (!item.is_object()) {
                return miss(name, "a list of objects"), out;
            }
            out.push_back(item.get_object());
        }
        return out;
    }
    TimeSpan span(const json::object& in) { return {number(in, "startS"), number(in, "endS")}; }
    void miss(std::string_view name, std::string_view expected) {
        if (error.empty()) {
            error = fmt::format("policy: \"{}\" must be {}", name, expected);
        }
    }
    template<class Value, std::size_t N>
    Value choice(const json::object& in, std::string_view name,
                 const std::array<std::pair<Value, std::string_view>, N>& values) {
        const std::string word = text(in, name);
        for (const auto& [value, known] : values) {
            if (known == word) {
                return value;
            }
        }
        miss(name, "one of the known words");
        return values.front().first;
    }

    std::string error;
};

} // namespace

std::string_view to_string(StartRule rule) {
    return kStartRules[static_cast<std::size_t>(rule)].second;
}
std::string_view to_string(Overrun overrun) {
    return kOverruns[static_cast<std::size_t>(overrun)].second;
}

json::object policy_to_json(const RunPolicy& policy) {
    const auto put = [](json::object& into) {
        return [&into](std::string_view name, std::int64_t value) { into[name] = value; };
    };
    json::object caps;
    each_cap(policy.caps, put(caps));
    json::object blast;
    each_blast(policy.blast, put(blast));
    json::array windows;
    for (const ChangeWindow& window : policy.windows) {
        json::object item = span_to_json(window.span);
        json::array freezes;
        for (const TimeSpan& freeze : window.freezes) {
            freezes.emplace_back(span_to_json(freeze));
        }
        item["freezes"] = std::move(freezes);
        windows.emplace_back(std::move(item));
    }
    json::object hooks;
    each_hook_list(policy.hooks, [&](std::string_view name, const std::vector<Hook>& list) {
        json::array out;
        for (const Hook& hook : list) {
            json::object item;
            item["run"] = hook.run;
            item["timeoutS"] = hook.timeout_s;
            item["onFail"] = hook.on_fail;
            out.emplace_back(std::move(item));
        }
        hooks[name] = std::move(out);
    });
    json::object slo;
    slo["vmLatencyP95Ms"] = policy.slo.vm_latency_p95_ms;
    slo["storageLatencyP95Ms"] = policy.slo.storage_latency_p95_ms;
    slo["pauseOnRebuild"] = policy.slo.pause_on_rebuild;
    json::object approval;
    approval["required"] = policy.approval.required;
    approval["notAuthor"] = policy.approval.not_author;
    json::array signers;
    for (const std::string& signer : policy.approval.signers) {
        signers.emplace_back(signer);
    }
    approval["signers"] = std::move(signers);

    json::object out;
    out["caps"] = std::move(caps);
    out["windows"] = std::move(windows);
    out["startRule"] = to_string(policy.start_rule);
    out["overrun"] = to_string(policy.overrun);
    out["blastRadius"] = std::move(blast);
    out["slo"] = std::move(slo);
    out["hooks"] = std::move(hooks);
    out["approval"] = std::move(approval);
    out["retireSourceAfterS"] = policy.retire_source_after_s;
    out["snapshotRetentionS"] = policy.snapshot_retention_s;
    return out;
}

Result<RunPolicy> policy_from_json(const json::object& in) {
    Reader reader;
    RunPolicy out;
    const json::object& caps = reader.object(in, "caps");
    each_cap(out.caps, [&](std::string_view name, std::int64_t& value) {
        value = reader.number(caps, name);
    });
    const json::object& blast = reader.object(in, "blastRadius");
    each_blast(out.blast, [&](std::string_view name, std::int64_t& value) {
        value = reader.number(blast, name);
    });
    for (const json::object& item : reader.objects(in, "windows")) {
        ChangeWindow window;
        window.span = reader.span(item);
        for (const json::object& freeze : reader.objects(item, "freezes")) {
            window.freezes.push_back(reader.span(freeze));
        }
        out.windows.push_back(std::move(window));
    }
    out.start_rule = reader.choice(in, "startRule", kStartRules);
    out.overrun = reader.choice(in, "overrun", kOverruns);
    const json::object& slo = reader.object(in, "slo");
    out.slo.vm_latency_p95_ms = reader.number(slo, "vmLatencyP95Ms");
    out.slo.storage_latency_p95_ms = reader.number(slo, "storageLatencyP95Ms");
    out.slo.pause_on_rebuild = reader.flag(slo, "pauseOnRebuild");
    const json::object& hooks = reader.object(in, "hooks");
    each_hook_list(out.hooks, [&](std::string_view name, std::vector<Hook>& list) {
        for (const json::object& item : reader.objects(hooks, name)) {
            list.push_back({reader.text(item, "run"), reader.number(item, "timeoutS"),
                            reader.text(item, "onFail")});
        }
    });
    const json::object& approval = reader.object(in, "approval");
    out.approval.required = reader.number(approval, "required");
    out.approval.not_author = reader.flag(approval, "notAuthor");
    if (const json::value* signers = approval.if_contains("signers");
        signers != nullptr && signers->is_array()) {
        for (const json::value& signer : signers->get_array()) {
            if (!signer.is_string()) {
                reader.miss("signers", "a list of texts");
                break;
            }
            out.approval.signers.emplace_back(signer.get_string());
        }
    } else {
        reader.miss("signers", "a list of texts");
    }
    out.retire_source_after_s = reader.number(in, "retireSourceAfterS");
    out.snapshot_retention_s = reader.number(in, "snapshotRetentionS");
    if (!reader.error.empty()) {
        return fail(Errc::InvalidArgument, "{}", reader.error);
    }
    return out;
}

} // namespace pf::nvmetool
