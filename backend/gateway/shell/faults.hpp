// Faults on purpose at the gateway's door (labs): rules of base/net/fault_rules.hpp over REST
// calls. A call is named "POST /api/instances/Volume::<id>/action/addMappedHost" and
// "addMappedHost"; its object is the id in the path, or the path.
#pragma once

#include "backend/gateway/core/gateway.hpp"
#include "base/net/fault_rules.hpp"

namespace pf::gateway {

void answer_with_faults(Gateway& gateway, net::FaultRules& faults,
                        const net::HttpServerRequest& request, const net::Responder& responder);

} // namespace pf::gateway
