#include "base/net/fault_rules.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/glob.hpp"
#include "base/json.hpp"
#include "base/log.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <random>
#include <thread>

namespace pf::net {

namespace {

constexpr std::size_t kMaxRules = 1000;
constexpr std::size_t kMaxHanging = 1000;

constexpr std::pair<const char*, FaultAction> kActions[] = {{"fault", FaultAction::Fault},
                                                            {"delay", FaultAction::Delay},
                                                            {"drop", FaultAction::Drop},
                                                            {"hang", FaultAction::Hang}};
constexpr std::pair<const char*, FaultWhen> kMoments[] = {
    {"before", FaultWhen::Before}, {"after", FaultWhen::After}, {"task", FaultWhen::Task}};

template<class Table, class Value>
const char* word_of(const Table& table, Value value) {
    for (const auto& [word, known] : table) {
        if (known == value) {
            return word;
        }
    }
    return "";
}

template<class Table, class Value>
Result<void> choose(const Table& table, std::string_view key, const std::string& word,
                    Value& value) {
    for (const auto& [known, meaning] : table) {
        if (word == known) {
            value = meaning;
            return {};
        }
    }
    return fail(Errc::InvalidArgument, "fault rule: '{}' is no {}", word, key);
}

Result<std::uint64_t> count_of(const json::value& value, std::string_view key) {
    if (!value.is_int64() || value.get_int64() < 0) {
        return fail(Errc::InvalidArgument, "fault rule: {} is a whole number from 0", key);
    }
    return static_cast<std::uint64_t>(value.get_int64());
}

Result<FaultRule> parse_rule(const json::object& object) {
    FaultRule rule;
    for (const auto& [key, value] : object) {
        const std::string name(key);
        auto text = [&](std::string& out) -> Result<void> {
            PF_TRY(out, json_str(object, name));
            return {};
        };
        if (name == "id") {
            PF_CHECK(text(rule.id));
        } else if (name == "service") {
            PF_CHECK(text(rule.service));
        } else if (name == "method") {
            PF_CHECK(text(rule.method));
        } else if (name == "object") {
            PF_CHECK(text(rule.object));
        } else if (name == "fault") {
            PF_CHECK(text(rule.fault));
        } else if (name == "message") {
            PF_CHECK(text(rule.message));
        } else if (name == "action") {
            PF_TRY(const std::string word, json_str(object, name));
            PF_CHECK(choose(kActions, name, word, rule.action));
        } else if (name == "when") {
            PF_TRY(const std::string word, json_str(object, name));
            PF_CHECK(choose(kMoments, name, word, rule.when));
        } else if (name == "delayMs") {
            PF_TRY(const std::uint64_t ms, count_of(value, name));
            rule.delay = std::chrono::milliseconds(std::min<std::uint64_t>(ms, 3'600'000));
        } else if (name == "nth") {
            PF_TRY(rule.nth, count_of(value, name));
        } else if (name == "times") {
            PF_TRY(rule.times, count_of(value, name));
        } else if (name == "probability") {
            const double p = value.is_double()  ? value.get_double()
                             : value.is_int64() ? static_cast<double>(value.get_int64())
                                                : -1;
            if (p < 0 || p > 1) {
                return fail(Errc::InvalidArgument, "fault rule: probability is 0 to 1");
            }
            rule.probability = p;
        } else {
            return fail(Errc::InvalidArgument, "fault rule: '{}' is not known", name);
        }
    }
    return rule;
}

} // namespace

Result<std::vector<FaultRule>> parse_fault_rules(std::string_view text) {
    PF_TRY(const json::value value, parse_json(text));
    if (!value.is_object()) {
        return fail(Errc::InvalidArgument, "fault rules: the file is no JSON object");
    }
    PF_TRY(const json::array* list, json_array(value.get_object(), "rules"));
    if (list->size() > kMaxRules) {
        return fail(Errc::LimitExceeded, "fault rules: more than {} rules", kMaxRules);
    }
    std::vector<FaultRule> rules;
    for (const json::value& item : *list) {
        if (!item.is_object()) {
            return fail(Errc::InvalidArgument, "fault rules: a rule is a JSON object");
        }
        PF_TRY(FaultRule rule, parse_rule(item.get_object()));
        if (rule.id.empty()) {
            rule.id = fmt::format("rule-{}", rules.size() + 1);
        }
        rules.push_back(std::move(rule));
    }
    return rules;
}

std::string format_fault_rules(const std::vector<FaultRule>& rules) {
    json::array list;
    for (const FaultRule& rule : rules) {
        list.push_back(json::object{{"id", rule.id},
                                    {"service", rule.service},
                                    {"method", rule.method},
                                    {"object", rule.object},
                                    {"action", word_of(kActions, rule.action)},
                                    {"when", word_of(kMoments, rule.when)},
                                    {"fault", rule.fault},
                                    {"message", rule.message},
                                    {"delayMs", rule.delay.count()},
                                    {"probability", rule.probability},
                                    {"nth", static_cast<std::int64_t>(rule.nth)},
                                    {"times", static_cast<std::int64_t>(rule.times)}});
    }
    return pretty_json(json::object{{"rules", std::move(list)}});
}

struct FaultRules::Impl {
    struct Count {
        std::string text; // of the rule: a changed rule counts anew
        std::uint64_t calls = 0;
        std::uint64_t hits = 0;
    };
    struct Stamp {
        std::int64_t seconds = 0, nanoseconds = 0, size = -1;
        std::uint64_t inode = 0;
        bool operator==(const Stamp&) const = default;
    };

