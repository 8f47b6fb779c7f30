// How a connection behaves, beyond whom it talks to.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace pf::nvmetool {

struct ConnectionTuning {
    std::chrono::milliseconds timeout{0}; // of one ordinary call; 0: the library's own
    // One line for each call, without credentials, tokens or bodies; from any thread.
    std::function<void(const std::string& line)> trace;
};

} // namespace pf::nvmetool
