#include "tools/pfnvme/cli/verbs.hpp"

#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"

#include <array>

namespace pf::nvmetool {

std::span<const Verb> all_verbs() {
    static const std::array<Verb, 28> kVerbs{{
        {"host nqn list", "", "NVMe names of the hosts, and what PowerFlex knows of them", true,
         host_nqn_list_options, host_nqn_list},
        {"host nvme plan", "", "what would make the hosts NVMe/TCP hosts; changes nothing", true,
         host_nvme_apply_options, host_nvme_plan},
        {"host nvme apply", "", "makes the hosts NVMe/TCP hosts with all paths; repeatable", true,
         host_nvme_apply_options, host_nvme_apply},
        {"host nvme verify", "", "compares the hosts' paths with the expected ones", true,
         host_nvme_options, host_nvme_verify},
        {"plan compile", "INTENT", "compiles an intent (YAML) to a plan", true,
         plan_compile_options, plan_compile},
        {"plan show", "PLAN", "shows a compiled plan, step by step", false, plan_show_options,
         plan_show},
        {"apply", "PLAN", "runs a compiled plan", true, add_apply_options, apply_verb},
        {"run list", "", "lists the runs of this machine", false, add_run_options, run_list},
        {"run status", "[RUN]", "state of a run, unit by unit", false, add_run_options, run_status},
        {"run resume", "[RUN]", "continues a run after a crash, a pause or a lost connection", true,
         add_run_options, run_resume},
        {"run rollback", "[RUN]", "takes a run back, each step read back", true,
         run_rollback_options, run_rollback},
        {"run report", "[RUN]", "report of a run", false, run_report_options, run_report},
        {"run cleanup", "[RUN]", "removes the safety snapshots of the units that are done", true,
         add_run_options, run_cleanup},
        {"run pause", "[RUN]", "asks the process of a run to stop after its current steps", false,
         run_ask_options, run_pause},
        {"run abort", "[RUN]", "asks it to stop and to roll back what is not past its commit point",
         true, run_abort_options, run_abort},
        {"run watch", "[RUN]", "follows a run that another process works on", false,
         add_view_options, run_watch},
        {"run logs", "[RUN]", "what a run did, line by line", false, add_view_options, run_logs},
        {"run verify", "[RUN]", "looks again whether all that a run left still holds", true,
         add_view_options, run_verify},
        {"migrate online", "DATASTORE...", "one-off: plan and run by Storage vMotion", true,
         migrate_options, migrate_online},
        {"migrate offline", "DATASTORE...", "one-off: plan and run with the VMs down", true,
         migrate_options, migrate_offline},
        {"migrate reverse", "DATASTORE...", "one-off: back from NVMe/TCP to SDC, content kept",
         true, migrate_options, migrate_reverse},
        {"journal show", "[RUN]", "every record of a run", false, journal_options, journal_show},
        {"journal tail", "[RUN]", "the last records of a run, and the next ones", false,
         journal_tail_options, journal_tail},
        {"journal verify", "[RUN]", "checks the hash chain of a journal and its plan", false,
         add_view_options, journal_verify},
        {"journal export", "[RUN]", "the records as JSON lines, JSON or CSV", false,
         journal_export_options, journal_export},
        {"explain", "CHECK-ID | exit CODE | TEXT", "what a check, exit code or error means", false,
         nullptr, explain_verb},
        {"completion", "bash", "prints the shell completion script", false, nullptr,
         completion_verb},
        {"version", "", "prints the version", false, nullptr, version_verb},
    }};
    return kVerbs;
}

} // namespace pf::nvmetool
