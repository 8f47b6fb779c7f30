// What the verbs that run plans share: run directory, engine, progress on the terminal, report
// files.
#pragma once

#include "base/options.hpp"
#include "tools/pfnvme/cli/connection.hpp"
#include "tools/pfnvme/plan/plan.hpp"
#include "tools/pfnvme/plan/reverse.hpp"
#include "tools/pfnvme/run/engine.hpp"
#include "tools/pfnvme/run/run_dir.hpp"

#include <string>

namespace pf::nvmetool {

void add_view_options(OptionTable& table); // --state-dir: verbs that only read run folders
void add_run_options(OptionTable& table);  // and --quiet, --yes, --report-dir
// and --dry-run, for the verbs that go on with a run
void add_continue_options(OptionTable& table);
void add_apply_options(OptionTable& table); // --dry-run, --print-commands, --yes, --report-dir

// What could not be read, a line each on standard error: the checks that need it say "unknown".
void print_gaps(const Inventory& inventory);
// Findings on standard error, one line each.
void print_findings(const Plan& plan);
// Says what blocks: one error line for the first blocker, the others as findings above it. Returns
// 34 when the first is an unsupported version, else 11.
int refuse_blockers(const Plan& plan);

// kExitOk when the plan has the approvals that its policy asks for; else kExitApproval, reported.
// Defined in verb_plan_approve.cpp.
int refuse_unapproved(const std::string& plan_path, const Plan& plan);

// Dry run of a plan: prints every step with its equivalent commands, changes nothing.
int dry_run_plan(const OptionValues& values, const Plan& plan, Connections& connections);
// Asks for confirmation unless --yes; makes a run directory; runs.
int apply_plan(const OptionValues& values, const Plan& plan, Connections& connections);

// The same without asking.
int apply_confirmed_plan(const OptionValues& values, const Plan& plan, Connections& connections);

// What guests are given when a plan shuts them down: --guest-shutdown, --power-off.
void add_shutdown_options(OptionTable& table);
[[nodiscard]] ReverseRequest reverse_request(const OptionValues& values);

struct RunView;
// What a rollback would do, step by step; changes nothing.
int dry_rollback(const OptionValues& values, const RunView& view, const RollbackRequest& request);
// Notes in the journal of `run` that these units were taken back by another run.
int mark_rolled_back(const OptionValues& values, const std::string& run,
                     const std::vector<std::string>& units, const std::string& how);

enum class RunVerb { Resume, Rollback, Cleanup };
int continue_run(const OptionValues& values, RunVerb verb, const RollbackRequest& request);

// True: go on. `what` is the blast radius, `word` what has to be typed.
[[nodiscard]] bool confirmed(const OptionValues& values, const std::string& what,
                             const std::string& word);

} // namespace pf::nvmetool
