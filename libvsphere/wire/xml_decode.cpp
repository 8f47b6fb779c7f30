#include "libvsphere/wire/xml_codec.hpp"

#include <algorithm>

namespace pf::vim::xml {

namespace {

Value scalar(std::string_view type, Element node) {
    return Value::scalar(std::string(type), std::string(node.text()));
}

} // namespace

Result<Value> Decoder::element(Element node, std::string_view declared_type) {
    return element(node, FieldInfo::of_type(declared_type));
}

Result<Value> Decoder::element(Element node, const FieldInfo& declared) {
    const std::string_view named = node.xsi_type();
    Shape shape = declared.shape;
    const TypeInfo* info = declared.info;
    std::string_view actual = declared.type;
    if (!named.empty() && named != declared.type) {
        // The element says what it is; that counts, whatever was declared.
        actual = named;
        info = nullptr;
        if (named == "anyType") {
            shape = Shape::Any;
        } else if (is_simple_type(named)) {
            shape = Shape::Simple;
        } else if (named == "ManagedObjectReference") {
            shape = Shape::Managed;
        } else {
            info = schema_.find(named);
            shape = !info                             ? Shape::Unknown
                    : info->kind == TypeKind::Data    ? Shape::Data
                    : info->kind == TypeKind::Managed ? Shape::Managed
                                                      : Shape::Enum;
        }
    }
    switch (shape) {
    case Shape::Any:
        return generic(node);
    case Shape::Simple:
        return scalar(xsd_type(actual), node);
    case Shape::Enum:
        return scalar(actual, node);
    case Shape::Managed: {
        // Every MoRef carries its type in an unqualified attribute; the declared one is only a
        // base.
        const std::string_view type = node.ref_type();
        return Value(MoRef{std::string(type.empty() ? actual : type), std::string(node.text())});
    }
    case Shape::Data: {
        if (options_.strict) {
            if (options_.version < info->since)
                return fail(Errc::Protocol, "Unknown type {} for version {}", actual,
                            options_.version.str());
            if (info != declared.info && schema_.find(declared.type) &&
                !schema_.is_a(actual, declared.type))
                return fail(Errc::Protocol, "Type {} is not a {}", actual, declared.type);
        }
        DataObject result{std::string(actual)};
        PF_TRY(result.fields, fields(node, &info->fields, info->open, actual));
        return Value(std::move(result));
    }
    case Shape::Unknown:
        break;
    }
    if (actual.substr(0, 7) == "ArrayOf") {
        Value::Array array{item_type_of_array(actual), {}};
        array.items.reserve(node.count_children());
        const FieldInfo item = FieldInfo::of_type(array.item_type);
        for (Element c : Children(node)) {
            PF_TRY(Value value, element(c, item));
            array.items.push_back(std::move(value));
        }
        return Value(std::move(array));
    }
    PF_TRY(Value value, generic(node));
    // A named but unknown type: keep the name, so that readers can tell subtypes apart.
    if (DataObject* unknown = value.as_object())
        unknown->type = actual;
    else if (value.as_scalar() && node.text().empty() && !node.has_children())
        return Value(DataObject(std::string(actual)));
    else if (value.as_scalar())
        return scalar(actual, node);
    return value;
}

Result<DataObject> Decoder::object(Element node, std::string_view type) {
    const TypeInfo* info = schema_.find(type);
    DataObject result{std::string(type)};
    PF_TRY(result.fields, fields(node, info ? &info->fields : nullptr, !info || info->open, type));
    return result;
}

Result<std::vector<Field>> Decoder::fields(Element node, const std::vector<FieldInfo>* declared,
                                           bool open, std::string_view type) {
    static const FieldInfo kUndeclared = FieldInfo::of_type("");
    std::vector<Field> result;
    size_t cursor = 0; // fields come in order, so the next one is almost always at or after this
    auto find = [&](std::string_view name) -> const FieldInfo* {
        if (!declared)
            return nullptr;
        const size_t count = declared->size();
        for (size_t at = cursor; at < count; ++at) {
            if ((*declared)[at].name == name) {
                cursor = at;
                return &(*declared)[at];
            }
        }
        if (options_.strict)
            return nullptr; // out of order: as unknown as any other
        for (size_t at = 0; at < cursor; ++at) {
            if ((*declared)[at].name == name) {
                cursor = at;
                return &(*declared)[at];
            }
        }
        return nullptr;
    };
    result.reserve(std::min<size_t>(node.count_children(), declared ? declared->size() : 16));
    for (Element c : Children(node)) {
        const std::string_view name = c.name();
        if (declared && name == "_this")
            continue;
        const FieldInfo* info = find(name);
        if (options_.strict && declared && (!info || options_.version < info->since) && !open)
            return fail(Errc::Protocol,
                        "Unexpected element tag \"{}\" seen while parsing serialized DataObject of "
                        "type {}",
                        name, type);
        PF_TRY(Value value, element(c, info ? *info : kUndeclared));
        Field* same = nullptr;
        if (!result.empty() && result.back().name == name) {
            same = &result.back();
        } else {
            for (Field& f : result) {
                if (f.name == name)
                    same = &f;
            }
        }
        if (info && info->array) {
            if (!same) {
                result.push_back(Field{std::string(name), Value::array(info->type)});
                same = &result.back();
            }
            same->value.as_array()->items.push_back(std::move(value));
        } else if (!same) {
            result.push_back(Field{std::string(name), std::move(value)});
        } else if (info) {
            if (options_.strict)
                return fail(Errc::Protocol, "Element \"{}\" of {} occurs twice", name, type);
            same->value = std::move(value);
        } else if (same->value.as_array()) {
            same->value.as_array()->items.push_back(std::move(value));
        } else {
            // An undeclared name that repeats can only be a list.
            std::string item_type = same->value.type_name();
            std::vector<Value> items;
            items.push_back(std::move(same->value));
            items.push_back(std::move(value));
            same->value = Value::array(std::move(item_type), std::move(items));
        }
    }
    if (options_.strict && declared) {
        for (const FieldInfo& info : *declared) {
            if (info.optional || info.array || options_.version < info.since)
                continue;
            bool there = false;
            for (const Field& f : result)
                there = there || f.name == info.name;
            if (!there && !open)
                return fail(Errc::Protocol,
                            "Required property {} is missing from data object of type {}",
                            info.name, type);
        }
    }
    return result;
}

Result<Value> Decoder::generic(Element node) {
    if (node.has_children()) {
        DataObject result;
        PF_TRY(result.fields, fields(node, nullptr, true, ""));
        return Value(std::move(result));
    }
    const std::string_view type = node.ref_type();
    if (!type.empty())
        return Value(MoRef{std::string(type), std::string(node.text())});
    return scalar("string", node);
}

} // namespace pf::vim::xml
