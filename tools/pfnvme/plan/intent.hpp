// The intent: what an administrator writes, in YAML (docs/formats/intent.md).
//
// The loader is strict: an unknown key, a wrong type and a value outside its set are errors that
// name the key (plan/intent_keys.hpp is the one table of them).
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/plan/policy.hpp"
#include "tools/pfnvme/plan/selector.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

enum class Use { Online, Offline, Auto, Skip };
enum class MixedUse { Online, Offline, Split };

[[nodiscard]] std::string_view to_string(Use use);

struct ClassifyRule {
    std::optional<Selector> when; // none, and no file: the default rule
    Use use = Use::Online;
    std::string csv;                        // file, for people
    bool csv_by_vm = false;                 // else by datastore
    std::map<std::string, Use> csv_names{}; // of VMs or datastores, exact
};

struct WaveRule {
    std::string name;
    std::optional<Selector> when; // none: everything else
};

struct VmExclusion {
    std::vector<std::string> names; // globs, as the others
    std::vector<std::string> folders;
    std::vector<std::string> tags;
    std::vector<std::string> power_states;
    std::optional<Selector> when;
};

struct TargetPool {
    std::string protection_domain; // empty: any with that pool
    std::string storage_pool;
};

struct WaiverRule {
    std::string check;
    std::string object; // glob
    std::string reason;
    std::string by;
    std::string until; // as written
    std::int64_t until_s = 0;
};

struct Consolidation {
    bool wanted = false;             // else joins are only proposed
    std::int64_t max_namespaces = 0; // 0: the limit of the lowest host
    std::int64_t max_vms = 60;
    std::uint64_t max_bytes = 16ULL << 40U;
};

struct Intent {
    std::string name;
    std::string owner;
    std::string ticket;

    std::vector<std::string> clusters;           // empty: all
    std::vector<std::string> include_datastores; // globs
    std::vector<std::string> exclude_datastores;
    VmExclusion exclude_vms;

    std::vector<ClassifyRule> classify; // first match wins
    MixedUse mixed = MixedUse::Online;
    std::int64_t guest_shutdown_s = 300;
    bool power_off_after = false; // shutdown.then: power-off, else fail
    std::string accepted_kb;
    std::int64_t verify_free_percent = 10;

    std::vector<TargetPool> pools; // empty: the source volume's pool
    std::string volume_name = "nvme-{{ds.name}}";
    std::string datastore_online = "{{ds.name}}-nvme";
    std::string datastore_offline = "{{ds.name}}";
    std::string consolidated_name = "nvme-{{cluster}}-{{number}}";
    Consolidation consolidate;

    std::uint32_t require_min_paths = 2;
    std::int64_t paths_per_namespace = 0; // 0: the limit of the lowest host
    std::vector<std::string> require_vmks;
    std::vector<std::string> require_sdts; // "all" alone: every one that serves

    std::vector<WaveRule> waves;
    std::string voma_before = "if-available"; // off, if-available, required
    std::string voma_after = "if-available";
    RunPolicy policy;
    std::vector<WaiverRule> waivers;

    std::string sha256; // of the file's text, and of the files it names
};

// Reads a file that the intent names, relative to the intent.
using IntentFiles = std::function<Result<std::string>(const std::string& path)>;

// `name` is the file's name for error texts.
[[nodiscard]] Result<Intent> parse_intent(std::string_view text, std::string_view name,
                                          const IntentFiles& files = {});

// What the rules say of one VM, or of a datastore without VMs.
[[nodiscard]] Use classify(const Intent& intent, const RuleSubject& subject);
[[nodiscard]] bool excluded(const Intent& intent, const RuleSubject& subject);
// Index into intent.waves; the number of waves when none matches.
[[nodiscard]] std::size_t wave_of(const Intent& intent, const RuleSubject& subject);

// "{{ds.name}}" replaced.
[[nodiscard]] std::string expand_name(const std::string& pattern, const std::string& datastore);

} // namespace pf::nvmetool
