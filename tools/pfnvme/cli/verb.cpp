#include "tools/pfnvme/cli/verb.hpp"

#include "base/log.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/connection.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/output.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

namespace pf::nvmetool {

namespace {

bool json_errors = false; // -o json: errors are objects too

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> out;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        out.emplace_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

void print_help() {
    std::fputs("pfnvme: brings VMware hosts and datastores on PowerFlex from SDC to NVMe/TCP\n\n"
               "usage: pfnvme VERB [options]; pfnvme VERB --help tells more\n\n",
               stdout);
    std::vector<std::vector<std::string>> rows;
    for (const Verb& verb : all_verbs()) {
        rows.push_back({"  " + std::string(verb.words) + (verb.arguments.empty() ? "" : " ") +
                            std::string(verb.arguments),
                        std::string(verb.summary)});
    }
    std::fputs(format_table(rows).c_str(), stdout);
}

// Short forms stand for long ones; the option table knows only long names.
void expand_short_options(std::vector<std::string>& args) {
    static const std::map<std::string, std::string> kShort{{"-o", "--output"}, {"-f", "--format"},
                                                           {"-y", "--yes"},    {"-q", "--quiet"},
                                                           {"-h", "--help"},   {"-C", "--context"}};
    std::vector<std::string> out;
    bool words = false; // after "--"
    for (std::string& arg : args) {
        words = words || arg == "--";
        if (words) {
            out.push_back(std::move(arg));
            continue;
        }
        if (arg.starts_with("\xe2\x80\x93") || arg.starts_with("\xe2\x80\x94")) {
            arg = "--" + arg.substr(3); // a dash that a web page made typographic
        }
        if (const auto found = kShort.find(arg); found != kShort.end()) {
            arg = found->second;
        }
        // -v, -vv, -vvv count; the styles of --print-commands follow its "=".
        if (arg.size() >= 2 && arg.size() <= 4 &&
            arg.find_first_not_of('v', 1) == std::string::npos && arg.front() == '-') {
            out.push_back("--verbose");
            arg = std::to_string(arg.size() - 1);
        } else if (constexpr std::string_view kStyled = "--print-commands=";
                   arg.starts_with(kStyled)) {
            out.push_back("--print-commands");
            out.push_back("--command-style");
            arg = arg.substr(kStyled.size());
        }
        out.push_back(std::move(arg));
    }
    args = std::move(out);
}

// What every verb understands; an answer of the kind "usage" when it makes no sense.
std::string take_common_options(const OptionValues& values) {
    const std::string& colour = values.text("color");
    if (colour != "auto" && colour != "always" && colour != "never") {
        return fmt::format("--color is auto, always or never, not '{}'", colour);
    }
    set_colour(colour);
    if (const std::int64_t level = values.integer("verbose"); level > 0) {
        LogOptions logging;
        logging.level = level == 1   ? LogLevel::Info
                        : level == 2 ? LogLevel::Debug
                                     : LogLevel::Trace;
        init_logging(logging);
    }
    return {};
}

bool is_one_of(std::string_view word, std::string_view list) {
    for (const std::string& item : [&] {
             std::string blanks(list);
             std::replace(blanks.begin(), blanks.end(), ',', ' ');
             return split_words(blanks);
         }()) {
        if (item == word) {
            return true;
        }
    }
    return false;
}

// For errors in the options themselves: --output json, --output=json.
bool asks_for_json(const std::vector<std::string>& args) {
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (args[i] == "--output=json" ||
            (args[i] == "--output" && i + 1 < args.size() && args[i + 1] == "json")) {
            return true;
        }
    }
    return false;
}

} // namespace

std::vector<std::string> verb_words(const Verb& verb) { return split_words(verb.words); }

// The verb whose words begin the arguments; the longest wins.
const Verb* find_verb(const std::vector<std::string>& args, std::size_t& used) {
    const Verb* best = nullptr;
    used = 0;
    for (const Verb& verb : all_verbs()) {
        const std::vector<std::string> words = split_words(verb.words);
        if (words.size() > used && words.size() <= args.size() &&
            std::equal(words.begin(), words.end(), args.begin())) {
            best = &verb;
            used = words.size();
        }
    }
    return best;
}

