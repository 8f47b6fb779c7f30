#include "tools/pfnvme/plan/plan.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/plan/plan_text.hpp"

#include <utility>

namespace pf::nvmetool {

namespace {

// Reads typed members; the first failure is kept and everything after it reads as empty, so that
// one check at the end suffices.
class Reader {
  public:
    std::string text(const json::object& object, std::string_view name) {
        const json::value* value = object.if_contains(name);
        if (value == nullptr || !value->is_string()) {
            return miss(name, "text"), std::string();
        }
        return std::string(value->get_string());
    }

    std::int64_t number(const json::object& object, std::string_view name) {
        const json::value* value = object.if_contains(name);
        if (value == nullptr || !value->is_int64()) {
            return miss(name, "a whole number"), 0;
        }
        return value->get_int64();
    }

    bool flag(const json::object& object, std::string_view name) {
        const json::value* value = object.if_contains(name);
        if (value == nullptr || !value->is_bool()) {
            return miss(name, "true or false"), false;
        }
        return value->get_bool();
    }

    const json::object& object(const json::object& parent, std::string_view name) {
        static const json::object kEmpty;
        const json::value* value = parent.if_contains(name);
        if (value == nullptr || !value->is_object()) {
            return miss(name, "an object"), kEmpty;
        }
        return value->get_object();
    }

    const json::array& array(const json::object& parent, std::string_view name) {
        static const json::array kEmpty;
        const json::value* value = parent.if_contains(name);
        if (value == nullptr || !value->is_array()) {
            return miss(name, "a list"), kEmpty;
        }
        return value->get_array();
    }

    std::vector<std::string> texts(const json::object& parent, std::string_view name) {
        std::vector<std::string> out;
        for (const json::value& item : array(parent, name)) {
            if (!item.is_string()) {
                miss(name, "a list of texts");
                break;
            }
            out.emplace_back(item.get_string());
        }
        return out;
    }

    Params params(const json::object& parent) {
        Params out;
        for (const auto& member : object(parent, "params")) {
            if (!member.value().is_string()) {
                miss("params", "texts only");
                break;
            }
            out.emplace(std::string(member.key()), std::string(member.value().get_string()));
        }
        return out;
    }

    void miss(std::string_view name, std::string_view expected) {
        if (error_.empty()) {
            error_ = fmt::format("\"{}\" must be {}", name, expected);
        }
    }

    [[nodiscard]] const std::string& error() const { return error_; }

