// Every key of the intent, once: the loader checks a document against this table, and the
// reference (docs/formats/intent.md) and the JSON schema are printed from it.
#pragma once

#include "base/result.hpp"

#include <boost/json/fwd.hpp>

#include <span>
#include <string>
#include <string_view>

namespace pf::nvmetool {

enum class KeyKind {
    Text,
    Texts,    // list of texts
    Number,   // accepts "1..32"
    Percent,  // 60%, or the number
    Flag,     // true, false
    Duration, // 90s, 5m, 2h, 14d; 20ms where accepts says ms
    Size,     // 16TiB
    Time,     // 2026-10-17T20:00:00+02:00
    Choice,   // accepts "keep|thin"
    Section,  // mapping
    Sections, // list of mappings
};

struct IntentKey {
    std::string_view path; // "window[].start"
    KeyKind kind = KeyKind::Text;
    std::string_view accepts;  // range, words, or what people may write
    std::string_view fallback; // for the reader; empty: none
    std::string_view help;
    bool required = false;
};

[[nodiscard]] std::span<const IntentKey> intent_keys();

// InvalidArgument with the path of the first mistake: unknown key (and the known ones there),
// missing key, wrong type, value out of range.
[[nodiscard]] Result<void> check_intent_document(const boost::json::value& document);

// Markdown table of all keys; docs/formats/intent.md holds it word for word.
[[nodiscard]] std::string intent_reference();
// JSON Schema (draft 2020-12), for editors.
[[nodiscard]] std::string intent_schema();
// A commented intent to begin with.
[[nodiscard]] std::string intent_template(std::string_view name);

// "90s" in seconds, "20ms" in milliseconds; -1 when it is none.
[[nodiscard]] std::int64_t intent_seconds(std::string_view text);
[[nodiscard]] std::int64_t intent_milliseconds(std::string_view text);

} // namespace pf::nvmetool
