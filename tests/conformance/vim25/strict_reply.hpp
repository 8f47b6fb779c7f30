// What a strict vim25 client thinks of an answer: every element known to the bound version, in
// declared order, required ones present, enumerations and scalars well-formed, xsi:type where the
// declared type is open. Judged by the type table, on the text that went over the wire.
#pragma once

#include "libvsphere/wire/version.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pf::vim::test {

// One sentence per defect, each with the path of the element; empty when a strict client is happy.
// `self_type` and `method` name the call that was answered.
std::vector<std::string> strict_defects(std::string_view body, std::string_view self_type,
                                        std::string_view method, ApiVersion version);

} // namespace pf::vim::test
