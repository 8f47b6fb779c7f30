#include "base/json.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <set>

namespace pf {
namespace {

// A parser that builds nothing and only looks for a key that stands twice in one object.
struct DuplicateKeyHandler {
    static constexpr std::size_t max_object_size = ~std::size_t{0};
    static constexpr std::size_t max_array_size = ~std::size_t{0};
    static constexpr std::size_t max_key_size = ~std::size_t{0};
    static constexpr std::size_t max_string_size = ~std::size_t{0};

    using ErrorCode = boost::json::error_code;
    std::vector<std::set<std::string>> open;
    std::string partial;
    std::string duplicate;

    bool on_document_begin(ErrorCode&) { return true; }
    bool on_document_end(ErrorCode&) { return true; }
    bool on_object_begin(ErrorCode&) {
        open.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t, ErrorCode&) {
        open.pop_back();
        return true;
    }
    bool on_array_begin(ErrorCode&) { return true; }
    bool on_array_end(std::size_t, ErrorCode&) { return true; }
    bool on_key_part(json::string_view part, std::size_t, ErrorCode&) {
        partial.append(part.data(), part.size());
        return true;
    }
    bool on_key(json::string_view part, std::size_t, ErrorCode&) {
        partial.append(part.data(), part.size());
        if (!open.back().insert(partial).second && duplicate.empty())
            duplicate = partial;
        partial.clear();
        return true;
    }
    bool on_string_part(json::string_view, std::size_t, ErrorCode&) { return true; }
    bool on_string(json::string_view, std::size_t, ErrorCode&) { return true; }
    bool on_number_part(json::string_view, ErrorCode&) { return true; }
    bool on_int64(std::int64_t, json::string_view, ErrorCode&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, ErrorCode&) { return true; }
    bool on_double(double, json::string_view, ErrorCode&) { return true; }
    bool on_bool(bool, ErrorCode&) { return true; }
    bool on_null(ErrorCode&) { return true; }
    bool on_comment_part(json::string_view, ErrorCode&) { return true; }
    bool on_comment(json::string_view, ErrorCode&) { return true; }
};

void write_canonical(const json::value& value, std::string& out) {
    if (const auto* object = value.if_object()) {
        std::vector<const json::key_value_pair*> members;
        members.reserve(object->size());
        for (const auto& member : *object)
            members.push_back(&member);
        std::sort(members.begin(), members.end(),
                  [](auto* a, auto* b) { return a->key() < b->key(); });
        out += '{';
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (i > 0)
                out += ',';
            out += json::serialize(json::value(members[i]->key()));
            out += ':';
            write_canonical(members[i]->value(), out);
        }
        out += '}';
    } else if (const auto* array = value.if_array()) {
        out += '[';
        for (std::size_t i = 0; i < array->size(); ++i) {
            if (i > 0)
                out += ',';
            write_canonical((*array)[i], out);
        }
        out += ']';
    } else {
        out += json::serialize(value);
    }
}

void write_pretty(const json::value& value, std::size_t indent, std::string& out) {
    const std::string pad((indent + 1) * 2, ' ');
    const std::string end(indent * 2, ' ');
    if (const auto* object = value.if_object(); object && !object->empty()) {
        out += "{\n";
        bool first = true;
        for (const auto& member : *object) {
            out += first ? "" : ",\n";
            first = false;
            out += pad + json::serialize(json::value(member.key())) + ": ";
            write_pretty(member.value(), indent + 1, out);
        }
        out += "\n" + end + "}";
    } else if (const auto* array = value.if_array(); array && !array->empty()) {
        out += "[\n";
        bool first = true;
        for (const auto& item : *array) {
            out += first ? pad : ",\n" + pad;
            first = false;
            write_pretty(item, indent + 1, out);
        }
        out += "\n" + end + "]";
    } else {
        out += json::serialize(value);
    }
}

Result<const json::value*> find(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr)
        return fail(Errc::NotFound, "JSON key '{}' is missing", key);
    return value;
}

} // namespace

Result<json::value> parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = 64;
    json::basic_parser<DuplicateKeyHandler> checker(options);
    json::error_code error;
    const std::size_t used = checker.write_some(false, text.data(), text.size(), error);
    if (error || used < text.size())
        return fail(Errc::InvalidArgument, "malformed JSON at byte {}: {}", used,
                    error ? error.message() : "text after the document");
    if (!checker.handler().duplicate.empty())
        return fail(Errc::InvalidArgument, "malformed JSON: key '{}' stands twice in one object",
                    checker.handler().duplicate);
    json::value value = json::parse(text, error, {}, options);
    if (error)
        return fail(Errc::InvalidArgument, "malformed JSON: {}", error.message());
    return value;
}

std::string canonical_json(const json::value& value) {
    std::string out;
    write_canonical(value, out);
    return out;
}

std::string pretty_json(const json::value& value) {
    std::string out;
    write_pretty(value, 0, out);
    out += '\n';
    return out;
}

Result<std::string> json_str(const json::object& object, std::string_view key) {
    PF_TRY(const auto* value, find(object, key));
    if (!value->is_string())
        return fail(Errc::InvalidArgument, "JSON key '{}' is not a string", key);
    return std::string(value->get_string());
}

Result<std::int64_t> json_int(const json::object& object, std::string_view key) {
    PF_TRY(const auto* value, find(object, key));
    if (value->is_int64())
        return value->get_int64();
    return fail(Errc::InvalidArgument, "JSON key '{}' is not an integer", key);
}

Result<bool> json_bool(const json::object& object, std::string_view key) {
    PF_TRY(const auto* value, find(object, key));
    if (!value->is_bool())
        return fail(Errc::InvalidArgument, "JSON key '{}' is not true or false", key);
    return value->get_bool();
}

Result<const json::object*> json_object(const json::object& object, std::string_view key) {
    PF_TRY(const auto* value, find(object, key));
    if (!value->is_object())
        return fail(Errc::InvalidArgument, "JSON key '{}' is not an object", key);
    return &value->get_object();
}

Result<const json::array*> json_array(const json::object& object, std::string_view key) {
    PF_TRY(const auto* value, find(object, key));
    if (!value->is_array())
        return fail(Errc::InvalidArgument, "JSON key '{}' is not an array", key);
    return &value->get_array();
}

std::string json_str_or(const json::object& object, std::string_view key,
                        std::string_view fallback) {
    const auto* value = object.if_contains(key);
    if (value == nullptr || !value->is_string())
        return std::string(fallback);
    return std::string(value->get_string());
}

std::int64_t json_int_or(const json::object& object, std::string_view key, std::int64_t fallback) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_int64() ? value->get_int64() : fallback;
}

bool json_bool_or(const json::object& object, std::string_view key, bool fallback) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_bool() ? value->get_bool() : fallback;
}

} // namespace pf
