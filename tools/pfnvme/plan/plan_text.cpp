#include "tools/pfnvme/plan/plan_text.hpp"

#include "base/json.hpp"

#include <charconv>

namespace pf::nvmetool {

namespace {

// Appends JSON to a text. The caller writes members in the order of their names.
class Writer {
  public:
    explicit Writer(std::string& out) : out_(out) {}

    void open(char bracket) {
        separate();
        out_ += bracket;
        first_ = true;
    }
    void close(char bracket) {
        out_ += bracket;
        first_ = false;
    }
    void name(std::string_view member) {
        separate();
        out_ += '"';
        out_ += member; // names of ours need no escapes
        out_ += "\":";
        first_ = true;
    }
    void text(std::string_view value) {
        separate();
        quote(value);
    }
    void number(std::int64_t value) {
        separate();
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, value);
        out_.append(digits, end.ptr);
    }
    void flag(bool value) {
        separate();
        out_ += value ? "true" : "false";
    }
    void raw(std::string_view json) {
        separate();
        out_ += json;
    }

    void text(std::string_view member, std::string_view value) {
        name(member);
        text(value);
    }
    void number(std::string_view member, std::int64_t value) {
        name(member);
        number(value);
    }
    void flag(std::string_view member, bool value) {
        name(member);
        flag(value);
    }
    void texts(std::string_view member, const std::vector<std::string>& values) {
        list(member, values, [this](const std::string& value) { text(value); });
    }
    template<class Item, class Write>
    void list(std::string_view member, const std::vector<Item>& items, Write write) {
        name(member);
        open('[');
        for (const Item& item : items) {
            write(item);
        }
        close(']');
    }
    void params(const Params& values) {
        name("params");
        open('{');
        for (const auto& [key, value] : values) {
            separate();
            quote(key);
            out_ += ':';
            quote(value);
        }
        close('}');
    }

  private:
    void separate() {
        if (!first_) {
            out_ += ',';
        }
        first_ = false;
    }

    void quote(std::string_view value) {
        static constexpr char kHex[] = "0123456789abcdef";
        out_ += '"';
        for (const char c : value) {
            const auto byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') {
                out_ += '\\';
                out_ += c;
            } else if (byte >= 0x20) {
                out_ += c;
            } else if (c == '\n' || c == '\t' || c == '\r' || c == '\b' || c == '\f') {
                out_ += '\\';
                out_ += c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : c == '\b' ? 'b' : 'f';
            } else {
                out_ += "\\u00";
                out_ += kHex[byte >> 4U];
                out_ += kHex[byte & 15U];
            }
        }
        out_ += '"';
    }

    std::string& out_;
    bool first_ = true;
};

void write_call(Writer& out, const OpCall& call) {
    out.open('{');
    out.text("op", call.op);
    out.params(call.params);
    out.close('}');
}

void write_step(Writer& out, const Step& step) {
    out.open('{');
    out.flag("commitPoint", step.commit_point);
    out.flag("deferred", step.deferred);
    out.text("id", step.id);
    out.text("idempotencyKey", step.key);
    out.text("op", step.action.op);
    out.params(step.action.params);
    out.texts("post", step.post);
    out.texts("pre", step.pre);
    out.text("title", step.title);
    out.list("undo", step.undo, [&](const OpCall& call) { write_call(out, call); });
    if (step.work) {
        out.name("work");
        out.open('{');
        out.number("bytes", static_cast<std::int64_t>(step.work->bytes));
        out.text("from", step.work->from);
        out.text("hostId", step.work->host_id);
        out.text("to", step.work->to);
        out.close('}');
    }
    out.close('}');
}

void write_objects(Writer& out, const UnitObjects& objects) {
    out.open('{');
    out.text("datastore", objects.datastore);
    out.text("datastoreId", objects.datastore_id);
    out.texts("hostIds", objects.host_ids);
    out.texts("hosts", objects.hosts);
    out.texts("otherVmIds", objects.other_vm_ids);
    out.flag("partial", objects.partial);
    out.list("parts", objects.parts, [&](const UnitPart& part) {
        out.open('{');
        out.text("datastore", part.datastore);
        out.text("datastoreId", part.datastore_id);
        out.text("targetDatastore", part.target_datastore);
        out.text("targetVolume", part.target_volume);
        out.text("volume", part.volume);
        out.text("volumeId", part.volume_id);
        out.close('}');
    });
    out.text("targetVolume", objects.target_volume);
    out.texts("vmIds", objects.vm_ids);
    out.texts("vms", objects.vms);
    out.text("volume", objects.volume);
    out.text("volumeId", objects.volume_id);
    out.close('}');
}

