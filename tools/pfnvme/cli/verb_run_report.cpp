// pfnvme run report [RUN] -f html|json|csv|md|junit|xlsx [--table T] [--out FILE]
#include "base/file.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/run_state_view.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/report/report.hpp"

#include <unistd.h>

#include <cstdio>

namespace pf::nvmetool {

void run_report_options(OptionTable& table) {
    add_run_options(table);
    table.add({.name = "format",
               .default_value = "html",
               .help = "html, json, csv, md, junit or xlsx (also -f)",
               .value_name = "FORMAT"});
    table.add({.name = "table",
               .default_value = "units",
               .help = "with csv: units, map, not-restored, sdc, downtime, paths, checks, "
                       "evidence, commands or steps",
               .value_name = "TABLE"});
    table.add({.name = "out", .help = "file; else standard output", .value_name = "FILE"});
}

int run_report(const OptionValues& values) {
    const std::string format = output_of(values) == Output::Json ? "json" : values.text("format");
    const Result<RunView> view = view_run(values);
    if (!view) {
        return report_error(view.error());
    }
    const std::string report = run_report_json(view->plan, view->id, view->journal.records);
    const Result<std::string> made = report_as(report, format, values.text("table"));
    if (!made) {
        return report_error(made.error().code == Errc::InvalidArgument ? kExitUsage
                                                                       : exit_code_of(made.error()),
                            made.error().what);
    }
    const std::string& text = *made;
    if (const std::string& out = values.text("out"); !out.empty()) {
        if (const Result<void> written = write_file_atomic(out, text); !written) {
            return report_error(written.error());
        }
        return kExitOk;
    }
    if (format == "xlsx" && ::isatty(STDOUT_FILENO) == 1) {
        return report_error(kExitUsage, "a workbook is no text for a terminal; give --out FILE");
    }
    std::fwrite(text.data(), 1, text.size(), stdout);
    return kExitOk;
}

} // namespace pf::nvmetool