    void reload_locked() {
        struct ::stat info {};
        Stamp now;
        if (::stat(file.c_str(), &info) == 0) {
            now = {info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_size, info.st_ino};
        }
        if (now == stamp) {
            return;
        }
        stamp = now;
        if (now.size < 0) {
            rules.clear();
            counts.clear();
            return;
        }
        auto text = read_file(file);
        auto parsed = text ? parse_fault_rules(*text)
                           : Result<std::vector<FaultRule>>(fail(std::move(text).error()));
        if (!parsed) {
            log("faults").error("rules not taken file={} error={}", file, parsed.error().what);
            return;
        }
        rules = std::move(*parsed);
        std::map<std::string, Count> kept;
        for (const FaultRule& rule : rules) {
            const std::string description = format_fault_rules({rule});
            Count& count = kept[rule.id];
            const auto before = counts.find(rule.id);
            if (before != counts.end() && before->second.text == description) {
                count = before->second;
            }
            count.text = description;
        }
        counts = std::move(kept);
    }

    bool hits_locked(const FaultRule& rule, const FaultCall& call) {
        auto any = [](std::string_view pattern, const std::vector<std::string>& names) {
            return pattern == "*" ||
                   std::any_of(names.begin(), names.end(),
                               [&](const std::string& name) { return glob_match(pattern, name); });
        };
        const bool named = rule.service != "*" || call.service != "guest";
        if (!named || !glob_match(rule.service, call.service) || !any(rule.method, call.methods) ||
            !any(rule.object, call.objects)) {
            return false;
        }
        Count& count = counts[rule.id];
        ++count.calls;
        if (count.calls < rule.nth || (rule.times != 0 && count.hits >= rule.times)) {
            return false;
        }
        if (rule.probability < 1 &&
            std::uniform_real_distribution<>(0, 1)(random) >= rule.probability) {
            return false;
        }
        ++count.hits;
        return true;
    }

    void note_locked(const FaultRule& rule, const FaultCall& call) {
        const std::string method = call.methods.empty() ? "" : call.methods.front();
        const std::string object = call.objects.empty() ? "" : call.objects.front();
        log("faults").info("fault made rule={} service={} method={} object={}", rule.id,
                           call.service, method, object);
        if (log_file.empty()) {
            return;
        }
        auto out = AppendFile::open(log_file);
        if (out) {
            auto done =
                out->append(json::serialize(json::object{{"time", format_rfc3339(wall_now())},
                                                         {"rule", rule.id},
                                                         {"service", call.service},
                                                         {"method", method},
                                                         {"object", object},
                                                         {"action", word_of(kActions, rule.action)},
                                                         {"when", word_of(kMoments, rule.when)}}) +
                            "\n");
            if (!done) {
                log("faults").error("fault log lost error={}", done.error().what);
            }
        }
    }

    std::string file;
    std::string log_file;
    std::mt19937_64 random;
    mutable std::mutex mutex;
    mutable std::condition_variable stopped;
    Stamp stamp;
    std::vector<FaultRule> rules;
    std::map<std::string, Count> counts;
    std::list<Responder> hanging;
    bool stopping = false;
};

FaultRules::FaultRules(std::string file, std::string log_file, std::uint64_t seed)
    : impl_(std::make_unique<Impl>()) {
    impl_->file = std::move(file);
    impl_->log_file = std::move(log_file);
    impl_->random.seed(seed);
}

FaultRules::~FaultRules() { stop(); }

std::optional<FaultRule> FaultRules::decide(const FaultCall& call) {
    if (impl_->file.empty()) {
        return std::nullopt;
    }
    const std::lock_guard lock(impl_->mutex);
    impl_->reload_locked();
    for (const FaultRule& rule : impl_->rules) {
        if (impl_->hits_locked(rule, call)) {
            impl_->note_locked(rule, call);
            return rule;
        }
    }
    return std::nullopt;
}

void FaultRules::wait(const FaultRule& rule) const {
    std::unique_lock lock(impl_->mutex);
    impl_->stopped.wait_for(lock, rule.delay, [this] { return impl_->stopping; });
}

void FaultRules::hang(Responder responder) {
    const std::lock_guard lock(impl_->mutex);
    impl_->hanging.remove_if([](const Responder& r) { return !r.connected(); });
    if (impl_->stopping || impl_->hanging.size() >= kMaxHanging) {
        responder.respond(dropped());
        return;
    }
    impl_->hanging.push_back(std::move(responder));
}

HttpResponse FaultRules::dropped() {
    HttpResponse nothing;
    nothing.status = 0;
    return nothing;
}

void FaultRules::stop() {
    std::list<Responder> hanging;
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
        hanging.swap(impl_->hanging);
    }
    impl_->stopped.notify_all();
    for (const Responder& responder : hanging) {
        responder.respond(dropped());
    }
}

} // namespace pf::net