  private:
    std::string error_;
};

const json::object& as_object(Reader& reader, const json::value& value, std::string_view where) {
    static const json::object kEmpty;
    if (!value.is_object()) {
        return reader.miss(where, "a list of objects"), kEmpty;
    }
    return value.get_object();
}

Step read_step(Reader& reader, const json::object& in) {
    Step step;
    step.id = reader.text(in, "id");
    step.title = reader.text(in, "title");
    step.action.op = reader.text(in, "op");
    step.action.params = reader.params(in);
    step.pre = reader.texts(in, "pre");
    step.post = reader.texts(in, "post");
    for (const json::value& item : reader.array(in, "undo")) {
        const json::object& call = as_object(reader, item, "undo");
        step.undo.push_back({reader.text(call, "op"), reader.params(call)});
    }
    step.key = reader.text(in, "idempotencyKey");
    step.commit_point = reader.flag(in, "commitPoint");
    step.deferred = reader.flag(in, "deferred");
    if (in.contains("work")) {
        const json::object& work = reader.object(in, "work");
        step.work = StepWork{static_cast<std::uint64_t>(reader.number(work, "bytes")),
                             reader.text(work, "hostId"), reader.text(work, "from"),
                             reader.text(work, "to")};
    }
    return step;
}

UnitPart read_part(Reader& reader, const json::object& in) {
    return {reader.text(in, "datastoreId"),  reader.text(in, "datastore"),
            reader.text(in, "volumeId"),     reader.text(in, "volume"),
            reader.text(in, "targetVolume"), reader.text(in, "targetDatastore")};
}

UnitEstimate read_unit_estimate(Reader& reader, const json::object& in) {
    UnitEstimate out;
    out.p50_s = reader.number(in, "p50S");
    out.p90_s = reader.number(in, "p90S");
    out.rollback_s = reader.number(in, "rollbackS");
    out.down_p50_s = reader.number(in, "downP50S");
    out.down_p90_s = reader.number(in, "downP90S");
    out.start_s = reader.number(in, "startS");
    out.end_s = reader.number(in, "endS");
    out.last_start_s = reader.number(in, "lastStartS");
    return out;
}

Unit read_unit(Reader& reader, const json::object& in) {
    Unit unit;
    unit.id = reader.text(in, "id");
    unit.strategy = reader.text(in, "strategy");
    const json::object& objects = reader.object(in, "objects");
    unit.objects.datastore_id = reader.text(objects, "datastoreId");
    unit.objects.datastore = reader.text(objects, "datastore");
    unit.objects.volume_id = reader.text(objects, "volumeId");
    unit.objects.volume = reader.text(objects, "volume");
    unit.objects.target_volume = reader.text(objects, "targetVolume");
    for (const json::value& item : reader.array(objects, "parts")) {
        unit.objects.parts.push_back(read_part(reader, as_object(reader, item, "parts")));
    }
    unit.objects.partial = reader.flag(objects, "partial");
    unit.objects.other_vm_ids = reader.texts(objects, "otherVmIds");
    unit.objects.host_ids = reader.texts(objects, "hostIds");
    unit.objects.hosts = reader.texts(objects, "hosts");
    unit.objects.vm_ids = reader.texts(objects, "vmIds");
    unit.objects.vms = reader.texts(objects, "vms");
    unit.wave = reader.number(in, "wave");
    unit.canary = reader.flag(in, "canary");
    unit.depends_on = reader.texts(in, "dependsOn");
    if (in.contains("estimate")) {
        unit.estimate = read_unit_estimate(reader, reader.object(in, "estimate"));
    }
    unit.fingerprint = reader.text(in, "fingerprint");
    for (const json::value& item : reader.array(in, "steps")) {
        unit.steps.push_back(read_step(reader, as_object(reader, item, "steps")));
    }
    return unit;
}

PlanEstimate read_estimate(Reader& reader, const json::object& in) {
    PlanEstimate out;
    out.basis = reader.text(in, "basis");
    out.confidence = reader.text(in, "confidence");
    out.p50_s = reader.number(in, "p50S");
    out.p90_s = reader.number(in, "p90S");
    out.start_s = reader.number(in, "startS");
    out.end_p50_s = reader.number(in, "endP50S");
    out.end_p90_s = reader.number(in, "endP90S");
    out.bound_s = reader.number(in, "boundS");
    out.critical = reader.text(in, "critical");
    out.critical_percent = reader.number(in, "criticalPercent");
    out.fits = reader.flag(in, "fits");
    return out;
}

void read_capacity(Reader& reader, const json::object& in, Plan& plan) {
    for (const json::value& item : reader.array(in, "budget")) {
        const json::object& row = as_object(reader, item, "budget");
        plan.budget.push_back(
            {reader.text(row, "hosts"), reader.text(row, "version"),
             reader.number(row, "namespacesNow"), reader.number(row, "namespacesAfter"),
             reader.number(row, "namespacesLimit"), reader.number(row, "pathsAfter"),
             reader.number(row, "pathsLimit"), reader.number(row, "pathsPerNamespace")});
    }
    for (const json::value& item : reader.array(in, "consolidation")) {
        const json::object& row = as_object(reader, item, "consolidation");
        plan.consolidation.push_back({reader.text(row, "target"), reader.text(row, "volume"),
                                      reader.number(row, "sizeGib"), reader.texts(row, "sources"),
                                      reader.flag(row, "applied")});
    }
    for (const json::value& item : reader.array(in, "hosts")) {
        const json::object& row = as_object(reader, item, "hosts");
        plan.hosts.push_back({reader.text(row, "id"), reader.text(row, "name"),
                              reader.text(row, "cluster"), reader.text(row, "version"),
                              reader.number(row, "nicMbit")});
    }
}

Plan read_plan(Reader& reader, const json::object& in) {
    Plan plan;
    plan.name = reader.text(in, "name");
    plan.owner = reader.text(in, "owner");
    plan.ticket = reader.text(in, "ticket");
    plan.waves = reader.texts(in, "waves");
    if (const Result<RunPolicy> policy = policy_from_json(reader.object(in, "policy")); policy) {
        plan.policy = *policy;
    } else {
        reader.miss("policy", policy.error().what);
    }
    read_capacity(reader, in, plan);
    if (in.contains("estimate")) {
        plan.estimate = read_estimate(reader, reader.object(in, "estimate"));
    }
    plan.kind = reader.text(in, "kind");
    plan.created_at = reader.text(in, "createdAt");
    plan.tool_version = reader.text(reader.object(in, "tool"), "version");
    plan.intent_sha256 = reader.text(in, "intentSha256");
    plan.inventory_sha256 = reader.text(in, "inventorySha256");
    plan.limits_version = reader.text(in, "limitsVersion");
    const json::object& vcenter = reader.object(in, "vcenter");
    plan.vcenter_endpoint = reader.text(vcenter, "endpoint");
    plan.vcenter_uuid = reader.text(vcenter, "instanceUuid");
    const json::object& powerflex = reader.object(in, "powerflex");
    plan.powerflex_endpoint = reader.text(powerflex, "endpoint");
    plan.powerflex_system = reader.text(powerflex, "systemId");
    plan.support = reader.text(in, "support");
    for (const json::value& item : reader.array(in, "findings")) {
        const json::object& finding = as_object(reader, item, "findings");
        plan.findings.push_back({reader.text(finding, "check"), reader.text(finding, "severity"),
                                 reader.text(finding, "object"), reader.text(finding, "message"),
                                 reader.text(finding, "fix"), reader.text(finding, "waiver")});
    }
    for (const json::value& item : reader.array(in, "leftBehind")) {
        const json::object& row = as_object(reader, item, "leftBehind");
        plan.left_behind.push_back(
            {reader.text(row, "object"), reader.text(row, "check"), reader.text(row, "reason")});
    }
    for (const json::value& item : reader.array(in, "units")) {
        plan.units.push_back(read_unit(reader, as_object(reader, item, "units")));
    }
    return plan;
}

} // namespace

const Step* Unit::find_step(const std::string& step_id) const {
    for (const Step& step : steps) {
        if (step.id == step_id) {
            return &step;
        }
    }
    return nullptr;
}

const Unit* Plan::find_unit(const std::string& unit_id) const {
    for (const Unit& unit : units) {
        if (unit.id == unit_id) {
            return &unit;
        }
    }
    return nullptr;
}

std::size_t Plan::step_count() const {
    std::size_t count = 0;
    for (const Unit& unit : units) {
        count += unit.steps.size();
    }
    return count;
}

const PlanHost* Plan::find_host(const std::string& host_id) const {
    for (const PlanHost& host : hosts) {
        if (host.id == host_id) {
            return &host;
        }
    }
    return nullptr;
}

std::string LeftBehind::text() const {
    return check.empty() ? object + ": " + reason : object + ": " + check + ": " + reason;
}

std::string call_digest(const OpCall& call) {
    return sha256_hex(as_bytes(call_to_json(call))).substr(0, 16);
}

void seal(Plan& plan) {
    for (Unit& unit : plan.units) {
        for (Step& step : unit.steps) {
            step.key = unit.id + "/" + step.id + "/" + call_digest(step.action);
        }
    }
    plan.sha256 = sha256_hex(as_bytes(plan_content(plan, {})));
}

std::string plan_to_json(const Plan& plan) { return plan_content(plan, plan.sha256) + "\n"; }

Result<Plan> plan_from_json(std::string_view text) {
    PF_TRY(json::value document, parse_json(text));
    if (!document.is_object()) {
        return fail(Errc::InvalidArgument,
                    "not a compiled plan: the document is not a JSON object");
    }
    json::object& content = document.get_object();
    const json::value* schema = content.if_contains("schemaVersion");
    if (schema == nullptr || !schema->is_int64()) {
        return fail(Errc::InvalidArgument,
                    "not a compiled plan: it has no schemaVersion; compile one "
                    "with: pfnvme plan compile INTENT.yaml -o PLAN.json");
    }
    if (schema->get_int64() != kPlanSchemaVersion) {
        return fail(
            Errc::InvalidArgument,
            "plan schema version {} is not supported (this pfnvme knows {}); compile the intent "
            "again",
            schema->get_int64(), kPlanSchemaVersion);
    }
    Reader reader;
    const std::string stated = reader.text(content, "sha256");
    Plan plan = read_plan(reader, content);
    content.erase("sha256");
    const std::string actual = sha256_hex(as_bytes(canonical_json(document)));
    if (!stated.empty() && stated != actual) {
        return fail(
            Errc::Corrupt,
            "plan '{}' was changed after compilation (content {:.12}, stated {:.12}); change the "
            "intent and compile again: pfnvme plan compile",
            plan.name, actual, stated);
    }
    if (!reader.error().empty()) {
        return fail(Errc::InvalidArgument, "not a compiled plan: {}", reader.error());
    }
    plan.sha256 = actual;
    // The hash says that the file is what was compiled; this says that nothing was lost in reading
    // it.
    if (sha256_hex(as_bytes(plan_content(plan, {}))) != actual) {
        return fail(Errc::InvalidArgument,
                    "plan '{}' holds members that this pfnvme does not know; use the version that "
                    "compiled it",
                    plan.name);
    }
    return plan;
}

Result<Plan> load_plan(const std::string& path) {
    PF_TRY(const std::string text, read_file(path));
    Result<Plan> plan = plan_from_json(text);
    if (!plan) {
        return fail(plan.error().code, "{}: {}", path, plan.error().what);
    }
    return plan;
}

} // namespace pf::nvmetool
