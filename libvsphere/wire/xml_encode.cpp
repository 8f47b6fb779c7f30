#include "base/xml.hpp"
#include "libvsphere/wire/xml_codec.hpp"

namespace pf::vim::xml {

Result<void> Encoder::field(const FieldInfo& declared, const Value& value) {
    if (!value.is_set())
        return {};
    if (options_.version < declared.since) {
        if (side_ == Side::Server)
            return {};
        return fail(Errc::Unsupported, "\"{}\" needs API version {}, this session is bound to {}",
                    declared.name, declared.since.str(), options_.version.str());
    }
    if (!declared.array)
        return element(declared.name, declared.type, value);
    if (!value.as_array())
        return element(declared.name, declared.type, value);
    for (const Value& item : value.items())
        PF_CHECK(element(declared.name, declared.type, item));
    return {};
}

Result<void> Encoder::element(std::string_view name, std::string_view declared_type,
                              const Value& value, std::string_view extra_attributes) {
    const bool any = declared_type.empty() || declared_type == "anyType";
    auto open = [&](std::string_view xsi) {
        out_ += '<';
        out_ += name;
        out_ += extra_attributes;
        if (!xsi.empty()) {
            out_ += " xsi:type=\"";
            out_ += xsi;
            out_ += '"';
        }
    };
    auto close = [&] {
        out_ += "</";
        out_ += name;
        out_ += '>';
    };
    switch (value.kind()) {
    case Value::Kind::Unset:
        break;
    case Value::Kind::Scalar: {
        const Value::Scalar& scalar = *value.as_scalar();
        std::string type;
        if (any)
            type = is_simple_type(scalar.type) ? "xsd:" + std::string(xsd_type(scalar.type))
                                               : scalar.type;
        open(type);
        out_ += '>';
        append_xml_escaped(out_, scalar.text);
        close();
        break;
    }
    case Value::Kind::Ref: {
        const MoRef& ref = *value.as_ref();
        open(any ? "ManagedObjectReference" : "");
        out_ += " type=\"";
        append_xml_escaped(out_, ref.type);
        out_ += "\">";
        append_xml_escaped(out_, ref.id);
        close();
        break;
    }
    case Value::Kind::Object: {
        const DataObject& object = *value.as_object();
        const Schema& schema = Schema::get();
        std::string type = object.type.empty() ? std::string(declared_type) : object.type;
        const TypeInfo* info = schema.find(type);
        if (info && options_.version < info->since) {
            if (side_ == Side::Client)
                return fail(Errc::Unsupported,
                            "type {} needs API version {}, this session is bound to {}", type,
                            info->since.str(), options_.version.str());
            // An old binding sees the nearest base that it knows.
            while (info->base && options_.version < info->since)
                info = info->base;
            type = info->name;
        }
        if (side_ == Side::Client && !any && info && schema.find(declared_type) &&
            !schema.is_a(type, declared_type))
            return fail(Errc::InvalidArgument, "\"{}\" takes a {}, not a {}", name, declared_type,
                        type);
        open(type == declared_type ? "" : type);
        out_ += '>';
        if (type == object.type) {
            PF_CHECK(fields(object));
        } else {
            DataObject shown = object;
            shown.type = type;
            if (const TypeInfo* known = schema.find(type); known && !known->open)
                std::erase_if(shown.fields,
                              [known](const Field& f) { return !known->field(f.name); });
            PF_CHECK(fields(shown));
        }
        close();
        break;
    }
    case Value::Kind::Array: {
        const Value::Array& array = *value.as_array();
        open(any ? array_type_name(array.item_type) : std::string());
        out_ += '>';
        std::string item_name(array.item_type);
        for (const Value& item : array.items)
            PF_CHECK(element(item_name, array.item_type, item));
        close();
        break;
    }
    }
    return {};
}

Result<void> Encoder::fields(const DataObject& object) {
    const TypeInfo* info = Schema::get().find(object.type);
    if (!info) {
        for (const Field& f : object.fields) {
            if (f.value.as_array()) {
                for (const Value& item : f.value.items())
                    PF_CHECK(element(f.name, f.value.as_array()->item_type, item));
            } else {
                PF_CHECK(element(f.name, f.value.as_object() ? f.value.as_object()->type : "string",
                                 f.value));
            }
        }
        return {};
    }
    size_t written = 0;
    for (const FieldInfo& declared : info->fields) {
        const Value& value = object[declared.name];
        if (value.is_set()) {
            ++written;
            PF_CHECK(field(declared, value));
        } else if (side_ == Side::Client && !declared.optional && !declared.array &&
                   !(options_.version < declared.since)) {
            return fail(Errc::InvalidArgument, "{} needs a value for \"{}\"", object.type,
                        declared.name);
        }
    }
    if (written == object.fields.size())
        return {};
    for (const Field& f : object.fields) {
        if (info->field(f.name) || !f.value.is_set())
            continue;
        if (!info->open)
            return fail(Errc::InvalidArgument, "{} has no field \"{}\"", object.type, f.name);
        // The table lists only part of this type: what it does not know goes last.
        FieldInfo undeclared;
        undeclared.name = f.name;
        undeclared.array = f.value.as_array() != nullptr;
        undeclared.type = f.value.as_array()    ? f.value.as_array()->item_type
                          : f.value.as_object() ? f.value.as_object()->type
                                                : "string";
        PF_CHECK(field(undeclared, f.value));
    }
    return {};
}

} // namespace pf::vim::xml