OptionTable option_table(const Verb& verb) {
    std::string usage = "pfnvme " + std::string(verb.words);
    if (!verb.arguments.empty()) {
        usage += " " + std::string(verb.arguments);
    }
    OptionTable table(usage, std::string(verb.summary), "PFNVME_");
    std::string formats(verb.formats);
    for (std::size_t at = formats.find(','); at != std::string::npos; at = formats.find(',', at)) {
        formats.replace(at, 1, ", ");
        at += 2;
    }
    table.add({.name = "output",
               .default_value = "text",
               .help = formats + " (also -o)",
               .value_name = "FORMAT"});
    table.add({.name = "color",
               .default_value = "auto",
               .help = "auto (on a terminal, unless NO_COLOR is set), always or never",
               .value_name = "WORD"});
    table.add({.name = "verbose",
               .type = OptionType::Integer,
               .default_value = "0",
               .help = "1 to 3: log on standard error what the libraries do (also -v, -vv, -vvv)",
               .value_name = "N",
               .min = 0,
               .max = 3});
    if (verb.connects) {
        add_connection_options(table);
    }
    if (verb.options != nullptr) {
        verb.options(table);
    }
    return table;
}

int report_error(int code, std::string_view sentence) {
    if (json_errors) {
        std::fprintf(stderr, "%s\n", error_json(code, sentence).c_str());
        return code;
    }
    std::fprintf(stderr, "pfnvme: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
    return code;
}

// "CHECK-ID: sentence" is a check that blocks, whoever noticed it.
int report_error(const Error& error) {
    const std::size_t colon = error.what.find(": ");
    const CheckRule* rule =
        colon == std::string::npos ? nullptr : find_check(error.what.substr(0, colon));
    const int code = rule == nullptr || rule->severity != Severity::Blocker ? exit_code_of(error)
                     : rule->id == "E-VER-01"                               ? kExitUnsupported
                                                                            : kExitBlockers;
    return report_error(code, error.what);
}

Output output_of(const OptionValues& values) {
    return values.text("output") == "json" ? Output::Json : Output::Text;
}

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    std::string out;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) {
                line.append(widths[i] - row[i].size() + 2, ' ');
            }
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

int run_pfnvme(std::vector<std::string> args) {
    if (args.empty() || args[0] == "--help" || args[0] == "-h") {
        print_help();
        return args.empty() ? kExitUsage : kExitOk;
    }
    if (args[0] == "--version") {
        args[0] = "version";
    }
    std::size_t used = 0;
    const Verb* verb = find_verb(args, used);
    if (verb == nullptr) {
        // `pfnvme host nvme --help`: the verbs of a group.
        const auto asks = std::find_if(args.begin(), args.end(), [](const std::string& arg) {
            return arg == "--help" || arg == "-h";
        });
        if (asks != args.end() && asks != args.begin() && asks + 1 == args.end()) {
            args.pop_back();
            args.insert(args.begin(), "help");
            return run_pfnvme(std::move(args));
        }
        std::string words;
        for (const std::string& arg : args) {
            if (arg.starts_with('-')) {
                break;
            }
            words += (words.empty() ? "" : " ") + arg;
        }
        return report_error(
            kExitUsage, fmt::format("there is no verb '{}'; list them with: pfnvme --help", words));
    }
    args.erase(args.begin(), args.begin() + static_cast<std::ptrdiff_t>(used));
    if (verb->words == "lab" && !(args.size() == 1 && args[0] == "--help")) {
        args.insert(args.begin(), "--"); // the lab's own words and options
    }
    expand_short_options(args);
    const OptionTable table = option_table(*verb);
    const Result<OptionValues> values = table.parse(args, true);
    if (!values) {
        json_errors = asks_for_json(args);
        return report_error(kExitUsage, values.error().what);
    }
    if (values->flag("help")) {
        std::fputs(table.help().c_str(), stdout);
        return kExitOk;
    }
    if (values->flag("print-config")) {
        std::fputs(table.print_config(*values).c_str(), stdout);
        return kExitOk;
    }
    std::string output = values->text("output");
    output = output == "table" ? "text" : output;
    json_errors = output == "json";
    if (!is_one_of(output, verb->formats)) {
        return report_error(kExitUsage, fmt::format("--output of '{}' is one of {}; not '{}'",
                                                    verb->words, verb->formats, output));
    }
    if (const std::string wrong = take_common_options(*values); !wrong.empty()) {
        return report_error(kExitUsage, wrong);
    }
    return verb->run(*values);
}

} // namespace pf::nvmetool
