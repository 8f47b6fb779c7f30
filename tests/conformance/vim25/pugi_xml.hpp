#pragma once
// pugixml with namespaces resolved by URI: for tests that judge what libvsphere writes and reads by
// another reader than its own.

#include <pugixml.hpp>

#include <string>
#include <string_view>

namespace pf::vim::test::xml {

inline constexpr std::string_view kXsiNs = "http://www.w3.org/2001/XMLSchema-instance";
inline constexpr std::string_view kVimNs = "urn:vim25";
inline constexpr std::string_view kSoapNs = "http://schemas.xmlsoap.org/soap/envelope/";

inline std::string_view local_name(std::string_view qname) {
    const size_t colon = qname.find(':');
    return colon == std::string_view::npos ? qname : qname.substr(colon + 1);
}

/// The URI that `prefix` ("" = default namespace) is bound to at `node`; empty when unbound.
inline std::string_view namespace_of(pugi::xml_node node, std::string_view prefix) {
    for (; node && node.type() == pugi::node_element; node = node.parent()) {
        for (pugi::xml_attribute attribute : node.attributes()) {
            const std::string_view name = attribute.name();
            if (prefix.empty() ? name == "xmlns" : name == "xmlns:" + std::string(prefix))
                return attribute.value();
        }
    }
    return {};
}

inline std::string_view element_namespace(pugi::xml_node node) {
    const std::string_view qname = node.name();
    const size_t colon = qname.find(':');
    return namespace_of(node, colon == std::string_view::npos ? "" : qname.substr(0, colon));
}

inline std::string xsi_type(pugi::xml_node node) {
    for (pugi::xml_attribute attribute : node.attributes()) {
        const std::string_view name = attribute.name();
        if (name.size() > 5 && name.ends_with(":type") &&
            namespace_of(node, name.substr(0, name.size() - 5)) == kXsiNs)
            return std::string(local_name(attribute.value()));
    }
    return {};
}

/// All character data of an element.
inline std::string text_of(pugi::xml_node node) {
    std::string text;
    for (pugi::xml_node part : node.children()) {
        if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata)
            text += part.value();
    }
    return text;
}

inline pugi::xml_node first_element(pugi::xml_node node) {
    return node.find_child([](pugi::xml_node c) { return c.type() == pugi::node_element; });
}

/// First child element with this local name; null node when there is none.
inline pugi::xml_node child(pugi::xml_node node, std::string_view local) {
    return node.find_child([local](pugi::xml_node c) {
        return c.type() == pugi::node_element && local_name(c.name()) == local;
    });
}

} // namespace pf::vim::test::xml
