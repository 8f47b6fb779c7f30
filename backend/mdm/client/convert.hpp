// Records on the wire -> values of types.hpp. Private to the client.
#pragma once

#include "backend/mdm/client/types.hpp"

namespace pf::proto::control {
class Snapshot;
}

namespace pf::mdm {

Snapshot from_wire(const proto::control::Snapshot& in);

} // namespace pf::mdm
