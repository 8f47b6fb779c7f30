// scli's command line as PowerFlex spells it: one command and its options, all as long options.
//
// A dash that a web page or word processor made typographic is diagnosed; an option that the
// command doesn't know is an error, never a guess. Passwords are refused on the command line, where
// every user of the machine could read them.
#pragma once

#include "base/result.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::scli {

class Context;

struct Command {
    std::string_view name;    // "add_volume"
    std::string_view options; // comma-separated; a trailing '=' marks one that takes a value
    std::string_view help;
    Result<void> (*run)(Context&) = nullptr;
    bool destructive = false; // asks for confirmation without --i_am_sure
    bool needs_session = true;
};

class Arguments {
  public:
    [[nodiscard]] bool flag(std::string_view name) const { return values_.contains(name); }
    // Empty when not given.
    [[nodiscard]] const std::string& value(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> list(std::string_view name) const; // split at commas
    [[nodiscard]] Result<std::string> required(std::string_view name) const;
    [[nodiscard]] Result<std::uint64_t> number(std::string_view name, std::uint64_t max) const;

  private:
    friend struct Parsed;
    friend Result<struct Parsed> parse(std::span<const Command> commands,
                                       const std::vector<std::string>& args);
    std::map<std::string, std::string, std::less<>> values_;
};

struct Parsed {
    const Command* command = nullptr; // nullptr: --help or --version
    Arguments arguments;
};

// `args` without the program's name. InvalidArgument with one sentence that names the word and the
// fix.
[[nodiscard]] Result<Parsed> parse(std::span<const Command> commands,
                                   const std::vector<std::string>& args);

// Splits at commas, dropping empty pieces.
[[nodiscard]] std::vector<std::string> split(std::string_view text);

} // namespace pf::scli
