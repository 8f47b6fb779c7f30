#include "tools/pfnvme/adapters/value_text.hpp"

#include "base/json.hpp"

#include <utility>

namespace pf::nvmetool {

namespace {

json::value encode(const vim::Value& value) {
    if (const vim::Value::Scalar* scalar = value.as_scalar()) {
        return json::array{"s", scalar->type, scalar->text};
    }
    if (const vim::MoRef* ref = value.as_ref()) {
        return json::array{"r", ref->type, ref->id};
    }
    if (const vim::DataObject* object = value.as_object()) {
        json::array fields;
        for (const vim::Field& field : object->fields) {
            fields.emplace_back(json::array{field.name, encode(field.value)});
        }
        return json::array{"o", object->type, std::move(fields)};
    }
    if (const vim::Value::Array* array = value.as_array()) {
        json::array items;
        for (const vim::Value& item : array->items) {
            items.emplace_back(encode(item));
        }
        return json::array{"a", array->item_type, std::move(items)};
    }
    return json::array{"u", "", ""};
}

tl::unexpected<Error> malformed() {
    return fail(Errc::InvalidArgument, "not the text of a vSphere value");
}

Result<vim::Value> decode(const json::value& text) {
    const json::array* parts = text.if_array();
    if (parts == nullptr || parts->size() != 3 || !(*parts)[0].is_string() ||
        !(*parts)[1].is_string()) {
        return malformed();
    }
    const std::string_view kind = (*parts)[0].get_string();
    const std::string type((*parts)[1].get_string());
    const json::value& content = (*parts)[2];
    if (kind == "o" || kind == "a") {
        const json::array* items = content.if_array();
        if (items == nullptr) {
            return malformed();
        }
        vim::DataObject object(type);
        std::vector<vim::Value> list;
        for (const json::value& item : *items) {
            if (kind == "a") {
                PF_TRY(vim::Value value, decode(item));
                list.push_back(std::move(value));
                continue;
            }
            const json::array* field = item.if_array();
            if (field == nullptr || field->size() != 2 || !(*field)[0].is_string()) {
                return malformed();
            }
            PF_TRY(vim::Value value, decode((*field)[1]));
            object.set(std::string_view((*field)[0].get_string()), std::move(value));
        }
        return kind == "o" ? vim::Value(std::move(object))
                           : vim::Value::array(type, std::move(list));
    }
    if (!content.is_string()) {
        return malformed();
    }
    std::string word(content.get_string());
    if (kind == "s") {
        return vim::Value::scalar(type, std::move(word));
    }
    if (kind == "r") {
        return vim::Value(vim::MoRef{type, std::move(word)});
    }
    return kind == "u" ? Result<vim::Value>(vim::Value()) : malformed();
}

} // namespace

std::string value_to_text(const vim::Value& value) { return canonical_json(encode(value)); }

Result<vim::Value> value_from_text(std::string_view text) {
    PF_TRY(const json::value parsed, parse_json(text));
    return decode(parsed);
}

} // namespace pf::nvmetool
