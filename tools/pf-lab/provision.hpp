// Makes the storage side of a lab exist: domain, pool, data servers, targets, volumes, SDC
// mappings. Every call is idempotent: what is there already stays.
#pragma once

#include "base/clock.hpp"
#include "tools/pf-lab/config.hpp"

#include <memory>

namespace pf::mdm {
class Client;
}

namespace pf::lab {

inline constexpr const char* kDomainName = "PD1";
inline constexpr const char* kPoolName = "SP1";

std::unique_ptr<mdm::Client> connect_mdm(const LabConfig& config);

struct SystemIdentity {
    std::string id; // 16 hex digits
    std::string nqn;
};
// The MDM answers (Unreachable otherwise).
Result<SystemIdentity> system_identity(mdm::Client& client);

// Records for domain, pool, every SDS and SDT; returns before the processes have joined.
Result<> provision_nodes(mdm::Client& client, const LabConfig& config);
Result<bool> all_sds_joined(mdm::Client& client, unsigned nodes);
// One device per SDS (needs a joined SDS), then the estate's volumes.
Result<> provision_devices(mdm::Client& client, const LabConfig& config,
                           const std::string& data_dir);
Result<> provision_volumes(mdm::Client& client, const LabConfig& config);
// Maps each datastore's volume to the SDC of each of its hosts, which must have registered.
Result<bool> all_sdcs_registered(mdm::Client& client, const LabConfig& config);
Result<> map_to_sdcs(mdm::Client& client, const LabConfig& config);

} // namespace pf::lab
