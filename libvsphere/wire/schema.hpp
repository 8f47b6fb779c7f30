#pragma once
// The vim25 type table: for each type in use, its base, its fields in wire order, and the API
// version each appeared in.
//
// Written as compact text (schema_*.cpp), parsed once at first use, immutable afterwards and safe
// from any thread. A type that is not in the table still decodes (generically) and encodes (in the
// order given); a type that is in the table is encoded strictly: base-class fields first, declared
// order, nothing newer than the bound version.

#include "libvsphere/wire/version.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pf::vim {

enum class TypeKind { Data, Managed, Enum };

struct TypeInfo;

/// What a declared type is on the wire; known once the table is linked.
enum class Shape : uint8_t { Unknown, Any, Simple, Enum, Managed, Data };

struct FieldInfo {
    std::string name;
    std::string type; ///< XSD local name, enum, data object or managed type; "Link" is a string key
    bool array = false; ///< repeated elements
    bool optional = false;
    ApiVersion since; ///< zero: always there
    // Resolved from `type`, so that decoding looks nothing up for a field of its declared type.
    Shape shape = Shape::Unknown;
    const TypeInfo* info = nullptr; ///< Enum, Managed, Data

    /// `type` and what the table knows of it, for values that no table declares.
    static FieldInfo of_type(std::string_view type);
};

struct MethodInfo {
    std::string owner;             ///< managed type that declares it
    std::string name;              ///< wire name, e.g. "RelocateVM_Task"
    std::vector<FieldInfo> params; ///< wire order, without _this
    FieldInfo result;              ///< type "void" for none
    ApiVersion since;
};

struct TypeInfo {
    std::string name;
    TypeKind kind = TypeKind::Data;
    const TypeInfo* base = nullptr;
    ApiVersion since;
    /// The table lists only part of the type: unknown fields are no error.
    bool open = false;
    std::vector<FieldInfo>
        fields; ///< Data: all fields, base first. Managed: all properties, base first
    std::vector<std::string> enumerators; ///< Enum

    const FieldInfo* field(std::string_view field_name) const;
};

class Schema {
  public:
    static const Schema& get();

    /// Null when the type is not in the table. XSD builtins ("string", "int", "anyType", …) are not
    /// in it.
    const TypeInfo* find(std::string_view type) const;
    /// Method of a managed type or of one of its bases; null when unknown.
    const MethodInfo* method(std::string_view owner, std::string_view name) const;
    /// True when `type` is `base` or derives from it. Unknown types are only themselves.
    bool is_a(std::string_view type, std::string_view base) const;
    /// True for managed types in the table and for "ManagedObjectReference".
    bool is_managed(std::string_view type) const;
    bool is_enum(std::string_view type) const;

    const std::vector<const TypeInfo*>& types() const { return ordered_; }
    std::vector<const MethodInfo*> methods() const;

  private:
    Schema();
    void load(std::string_view text);
    void link();

    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    std::unordered_map<std::string, std::unique_ptr<TypeInfo>, Hash, std::equal_to<>> types_;
    std::unordered_map<std::string, std::string> base_names_;
    std::map<std::pair<std::string, std::string>, std::unique_ptr<MethodInfo>, std::less<>>
        methods_;
    std::vector<const TypeInfo*> ordered_;
};

/// True for XSD builtins ("string", "int", "boolean", "anyType", …) and the schema's simple aliases
/// ("Link", "MethodName").
bool is_simple_type(std::string_view type);

/// The wire spelling of a simple type or of an alias: Link and MethodName travel as string.
std::string_view xsd_type(std::string_view type);

} // namespace pf::vim
