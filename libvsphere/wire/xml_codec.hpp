#pragma once
// Private to the wire layer: values to XML text, pugixml nodes to values, namespaces resolved by
// URI.
//
// Not included by any public header (pugixml is heavy). Decoding is bounded: nesting deeper than
// kMaxDepth is an error.

#include "base/result.hpp"
#include "libvsphere/wire/schema.hpp"
#include "libvsphere/wire/soap.hpp"

#include <pugixml.hpp>

#include <string>
#include <string_view>

namespace pf::vim::xml {

inline constexpr std::string_view kSoapNs = "http://schemas.xmlsoap.org/soap/envelope/";
inline constexpr std::string_view kXsiNs = "http://www.w3.org/2001/XMLSchema-instance";
inline constexpr std::string_view kXsdNs = "http://www.w3.org/2001/XMLSchema";
inline constexpr std::string_view kVimNs = "urn:vim25";
inline constexpr int kMaxDepth = 200;

std::string_view local_name(std::string_view qname);
/// The URI that `prefix` ("" = default namespace) is bound to at `node`; empty when unbound.
std::string_view namespace_of(pugi::xml_node node, std::string_view prefix);
/// URI of the element's own name.
std::string_view element_namespace(pugi::xml_node node);
/// All character data of an element.
std::string text_of(pugi::xml_node node);
/// First child element with this local name; null node when there is none.
pugi::xml_node child(pugi::xml_node node, std::string_view local);
pugi::xml_node first_element(pugi::xml_node node);
/// Local part of xsi:type; empty when there is none.
std::string xsi_type(pugi::xml_node node);

void escape(std::string& out, std::string_view text);

/// Who encodes decides what happens to things newer than the bound version: a client is told, a
/// server hides them.
enum class Side { Client, Server };

class Encoder {
  public:
    Encoder(std::string& out, const CodecOptions& options, Side side)
        : out_(out), options_(options), side_(side) {}

    /// One field: an array becomes repeated elements when `declared` says so.
    Result<void> field(const FieldInfo& declared, const Value& value);
    /// One element.
    Result<void> element(std::string_view name, std::string_view declared_type, const Value& value,
                         std::string_view extra_attributes = {});
    /// Fields of an object, in wire order.
    Result<void> fields(const DataObject& object);

  private:
    std::string& out_;
    const CodecOptions& options_;
    Side side_;
};

class Decoder {
  public:
    explicit Decoder(const CodecOptions& options) : options_(options) {}

    Result<Value> element(pugi::xml_node node, std::string_view declared_type, int depth = 0);
    Result<DataObject> object(pugi::xml_node node, const std::string& type, int depth = 0);
    /// Children of `node` as parameters of a call or as fields of an unknown type.
    Result<std::vector<Field>> fields(pugi::xml_node node, const std::vector<FieldInfo>* declared,
                                      bool open, std::string_view type, int depth);

  private:
    Result<Value> generic(pugi::xml_node node, int depth);
    const CodecOptions& options_;
};

} // namespace pf::vim::xml
