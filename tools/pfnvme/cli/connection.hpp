// Connections to both systems, from options, PFNVME_* and the variables that govc and Dell's tools
// use.
//
// Secrets are given by reference (kSecretReferences in contexts.hpp), never by value.
#pragma once

#include "base/options.hpp"
#include "base/result.hpp"
#include "tools/pfnvme/run/ports.hpp"

#include <memory>

namespace pf::nvmetool {

void add_connection_options(OptionTable& table);

struct Connections {
    std::unique_ptr<VspherePort> vsphere;
    std::unique_ptr<PowerFlexPort> powerflex;
};

[[nodiscard]] Result<std::unique_ptr<VspherePort>> open_vsphere(const OptionValues& values);
[[nodiscard]] Result<std::unique_ptr<PowerFlexPort>> open_powerflex(const OptionValues& values);
[[nodiscard]] Result<Connections> open_both(const OptionValues& values);

} // namespace pf::nvmetool
