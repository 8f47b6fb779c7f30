#include "tools/pfnvme/plan/selector.hpp"

#include "base/glob.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <regex>

namespace pf::nvmetool {

namespace {

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
constexpr std::string_view kAttribute = "attribute.";
constexpr int kMaxDepth = 40; // of parentheses and "not"; people write three

constexpr std::array<SelectorField, 17> kFields{{
    {"datastore", false, "name of a datastore that holds files of the VM"},
    {"datastoreTag", false, "category:name of a tag on the datastore"},
    {"datastoreCluster", false, "datastore cluster"},
    {"cluster", false, "cluster of the VM's host"},
    {"host", false, "name of the VM's host"},
    {"vm", false, "name of the VM"},
    {"folder", false, "folder path below the datacenter"},
    {"pool", false, "resource pool"},
    {"tag", false, "category:name, or the name alone, of a tag on the VM"},
    {"powerState", false, "poweredOn, poweredOff, suspended"},
    {"guest", false, "guest id"},
    {"template", false, "true or false"},
    {"sizeGiB", true, "used space on datastores"},
    {"disks", true, "number of disks"},
    {"snapshots", true, "number of snapshots"},
    {"memoryMiB", true, "memory"},
    {"cpus", true, "virtual CPUs"},
}};

std::vector<std::string> texts_of(std::string_view field, const RuleSubject& subject) {
    std::vector<std::string> out;
    const VmInfo* vm = subject.vm;
    if (field == "datastore" || field == "datastoreTag" || field == "datastoreCluster") {
        for (const DatastoreInfo* datastore : subject.datastores) {
            if (field == "datastore") {
                out.push_back(datastore->name);
            } else if (field == "datastoreCluster") {
                out.push_back(datastore->datastore_cluster);
            } else {
                out.insert(out.end(), datastore->tags.begin(), datastore->tags.end());
            }
        }
        return out;
    }
    if (vm == nullptr) {
        return out;
    }
    if (field == "cluster" || field == "host") {
        const HostInfo* host = subject.inventory->host(vm->host_id);
        if (host != nullptr) {
            out.push_back(field == "host" ? host->name : host->cluster);
        }
    } else if (field == "vm") {
        out.push_back(vm->name);
    } else if (field == "folder") {
        out.push_back(vm->folder);
    } else if (field == "pool") {
        out.push_back(vm->pool);
    } else if (field == "tag") {
        for (const std::string& tag : vm->tags) {
            out.push_back(tag);
            if (const std::size_t colon = tag.find(':'); colon != std::string::npos) {
                out.push_back(tag.substr(colon + 1));
            }
        }
    } else if (field == "powerState") {
        out.push_back(vm->power_state);
    } else if (field == "guest") {
        out.push_back(vm->guest_id);
    } else if (field == "template") {
        out.emplace_back(vm->is_template ? "true" : "false");
    } else if (field.starts_with(kAttribute)) {
        const auto found = vm->attributes.find(std::string(field.substr(kAttribute.size())));
        if (found != vm->attributes.end()) {
            out.push_back(found->second);
        }
    }
    return out;
}

std::optional<double> number_of(std::string_view field, const RuleSubject& subject) {
    const VmInfo* vm = subject.vm;
    if (vm == nullptr) {
        return std::nullopt;
    }
    if (field == "sizeGiB") {
        return static_cast<double>(vm->committed_bytes()) / kGib;
    }
    if (field == "disks") {
        return static_cast<double>(vm->disks.size());
    }
    if (field == "snapshots") {
        return static_cast<double>(vm->snapshots.size());
    }
    if (field == "memoryMiB") {
        return static_cast<double>(vm->memory_mb);
    }
    return static_cast<double>(vm->cpus);
}

enum class Operator { Equal, NotEqual, Regex, Less, LessEqual, Greater, GreaterEqual, In };

} // namespace

struct Selector::Node {
    enum class Kind { And, Or, Not, Compare };
    Kind kind = Kind::Compare;
    std::vector<std::shared_ptr<const Node>> children;
    std::string field;
    bool numeric = false;
    Operator op = Operator::Equal;
    std::vector<std::string> values;
    double number = 0;
    std::regex regex;

