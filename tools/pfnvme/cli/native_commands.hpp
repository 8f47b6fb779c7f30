// The commands that an administrator would type for the same effect as an operation, in the style
// that is asked for: esxcli, govc or powercli for what happens on hosts and vCenter, rest or scli
// for what happens on PowerFlex.
//
// Texts of vSphere come from libvsphere's equivalents, those of PowerFlex from the very request
// that libpf sends. What is known only at run time stands as <what it is>.
#pragma once

#include "base/options.hpp"
#include "tools/pfnvme/run/ops.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

inline constexpr std::array<std::string_view, 5> kCommandStyles{"esxcli", "govc", "powercli",
                                                                "rest", "scli"};

// In one style; empty where the tool has no such command.
[[nodiscard]] std::vector<std::string> native_commands(const Op& op, const Params& params,
                                                       std::string_view style);

// --print-commands[=STYLE,…]: two options, of which --command-style is written after the "=".
void add_command_options(OptionTable& table);
// InvalidArgument for a style that is none.
[[nodiscard]] Result<std::vector<std::string>> command_styles(const OptionValues& values);
// The operation's own commands when no style was asked for, or when none of them has any; with
// several styles each line begins with its own.
[[nodiscard]] std::vector<std::string> shown_commands(const Op& op, const Params& params,
                                                      const std::vector<std::string>& styles);

} // namespace pf::nvmetool