void write_unit(Writer& out, const Unit& unit) {
    out.open('{');
    out.flag("canary", unit.canary);
    out.texts("dependsOn", unit.depends_on);
    if (unit.estimate) {
        out.name("estimate");
        out.open('{');
        out.number("downP50S", unit.estimate->down_p50_s);
        out.number("downP90S", unit.estimate->down_p90_s);
        out.number("endS", unit.estimate->end_s);
        out.number("lastStartS", unit.estimate->last_start_s);
        out.number("p50S", unit.estimate->p50_s);
        out.number("p90S", unit.estimate->p90_s);
        out.number("rollbackS", unit.estimate->rollback_s);
        out.number("startS", unit.estimate->start_s);
        out.close('}');
    }
    out.text("fingerprint", unit.fingerprint);
    out.text("id", unit.id);
    out.name("objects");
    write_objects(out, unit.objects);
    out.list("steps", unit.steps, [&](const Step& step) { write_step(out, step); });
    out.text("strategy", unit.strategy);
    out.number("wave", unit.wave);
    out.close('}');
}

void write_estimate(Writer& out, const PlanEstimate& estimate) {
    out.name("estimate");
    out.open('{');
    out.text("basis", estimate.basis);
    out.number("boundS", estimate.bound_s);
    out.text("confidence", estimate.confidence);
    out.text("critical", estimate.critical);
    out.number("criticalPercent", estimate.critical_percent);
    out.number("endP50S", estimate.end_p50_s);
    out.number("endP90S", estimate.end_p90_s);
    out.flag("fits", estimate.fits);
    out.number("p50S", estimate.p50_s);
    out.number("p90S", estimate.p90_s);
    out.number("startS", estimate.start_s);
    out.close('}');
}

void write_capacity(Writer& out, const Plan& plan) {
    out.list("budget", plan.budget, [&](const PlanBudget& row) {
        out.open('{');
        out.text("hosts", row.hosts);
        out.number("namespacesAfter", row.namespaces_after);
        out.number("namespacesLimit", row.namespaces_limit);
        out.number("namespacesNow", row.namespaces_now);
        out.number("pathsAfter", row.paths_after);
        out.number("pathsLimit", row.paths_limit);
        out.number("pathsPerNamespace", row.paths_per_namespace);
        out.text("version", row.version);
        out.close('}');
    });
    out.list("consolidation", plan.consolidation, [&](const PlanConsolidation& row) {
        out.open('{');
        out.flag("applied", row.applied);
        out.number("sizeGib", row.size_gib);
        out.texts("sources", row.sources);
        out.text("target", row.target);
        out.text("volume", row.volume);
        out.close('}');
    });
}

void write_header(Writer& out, const Plan& plan) {
    write_capacity(out, plan);
    out.text("createdAt", plan.created_at);
    if (plan.estimate) {
        write_estimate(out, *plan.estimate);
    }
    out.list("findings", plan.findings, [&](const PlanFinding& finding) {
        out.open('{');
        out.text("check", finding.check);
        out.text("fix", finding.fix);
        out.text("message", finding.message);
        out.text("object", finding.object);
        out.text("severity", finding.severity);
        out.text("waiver", finding.waiver);
        out.close('}');
    });
    out.list("hosts", plan.hosts, [&](const PlanHost& host) {
        out.open('{');
        out.text("cluster", host.cluster);
        out.text("id", host.id);
        out.text("name", host.name);
        out.number("nicMbit", host.nic_mbit);
        out.text("version", host.version);
        out.close('}');
    });
    out.text("intentSha256", plan.intent_sha256);
    out.text("inventorySha256", plan.inventory_sha256);
    out.text("kind", plan.kind);
    out.list("leftBehind", plan.left_behind, [&](const LeftBehind& item) {
        out.open('{');
        out.text("check", item.check);
        out.text("object", item.object);
        out.text("reason", item.reason);
        out.close('}');
    });
    out.text("limitsVersion", plan.limits_version);
    out.text("name", plan.name);
    out.text("owner", plan.owner);
    out.name("policy");
    out.raw(canonical_json(json::value(policy_to_json(plan.policy))));
}

} // namespace

std::string call_to_json(const OpCall& call) {
    std::string text;
    Writer out(text);
    write_call(out, call);
    return text;
}

std::string plan_content(const Plan& plan, std::string_view sha256) {
    std::string text;
    text.reserve(plan.step_count() * 900 + 16384);
    Writer out(text);
    out.open('{');
    write_header(out, plan);
    out.name("powerflex");
    out.open('{');
    out.text("endpoint", plan.powerflex_endpoint);
    out.text("systemId", plan.powerflex_system);
    out.close('}');
    out.number("schemaVersion", kPlanSchemaVersion);
    if (!sha256.empty()) {
        out.text("sha256", sha256);
    }
    out.text("support", plan.support);
    out.text("ticket", plan.ticket);
    out.name("tool");
    out.open('{');
    out.text("name", "pfnvme");
    out.text("version", plan.tool_version);
    out.close('}');
    out.list("units", plan.units, [&](const Unit& unit) { write_unit(out, unit); });
    out.name("vcenter");
    out.open('{');
    out.text("endpoint", plan.vcenter_endpoint);
    out.text("instanceUuid", plan.vcenter_uuid);
    out.close('}');
    out.texts("waves", plan.waves);
    out.close('}');
    return text;
}

} // namespace pf::nvmetool
