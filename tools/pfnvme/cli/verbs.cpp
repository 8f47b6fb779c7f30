#include "tools/pfnvme/cli/verbs.hpp"

#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"

#include <array>

namespace pf::nvmetool {

std::span<const Verb> all_verbs() {
    static const std::array<Verb, 20> kVerbs{{
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
