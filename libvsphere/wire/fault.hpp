#pragma once
// vim faults as typed errors: which Errc, which sentence.
//
// Error.what has the form "<object>: <cause>; <fix> [vim:<FaultType>]". The tag in brackets is what
// fault_type() reads, so that a caller who must react to one particular fault (VmfsAlreadyMounted,
// DuplicateName) can, while everybody else only looks at the code.

#include "base/result.hpp"
#include "libvsphere/wire/soap.hpp"

#include <string>
#include <string_view>

namespace pf::vim {

/// `object` names what was acted on, for the sentence ("host esx01 adapter vmhba65").
Error to_error(const Fault& fault, std::string_view object);

/// "ResourceInUse" from an error made by to_error; empty for any other error.
std::string_view fault_type(const Error& error);
/// fault_type() equals `type` or derives from it.
bool is_fault(const Error& error, std::string_view type);

} // namespace pf::vim
