// The fields of every model struct, once: what the inventory file stores, what `inventory show`
// prints, what a query can ask and what a diff compares all come from these tables.
//
// A field is a name, a kind and two functions. Lists and maps travel as JSON text. A new member of
// a model struct is stored and shown once it stands here; tests compare the tables with a filled
// struct.
#pragma once

#include "tools/pfnvme/run/values.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace pf::nvmetool {

// monostate: the fact was not read.
using FieldValue = std::variant<std::monostate, bool, std::int64_t, std::string>;

enum class FieldKind { Text, Integer, Flag, List, Map };

template<class T>
struct Field {
    std::string_view name; // snake_case; the column's name
    FieldKind kind;
    FieldValue (*get)(const T&);
    void (*set)(T&, const FieldValue&);
};

// Specialised for every model struct in fields_vsphere.cpp and fields_powerflex.cpp.
template<class T>
[[nodiscard]] std::span<const Field<T>> fields();

// Lists and maps as canonical JSON text, "[]" and "{}" when empty. Text that is no such JSON gives
// an empty list or map.
[[nodiscard]] std::string encode_list(const std::vector<std::string>& list);
[[nodiscard]] std::vector<std::string> decode_list(std::string_view text);
[[nodiscard]] std::string encode_map(const std::map<std::string, std::string>& map);
[[nodiscard]] std::string encode_map(const std::map<std::string, std::uint64_t>& map);
[[nodiscard]] std::map<std::string, std::string> decode_map(std::string_view text);

// "" for a fact that was not read; lists as "a, b".
[[nodiscard]] std::string field_text(const FieldValue& value, FieldKind kind);

namespace detail {

template<class T>
struct Codec; // kind, get, set of one member type

template<>
struct Codec<std::string> {
    static constexpr FieldKind kKind = FieldKind::Text;
    static FieldValue get(const std::string& in) { return in; }
    static void set(std::string& out, const FieldValue& value) {
        const auto* text = std::get_if<std::string>(&value);
        out = text == nullptr ? std::string() : *text;
    }
};

template<>
struct Codec<bool> {
    static constexpr FieldKind kKind = FieldKind::Flag;
    static FieldValue get(bool in) { return in; }
    static void set(bool& out, const FieldValue& value) {
        const auto* flag = std::get_if<bool>(&value);
        const auto* number = std::get_if<std::int64_t>(&value);
        out = flag != nullptr ? *flag : number != nullptr && *number != 0;
    }
};

template<class T>
requires std::is_integral_v<T>
struct Codec<T> {
    static constexpr FieldKind kKind = FieldKind::Integer;
    static FieldValue get(T in) { return static_cast<std::int64_t>(in); }
    static void set(T& out, const FieldValue& value) {
        const auto* number = std::get_if<std::int64_t>(&value);
        out = number == nullptr ? T{} : static_cast<T>(*number);
    }
};

template<>
struct Codec<RdmKind> {
    static constexpr FieldKind kKind = FieldKind::Text;
    static FieldValue get(RdmKind in);
    static void set(RdmKind& out, const FieldValue& value);
};

template<>
struct Codec<std::vector<std::string>> {
    static constexpr FieldKind kKind = FieldKind::List;
    static FieldValue get(const std::vector<std::string>& in) { return encode_list(in); }
    static void set(std::vector<std::string>& out, const FieldValue& value) {
        const auto* text = std::get_if<std::string>(&value);
        out = text == nullptr ? std::vector<std::string>() : decode_list(*text);
    }
};

template<>
struct Codec<std::map<std::string, std::string>> {
    static constexpr FieldKind kKind = FieldKind::Map;
    static FieldValue get(const std::map<std::string, std::string>& in) { return encode_map(in); }
    static void set(std::map<std::string, std::string>& out, const FieldValue& value) {
        const auto* text = std::get_if<std::string>(&value);
        out = text == nullptr ? std::map<std::string, std::string>() : decode_map(*text);
    }
};

template<>
struct Codec<std::map<std::string, std::uint64_t>> {
    static constexpr FieldKind kKind = FieldKind::Map;
    static FieldValue get(const std::map<std::string, std::uint64_t>& in) { return encode_map(in); }
    static void set(std::map<std::string, std::uint64_t>& out, const FieldValue& value);
};

template<class T>
struct Codec<std::optional<T>> {
    static constexpr FieldKind kKind = Codec<T>::kKind;
    static FieldValue get(const std::optional<T>& in) {
        return in ? Codec<T>::get(*in) : FieldValue{};
    }
    static void set(std::optional<T>& out, const FieldValue& value) {
        if (std::holds_alternative<std::monostate>(value)) {
            out.reset();
        } else {
            Codec<T>::set(out.emplace(), value);
        }
    }
};

template<class T>
struct MemberOf;
template<class T, class M>
struct MemberOf<M T::*> {
    using Owner = T;
    using Type = M;
};

} // namespace detail

// field<&HostInfo::name>("name")
template<auto Member>
constexpr auto field(std::string_view name) {
    using Owner = typename detail::MemberOf<decltype(Member)>::Owner;
    using Type = typename detail::MemberOf<decltype(Member)>::Type;
    using Codec = detail::Codec<Type>;
    return Field<Owner>{
        name, Codec::kKind, [](const Owner& in) { return Codec::get(in.*Member); },
        [](Owner& out, const FieldValue& value) { Codec::set(out.*Member, value); }};
}

} // namespace pf::nvmetool
