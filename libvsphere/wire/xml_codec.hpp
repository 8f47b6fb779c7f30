#pragma once
// Private to the wire layer: values to XML text, elements to values.
//
// Decoding is bounded: the document refuses nesting deeper than kMaxDepth.

#include "base/result.hpp"
#include "libvsphere/wire/schema.hpp"
#include "libvsphere/wire/soap.hpp"
#include "libvsphere/wire/xml_document.hpp"

#include <string>
#include <string_view>

namespace pf::vim::xml {

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
    explicit Decoder(const CodecOptions& options) : options_(options), schema_(Schema::get()) {}

    Result<Value> element(Element node, std::string_view declared_type);
    Result<DataObject> object(Element node, std::string_view type);
    /// Children of `node` as parameters of a call or as fields of an unknown type.
    Result<std::vector<Field>> fields(Element node, const std::vector<FieldInfo>* declared,
                                      bool open, std::string_view type);

  private:
    Result<Value> element(Element node, const FieldInfo& declared);
    Result<Value> generic(Element node);
    const CodecOptions& options_;
    const Schema& schema_;
};

} // namespace pf::vim::xml
