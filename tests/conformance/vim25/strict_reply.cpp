#include "tests/conformance/vim25/strict_reply.hpp"

#include "libvsphere/wire/schema.hpp"
#include "libvsphere/wire/value.hpp"
#include "tests/conformance/vim25/pugi_xml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <regex>

namespace pf::vim::test {

namespace {

template<class Number>
bool is_number(const std::string& text) {
    Number number{};
    const auto* end = text.data() + text.size();
    return !text.empty() && std::from_chars(text.data(), end, number).ptr == end &&
           std::from_chars(text.data(), end, number).ec == std::errc{};
}

bool scalar_ok(std::string_view type, const std::string& text) {
    if (type == "boolean") {
        return text == "true" || text == "false" || text == "1" || text == "0";
    }
    if (type == "byte") {
        return is_number<int16_t>(text) && std::stoi(text) >= -128 && std::stoi(text) <= 127;
    }
    if (type == "short") {
        return is_number<int16_t>(text);
    }
    if (type == "int") {
        return is_number<int32_t>(text);
    }
    if (type == "long") {
        return is_number<int64_t>(text);
    }
    if (type == "double" || type == "float") {
        return is_number<double>(text);
    }
    if (type == "dateTime") {
        static const std::regex form(
            "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)");
        return std::regex_match(text, form);
    }
    return true;
}

class Judge {
  public:
    explicit Judge(ApiVersion version) : version_(version) {}

    void element(pugi::xml_node node, std::string_view declared, const std::string& path) {
        const std::string named = xml::xsi_type(node);
        const bool any = declared == "anyType" || declared.empty();
        if (any && named.empty()) {
            return defect(path, "has no xsi:type");
        }
        const std::string actual = named.empty() ? std::string(declared) : named;
        if (std::string_view(actual).starts_with("ArrayOf") && schema_.find(actual) == nullptr) {
            if (!any) {
                return defect(path, "is an array where one element is declared");
            }
            return array(node, item_type_of_array(actual), path);
        }
        if (is_simple_type(actual)) {
            if (!any && !is_simple_type(declared) && !schema_.is_enum(declared)) {
                return defect(path, fmt::format("is a {}, not a {}", actual, declared));
            }
            return scalar(node, actual, path);
        }
        if (actual == "ManagedObjectReference" || schema_.is_managed(actual)) {
            return reference(node, declared, path);
        }
        const TypeInfo* info = schema_.find(actual);
        if (info == nullptr) {
            return defect(path, fmt::format("is of the unknown type {}", actual));
        }
        if (version_ < info->since) {
            return defect(path, fmt::format("is of type {}, newer than the client", actual));
        }
        if (!any && schema_.find(declared) != nullptr && !schema_.is_a(actual, declared)) {
            return defect(path, fmt::format("is a {}, not a {}", actual, declared));
        }
        if (info->kind == TypeKind::Enum) {
            const std::string text = xml::text_of(node);
            if (std::find(info->enumerators.begin(), info->enumerators.end(), text) ==
                info->enumerators.end()) {
                defect(path, fmt::format("'{}' is no {}", text, actual));
            }
            return;
        }
        object(node, *info, path);
    }

    void object(pugi::xml_node node, const TypeInfo& info, const std::string& path) {
        size_t next = 0;
        std::vector<bool> there(info.fields.size(), false);
        for (pugi::xml_node child : node.children()) {
            if (child.type() != pugi::node_element) {
                if (child.type() == pugi::node_pcdata &&
                    std::string_view(child.value()).find_first_not_of(" \r\n\t") !=
                        std::string_view::npos) {
                    defect(path, "has text between its elements");
                }
                continue;
            }
            const std::string name(xml::local_name(child.name()));
            const std::string below = path + "/" + name;
            const auto found = std::find_if(info.fields.begin(), info.fields.end(),
                                            [&](const FieldInfo& f) { return f.name == name; });
            if (found == info.fields.end()) {
                defect(below, fmt::format("is no element of {}", info.name));
                continue;
            }
            if (version_ < found->since) {
                defect(below, fmt::format("is newer ({}) than the client", found->since.str()));
            }
            const auto index = static_cast<size_t>(found - info.fields.begin());
            if (index < next) {
                defect(below, "is out of order");
            } else if (there[index] && !found->array) {
                defect(below, "occurs twice");
            }
            next = std::max(next, index);
            there[index] = true;
            if (info.name == "DynamicProperty" || info.name == "PropertyChange") {
                if (name == "val") {
                    property_value(child, node, below);
                    continue;
                }
            }
            element(child, found->type, below);
        }
        for (size_t i = 0; i < there.size(); ++i) {
            const FieldInfo& field = info.fields[i];
            if (!there[i] && !field.optional && field.since <= version_) {
                defect(path, fmt::format("{} lacks {}", info.name, field.name));
            }
        }
    }

    std::vector<std::string> defects;

