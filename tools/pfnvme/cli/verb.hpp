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

struct Verb {
    std::string_view words;     // "host nqn list"
    std::string_view arguments; // "PLAN", "[RUN]"
    std::string_view summary;
    bool connects = false; // takes the connection options
    void (*options)(OptionTable&) = nullptr;
    int (*run)(const OptionValues&) = nullptr;
};

[[nodiscard]] std::span<const Verb> all_verbs();

// Prints "pfnvme: <sentence>" on standard error and returns the exit code.
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
