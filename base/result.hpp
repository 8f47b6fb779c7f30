// Result<T>: a value or an Error. No exceptions cross a module's boundary.
#pragma once

#include "base/error.hpp"

#include <fmt/format.h>
#include <tl/expected.hpp>

#include <utility>

namespace pf {

template<class T = void>
using Result = tl::expected<T, Error>;

// return fail(Errc::NotFound, "volume {} does not exist", id);
template<class... Args>
tl::unexpected<Error> fail(Errc code, fmt::format_string<Args...> format, Args&&... args) {
    return tl::unexpected<Error>(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

// Puts what the caller was doing before the callee's sentence; the code stays.
template<class... Args>
tl::unexpected<Error> fail_while(Error error, fmt::format_string<Args...> format, Args&&... args) {
    return fail(
        Error{error.code, fmt::format(format, std::forward<Args>(args)...) + ": " + error.what});
}

} // namespace pf

#define PF_CONCAT_(a, b) a##b
#define PF_CONCAT(a, b) PF_CONCAT_(a, b)

// PF_TRY(auto x, expression): declares x from a Result's value, or returns its error.
#define PF_TRY_IMPL_(tmp, decl, ...)                                                               \
    auto tmp = (__VA_ARGS__);                                                                      \
    if (!tmp)                                                                                      \
        return tl::unexpected<::pf::Error>(std::move(tmp).error());                                \
    decl = std::move(*tmp)
#define PF_TRY(decl, ...) PF_TRY_IMPL_(PF_CONCAT(pf_try_, __LINE__), decl, __VA_ARGS__)

// PF_CHECK(expression): returns the error of a Result<void> (or drops a value nobody needs).
#define PF_CHECK_IMPL_(tmp, ...)                                                                   \
    do {                                                                                           \
        auto tmp = (__VA_ARGS__);                                                                  \
        if (!tmp)                                                                                  \
            return tl::unexpected<::pf::Error>(std::move(tmp).error());                            \
    } while (false)
#define PF_CHECK(...) PF_CHECK_IMPL_(PF_CONCAT(pf_check_, __LINE__), __VA_ARGS__)

// The same inside coroutines. The awaited task is named before it is awaited (STYLE: GCC 12
// defect).
#define PF_CO_TRY_IMPL_(tmp, decl, ...)                                                            \
    auto tmp = (__VA_ARGS__);                                                                      \
    if (!tmp)                                                                                      \
        co_return tl::unexpected<::pf::Error>(std::move(tmp).error());                             \
    decl = std::move(*tmp)
#define PF_CO_TRY(decl, ...) PF_CO_TRY_IMPL_(PF_CONCAT(pf_try_, __LINE__), decl, __VA_ARGS__)
#define PF_CO_CHECK_IMPL_(tmp, ...)                                                                \
    do {                                                                                           \
        auto tmp = (__VA_ARGS__);                                                                  \
        if (!tmp)                                                                                  \
            co_return tl::unexpected<::pf::Error>(std::move(tmp).error());                         \
    } while (false)
#define PF_CO_CHECK(...) PF_CO_CHECK_IMPL_(PF_CONCAT(pf_check_, __LINE__), __VA_ARGS__)
