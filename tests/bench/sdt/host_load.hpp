// The same load over plain TCP and over TLS: commands of the project's own initiator, by coroutines
// on one reactor. It does more for each command than load.hpp, so its figures are to be compared
// among themselves, not with those.
#pragma once

#include "tests/bench/sdt/load.hpp"

namespace pf::bench {

// `tls_psk` empty: plain TCP.
Result<LoadResult> run_host_load(const LoadTarget& target, const LoadSpec& spec,
                                 const std::string& tls_psk);

} // namespace pf::bench
