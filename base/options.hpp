// One table of options per program; argv > environment > INI file > default. Never guesses an
// abbreviation. The table also prints --help, --print-config and the reference documentation.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pf {

enum class OptionType { Flag, Text, Integer, DurationMs, SizeBytes, List };

struct OptionSpec {
    std::string name; // long name without dashes, "listen"
    OptionType type = OptionType::Text;
    std::string default_value; // as text; empty: none
    std::string help;          // one sentence, unit included
    std::string value_name;    // "ADDRESS:PORT" in --help
    bool required = false;
    std::int64_t min = INT64_MIN; // for Integer, DurationMs, SizeBytes
    std::int64_t max = INT64_MAX;
};

// The parsed, validated, immutable values.
class OptionValues {
  public:
    bool flag(std::string_view name) const;
    const std::string& text(std::string_view name) const; // "" when not given and no default
    std::int64_t integer(std::string_view name) const;    // also milliseconds and bytes
    std::vector<std::string> list(std::string_view name) const;
    bool given(std::string_view name) const;
    const std::vector<std::string>& positionals() const { return positionals_; }

  private:
    friend class OptionTable;
    std::map<std::string, std::vector<std::string>, std::less<>> values_;
    std::map<std::string, std::int64_t, std::less<>> numbers_;
    std::map<std::string, bool, std::less<>> given_;
    std::vector<std::string> positionals_;
};

class OptionTable {
  public:
    // `env_prefix` "PF_SDS_" makes option "listen" readable from PF_SDS_LISTEN; empty: no
    // environment.
    OptionTable(std::string program, std::string summary, std::string env_prefix);
    OptionTable& add(OptionSpec spec);
    // InvalidArgument names the option and what is accepted. Understands --config FILE (INI)
    // itself. Positional words are refused unless `allow_positionals`.
    Result<OptionValues> parse(int argc, const char* const* argv,
                               bool allow_positionals = false) const;
    Result<OptionValues> parse(const std::vector<std::string>& args,
                               bool allow_positionals = false) const;
    std::string help() const;
    std::string print_config(const OptionValues& values) const;
    const std::vector<OptionSpec>& specs() const { return specs_; }
    const std::string& program() const { return program_; }

  private:
    std::string program_;
    std::string summary_;
    std::string env_prefix_;
    std::vector<OptionSpec> specs_;
};

// "64KiB", "10GiB", "4096" (bytes). Binary units KiB MiB GiB TiB, decimal kB MB GB TB.
Result<std::int64_t> parse_size_bytes(std::string_view text);
// "250ms", "5s", "10m", "2h"; a bare number is milliseconds.
Result<std::int64_t> parse_duration_ms(std::string_view text);

// What every main does with the table: handles --help, --version and --print-config (prints,
// returns exit code 0), reports errors on stderr (returns 2). `values` is set only when the program
// goes on.
struct ParsedMain {
    bool exit = false;
    int exit_code = 0;
    OptionValues values;
};
ParsedMain parse_main(const OptionTable& table, int argc, const char* const* argv,
                      bool allow_positionals = false);

// The version of the build, "0.1.0".
std::string_view version();

} // namespace pf
