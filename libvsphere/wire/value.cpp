#include "libvsphere/wire/value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace pf::vim {

namespace {

const Value kUnset;
const std::vector<Value> kNoItems;

/// The element of an array whose key (field "key" or a reference's id) equals `key`.
const Value& element_with_key(const Value& value, std::string_view key) {
    for (const Value& item : value.items()) {
        if (const DataObject* object = item.as_object()) {
            const Value& k = (*object)["key"];
            if (k.is_set() && (k.as_ref() ? k.as_ref()->id : k.text_or()) == key)
                return item;
        } else if (item.as_ref() && item.as_ref()->id == key) {
            return item;
        }
    }
    return kUnset;
}

} // namespace

std::optional<int64_t> parse_int(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\n' || text.front() == '+'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n'))
        text.remove_suffix(1);
    int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return number;
}

DataObject::DataObject() = default;
DataObject::DataObject(std::string type_name) : type(std::move(type_name)) {}
DataObject::DataObject(std::string type_name, std::vector<Field> initial)
    : type(std::move(type_name)), fields(std::move(initial)) {
    std::erase_if(fields, [](const Field& field) { return !field.value.is_set(); });
}
DataObject::DataObject(const DataObject&) = default;
DataObject::DataObject(DataObject&&) noexcept = default;
DataObject& DataObject::operator=(const DataObject&) = default;
DataObject& DataObject::operator=(DataObject&&) noexcept = default;
DataObject::~DataObject() = default;

const Value& DataObject::operator[](std::string_view name) const {
    for (const Field& field : fields) {
        if (field.name == name)
            return field.value;
    }
    return kUnset;
}

bool DataObject::has(std::string_view name) const { return (*this)[name].is_set(); }

DataObject& DataObject::set(std::string_view name, Value value) {
    if (!value.is_set()) {
        remove(name);
        return *this;
    }
    for (Field& field : fields) {
        if (field.name == name) {
            field.value = std::move(value);
            return *this;
        }
    }
    fields.push_back(Field{std::string(name), std::move(value)});
    return *this;
}

void DataObject::remove(std::string_view name) {
    std::erase_if(fields, [name](const Field& field) { return field.name == name; });
}

bool operator==(const DataObject& a, const DataObject& b) {
    return a.type == b.type && a.fields == b.fields;
}

bool Value::Array::operator==(const Array& other) const {
    return item_type == other.item_type && items == other.items;
}

bool Value::operator==(const Value& other) const { return data_ == other.data_; }

Value Value::strings(const std::vector<std::string>& items) {
    std::vector<Value> values;
    values.reserve(items.size());
    for (const std::string& item : items)
        values.emplace_back(item);
    return array("string", std::move(values));
}

Value Value::refs(const std::vector<MoRef>& items) {
    std::vector<Value> values;
    values.reserve(items.size());
    for (const MoRef& item : items)
        values.emplace_back(item);
    return array("ManagedObjectReference", std::move(values));
}

Value Value::date_time(int64_t unix_us) {
    using namespace std::chrono;
    auto point = sys_time<microseconds>(microseconds(unix_us));
    auto day = floor<days>(point);
    year_month_day date(day);
    hh_mm_ss time(point - day);
    return scalar("dateTime",
                  fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", int(date.year()),
                              unsigned(date.month()), unsigned(date.day()), time.hours().count(),
                              time.minutes().count(), time.seconds().count(),
                              time.subseconds().count()));
}

std::string Value::text_or(std::string_view fallback) const {
    if (const Scalar* s = as_scalar())
        return s->text;
    if (const MoRef* r = as_ref())
        return r->id;
    return std::string(fallback);
}

bool Value::bool_or(bool fallback) const {
    const Scalar* s = as_scalar();
    if (!s)
        return fallback;
    if (s->text == "true" || s->text == "1")
        return true;
    if (s->text == "false" || s->text == "0")
        return false;
    return fallback;
}

std::optional<int64_t> Value::int_opt() const {
    const Scalar* s = as_scalar();
    return s ? parse_int(s->text) : std::nullopt;
}

int64_t Value::int_or(int64_t fallback) const { return int_opt().value_or(fallback); }

MoRef Value::ref() const {
    const MoRef* r = as_ref();
    return r ? *r : MoRef{};
}

const std::vector<Value>& Value::items() const {
    const Array* a = as_array();
    return a ? a->items : kNoItems;
}

std::vector<std::string> Value::texts() const {
    std::vector<std::string> result;
    if (as_scalar())
        result.push_back(text_or());
    for (const Value& item : items())
        result.push_back(item.text_or());
    return result;
}

std::vector<MoRef> Value::refs() const {
    std::vector<MoRef> result;
    if (const MoRef* r = as_ref())
        result.push_back(*r);
    for (const Value& item : items()) {
        if (const MoRef* r = item.as_ref())
            result.push_back(*r);
    }
    return result;
}

std::string Value::type_name() const {
    switch (kind()) {
    case Kind::Unset:
        return {};
    case Kind::Scalar:
        return as_scalar()->type;
    case Kind::Ref:
        return "ManagedObjectReference";
    case Kind::Object:
        return as_object()->type;
    case Kind::Array:
        return array_type_name(as_array()->item_type);
    }
    return {};
}

