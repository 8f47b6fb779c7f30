#include "tools/pfnvme/run/ports.hpp"

namespace pf::nvmetool {

Result<VsphereEstate> VspherePort::estate(const VmSink&) {
    return fail(Errc::Unsupported, "this connection has no bulk reading of a vCenter");
}

Result<std::vector<Migration>> VspherePort::migrations() {
    return fail(Errc::Unsupported, "this connection does not tell running migrations");
}

Result<std::string> VspherePort::advisory_mark() {
    return fail(Errc::Unsupported, "this connection has no advisory mark");
}

Result<void> VspherePort::set_advisory_mark(const std::string&) {
    return fail(Errc::Unsupported, "this connection has no advisory mark");
}

Result<PowerFlexEstate> PowerFlexPort::estate() {
    return fail(Errc::Unsupported, "this connection has no bulk reading of PowerFlex");
}

} // namespace pf::nvmetool
