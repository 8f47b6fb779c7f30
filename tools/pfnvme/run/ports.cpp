#include "tools/pfnvme/run/ports.hpp"

namespace pf::nvmetool {

Result<VsphereEstate> VspherePort::estate(const VmSink&) {
    return fail(Errc::Unsupported, "this connection has no bulk reading of a vCenter");
}

Result<PowerFlexEstate> PowerFlexPort::estate() {
    return fail(Errc::Unsupported, "this connection has no bulk reading of PowerFlex");
}

} // namespace pf::nvmetool
