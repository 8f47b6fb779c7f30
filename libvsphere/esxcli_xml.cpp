// XML forms of esxcli: the xml formatter, and the documents that travel inside ExecuteSoap.

#include "libvsphere/esxcli.hpp"
#include "libvsphere/wire/soap.hpp"
#include "libvsphere/wire/xml_codec.hpp"

#include <pugixml.hpp>

namespace pf::vim {

namespace {

Result<void> load(pugi::xml_document& document, std::string_view text) {
    pugi::xml_parse_result parsed = document.load_buffer(text.data(), text.size());
    if (!parsed)
        return fail(Errc::Protocol, "esxcli answered malformed XML at byte {}: {}", parsed.offset,
                    parsed.description());
    return {};
}

bool is_element(pugi::xml_node node) { return node.type() == pugi::node_element; }

/// <field name="X"><string>v</string></field>, a list, or a nested structure.
void add_field(EsxcliRecord& record, const std::string& prefix, pugi::xml_node field, int depth) {
    if (depth > xml::kMaxDepth)
        return;
    std::string name = prefix + field.attribute("name").value();
    pugi::xml_node content = xml::first_element(field);
    std::string_view kind = xml::local_name(content.name());
    if (kind == "structure") {
        for (pugi::xml_node inner : content.children()) {
            if (xml::local_name(inner.name()) == "field")
                add_field(record, name + ".", inner, depth + 1);
        }
        return;
    }
    EsxcliRecord::Entry entry{name, {}};
    if (kind == "list") {
        for (pugi::xml_node item : content.children()) {
            if (is_element(item))
                entry.values.push_back(xml::text_of(item));
        }
    } else {
        entry.values.push_back(xml::text_of(content));
    }
    record.entries.push_back(std::move(entry));
}

EsxcliRecord structure_record(pugi::xml_node structure) {
    EsxcliRecord record;
    for (pugi::xml_node field : structure.children()) {
        if (xml::local_name(field.name()) == "field")
            add_field(record, "", field, 0);
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
    pugi::xml_document document;
    PF_CHECK(load(document, text.substr(begin)));
    pugi::xml_node root = xml::child(xml::first_element(document), "root");
    pugi::xml_node content = xml::first_element(root);
    std::string_view kind = xml::local_name(content.name());
    if (kind == "list") {
        for (pugi::xml_node item : content.children()) {
            if (!is_element(item))
                continue;
            if (xml::local_name(item.name()) == "structure") {
                out.records.push_back(structure_record(item));
            } else {
                EsxcliRecord record;
                record.entries.push_back({"value", {xml::text_of(item)}});
                out.records.push_back(std::move(record));
            }
        }
    } else if (kind == "structure") {
        out.records.push_back(structure_record(content));
    } else if (content) {
        out.scalar = xml::text_of(content);
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
