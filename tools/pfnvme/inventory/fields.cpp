#include "tools/pfnvme/inventory/fields.hpp"

#include "base/json.hpp"

#include <charconv>

namespace pf::nvmetool {

namespace {

bool plain(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') {
            return false;
        }
    }
    return true;
}

void append_quoted(std::string& out, std::string_view text) {
    if (plain(text)) {
        out += '"';
        out += text;
        out += '"';
    } else {
        out += canonical_json(json::value(json::string(text)));
    }
}

} // namespace

std::string encode_list(const std::vector<std::string>& list) {
    std::string out = "[";
    for (const std::string& item : list) {
        if (out.size() > 1) {
            out += ',';
        }
        append_quoted(out, item);
    }
    return out + "]";
}

std::vector<std::string> decode_list(std::string_view text) {
    std::vector<std::string> out;
    if (text == "[]") {
        return out;
    }
    if (text.starts_with("[\"") && text.find('\\') == std::string_view::npos) {
        // The common form, written by encode_list(): no escapes, no white space.
        std::size_t at = 1;
        while (at < text.size() && text[at] == '"') {
            const std::size_t end = text.find('"', at + 1);
            if (end == std::string_view::npos || end + 1 >= text.size()) {
                break;
            }
            out.emplace_back(text.substr(at + 1, end - at - 1));
            if (text[end + 1] == ']' && end + 2 == text.size()) {
                return out;
            }
            at = text[end + 1] == ',' ? end + 2 : text.size();
        }
        out.clear();
    }
    const Result<json::value> value = parse_json(text);
    if (value && value->is_array()) {
        for (const json::value& item : value->get_array()) {
            if (item.is_string()) {
                out.emplace_back(item.get_string());
            }
        }
    }
    return out;
}

std::string encode_map(const std::map<std::string, std::string>& map) {
    std::string out = "{";
    for (const auto& [key, value] : map) {
        if (out.size() > 1) {
            out += ',';
        }
        append_quoted(out, key);
        out += ':';
        append_quoted(out, value);
    }
    return out + "}";
}

std::string encode_map(const std::map<std::string, std::uint64_t>& map) {
    std::map<std::string, std::string> texts;
    for (const auto& [key, value] : map) {
        texts.emplace(key, std::to_string(value));
    }
    return encode_map(texts);
}

std::map<std::string, std::string> decode_map(std::string_view text) {
    std::map<std::string, std::string> out;
    if (text == "{}") {
        return out;
    }
    const Result<json::value> value = parse_json(text);
    if (value && value->is_object()) {
        for (const json::key_value_pair& item : value->get_object()) {
            if (item.value().is_string()) {
                out.emplace(std::string(item.key()), std::string(item.value().get_string()));
            }
        }
    }
    return out;
}

std::string field_text(const FieldValue& value, FieldKind kind) {
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag ? "yes" : "no";
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*number);
    }
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) {
        return {};
    }
    std::string out;
    if (kind == FieldKind::List) {
        for (const std::string& item : decode_list(*text)) {
            out += (out.empty() ? "" : ", ") + item;
        }
        return out;
    }
    if (kind == FieldKind::Map) {
        for (const auto& [key, item] : decode_map(*text)) {
            out += (out.empty() ? "" : ", ") + key + "=" + item;
        }
        return out;
    }
    return *text;
}

namespace detail {

FieldValue Codec<RdmKind>::get(RdmKind in) {
    switch (in) {
    case RdmKind::Virtual:
        return std::string("virtual");
    case RdmKind::Physical:
        return std::string("physical");
    case RdmKind::None:
        break;
    }
    return std::string("none");
}

void Codec<RdmKind>::set(RdmKind& out, const FieldValue& value) {
    const auto* text = std::get_if<std::string>(&value);
    out = text == nullptr       ? RdmKind::None
          : *text == "virtual"  ? RdmKind::Virtual
          : *text == "physical" ? RdmKind::Physical
                                : RdmKind::None;
}

void Codec<std::map<std::string, std::uint64_t>>::set(std::map<std::string, std::uint64_t>& out,
                                                      const FieldValue& value) {
    out.clear();
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) {
        return;
    }
    for (const auto& [key, item] : decode_map(*text)) {
        std::uint64_t number = 0;
        if (std::from_chars(item.data(), item.data() + item.size(), number).ec == std::errc{}) {
            out.emplace(key, number);
        }
    }
}

} // namespace detail

} // namespace pf::nvmetool
