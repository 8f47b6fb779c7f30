// Rules of the intent that pick VMs and datastores: 'tag == "sla:24x7" and not folder == "lab/*"'.
//
//   expression  = term { ("or" | "||") term }
//   term        = factor { ("and" | "&&") factor }
//   factor      = ("not" | "!") factor | "(" expression ")" | comparison
//   comparison  = field operator value | field "in" "[" value { "," value } "]"
//   operator    = "==" "!=" (globs: * and ?), "=~" (regular expression), "<" "<=" ">" ">="
//   value       = "text" | 'text' | number | true | false
//
// A field with several values (a VM's tags, its datastores) matches when one of them does; "!=" is
// the opposite of "==". Comparison ignores no case: names in vSphere are case-sensitive.
//
// Parsed once, evaluated for each object; an evaluation does no allocation beyond the field's
// texts. Immutable after parse().
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/inventory/inventory.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

// What a rule is asked about. `vm` is null for a datastore without VMs.
struct RuleSubject {
    const Inventory* inventory = nullptr;
    const VmInfo* vm = nullptr;
    std::vector<const DatastoreInfo*> datastores;
};

struct SelectorField {
    std::string_view name;
    bool numeric = false;
    std::string_view help;
};
[[nodiscard]] std::span<const SelectorField> selector_fields();

class Selector {
  public:
    // InvalidArgument: the text with the place of the first mistake.
    static Result<Selector> parse(std::string_view text);

    [[nodiscard]] bool matches(const RuleSubject& subject) const;
    [[nodiscard]] const std::string& text() const { return text_; }

    struct Node;

  private:
    std::string text_;
    std::shared_ptr<const Node> root_;
};

} // namespace pf::nvmetool