  private:
    void defect(const std::string& path, std::string_view what) {
        if (defects.size() < 200) {
            defects.push_back(fmt::format("{} {}", path, what));
        }
    }

    void scalar(pugi::xml_node node, std::string_view type, const std::string& path) {
        if (xml::first_element(node)) {
            defect(path, fmt::format("is a {} with elements in it", type));
        } else if (!scalar_ok(type, xml::text_of(node))) {
            defect(path, fmt::format("'{}' is no {}", xml::text_of(node), type));
        }
    }

    void reference(pugi::xml_node node, std::string_view declared, const std::string& path) {
        const std::string type = node.attribute("type").value();
        if (type.empty() || xml::text_of(node).empty()) {
            return defect(path, "is a reference without type or id");
        }
        const TypeInfo* info = schema_.find(type);
        if (info == nullptr || info->kind != TypeKind::Managed) {
            return defect(path, fmt::format("refers to the unknown type {}", type));
        }
        if (version_ < info->since) {
            defect(path, fmt::format("refers to {}, newer than the client", type));
        }
        if (schema_.is_managed(declared) && declared != "ManagedObjectReference" &&
            !schema_.is_a(type, declared)) {
            defect(path, fmt::format("refers to a {}, not to a {}", type, declared));
        }
    }

    void array(pugi::xml_node node, const std::string& item, const std::string& path) {
        for (pugi::xml_node child : node.children()) {
            if (child.type() != pugi::node_element) {
                continue;
            }
            const std::string name(xml::local_name(child.name()));
            if (name != item) {
                defect(path, fmt::format("holds <{}> in an array of {}", name, item));
            }
            element(child, item, path + "/" + name);
        }
    }

    // The object whose properties these are: the sibling <obj> of the enclosing content.
    void property_value(pugi::xml_node value, pugi::xml_node property, const std::string& path) {
        element(value, "anyType", path);
        const std::string type = xml::child(property.parent(), "obj").attribute("type").value();
        const std::string name = xml::text_of(xml::child(property, "name"));
        const TypeInfo* info = schema_.find(type);
        if (info == nullptr || name.find_first_of(".[") != std::string::npos) {
            return;
        }
        const FieldInfo* field = info->field(name);
        if (field == nullptr || version_ < field->since) {
            return defect(path, fmt::format("{}.{} is not known to the client", type, name));
        }
        const std::string got = xml::xsi_type(value);
        std::string want(xsd_type(field->type));
        if (schema_.is_managed(want)) {
            want = "ManagedObjectReference";
        }
        if (field->array ? got != array_type_name(want)
                         : got != want && !schema_.is_a(got, want) && want != "anyType") {
            defect(path, fmt::format("{}.{} is a {} instead of {}{}", type, name, got, want,
                                     field->array ? "[]" : ""));
        }
    }

    const Schema& schema_ = Schema::get();
    ApiVersion version_;
};

} // namespace

std::vector<std::string> strict_defects(std::string_view body, std::string_view self_type,
                                        std::string_view method, ApiVersion version) {
    pugi::xml_document document;
    if (!document.load_buffer(body.data(), body.size())) {
        return {"the answer is no XML"};
    }
    Judge judge(version);
    const pugi::xml_node inner =
        xml::first_element(xml::child(document.document_element(), "Body"));
    const std::string name(xml::local_name(inner.name()));
    if (name == "Fault") {
        const pugi::xml_node detail = xml::first_element(xml::child(inner, "detail"));
        const std::string type = xml::xsi_type(detail);
        const TypeInfo* info = Schema::get().find(type);
        if (info == nullptr || !Schema::get().is_a(type, "MethodFault")) {
            return {fmt::format("the fault's type '{}' is unknown", type)};
        }
        if (!std::string_view(xml::local_name(detail.name())).ends_with("Fault")) {
            return {fmt::format("the fault's element is <{}>", detail.name())};
        }
        if (version < info->since) {
            return {fmt::format("the fault {} is newer than the client", type)};
        }
        judge.object(detail, *info, "Fault/" + type);
        return judge.defects;
    }
    if (name != std::string(method) + "Response") {
        return {fmt::format("{} is answered with <{}>", method, name)};
    }
    const MethodInfo* info = Schema::get().method(self_type, method);
    if (info == nullptr) {
        return {fmt::format("{}.{} is not in the type table", self_type, method)};
    }
    size_t values = 0;
    for (pugi::xml_node value : inner.children()) {
        if (value.type() != pugi::node_element) {
            continue;
        }
        ++values;
        if (xml::local_name(value.name()) != "returnval") {
            judge.defects.push_back(fmt::format("{} gives <{}>", method, value.name()));
        } else {
            judge.element(value, info->result.type, std::string(method));
        }
    }
    if (info->result.type == "void"
            ? values > 0
            : (values > 1 && !info->result.array) || (values == 0 && !info->result.optional)) {
        judge.defects.push_back(fmt::format("{} gives {} results", method, values));
    }
    return judge.defects;
}

} // namespace pf::vim::test