    [[nodiscard]] bool holds(const RuleSubject& subject) const {
        switch (kind) {
        case Kind::And:
            return std::all_of(children.begin(), children.end(),
                               [&](const auto& child) { return child->holds(subject); });
        case Kind::Or:
            return std::any_of(children.begin(), children.end(),
                               [&](const auto& child) { return child->holds(subject); });
        case Kind::Not:
            return !children.front()->holds(subject);
        case Kind::Compare:
            return numeric ? compare_number(subject) : compare_text(subject);
        }
        return false;
    }

  private:
    [[nodiscard]] bool compare_number(const RuleSubject& subject) const {
        const std::optional<double> value = number_of(field, subject);
        if (!value) {
            return false;
        }
        switch (op) {
        case Operator::Less:
            return *value < number;
        case Operator::LessEqual:
            return *value <= number;
        case Operator::Greater:
            return *value > number;
        case Operator::GreaterEqual:
            return *value >= number;
        case Operator::NotEqual:
            return *value != number;
        default:
            return *value == number;
        }
    }

    [[nodiscard]] bool compare_text(const RuleSubject& subject) const {
        const std::vector<std::string> texts = texts_of(field, subject);
        const bool found = std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
            if (op == Operator::Regex) {
                return std::regex_search(text, regex);
            }
            return std::any_of(values.begin(), values.end(),
                               [&](const std::string& value) { return glob_match(value, text); });
        });
        return op == Operator::NotEqual ? !found : found;
    }
};

namespace {

using NodePtr = std::shared_ptr<const Selector::Node>;

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<NodePtr> whole() {
        PF_TRY(NodePtr node, expression(0));
        skip();
        if (at_ != text_.size()) {
            return mistake("'and', 'or' or the end");
        }
        return node;
    }

  private:
    Result<NodePtr> expression(int depth) {
        return chain(Selector::Node::Kind::Or, "or", "||", [&] { return chain_of_and(depth); });
    }
    Result<NodePtr> chain_of_and(int depth) {
        return chain(Selector::Node::Kind::And, "and", "&&", [&] { return factor(depth); });
    }

    template<class Next>
    Result<NodePtr> chain(Selector::Node::Kind kind, std::string_view word, std::string_view symbol,
                          Next next) {
        PF_TRY(NodePtr first, next());
        auto node = std::make_shared<Selector::Node>();
        node->kind = kind;
        node->children.push_back(std::move(first));
        while (take_word(word) || take(symbol)) {
            PF_TRY(NodePtr child, next());
            node->children.push_back(std::move(child));
        }
        return node->children.size() == 1 ? node->children.front() : NodePtr(std::move(node));
    }

    Result<NodePtr> factor(int depth) {
        if (depth > kMaxDepth) {
            return mistake("fewer nested parentheses");
        }
        skip();
        if (take_word("not") || (peek() == '!' && take("!"))) {
            PF_TRY(NodePtr inner, factor(depth + 1));
            auto node = std::make_shared<Selector::Node>();
            node->kind = Selector::Node::Kind::Not;
            node->children.push_back(std::move(inner));
            return NodePtr(std::move(node));
        }
        if (take("(")) {
            PF_TRY(NodePtr inner, expression(depth + 1));
            if (!take(")")) {
                return mistake("')'");
            }
            return inner;
        }
        return comparison();
    }

