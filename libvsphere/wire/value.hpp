#pragma once
// The dynamic vim25 value: what a property, parameter or result is, before any typed wrapper looks
// at it.
//
// A Value is unset, a scalar (lexical text + XSD/enum type name), a managed object reference, a
// data object, or an array. Both the client and the simulator build and read requests and answers
// through it; element order, xsi:type and version rules are applied by the codec (codec.hpp) from
// the type table (schema.hpp), so code here may set fields in any order. Values are plain copyable
// data with no sharing; not thread-safe, like any container.

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pf::vim {

/// A managed object reference. Equal when type and id are equal; ids are opaque.
struct MoRef {
    std::string type;
    std::string id;

    bool empty() const { return id.empty(); }
    std::string str() const { return type + ":" + id; }
    auto operator<=>(const MoRef&) const = default;
};

class Value;
struct Field;

/// A typed bag of fields. Repeated wire elements are one field holding an Array.
struct DataObject {
    DataObject();
    explicit DataObject(std::string type_name);
    DataObject(std::string type_name, std::vector<Field> initial);
    DataObject(const DataObject&);
    DataObject(DataObject&&) noexcept;
    DataObject& operator=(const DataObject&);
    DataObject& operator=(DataObject&&) noexcept;
    ~DataObject();

    /// The field, or the shared unset value: `obj["a"]["b"]` never fails.
    const Value& operator[](std::string_view name) const;
    bool has(std::string_view name) const;
    /// Sets or replaces. Setting an unset Value removes the field.
    DataObject& set(std::string_view name, Value value);
    void remove(std::string_view name);

    std::string type;
    std::vector<Field> fields;
};

class Value {
  public:
    enum class Kind { Unset, Scalar, Ref, Object, Array };

    struct Scalar {
        std::string type; ///< "string", "int", "long", "boolean", "dateTime", "base64Binary", … or
                          ///< an enum's name
        std::string text;
        bool operator==(const Scalar&) const = default;
    };
    struct Array {
        std::string item_type; ///< declared item type: "string", "HostHostBusAdapter",
                               ///< "ManagedObjectReference"
        std::vector<Value> items;
        bool operator==(const Array&) const;
    };

    Value() = default;
    Value(MoRef ref) : data_(std::move(ref)) {}            // NOLINT(google-explicit-constructor)
    Value(DataObject object) : data_(std::move(object)) {} // NOLINT
    Value(Array array) : data_(std::move(array)) {}        // NOLINT
    Value(std::string text) : data_(Scalar{"string", std::move(text)}) {}        // NOLINT
    Value(std::string_view text) : data_(Scalar{"string", std::string(text)}) {} // NOLINT
    Value(const char* text) : data_(Scalar{"string", text}) {}                   // NOLINT
    Value(bool b) : data_(Scalar{"boolean", b ? "true" : "false"}) {}            // NOLINT
    Value(int32_t n) : data_(Scalar{"int", std::to_string(n)}) {}                // NOLINT
    Value(int64_t n) : data_(Scalar{"long", std::to_string(n)}) {}               // NOLINT
    static Value scalar(std::string type, std::string text) {
        Value value;
        value.data_ = Scalar{std::move(type), std::move(text)};
        return value;
    }
    static Value enumerator(std::string type, std::string text) {
        return scalar(std::move(type), std::move(text));
    }
    static Value array(std::string item_type, std::vector<Value> items = {}) {
        return Value(Array{std::move(item_type), std::move(items)});
    }
    static Value strings(const std::vector<std::string>& items);
    static Value refs(const std::vector<MoRef>& items);
    /// xsd:dateTime from microseconds since the epoch, in UTC ("…Z").
    static Value date_time(int64_t unix_us);

    Kind kind() const { return static_cast<Kind>(data_.index()); }
    bool is_set() const { return kind() != Kind::Unset; }
    explicit operator bool() const { return is_set(); }

    const Scalar* as_scalar() const { return std::get_if<Scalar>(&data_); }
    const MoRef* as_ref() const { return std::get_if<MoRef>(&data_); }
    const DataObject* as_object() const { return std::get_if<DataObject>(&data_); }
    DataObject* as_object() { return std::get_if<DataObject>(&data_); }
    bool is_object() const { return as_object() != nullptr; }
    const Array* as_array() const { return std::get_if<Array>(&data_); }
    Array* as_array() { return std::get_if<Array>(&data_); }

    // Lenient readers: what the caller wants or the default; a wrong shape is "absent", as the wire
    // may omit anything.
    std::string text_or(std::string_view fallback = {}) const;
    std::string text() const { return text_or(); }
    /// text() without a copy; valid as long as this value.
    std::string_view text_view() const;
    bool bool_or(bool fallback) const;
    int64_t int_or(int64_t fallback) const;
    std::optional<int64_t> int_opt() const;
    MoRef ref() const;
    /// Items of an array; a single non-array value is an array of one; unset is empty.
    const std::vector<Value>& items() const;
    std::vector<std::string> texts() const;
    std::vector<MoRef> refs() const;
    /// The type name: scalar's, object's, "ManagedObjectReference", "ArrayOf…", or "" when unset.
    std::string type_name() const;
    /// The name of a scalar's or an object's type, without a copy; empty for other kinds.
    std::string_view type_view() const;
    /// Field of an object; the shared unset value for any other kind.
    const Value& operator[](std::string_view name) const;
    /// Dotted path with keyed access: `at("config.hardware.device[2000].backing")`. Unset when any
    /// step is missing.
    const Value& at(std::string_view path) const;

    // Strict readers, for values the contract requires: Errc::Protocol naming `what`.
    Result<std::string> require_text(std::string_view what) const;
    Result<int64_t> require_int(std::string_view what) const;
    Result<MoRef> require_ref(std::string_view what) const;

    bool operator==(const Value&) const;

  private:
    std::variant<std::monostate, Scalar, MoRef, DataObject, Array> data_;
};

struct Field {
    std::string name;
    Value value;
    bool operator==(const Field&) const = default;
};

bool operator==(const DataObject& a, const DataObject& b);

/// "ArrayOfHostHostBusAdapter" for "HostHostBusAdapter", "ArrayOfString" for "string".
std::string array_type_name(std::string_view item_type);
/// The element name inside an ArrayOf…: "string", "HostHostBusAdapter", "ManagedObjectReference".
std::string item_type_of_array(std::string_view array_type);

/// A lexical xsd integer (white space and a plus sign allowed); nothing for any other text.
std::optional<int64_t> parse_int(std::string_view text);

/// xsd:dateTime to microseconds since the epoch (UTC). Errc::Protocol when malformed.
Result<int64_t> parse_date_time(std::string_view text);

} // namespace pf::vim
