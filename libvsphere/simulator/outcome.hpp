// What a simulated operation gives: a value, or the vim fault that a real server would raise.
#pragma once

#include "base/error.hpp"
#include "libvsphere/wire/soap.hpp"

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace pf::vim::sim {

template<class T = void>
using Outcome = tl::expected<T, Fault>;

// `type` is the vim fault's name; `fields` fill its own members.
tl::unexpected<Fault> raise(std::string_view type, std::string message,
                            std::vector<Field> fields = {});

tl::unexpected<Fault> raise_invalid_argument(std::string_view property, std::string message);
tl::unexpected<Fault> raise_not_found(std::string message);
tl::unexpected<Fault> raise_in_use(std::string_view type, std::string_view name,
                                   std::string message);
tl::unexpected<Fault> raise_missing_object(const MoRef& object);

// A storage error as the fault the host would report: HostConfigFault with the VMkernel's words,
// or NoDiskSpace, FileNotFound ... where vim has a better one. `file` names the file or device.
tl::unexpected<Fault> raise_storage(const Error& error, std::string_view file);

} // namespace pf::vim::sim

// SIM_TRY(auto x, expression) and SIM_CHECK(expression): as PF_TRY and PF_CHECK, for Outcome.
#define SIM_TRY_IMPL_(tmp, decl, ...)                                                              \
    auto tmp = (__VA_ARGS__);                                                                      \
    if (!tmp)                                                                                      \
        return tl::unexpected<::pf::vim::Fault>(std::move(tmp).error());                           \
    decl = std::move(*tmp)
#define SIM_TRY(decl, ...) SIM_TRY_IMPL_(PF_CONCAT(sim_try_, __LINE__), decl, __VA_ARGS__)
#define SIM_CHECK(...)                                                                             \
    do {                                                                                           \
        auto sim_check_ = (__VA_ARGS__);                                                           \
        if (!sim_check_)                                                                           \
            return tl::unexpected<::pf::vim::Fault>(std::move(sim_check_).error());                \
    } while (false)
