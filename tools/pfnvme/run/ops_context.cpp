// What vCenter keeps about a VM beside its files: recorded before it is unregistered, put back
// after it is registered again, read back. What can't be put back does not stop the unit, whose VMs
// have to come up; it is told in the evidence ("lost") and in the run report.
#include "tools/pfnvme/run/context.hpp"
#include "tools/pfnvme/run/lookups.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace pf::nvmetool {

namespace {

using Commands = std::vector<std::string>;

constexpr int kMostAttempts = 4; // while answers are lost

Commands no_commands(const Params&) { return {}; }

std::string record_describe(const Params&) {
    return "record custom attributes, tags, permissions, rules, groups, overrides and automatic "
           "start";
}
Result<CallOutcome> record_execute(OpContext& c, const Params&) {
    CallOutcome out;
    const Result<std::vector<ContextItem>> items = c.vsphere.vm_context(c.unit.objects.vm_ids);
    if (!items && items.error().code == Errc::Unsupported) {
        out.evidence["note"] = items.error().what;
        return out;
    }
    if (!items) {
        return fail(items.error());
    }
    for (const ContextItem& item : *items) {
        out.evidence[context_key(item)] = item.value;
    }
    return out;
}

std::string restore_describe(const Params&) {
    return "restore custom attributes, tags, permissions, rules, groups, overrides and automatic "
           "start";
}
Commands restore_commands(const Params&) {
    return {"govc cluster.rule.change, govc cluster.override.change, govc permissions.set, "
            "govc fields.set, govc tags.attach, govc host.autostart.add   # what the record names"};
}

// Ids of those of these VMs that are registered.
Result<std::vector<std::string>> registered_ids(OpContext& c, const std::vector<ContextItem>& items,
                                                std::map<std::string, std::string>& names) {
    std::vector<std::string> out;
    std::map<std::string, bool> asked;
    for (const ContextItem& item : items) {
        if (!asked.emplace(item.vm_uuid, true).second) {
            continue;
        }
        PF_TRY(const auto vm, registered_vm(c, item.vm_uuid));
        names[item.vm_uuid] = vm ? vm->name : item.vm_uuid;
        if (vm) {
            out.push_back(vm->id);
        }
    }
    return out;
}

Result<std::vector<ContextItem>> missing_of(OpContext& c, const std::vector<ContextItem>& wanted,
                                            std::map<std::string, std::string>& names) {
    PF_TRY(const std::vector<std::string> ids, registered_ids(c, wanted, names));
    PF_TRY(const std::vector<ContextItem> now, c.vsphere.vm_context(ids));
    std::vector<ContextItem> out;
    std::copy_if(
        wanted.begin(), wanted.end(), std::back_inserter(out), [&](const ContextItem& item) {
            // What could not be read has been lost, whatever can be read now.
            return item.kind == "gap" || std::find(now.begin(), now.end(), item) == now.end();
        });
    return out;
}

bool nobody_can_be_asked(const Error& error) { // the run stops there and is resumed
    return error.code == Errc::Unreachable || error.code == Errc::AuthFailed;
}
bool is_without_answer(const Error& error) {
    return error.code == Errc::Timeout || error.code == Errc::OutcomeUnknown ||
           error.code == Errc::Cancelled;
}

Result<CallOutcome> restore_execute(OpContext& c, const Params& p) {
    CallOutcome out;
    const Params* record = c.result_of(param(p, "record_step"));
    const std::vector<ContextItem> wanted =
        record == nullptr ? std::vector<ContextItem>() : context_items(*record);
    if (wanted.empty()) {
        out.evidence["seen"] = "nothing was recorded";
        return out;
    }
    std::map<std::string, std::string> names;
    std::map<std::string, std::string> reasons;
    // What is not as recorded; all of it, with the reason, when reading it back is refused.
    const auto look = [&]() -> Result<std::vector<ContextItem>> {
        Result<std::vector<ContextItem>> found = missing_of(c, wanted, names);
        if (!found && !nobody_can_be_asked(found.error()) && !is_without_answer(found.error())) {
            for (const ContextItem& item : wanted) {
                reasons[context_key(item)] = "not read back: " + found.error().what;
            }
            return wanted;
        }
        return found;
    };
    PF_TRY(std::vector<ContextItem> missing, look());
    const std::size_t lacking = missing.size();
    for (int tried = 0; !missing.empty() && tried < kMostAttempts; ++tried) {
        const Result<std::vector<std::string>> put = c.vsphere.restore_context(missing);
        if (!put && nobody_can_be_asked(put.error())) {
            return fail(put.error());
        }
        for (std::size_t i = 0; i < missing.size(); ++i) {
            reasons[context_key(missing[i])] = !put              ? put.error().what
                                               : i < put->size() ? (*put)[i]
                                                                 : "";
        }
        // Whatever the calls said, what counts is what is there now.
        PF_TRY(missing, look());
        if (put ||
            (put.error().code != Errc::OutcomeUnknown && put.error().code != Errc::Timeout)) {
            break;
        }
    }
    std::string& lost = out.evidence[std::string(kLostKey)]; // "" replaces what was said before
    for (const ContextItem& item : missing) {
        const std::string why = reasons[context_key(item)];
        lost += fmt::format("{}VM {}: {}{}{}: {}", lost.empty() ? "" : "\n", names[item.vm_uuid],
                            item.kind, item.name.empty() ? "" : " ", item.name,
                            why.empty() ? "it is not as it was" : why);
    }
    out.evidence["seen"] =
        fmt::format("{} of {} as recorded, {} put back", wanted.size() - missing.size(),
                    wanted.size(), lacking - std::min(lacking, missing.size()));
    return out;
}

} // namespace

std::string context_key(const ContextItem& item) {
    return fmt::format("{}{}.{}.{}", kContextKey, item.vm_uuid, item.kind, item.name);
}

std::vector<ContextItem> context_items(const Params& record) {
    std::vector<ContextItem> out;
    for (const auto& [key, value] : record) {
        if (!key.starts_with(kContextKey)) {
            continue;
        }
        const std::size_t uuid = kContextKey.size();
        const std::size_t kind = key.find('.', uuid) + 1; // neither UUIDs nor kinds have dots
        const std::size_t name = key.find('.', kind) + 1;
        out.push_back({key.substr(uuid, kind - 1 - uuid), key.substr(kind, name - 1 - kind),
                       key.substr(name), value});
    }
    return out;
}

std::span<const Op> context_ops() {
    static const std::array<Op, 2> kOps = [] {
        Op record;
        record.name = "context.record";
        record.kind = OpKind::Check;
        record.describe = record_describe;
        record.commands = no_commands;
        record.execute = record_execute;
        Op restore;
        restore.name = "context.restore";
        restore.kind = OpKind::Renew;
        restore.describe = restore_describe;
        restore.commands = restore_commands;
        restore.execute = restore_execute;
        return std::array<Op, 2>{record, restore};
    }();
    return kOps;
}

} // namespace pf::nvmetool
