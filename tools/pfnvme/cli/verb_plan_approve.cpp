// pfnvme plan approve PLAN: a signature over the plan's hash, or a note of it, in a file beside it.
#include "base/clock.hpp"
#include "base/json.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/plan_view.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/approval.hpp"

#include <cstdio>
#include <cstdlib>

namespace pf::nvmetool {

int refuse_unapproved(const std::string& plan_path, const Plan& plan) {
    if (plan.policy.approval.required == 0) {
        return kExitOk;
    }
    const Result<std::vector<Approval>> approvals = load_approvals(plan_path);
    if (!approvals) {
        return report_error(kExitBadData, approvals.error().what);
    }
    const ApprovalState state = judge_approvals(plan, *approvals);
    if (state.enough()) {
        return kExitOk;
    }
    std::string why;
    for (const std::string& item : state.refused) {
        why += (why.empty() ? " (" : "; ") + item;
    }
    return report_error(
        kExitApproval,
        fmt::format("plan '{}' has {} of {} approvals{}{}; approve it with: pfnvme plan approve {} "
                    "--by NAME --key KEY",
                    plan.name, state.valid.size(), state.required, why, why.empty() ? "" : ")",
                    plan_path));
}

void plan_approve_options(OptionTable& table) {
    table.add({.name = "by", .help = "who approves; else $USER", .value_name = "NAME"});
    table.add({.name = "key",
               .help = "Ed25519 private key, OpenSSH or PEM, without passphrase; without it the "
                       "approval is a note, not a signature",
               .value_name = "FILE"});
    table.add({.name = "comment", .help = "a word for the record", .value_name = "TEXT"});
    table.add({.name = "list",
               .type = OptionType::Flag,
               .help = "show the approvals and whether they suffice; add none"});
}

int plan_approve(const OptionValues& values) {
    const OrExit<Plan> plan = plan_of(values, "plan approve");
    if (!plan) {
        return plan.error();
    }
    const std::string& path = values.positionals().front();
    if (!values.flag("list")) {
        std::string by = values.text("by");
        if (const char* user = std::getenv("USER"); by.empty() && user != nullptr) {
            by = user;
        }
        if (by.empty()) {
            return report_error(kExitUsage, "--by NAME says who approves");
        }
        Approval approval;
        const std::string now = format_rfc3339(wall_now());
        if (const std::string& key_path = values.text("key"); key_path.empty()) {
            approval.plan_sha256 = plan->sha256;
            approval.by = by;
            approval.time = now;
            approval.comment = values.text("comment");
        } else {
            const Result<SigningKey> key = SigningKey::load(key_path);
            if (!key) {
                return report_error(kExitBadData, key.error().what);
            }
            const Result<Approval> made = key->sign(*plan, by, now, values.text("comment"));
            if (!made) {
                return report_error(made.error());
            }
            approval = *made;
        }
        if (const Result<void> added = add_approval(path, approval); !added) {
            return report_error(added.error());
        }
    }
    const Result<std::vector<Approval>> approvals = load_approvals(path);
    if (!approvals) {
        return report_error(kExitBadData, approvals.error().what);
    }
    const ApprovalState state = judge_approvals(*plan, *approvals);
    if (output_of(values) == Output::Json) {
        json::array valid;
        for (const Approval& item : state.valid) {
            valid.push_back(json::object{
                {"by", item.by}, {"time", item.time}, {"fingerprint", item.fingerprint}});
        }
        json::array refused;
        for (const std::string& item : state.refused) {
            refused.emplace_back(item);
        }
        std::fputs(pretty_json(json::object{{"schemaVersion", 1},
                                            {"plan", plan->name},
                                            {"sha256", plan->sha256},
                                            {"required", state.required},
                                            {"approvals", std::move(valid)},
                                            {"refused", std::move(refused)}})
                       .c_str(),
                   stdout);
        return kExitOk;
    }
    for (const Approval& item : state.valid) {
        std::printf("approved by %s at %s%s%s\n", item.by.c_str(), item.time.c_str(),
                    item.fingerprint.empty() ? ", unsigned" : ", ", item.fingerprint.c_str());
    }
    for (const std::string& item : state.refused) {
        std::printf("does not count: %s\n", item.c_str());
    }
    std::printf("%zu of %lld approvals for plan '%s' (%.12s)\n", state.valid.size(),
                static_cast<long long>(state.required), plan->name.c_str(), plan->sha256.c_str());
    return kExitOk;
}

} // namespace pf::nvmetool
