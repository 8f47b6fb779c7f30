#include "libvsphere/wire/xml_codec.hpp"

namespace pf::vim::xml {

namespace {

std::string_view prefix_of(std::string_view qname) {
    size_t colon = qname.find(':');
    return colon == std::string_view::npos ? std::string_view{} : qname.substr(0, colon);
}

bool is_element(pugi::xml_node node) { return node.type() == pugi::node_element; }

} // namespace

std::string_view local_name(std::string_view qname) {
    size_t colon = qname.find(':');
    return colon == std::string_view::npos ? qname : qname.substr(colon + 1);
}

std::string_view namespace_of(pugi::xml_node node, std::string_view prefix) {
    for (; node && is_element(node); node = node.parent()) {
        for (pugi::xml_attribute attribute : node.attributes()) {
            std::string_view name = attribute.name();
            if (name.substr(0, 5) != "xmlns")
                continue;
            if (prefix.empty() ? name == "xmlns" : name.size() > 6 && name.substr(6) == prefix)
                return attribute.value();
        }
    }
    return {};
}

std::string_view element_namespace(pugi::xml_node node) {
    return namespace_of(node, prefix_of(node.name()));
}

std::string text_of(pugi::xml_node node) {
    std::string text;
    for (pugi::xml_node part : node.children()) {
        if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata)
            text += part.value();
    }
    return text;
}

pugi::xml_node child(pugi::xml_node node, std::string_view local) {
    for (pugi::xml_node c : node.children()) {
        if (is_element(c) && local_name(c.name()) == local)
            return c;
    }
    return {};
}

pugi::xml_node first_element(pugi::xml_node node) {
    for (pugi::xml_node c : node.children()) {
        if (is_element(c))
            return c;
    }
    return {};
}

std::string xsi_type(pugi::xml_node node) {
    for (pugi::xml_attribute attribute : node.attributes()) {
        std::string_view name = attribute.name();
        std::string_view prefix = prefix_of(name);
        if (!prefix.empty() && local_name(name) == "type" && prefix != "xmlns" &&
            namespace_of(node, prefix) == kXsiNs)
            return std::string(local_name(attribute.value()));
    }
    return {};
}

Result<Value> Decoder::element(pugi::xml_node node, std::string_view declared_type, int depth) {
    if (depth > kMaxDepth)
        return fail(Errc::Protocol, "XML is nested deeper than {} levels", kMaxDepth);
    const Schema& schema = Schema::get();
    std::string actual = xsi_type(node);
    if (actual.empty())
        actual = declared_type;
    if (actual.empty() || actual == "anyType")
        return generic(node, depth);
    if (is_simple_type(actual))
        return Value::scalar(std::string(xsd_type(actual)), text_of(node));
    if (schema.is_managed(actual)) {
        // Every MoRef carries its type in an unqualified attribute; the declared one is only a
        // base.
        std::string_view type = node.attribute("type").value();
        return Value(MoRef{type.empty() ? actual : std::string(type), text_of(node)});
    }
    const TypeInfo* info = schema.find(actual);
    if (info && info->kind == TypeKind::Enum)
        return Value::enumerator(actual, text_of(node));
    if (info) {
        if (options_.strict) {
            if (options_.version < info->since)
                return fail(Errc::Protocol, "Unknown type {} for version {}", actual,
                            options_.version.str());
            if (schema.find(declared_type) && !schema.is_a(actual, declared_type))
                return fail(Errc::Protocol, "Type {} is not a {}", actual, declared_type);
        }
        PF_TRY(DataObject decoded, object(node, actual, depth));
        return Value(std::move(decoded));
    }
    if (std::string_view(actual).substr(0, 7) == "ArrayOf") {
        Value::Array array{item_type_of_array(actual), {}};
        for (pugi::xml_node c : node.children()) {
            if (!is_element(c))
                continue;
            PF_TRY(Value item, element(c, array.item_type, depth + 1));
            array.items.push_back(std::move(item));
        }
        return Value(std::move(array));
    }
    PF_TRY(Value value, generic(node, depth));
    // A named but unknown type: keep the name, so that readers can tell subtypes apart.
    if (DataObject* unknown = value.as_object())
        unknown->type = actual;
    else if (value.as_scalar() && value.text_or().empty() && !first_element(node))
        return Value(DataObject(actual));
    else if (value.as_scalar())
        return Value::scalar(actual, value.text_or());
    return value;
}

Result<DataObject> Decoder::object(pugi::xml_node node, const std::string& type, int depth) {
    const TypeInfo* info = Schema::get().find(type);
    DataObject result(type);
    PF_TRY(result.fields,
           fields(node, info ? &info->fields : nullptr, !info || info->open, type, depth));
    return result;
}

Result<std::vector<Field>> Decoder::fields(pugi::xml_node node,
                                           const std::vector<FieldInfo>* declared, bool open,
                                           std::string_view type, int depth) {
    std::vector<Field> result;
    size_t cursor = 0; // fields come in order, so the next one is almost always at or after this
    auto find = [&](std::string_view name) -> const FieldInfo* {
        if (!declared)
            return nullptr;
        for (size_t step = 0; step < declared->size(); ++step) {
            size_t at = cursor + step;
            bool wrapped = at >= declared->size();
            if (wrapped)
                at -= declared->size();
            if ((*declared)[at].name != name)
                continue;
            if (wrapped && options_.strict)
                return nullptr; // out of order: as unknown as any other
            cursor = at;
            return &(*declared)[at];
        }
        return nullptr;
    };
    for (pugi::xml_node c : node.children()) {
        if (!is_element(c))
            continue;
        std::string_view name = local_name(c.name());
        if (declared && name == "_this")
            continue;
        const FieldInfo* info = find(name);
        if (options_.strict && declared && (!info || options_.version < info->since) && !open)
            return fail(Errc::Protocol,
                        "Unexpected element tag \"{}\" seen while parsing serialized DataObject of "
                        "type {}",
                        name, type);
        PF_TRY(Value value, element(c, info ? info->type : std::string_view{}, depth + 1));
        Field* same = nullptr;
        for (Field& f : result) {
            if (f.name == name)
                same = &f;
        }
        if (info && info->array) {
            if (!same) {
                result.push_back(Field{std::string(name), Value::array(std::string(info->type))});
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

Result<Value> Decoder::generic(pugi::xml_node node, int depth) {
    if (depth > kMaxDepth)
        return fail(Errc::Protocol, "XML is nested deeper than {} levels", kMaxDepth);
    if (first_element(node)) {
        DataObject result;
        PF_TRY(result.fields, fields(node, nullptr, true, "", depth));
        return Value(std::move(result));
    }
    std::string_view type = node.attribute("type").value();
    if (!type.empty())
        return Value(MoRef{std::string(type), text_of(node)});
    return Value::scalar("string", text_of(node));
}

} // namespace pf::vim::xml
