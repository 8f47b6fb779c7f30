// XML forms of esxcli: the xml formatter, and the documents that travel inside ExecuteSoap.

#include "libvsphere/esxcli.hpp"
#include "libvsphere/wire/soap.hpp"
#include "libvsphere/wire/xml_document.hpp"

namespace pf::vim {

namespace {

using xml::Children;
using xml::Element;

/// <field name="X"><string>v</string></field>, a list, or a nested structure.
void add_field(EsxcliRecord& record, const std::string& prefix, Element field) {
    std::string name = prefix;
    name += field.attribute("name");
    Element content = field.first_child();
    if (content && content.name() == "structure") {
        for (Element inner : Children(content)) {
            if (inner.name() == "field")
                add_field(record, name + ".", inner);
        }
        return;
    }
    EsxcliRecord::Entry entry{std::move(name), {}};
    if (content && content.name() == "list") {
        for (Element item : Children(content))
            entry.values.emplace_back(item.text());
    } else {
        entry.values.emplace_back(content ? content.text() : std::string_view{});
    }
    record.entries.push_back(std::move(entry));
}

EsxcliRecord structure_record(Element structure) {
    EsxcliRecord record;
    for (Element field : Children(structure)) {
        if (field.name() == "field")
            add_field(record, "", field);
    }
    return record;
}

void add_value(EsxcliRecord& record, const std::string& name, const Value& value) {
    if (const Value::Array* array = value.as_array()) {
        EsxcliRecord::Entry entry{name, {}};
        for (const Value& item : array->items)
            entry.values.push_back(item.text_or());
        record.entries.push_back(std::move(entry));
    } else if (const DataObject* object = value.as_object()) {
        for (const Field& f : object->fields)
            add_value(record, name + "." + f.name, f.value);
    } else {
        record.entries.push_back({name, {value.text_or()}});
    }
}

EsxcliRecord object_record(const DataObject& object) {
    EsxcliRecord record;
    for (const Field& f : object.fields)
        add_value(record, f.name, f.value);
    return record;
}

} // namespace

Result<EsxcliOutput> parse_esxcli_xml(std::string_view text) {
    EsxcliOutput out;
    out.raw = text;
    size_t begin = text.find('<'); // notices may come first
    if (begin == std::string_view::npos)
        return fail(Errc::Protocol, "esxcli printed no XML");
    Result<xml::Document> document = xml::Document::parse(std::string(text.substr(begin)));
    if (!document)
        return fail_while(document.error(), "reading what esxcli printed");
    Element content = document->root().child("root").first_child();
    if (!content)
        return out;
    if (content.name() == "list") {
        for (Element item : Children(content)) {
            if (item.name() == "structure") {
                out.records.push_back(structure_record(item));
            } else {
                EsxcliRecord record;
                record.entries.push_back({"value", {std::string(item.text())}});
                out.records.push_back(std::move(record));
            }
        }
    } else if (content.name() == "structure") {
        out.records.push_back(structure_record(content));
    } else {
        out.scalar = content.text();
    }
    return out;
}

Result<EsxcliOutput> parse_esxcli_soap(std::string_view response) {
    EsxcliOutput out;
    out.raw = response;
    if (response.find('<') == std::string_view::npos) {
        out.scalar = response;
        return out;
    }
    PF_TRY(Value value, decode_fragment(response, "", {}));
    if (const Value::Array* array = value.as_array()) {
        for (const Value& item : array->items) {
            if (const DataObject* object = item.as_object()) {
                out.records.push_back(object_record(*object));
            } else {
                EsxcliRecord record;
                record.entries.push_back({"value", {item.text_or()}});
                out.records.push_back(std::move(record));
            }
        }
    } else if (const DataObject* object = value.as_object()) {
        // An empty "ArrayOf…" of an unknown item type has no children to tell it is one.
        if (!object->fields.empty())
            out.records.push_back(object_record(*object));
    } else {
        out.scalar = value.text_or();
    }
    return out;
}

Result<EsxcliNamespaceInfo> parse_cli_info(std::string_view response) {
    PF_TRY(Value value, decode_fragment(response, "", {}));
    EsxcliNamespaceInfo info;
    info.name = value["name"].text_or();
    // One repeated element decodes as a single value: as_list makes both the same.
    auto as_list = [](const Value& v) {
        return v.as_array() ? v.items() : v.is_set() ? std::vector<Value>{v} : std::vector<Value>{};
    };
    for (const Value& m : as_list(value["method"])) {
        EsxcliMethod method;
        method.name = m["name"].text_or();
        method.help = m["help"].text_or();
        for (const Value& p : as_list(m["param"])) {
            EsxcliParam param;
            param.name = p["name"].text_or();
            param.help = p["help"].text_or();
            param.aliases = p["aliases"].texts();
            param.flag = p["flag"].bool_or(false);
            method.params.push_back(std::move(param));
        }
        for (const Value& h : as_list(m["hints"]))
            method.hints.emplace_back(h["key"].text_or(), h["value"].text_or());
        info.methods.push_back(std::move(method));
    }
    if (info.methods.empty())
        return fail(Errc::Protocol, "the host's esxcli metadata lists no command");
    return info;
}

const EsxcliParam* EsxcliMethod::param(std::string_view option) const {
    auto bare = [](std::string_view alias) {
        while (!alias.empty() && alias.front() == '-')
            alias.remove_prefix(1);
        return alias;
    };
    for (const EsxcliParam& p : params) {
        for (const std::string& alias : p.aliases) {
            if (bare(alias) == bare(option))
                return &p;
        }
    }
    // The parameter's own name is the long option without hyphens.
    std::string joined;
    for (char c : bare(option)) {
        if (c != '-')
            joined += c;
    }
    for (const EsxcliParam& p : params) {
        if (p.name == joined)
            return &p;
    }
    return nullptr;
}

const EsxcliMethod* EsxcliNamespaceInfo::method(std::string_view wanted) const {
    for (const EsxcliMethod& m : methods) {
        if (m.name == wanted)
            return &m;
    }
    return nullptr;
}

} // namespace pf::vim
