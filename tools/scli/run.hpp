// scli as a function: words and environment in, text and exit status out. main() and the tests call
// it.
//
// Exit status, as PowerFlex's automation expects it: 0 done, 1 bad usage, no login or no
// connection, 7 the MDM refused or the object does not exist.
#pragma once

#include "tools/scli/connection.hpp"

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace pf::scli {

struct Invocation {
    std::vector<std::string> args; // without the program's name
    Environment environment;
    std::ostream& out;
    std::ostream& err;
    // Asks the person a yes/no question; without one, commands that destroy need --i_am_sure.
    std::function<bool(const std::string&)> confirm = {};
};

[[nodiscard]] int run(const Invocation& invocation);

} // namespace pf::scli
