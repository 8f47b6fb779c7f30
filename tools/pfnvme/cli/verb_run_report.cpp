// pfnvme run report [RUN] -f html|json [--out FILE]
#include "base/file.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/run_state_view.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/report/report.hpp"

#include <cstdio>

namespace pf::nvmetool {

void run_report_options(OptionTable& table) {
    add_run_options(table);
    table.add({.name = "format",
               .default_value = "html",
               .help = "html or json (also -f)",
               .value_name = "FORMAT"});
    table.add({.name = "out", .help = "file; else standard output", .value_name = "FILE"});
}

int run_report(const OptionValues& values) {
    const std::string& format = values.text("format");
    if (format != "html" && format != "json") {
        return report_error(kExitUsage, fmt::format("--format is html or json, not '{}'", format));
    }
    const Result<RunView> view = view_run(values);
    if (!view) {
        return report_error(view.error());
    }
    std::string text = run_report_json(view->plan, view->id, view->journal.records);
    if (format == "html" && output_of(values) != Output::Json) {
        Result<std::string> html = report_html(text);
        if (!html) {
            return report_error(html.error());
        }
        text = std::move(*html);
    }
    if (const std::string& out = values.text("out"); !out.empty()) {
        if (const Result<void> written = write_file_atomic(out, text); !written) {
            return report_error(written.error());
        }
        return kExitOk;
    }
    std::fputs(text.c_str(), stdout);
    return kExitOk;
}

} // namespace pf::nvmetool
