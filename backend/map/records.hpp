// Combs and nodes from the records that carry them (control.proto's, on the wire and in the store),
// for whoever reads those: MDM, data servers, clients. Templates, since this room knows no
// protobuf.
#pragma once

#include "backend/map/map.hpp"

namespace pf::map {

template<class Record>
Comb comb_of_record(const Record& record) {
    Comb comb;
    comb.id = CombId{record.id()};
    comb.primary = SdsId{record.primary()};
    comb.secondary = SdsId{record.secondary()};
    comb.primary_device = DeviceId{record.primary_device()};
    comb.secondary_device = DeviceId{record.secondary_device()};
    comb.generation = Generation{record.generation()};
    comb.state = static_cast<CombState>(record.state());
    return comb;
}

template<class Record>
Node node_of_record(const Record& record) {
    Node node;
    node.id = NodeId{record.id()};
    node.parent = NodeId{record.parent()};
    node.vtree = VtreeId{record.vtree()};
    node.pool = StoragePoolId{record.storage_pool()};
    node.frozen = record.frozen();
    node.fence = record.fence();
    return node;
}

} // namespace pf::map
