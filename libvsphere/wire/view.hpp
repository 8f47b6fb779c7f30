#pragma once
// A vim25 value that is read where it stands in the answer, without being built.
//
// View has the reading half of Value under the same names, so that one function template turns
// both into a struct: `vm.disks` of 20,000 VMs come out of the text with no tree in between. It
// knows no type table: an element is an array when its xsi:type says ArrayOf…, or when its name
// repeats; a reference when it has the attribute `type`. A declared type that the wire leaves out
// is therefore unknown here, which matters to nobody who reads fields by name.
//
// Valid as long as the xml::Document is.

#include "libvsphere/wire/value.hpp"
#include "libvsphere/wire/xml_document.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::vim {

class View {
  public:
    View() = default;
    explicit View(xml::Element element) : element_(element) {}

    /// The items of an array or of a repeated field; one element is an array of one.
    class Items {
      public:
        class iterator {
          public:
            iterator(xml::Element at, std::string_view name) : at_(at), name_(name) {}
            View operator*() const { return View(at_); }
            iterator& operator++() {
                do
                    at_ = at_.next_sibling();
                while (at_ && !name_.empty() && at_.name() != name_);
                return *this;
            }
            bool operator!=(const iterator& other) const { return bool(at_) != bool(other.at_); }

          private:
            xml::Element at_;
            std::string_view name_; ///< empty: every sibling counts
        };
        Items(xml::Element first, std::string_view name) : first_(first), name_(name) {}
        iterator begin() const { return {first_, name_}; }
        iterator end() const { return {xml::Element{}, name_}; }

      private:
        xml::Element first_;
        std::string_view name_;
    };

    bool is_set() const { return bool(element_); }
    bool is_object() const { return element_.has_children(); }
    std::string_view text_view() const { return element_.text(); }
    std::string text_or(std::string_view fallback = {}) const {
        return std::string(element_ ? element_.text() : fallback);
    }
    std::string text() const { return text_or(); }
    bool bool_or(bool fallback) const;
    std::optional<int64_t> int_opt() const;
    int64_t int_or(int64_t fallback) const { return int_opt().value_or(fallback); }
    MoRef ref() const;
    Items items() const;
    std::vector<std::string> texts() const;
    std::vector<MoRef> refs() const;
    std::string_view type_view() const { return element_.xsi_type(); }
    View operator[](std::string_view name) const { return View(element_.child(name)); }
    xml::Element element() const { return element_; }

  private:
    // A property's value repeats only inside an ArrayOf…, so an empty <val/> has no items.
    bool is_array() const {
        return element_.name() == "val" || element_.xsi_type().substr(0, 7) == "ArrayOf";
    }
    xml::Element element_;
};

} // namespace pf::vim
