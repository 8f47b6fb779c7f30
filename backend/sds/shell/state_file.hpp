// What a data server remembers on its own: whose it is, and whether its last run ended cleanly.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>

namespace pf::sds {

struct StateFile {
    std::uint64_t system = 0;
    std::uint64_t sds = 0;
    bool clean = false; // the last run ended after draining every write

    // A missing file is a server that never ran: everything 0, not clean.
    static Result<StateFile> load(const std::string& dir);
    // Atomic and durable.
    Result<void> save(const std::string& dir) const;
};

} // namespace pf::sds
