// PF_ASSERT stays on in release: with corrupt state the process stops and its peers take over.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace pf {
[[noreturn]] inline void assert_failed(const char* expression, const char* message,
                                       const char* file, int line) {
    std::fprintf(stderr, "%s:%d: assertion failed: %s (%s)\n", file, line, expression, message);
    std::abort();
}
} // namespace pf

#define PF_ASSERT(condition, message)                                                              \
    do {                                                                                           \
        if (!(condition)) [[unlikely]]                                                             \
            ::pf::assert_failed(#condition, message, __FILE__, __LINE__);                          \
    } while (false)
