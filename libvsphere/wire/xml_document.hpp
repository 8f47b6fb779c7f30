#pragma once
// An XML document as one flat array of elements over its own text: the reader below every decoder.
//
// A vim25 answer is megabytes of tiny elements. A tree of nodes would cost an allocation or 100
// bytes each; here an element is 32 bytes in one array, in document order, and names and texts are
// ranges of the buffer that was parsed in place. Namespaces are resolved by URI while parsing, so
// nothing below ever looks at a prefix. Kept: elements, the first run of character data of each
// (text after a child element is dropped: vim25 has no mixed content), xsi:type, the unqualified
// `type`, other attributes in a side table. Comments and processing instructions are skipped; a
// document type is refused, so there are no entities but the five of XML and character references.
//
// Elements are views: valid as long as the document lives and is not moved. Immutable after
// parse(); safe to read from several threads. Malformed input is Errc::Protocol with the byte.

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pf::vim::xml {

inline constexpr int kMaxDepth = 200;

enum class Ns : uint8_t { None, Soap, Xsi, Xsd, Vim, Other };

class Document;

/// One element, or none (false, and empty in every respect). Small: pass by value.
class Element {
  public:
    Element() = default;
    explicit operator bool() const { return document_ != nullptr; }

    std::string_view name() const; ///< local part
    Ns ns() const;
    std::string_view text() const;
    std::string_view xsi_type() const;                  ///< local part; empty when there is none
    std::string_view ref_type() const;                  ///< the unqualified attribute `type`
    std::string_view attribute(std::string_view) const; ///< any other attribute, by its full name
    bool has_children() const;
    size_t count_children() const;
    Element first_child() const;
    Element next_sibling() const;
    /// First child with this local name.
    Element child(std::string_view local) const;

  private:
    friend class Document;
    Element(const Document* document, uint32_t index, uint32_t limit)
        : document_(document), index_(index), limit_(limit) {}
    const Document* document_ = nullptr;
    uint32_t index_ = 0;
    uint32_t limit_ = 0; ///< end of the parent
};

/// Range over the children of an element.
class Children {
  public:
    explicit Children(Element parent) : first_(parent.first_child()) {}
    class iterator {
      public:
        explicit iterator(Element at) : at_(at) {}
        Element operator*() const { return at_; }
        iterator& operator++() {
            at_ = at_.next_sibling();
            return *this;
        }
        bool operator!=(const iterator& other) const { return bool(at_) != bool(other.at_); }

      private:
        Element at_;
    };
    iterator begin() const { return iterator(first_); }
    iterator end() const { return iterator(Element{}); }

  private:
    Element first_;
};

class Document {
  public:
    /// Takes the text over and parses it in place.
    static Result<Document> parse(std::string text);

    Document() = default;
    Document(Document&&) noexcept = default;
    Document& operator=(Document&&) noexcept = default;
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    /// The document element.
    Element root() const;
    size_t element_count() const { return nodes_.size(); }
    size_t text_bytes() const { return text_.size(); }

  private:
    friend class Element;
    friend class Parser;

    struct Node {
        uint32_t name = 0, text = 0, text_size = 0;
        uint32_t end = 0; ///< index behind the last descendant
        uint32_t xsi = 0, ref = 0;
        uint16_t name_size = 0, xsi_size = 0, ref_size = 0;
        Ns ns = Ns::None;
        bool has_attributes = false;
    };
    static_assert(sizeof(Node) == 32);
    struct Attribute {
        uint32_t node = 0, name = 0, name_size = 0, value = 0, value_size = 0;
    };

    std::string_view range(uint32_t at, uint32_t size) const { return {text_.data() + at, size}; }

    std::string text_;
    std::vector<Node> nodes_;
    std::vector<Attribute> attributes_;
};

inline std::string_view Element::name() const {
    if (!document_)
        return {};
    const Document::Node& node = document_->nodes_[index_];
    return document_->range(node.name, node.name_size);
}
inline Ns Element::ns() const { return document_ ? document_->nodes_[index_].ns : Ns::None; }
inline std::string_view Element::text() const {
    if (!document_)
        return {};
    const Document::Node& node = document_->nodes_[index_];
    return document_->range(node.text, node.text_size);
}
inline std::string_view Element::xsi_type() const {
    if (!document_)
        return {};
    const Document::Node& node = document_->nodes_[index_];
    return document_->range(node.xsi, node.xsi_size);
}
inline std::string_view Element::ref_type() const {
    if (!document_)
        return {};
    const Document::Node& node = document_->nodes_[index_];
    return document_->range(node.ref, node.ref_size);
}
inline bool Element::has_children() const {
    return document_ && document_->nodes_[index_].end != index_ + 1;
}
inline Element Element::first_child() const {
    if (!document_)
        return {};
    const uint32_t end = document_->nodes_[index_].end;
    return end == index_ + 1 ? Element{} : Element{document_, index_ + 1, end};
}
inline Element Element::next_sibling() const {
    const uint32_t next = document_->nodes_[index_].end;
    return next >= limit_ ? Element{} : Element{document_, next, limit_};
}
inline Element Element::child(std::string_view local) const {
    if (!document_)
        return {};
    const uint32_t end = document_->nodes_[index_].end;
    for (uint32_t at = index_ + 1; at < end; at = document_->nodes_[at].end) {
        const Document::Node& node = document_->nodes_[at];
        if (document_->range(node.name, node.name_size) == local)
            return {document_, at, end};
    }
    return {};
}

} // namespace pf::vim::xml
