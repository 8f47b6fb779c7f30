#pragma once
// Private: decoding shared by the storage and the datastore calls.

#include "libvsphere/host.hpp"

namespace pf::vim::detail {

ScsiDevice to_device(const Value& lun);
std::vector<UnresolvedVolume> to_unresolved(const Value& list);

} // namespace pf::vim::detail
