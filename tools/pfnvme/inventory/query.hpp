// The filter language of --query: `where power_state = 'poweredOn' and memory_mb > 4096`.
//
//   query      = ["where"] or
//   or         = and { "or" and }            and = not { "and" not }
//   not        = "not" not | "(" or ")" | test
//   test       = field [ compare literal
//                      | ["not"] "in" "(" literal { "," literal } ")"
//                      | ["not"] "like" literal            * and ? as wild cards, any case
//                      | ["not"] "contains" literal        part of a text, any case; list element
//                      | "is" ["not"] "null" ]             null: the fact was not read
//   compare    = "=" "==" "!=" "<>" "<" "<=" ">" ">="
//   literal    = 'text' | "text" | number [unit] | true | false | word
//   field      = word { "." word }                         attributes.owner: a key of a map
//
// Units are those of sizes (KiB … TiB, kB … TB). A field alone is true when its flag is set. Dotted
// numbers compare as versions. A list satisfies = and like when one of its elements does. Anything
// compared with a fact that was not read is false, and so is its negation by != ; `is null` asks.
//
// parse() does not know which fields exist; check() does, so that a misspelt name is an error with
// its column and the nearest name rather than an empty answer. Depth is bounded.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/inventory/tables.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

struct QueryNode;

// What a row answers for a field. For a dotted name the head is asked.
struct QueryField {
    FieldValue value;
    FieldKind kind = FieldKind::Text;
};

class Query {
  public:
    // InvalidArgument with the column and what was expected there. An empty text matches all.
    [[nodiscard]] static Result<Query> parse(std::string_view text);
    // InvalidArgument when a field is none of `columns`.
    [[nodiscard]] Result<void> check(const std::vector<Column>& columns) const;
    [[nodiscard]] bool
    matches(const std::function<QueryField(std::string_view field)>& field_of) const;
    // check() first: positions are looked up by name.
    [[nodiscard]] bool matches(const std::vector<Column>& columns, const Row& row) const;
    [[nodiscard]] std::vector<std::string> field_names() const;
    [[nodiscard]] bool empty() const { return root_ == nullptr; }

  private:
    std::shared_ptr<const QueryNode> root_;
};

// * and ? as wild cards, any case.
[[nodiscard]] bool wildcard_match(std::string_view pattern, std::string_view text);

} // namespace pf::nvmetool
