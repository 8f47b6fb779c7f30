#pragma once
// Private: device decoding shared by the storage and the datastore calls.

#include "libvsphere/host.hpp"

namespace pf::vim::detail {

ScsiDevice to_device(const Value& lun);

} // namespace pf::vim::detail
