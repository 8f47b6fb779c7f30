// The intent: what an administrator writes, in YAML (docs/formats/intent.md).
//
// The loader is strict: an unknown key, a wrong type and a value outside its set are errors that
// name the key. Keys of the full schema that this version does not act on are refused too, rather
// than ignored.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

enum class Use { Online, Offline, Skip };

struct ClassifyRule {
    std::string pattern; // glob on the datastore's name; "*" is the default rule
    Use use = Use::Online;
};

struct Intent {
    std::string name;
    std::string owner;
    std::string ticket;

    std::vector<std::string> clusters;           // empty: all
    std::vector<std::string> include_datastores; // globs
    std::vector<std::string> exclude_datastores;

    std::vector<ClassifyRule> classify; // first match wins
    std::int64_t guest_shutdown_s = 300;
    bool power_off_after = false; // shutdown.then: power-off, else fail
    std::string accepted_kb;

    std::string protection_domain; // empty: the source volume's pool
    std::string storage_pool;
    std::string volume_name = "nvme-{{ds.name}}";
    std::string datastore_online = "{{ds.name}}-nvme";
    std::string datastore_offline = "{{ds.name}}";

    std::uint32_t require_min_paths = 2;

    std::string voma_before = "if-available"; // off, if-available, required
    std::string voma_after = "if-available";
    std::string snapshot_retention = "14d";

    std::string sha256; // of the file's text
};

// `name` is the file's name for error texts.
[[nodiscard]] Result<Intent> parse_intent(std::string_view text, std::string_view name);

// '*' any run of characters, '?' one character.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

[[nodiscard]] Use classify(const Intent& intent, const std::string& datastore);

// "{{ds.name}}" replaced.
[[nodiscard]] std::string expand_name(const std::string& pattern, const std::string& datastore);

} // namespace pf::nvmetool
