#include "libvsphere/wire/schema.hpp"

#include "base/assert.hpp"
#include "libvsphere/wire/schema_tables.hpp"

#include <algorithm>
#include <array>

namespace pf::vim {

namespace {

/// Splits on white space; `{`, `}` and words are separate tokens by the grammar's own spacing.
class Tokens {
  public:
    explicit Tokens(std::string_view text) : text_(text) {}

    std::string_view peek() {
        if (ahead_.empty())
            ahead_ = read();
        return ahead_;
    }
    std::string_view next() {
        std::string_view token = peek();
        ahead_ = {};
        return token;
    }

  private:
    std::string_view read() {
        size_t begin = text_.find_first_not_of(" \n\t");
        if (begin == std::string_view::npos)
            return {};
        size_t end = text_.find_first_of(" \n\t", begin);
        if (end == std::string_view::npos)
            end = text_.size();
        std::string_view token = text_.substr(begin, end - begin);
        text_.remove_prefix(end);
        return token;
    }
    std::string_view text_;
    std::string_view ahead_;
};

ApiVersion table_version(std::string_view text) {
    Result<ApiVersion> version = ApiVersion::parse(text);
    PF_ASSERT(version.has_value(), "schema table: malformed version");
    return *version;
}

/// "type[]?@7.0" into the field.
void parse_type(std::string_view text, FieldInfo& field) {
    if (size_t at = text.find('@'); at != std::string_view::npos) {
        field.since = table_version(text.substr(at + 1));
        text = text.substr(0, at);
    }
    if (!text.empty() && text.back() == '?') {
        field.optional = true;
        text.remove_suffix(1);
    }
    if (text.size() > 2 && text.substr(text.size() - 2) == "[]") {
        field.array = true;
        text.remove_suffix(2);
    }
    PF_ASSERT(!text.empty(), "schema table: field without type");
    field.type = text;
}

std::vector<FieldInfo> parse_fields(Tokens& tokens) {
    PF_ASSERT(tokens.next() == "{", "schema table: { expected");
    std::vector<FieldInfo> fields;
    for (std::string_view token = tokens.next(); token != "}"; token = tokens.next()) {
        size_t colon = token.find(':');
        PF_ASSERT(colon != std::string_view::npos && colon > 0, "schema table: name:type expected");
        FieldInfo field;
        field.name = token.substr(0, colon);
        parse_type(token.substr(colon + 1), field);
        fields.push_back(std::move(field));
    }
    return fields;
}

constexpr std::array<std::string_view, 17> kXsdTypes = {
    "string",       "int",          "long",    "short",   "byte",     "boolean",
    "double",       "float",        "void",    "anyType", "anyURI",   "dateTime",
    "base64Binary", "unsignedByte", "decimal", "integer", "hexBinary"};
constexpr std::array<std::string_view, 4> kStringAliases = {"Link", "MethodName", "PropertyPath",
                                                            "TypeName"};

void resolve(const Schema& schema, FieldInfo& field) {
    if (field.type.empty() || field.type == "anyType") {
        field.shape = Shape::Any;
    } else if (is_simple_type(field.type)) {
        field.shape = Shape::Simple;
    } else if (field.type == "ManagedObjectReference") {
        field.shape = Shape::Managed;
    } else if (const TypeInfo* info = schema.find(field.type)) {
        field.info = info;
        field.shape = info->kind == TypeKind::Data      ? Shape::Data
                      : info->kind == TypeKind::Managed ? Shape::Managed
                                                        : Shape::Enum;
    }
}

} // namespace

FieldInfo FieldInfo::of_type(std::string_view type) {
    FieldInfo field;
    field.type = type;
    resolve(Schema::get(), field);
    return field;
}

bool is_simple_type(std::string_view type) {
    return std::find(kXsdTypes.begin(), kXsdTypes.end(), type) != kXsdTypes.end() ||
           std::find(kStringAliases.begin(), kStringAliases.end(), type) != kStringAliases.end();
}

std::string_view xsd_type(std::string_view type) {
    if (std::find(kStringAliases.begin(), kStringAliases.end(), type) != kStringAliases.end())
        return "string";
    return type;
}

const FieldInfo* TypeInfo::field(std::string_view field_name) const {
    for (const FieldInfo& f : fields) {
        if (f.name == field_name)
            return &f;
    }
    return nullptr;
}

const Schema& Schema::get() {
    static const Schema schema;
    return schema;
}

Schema::Schema() {
    for (std::string_view table :
         {kSchemaCore, kSchemaFaults, kSchemaHost, kSchemaNetwork, kSchemaStorage, kSchemaDatastore,
          kSchemaCluster, kSchemaVm, kSchemaVmDevices, kSchemaParts, kSchemaMoreParts,
          kSchemaEvents, kSchemaMoreFaults, kSchemaCalls})
        load(table);
    link();
}

void Schema::load(std::string_view text) {
    Tokens tokens(text);
    while (!tokens.peek().empty()) {
        std::string_view word = tokens.next();
        if (word == "call") {
            auto method = std::make_unique<MethodInfo>();
            std::string_view qualified = tokens.next();
            size_t dot = qualified.find('.');
            PF_ASSERT(dot != std::string_view::npos, "schema table: Owner.Method expected");
            method->owner = qualified.substr(0, dot);
            method->name = qualified.substr(dot + 1);
            parse_type(tokens.next(), method->result);
            if (tokens.peek().front() == '@')
                method->since = table_version(tokens.next().substr(1));
            method->params = parse_fields(tokens);
            bool fresh =
                methods_.emplace(std::pair{method->owner, method->name}, std::move(method)).second;
            PF_ASSERT(fresh, "schema table: method listed twice");
            continue;
        }
        auto type = std::make_unique<TypeInfo>();
        PF_ASSERT(word == "data" || word == "managed" || word == "enum",
                  "schema table: data, managed, enum or call expected");
        type->kind = word == "data"      ? TypeKind::Data
                     : word == "managed" ? TypeKind::Managed
                                         : TypeKind::Enum;
        type->name = tokens.next();
        if (tokens.peek() == ":") {
            tokens.next();
            base_names_[type->name] = tokens.next();
        }
        if (tokens.peek().front() == '@')
            type->since = table_version(tokens.next().substr(1));
        if (tokens.peek() == "...") {
            tokens.next();
            type->open = true;
        }
        if (type->kind == TypeKind::Enum) {
            PF_ASSERT(tokens.next() == "{", "schema table: { expected");
            for (std::string_view token = tokens.next(); token != "}"; token = tokens.next())
                type->enumerators.emplace_back(token);
        } else {
            type->fields = parse_fields(tokens);
        }
        std::string name = type->name;
        ordered_.push_back(type.get());
        bool fresh = types_.emplace(std::move(name), std::move(type)).second;
        PF_ASSERT(fresh, "schema table: type listed twice");
    }
}

void Schema::link() {
    for (auto& [name, base_name] : base_names_) {
        auto base = types_.find(base_name);
        PF_ASSERT(base != types_.end(), "schema table: unknown base type");
        types_.at(name)->base = base->second.get();
    }
    // Base fields go first; a derived managed type may narrow a property by listing it again.
    std::unordered_map<std::string, bool> done;
    auto expand = [&](auto&& self, TypeInfo& type) -> void {
        if (done[type.name])
            return;
        done[type.name] = true;
        if (!type.base)
            return;
        TypeInfo& base = *types_.at(type.base->name);
        self(self, base);
        std::vector<FieldInfo> all;
        for (const FieldInfo& f : base.fields) {
            if (!type.field(f.name))
                all.push_back(f);
        }
        all.insert(all.end(), type.fields.begin(), type.fields.end());
        type.fields = std::move(all);
        type.open = type.open || base.open;
    };
    for (auto& [name, type] : types_)
        expand(expand, *type);
    for (auto& [name, type] : types_) {
        for (FieldInfo& field : type->fields)
            resolve(*this, field);
    }
    for (auto& [key, method] : methods_) {
        for (FieldInfo& param : method->params)
            resolve(*this, param);
        resolve(*this, method->result);
    }
}

const TypeInfo* Schema::find(std::string_view type) const {
    auto found = types_.find(type);
    return found == types_.end() ? nullptr : found->second.get();
}

const MethodInfo* Schema::method(std::string_view owner, std::string_view name) const {
    for (const TypeInfo* type = find(owner); type; type = type->base) {
        auto found = methods_.find(std::pair{type->name, std::string(name)});
        if (found != methods_.end())
            return found->second.get();
    }
    auto found = methods_.find(std::pair{std::string(owner), std::string(name)});
    return found == methods_.end() ? nullptr : found->second.get();
}

bool Schema::is_a(std::string_view type, std::string_view base) const {
    if (type == base)
        return true;
    for (const TypeInfo* t = find(type); t; t = t->base) {
        if (t->name == base)
            return true;
    }
    return false;
}

bool Schema::is_managed(std::string_view type) const {
    if (type == "ManagedObjectReference")
        return true;
    const TypeInfo* info = find(type);
    return info && info->kind == TypeKind::Managed;
}

bool Schema::is_enum(std::string_view type) const {
    const TypeInfo* info = find(type);
    return info && info->kind == TypeKind::Enum;
}

std::vector<const MethodInfo*> Schema::methods() const {
    std::vector<const MethodInfo*> result;
    for (auto& [key, method] : methods_)
        result.push_back(method.get());
    return result;
}

} // namespace pf::vim