    Result<NodePtr> comparison() {
        auto node = std::make_shared<Selector::Node>();
        PF_TRY(node->field, field());
        const auto* known = std::find_if(kFields.begin(), kFields.end(), [&](const auto& item) {
            return item.name == node->field;
        });
        if (known == kFields.end() &&
            !(node->field.starts_with(kAttribute) && node->field.size() > kAttribute.size())) {
            std::vector<std::string_view> names;
            for (const SelectorField& item : kFields) {
                names.push_back(item.name);
            }
            return fail(Errc::InvalidArgument, "'{}' is no field; there are: {}, attribute.NAME",
                        node->field, fmt::join(names, ", "));
        }
        node->numeric = known != kFields.end() && known->numeric;
        PF_TRY(node->op, operation());
        const bool ordered = node->op == Operator::Less || node->op == Operator::LessEqual ||
                             node->op == Operator::Greater || node->op == Operator::GreaterEqual;
        if (ordered != node->numeric &&
            !(node->numeric && (node->op == Operator::Equal || node->op == Operator::NotEqual))) {
            return fail(Errc::InvalidArgument, "'{}' is a {}; it can't be compared like that",
                        node->field, node->numeric ? "number" : "text");
        }
        if (node->op == Operator::In) {
            if (!take("[")) {
                return mistake("'[' after in");
            }
            do {
                PF_TRY(std::string item, value());
                node->values.push_back(std::move(item));
            } while (take(","));
            if (!take("]")) {
                return mistake("']'");
            }
            return NodePtr(std::move(node));
        }
        PF_TRY(std::string text, value());
        if (node->numeric) {
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), node->number);
            if (error != std::errc{} || end != text.data() + text.size()) {
                return fail(Errc::InvalidArgument, "'{}' is compared with a number, not with '{}'",
                            node->field, text);
            }
        } else if (node->op == Operator::Regex) {
            try {
                node->regex = std::regex(text, std::regex::ECMAScript | std::regex::optimize);
            } catch (const std::regex_error&) {
                return fail(Errc::InvalidArgument, "'{}' is no regular expression", text);
            }
        }
        node->values.push_back(std::move(text));
        return NodePtr(std::move(node));
    }

    Result<std::string> field() {
        skip();
        const std::size_t start = at_;
        while (at_ < text_.size() &&
               (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '.' ||
                text_[at_] == '_' || text_[at_] == '-')) {
            ++at_;
        }
        if (at_ == start) {
            return mistake("the name of a field");
        }
        return std::string(text_.substr(start, at_ - start));
    }

    Result<Operator> operation() {
        constexpr std::array<std::pair<std::string_view, Operator>, 7> kSymbols{
            {{"==", Operator::Equal},
             {"!=", Operator::NotEqual},
             {"=~", Operator::Regex},
             {"<=", Operator::LessEqual},
             {">=", Operator::GreaterEqual},
             {"<", Operator::Less},
             {">", Operator::Greater}}};
        for (const auto& [symbol, op] : kSymbols) {
            if (take(symbol)) {
                return op;
            }
        }
        if (take_word("in")) {
            return Operator::In;
        }
        return mistake("one of: == != =~ < <= > >= in");
    }

    Result<std::string> value() {
        skip();
        const char quote = peek();
        if (quote == '"' || quote == '\'') {
            const std::size_t end = text_.find(quote, at_ + 1);
            if (end == std::string_view::npos) {
                return mistake("the closing quote");
            }
            std::string out(text_.substr(at_ + 1, end - at_ - 1));
            at_ = end + 1;
            return out;
        }
        const std::size_t start = at_;
        while (at_ < text_.size() &&
               (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '.')) {
            ++at_;
        }
        const std::string word(text_.substr(start, at_ - start));
        if (word == "true" || word == "false" ||
            (!word.empty() && std::isdigit(static_cast<unsigned char>(word.front())) != 0)) {
            return word;
        }
        at_ = start;
        return mistake("a value in quotes, or a number");
    }

    void skip() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
            ++at_;
        }
    }
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(std::string_view symbol) {
        skip();
        if (!text_.substr(at_).starts_with(symbol)) {
            return false;
        }
        at_ += symbol.size();
        return true;
    }
    bool take_word(std::string_view word) {
        skip();
        const std::string_view rest = text_.substr(at_);
        const bool ends = rest.size() == word.size() ||
                          (rest.size() > word.size() &&
                           std::isalnum(static_cast<unsigned char>(rest[word.size()])) == 0 &&
                           rest[word.size()] != '_');
        if (!rest.starts_with(word) || !ends) {
            return false;
        }
        at_ += word.size();
        return true;
    }
    [[nodiscard]] tl::unexpected<Error> mistake(std::string_view expected) const {
        return fail(Errc::InvalidArgument, "expected {} at \"{}\"", expected,
                    at_ < text_.size() ? text_.substr(at_) : std::string_view("the end"));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

std::span<const SelectorField> selector_fields() { return kFields; }

Result<Selector> Selector::parse(std::string_view text) {
    Selector out;
    out.text_ = text;
    PF_TRY(out.root_, Parser(text).whole());
    return out;
}

bool Selector::matches(const RuleSubject& subject) const {
    return root_ != nullptr && root_->holds(subject);
}

} // namespace pf::nvmetool
