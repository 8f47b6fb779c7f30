#include "tools/pfnvme/plan/plan.hpp"

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/json.hpp"

#include <utility>

namespace pf::nvmetool {

namespace {

json::array strings_to_json(const std::vector<std::string>& list) {
    json::array out;
    for (const std::string& item : list) {
        out.emplace_back(item);
    }
    return out;
}

json::object params_to_json(const Params& params) {
    json::object out;
    for (const auto& [name, value] : params) {
        out[name] = value;
    }
    return out;
}

json::object call_to_json(const OpCall& call) {
    json::object out;
    out["op"] = call.op;
    out["params"] = params_to_json(call.params);
    return out;
}

json::object step_to_json(const Step& step) {
    json::object out;
    out["id"] = step.id;
    out["title"] = step.title;
    out["op"] = step.action.op;
    out["params"] = params_to_json(step.action.params);
    out["pre"] = strings_to_json(step.pre);
    out["post"] = strings_to_json(step.post);
    json::array undo;
    for (const OpCall& call : step.undo) {
        undo.emplace_back(call_to_json(call));
    }
    out["undo"] = std::move(undo);
    out["idempotencyKey"] = step.key;
    out["commitPoint"] = step.commit_point;
    out["deferred"] = step.deferred;
    return out;
}

json::object unit_to_json(const Unit& unit) {
    json::object objects;
    objects["datastoreId"] = unit.objects.datastore_id;
    objects["datastore"] = unit.objects.datastore;
    objects["volumeId"] = unit.objects.volume_id;
    objects["volume"] = unit.objects.volume;
    objects["targetVolume"] = unit.objects.target_volume;
    objects["hostIds"] = strings_to_json(unit.objects.host_ids);
    objects["hosts"] = strings_to_json(unit.objects.hosts);
    objects["vmIds"] = strings_to_json(unit.objects.vm_ids);
    objects["vms"] = strings_to_json(unit.objects.vms);

    json::object out;
    out["id"] = unit.id;
    out["strategy"] = unit.strategy;
    out["objects"] = std::move(objects);
    out["fingerprint"] = unit.fingerprint;
    json::array steps;
    for (const Step& step : unit.steps) {
        steps.emplace_back(step_to_json(step));
    }
    out["steps"] = std::move(steps);
    return out;
}

// Everything but the hash.
json::object plan_content(const Plan& plan) {
    json::object tool;
    tool["name"] = "pfnvme";
    tool["version"] = plan.tool_version;
    json::object vcenter;
    vcenter["endpoint"] = plan.vcenter_endpoint;
    vcenter["instanceUuid"] = plan.vcenter_uuid;
    json::object powerflex;
    powerflex["endpoint"] = plan.powerflex_endpoint;
    powerflex["systemId"] = plan.powerflex_system;

    json::object out;
    out["schemaVersion"] = kPlanSchemaVersion;
    out["name"] = plan.name;
    out["kind"] = plan.kind;
    out["createdAt"] = plan.created_at;
    out["tool"] = std::move(tool);
    out["intentSha256"] = plan.intent_sha256;
    out["inventorySha256"] = plan.inventory_sha256;
    out["limitsVersion"] = plan.limits_version;
    out["vcenter"] = std::move(vcenter);
    out["powerflex"] = std::move(powerflex);
    out["support"] = plan.support;
    json::array findings;
    for (const PlanFinding& finding : plan.findings) {
        json::object item;
        item["check"] = finding.check;
        item["severity"] = finding.severity;
        item["object"] = finding.object;
        item["message"] = finding.message;
        item["fix"] = finding.fix;
        findings.emplace_back(std::move(item));
    }
    out["findings"] = std::move(findings);
    out["leftBehind"] = strings_to_json(plan.left_behind);
    json::array units;
    for (const Unit& unit : plan.units) {
        units.emplace_back(unit_to_json(unit));
    }
    out["units"] = std::move(units);
    return out;
}

std::string sha256_of(const json::value& value) {
    return sha256_hex(as_bytes(canonical_json(value)));
}

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
    return step;
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
    unit.objects.host_ids = reader.texts(objects, "hostIds");
    unit.objects.hosts = reader.texts(objects, "hosts");
    unit.objects.vm_ids = reader.texts(objects, "vmIds");
    unit.objects.vms = reader.texts(objects, "vms");
    unit.fingerprint = reader.text(in, "fingerprint");
    for (const json::value& item : reader.array(in, "steps")) {
        unit.steps.push_back(read_step(reader, as_object(reader, item, "steps")));
    }
    return unit;
}

Plan read_plan(Reader& reader, const json::object& in) {
    Plan plan;
    plan.name = reader.text(in, "name");
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
                                 reader.text(finding, "fix")});
    }
    plan.left_behind = reader.texts(in, "leftBehind");
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

std::string call_digest(const OpCall& call) {
    return sha256_of(json::value(call_to_json(call))).substr(0, 16);
}

void seal(Plan& plan) {
    for (Unit& unit : plan.units) {
        for (Step& step : unit.steps) {
            step.key = unit.id + "/" + step.id + "/" + call_digest(step.action);
        }
    }
    plan.sha256 = sha256_of(json::value(plan_content(plan)));
}

std::string plan_to_json(const Plan& plan) {
    json::object content = plan_content(plan);
    content["sha256"] = plan.sha256;
    return canonical_json(json::value(std::move(content))) + "\n";
}

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
    const std::string actual = sha256_of(document);
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
    if (sha256_of(json::value(plan_content(plan))) != actual) {
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