std::string_view Value::text_view() const {
    if (const Scalar* s = as_scalar())
        return s->text;
    if (const MoRef* r = as_ref())
        return r->id;
    return {};
}

std::string_view Value::type_view() const {
    if (const Scalar* s = as_scalar())
        return s->type;
    if (const DataObject* o = as_object())
        return o->type;
    return {};
}

const Value& Value::operator[](std::string_view name) const {
    const DataObject* object = as_object();
    return object ? (*object)[name] : kUnset;
}

const Value& Value::at(std::string_view path) const {
    const Value* value = this;
    while (!path.empty() && value->is_set()) {
        size_t stop = path.find_first_of(".[");
        std::string_view name = path.substr(0, stop);
        if (!name.empty())
            value = &(*value)[name];
        if (stop == std::string_view::npos)
            break;
        if (path[stop] == '[') {
            size_t close = path.find(']', stop);
            if (close == std::string_view::npos)
                return kUnset;
            std::string_view key = path.substr(stop + 1, close - stop - 1);
            if (key.size() >= 2 && key.front() == '"' && key.back() == '"')
                key = key.substr(1, key.size() - 2);
            value = &element_with_key(*value, key);
            path.remove_prefix(close + 1);
            if (!path.empty() && path.front() == '.')
                path.remove_prefix(1);
        } else {
            path.remove_prefix(stop + 1);
        }
    }
    return *value;
}

Result<std::string> Value::require_text(std::string_view what) const {
    if (const Scalar* s = as_scalar())
        return s->text;
    return fail(Errc::Protocol, "the server's answer has no {}", what);
}

Result<int64_t> Value::require_int(std::string_view what) const {
    if (auto number = int_opt())
        return *number;
    return fail(Errc::Protocol, "the server's answer has no number for {}", what);
}

Result<MoRef> Value::require_ref(std::string_view what) const {
    if (const MoRef* r = as_ref(); r && !r->empty())
        return *r;
    return fail(Errc::Protocol, "the server's answer has no reference for {}", what);
}

std::string array_type_name(std::string_view item_type) {
    std::string name = "ArrayOf";
    name += item_type;
    if (name.size() > 7 && name[7] >= 'a' && name[7] <= 'z')
        name[7] = static_cast<char>(name[7] - 'a' + 'A');
    return name;
}

std::string item_type_of_array(std::string_view array_type) {
    constexpr std::string_view prefix = "ArrayOf";
    if (array_type.substr(0, prefix.size()) != prefix)
        return std::string(array_type);
    std::string name(array_type.substr(prefix.size()));
    constexpr std::array<std::string_view, 10> simple = {"String",  "Int",     "Long",   "Short",
                                                         "Byte",    "Boolean", "Double", "Float",
                                                         "AnyType", "AnyURI"};
    if (std::find(simple.begin(), simple.end(), name) != simple.end())
        name[0] = static_cast<char>(name[0] - 'A' + 'a');
    else if (name == "DateTime")
        name = "dateTime";
    else if (name == "Base64Binary")
        name = "base64Binary";
    return name;
}

Result<int64_t> parse_date_time(std::string_view text) {
    using namespace std::chrono;
    auto bad = [text] { return fail(Errc::Protocol, "\"{}\" is not an xsd:dateTime", text); };
    auto number = [](std::string_view digits, int& out) {
        auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
        return error == std::errc{} && end == digits.data() + digits.size() && !digits.empty();
    };
    int y, mo, d, h, mi, s;
    if (text.size() < 19 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':' || !number(text.substr(0, 4), y) ||
        !number(text.substr(5, 2), mo) || !number(text.substr(8, 2), d) ||
        !number(text.substr(11, 2), h) || !number(text.substr(14, 2), mi) ||
        !number(text.substr(17, 2), s))
        return bad();
    year_month_day date{year(y), month(unsigned(mo)), day(unsigned(d))};
    if (!date.ok() || h < 0 || h > 24 || mi < 0 || mi > 59 || s < 0 || s > 60)
        return bad();
    std::string_view rest = text.substr(19);
    int64_t fraction_us = 0;
    if (!rest.empty() && rest.front() == '.') {
        rest.remove_prefix(1);
        int64_t scale = 100'000;
        while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
            fraction_us += (rest.front() - '0') * scale;
            scale /= 10;
            rest.remove_prefix(1);
        }
    }
    int64_t offset_min = 0;
    if (!rest.empty() && rest != "Z") {
        int oh, om;
        if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':' ||
            !number(rest.substr(1, 2), oh) || !number(rest.substr(4, 2), om))
            return bad();
        offset_min = (rest[0] == '-' ? -1 : 1) * (int64_t(oh) * 60 + om);
    }
    int64_t seconds_utc =
        sys_days(date).time_since_epoch().count() * int64_t{86400} + h * 3600 + mi * 60 + s;
    return (seconds_utc - offset_min * 60) * 1'000'000 + fraction_us;
}

} // namespace pf::vim
