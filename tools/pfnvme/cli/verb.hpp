// One verb, one file: each cli/verb_*.cpp defines one Verb (or the verbs of one noun) and run() for
// it.
//
// The table in verbs.cpp is the only list: help, completion and dispatch read it.
#pragma once

#include "base/options.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

// What a verb does to the world. Changes: it can change vCenter, hosts or PowerFlex, so it takes
// --dry-run (a test walks the table). Continues: it goes on with a run that a verb of the former
// kind began, or takes it back; the plan had its dry run then.
enum class VerbEffect { Reads, WritesFiles, Changes, Continues };

struct Verb {
    std::string_view words;     // "host nqn list"
    std::string_view arguments; // "PLAN", "[RUN]"
    std::string_view summary;
    bool connects = false; // takes the connection options
    void (*options)(OptionTable&) = nullptr;
    int (*run)(const OptionValues&) = nullptr;
    VerbEffect effect = VerbEffect::Reads;
    // What -o takes, comma-separated; cli/output.hpp has the renderers.
    std::string_view formats = "text,json";
};

inline constexpr std::string_view kTableFormats = "text,wide,json,jsonl,yaml,csv,md,name";
inline constexpr std::string_view kDocumentFormats = "text,json,yaml";

[[nodiscard]] std::span<const Verb> all_verbs();

// Options of a verb as parse, help, completion, man pages and `help --machine` see them.
[[nodiscard]] OptionTable option_table(const Verb& verb);
// The words of a verb: {"host", "nqn", "list"}.
[[nodiscard]] std::vector<std::string> verb_words(const Verb& verb);
[[nodiscard]] const Verb* find_verb(const std::vector<std::string>& args, std::size_t& used);

// Prints "pfnvme: <sentence>" (with -o json one JSON object, docs/formats/cli-json.md) on standard
// error and returns the exit code.
int report_error(const Error& error);
int report_error(int code, std::string_view sentence);

// The whole program: finds the verb, parses its options, runs it.
int run_pfnvme(std::vector<std::string> args);

// -o FORMAT
enum class Output { Text, Json };
[[nodiscard]] Output output_of(const OptionValues& values);

// Left-aligned columns, two spaces between, no trailing spaces.
[[nodiscard]] std::string format_table(const std::vector<std::vector<std::string>>& rows);

} // namespace pf::nvmetool
