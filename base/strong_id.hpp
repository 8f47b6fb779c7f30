// Strong ids: never a naked integer across an API. PF_STRONG_ID(SdsId, std::uint32_t) inside a
// namespace declares a struct with .value, ordering, equality and a hash; format .value yourself
// (hex or decimal is the API's decision, not the id's).
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>

namespace pf {
template<class T>
concept StrongId = requires(T id) {
    typename T::ValueType;
    { id.value } -> std::convertible_to<typename T::ValueType>;
};
} // namespace pf

#define PF_STRONG_ID(Name, Type)                                                                   \
    struct Name {                                                                                  \
        using ValueType = Type;                                                                    \
        Type value{};                                                                              \
        friend auto operator<=>(const Name&, const Name&) = default;                               \
    }

template<pf::StrongId T>
struct std::hash<T> {
    std::size_t operator()(const T& id) const noexcept {
        return std::hash<typename T::ValueType>{}(id.value);
    }
};
