#include "base/yaml.hpp"

#include "base/json.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <sstream>

namespace pf {
namespace {

struct YamlError {
    YAML::Mark mark;
    std::string what;
};

// Builds a JSON value from parser events; throws YamlError, caught at parse_yaml.
class Builder : public YAML::EventHandler {
  public:
    json::value take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        check(mark, "", anchor);
        add(mark, nullptr);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        throw YamlError{mark, "aliases are not accepted here"};
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        // yaml-cpp gives plain scalars the tag "?" and quoted ones "!".
        const bool plain = tag == "?";
        check(mark, plain || tag == "!" ? "" : tag, anchor);
        if (expects_key())
            return set_key(mark, value);
        add(mark, plain ? plain_scalar(mark, value) : json::value(value));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        check(mark, tag == "?" ? "" : tag, anchor);
        push(mark, json::array());
    }
    void OnSequenceEnd() override { pop(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        check(mark, tag == "?" ? "" : tag, anchor);
        push(mark, json::object());
    }
    void OnMapEnd() override { pop(); }

  private:
    struct Level {
        json::value value;
        std::string key;
        bool has_key = false;
        YAML::Mark mark;
    };

    bool expects_key() const {
        return !levels_.empty() && levels_.back().value.is_object() && !levels_.back().has_key;
    }

    static void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (!tag.empty())
            throw YamlError{mark, "tag '" + tag + "' is not accepted here"};
        if (anchor != 0)
            throw YamlError{mark, "anchors are not accepted here"};
    }

    void set_key(const YAML::Mark& mark, const std::string& key) {
        Level& level = levels_.back();
        if (level.value.get_object().contains(key))
            throw YamlError{mark, "key '" + key + "' stands twice"};
        level.key = key;
        level.has_key = true;
    }

    void push(const YAML::Mark& mark, json::value value) {
        if (expects_key())
            throw YamlError{mark, "a key must be a plain word"};
        if (levels_.size() >= 64)
            throw YamlError{mark, "nested deeper than 64 levels"};
        levels_.push_back({std::move(value), {}, false, mark});
    }

    void pop() {
        Level done = std::move(levels_.back());
        levels_.pop_back();
        add(done.mark, std::move(done.value));
    }

    void add(const YAML::Mark& mark, json::value value) {
        if (levels_.empty()) {
            root_ = std::move(value);
            return;
        }
        Level& level = levels_.back();
        if (auto* array = level.value.if_array()) {
            array->push_back(std::move(value));
        } else {
            if (!level.has_key)
                throw YamlError{mark, "a key must be a plain word"};
            level.value.get_object().insert_or_assign(level.key, std::move(value));
            level.has_key = false;
        }
    }

    static json::value plain_scalar(const YAML::Mark& mark, const std::string& text) {
        if (text == "true")
            return true;
        if (text == "false")
            return false;
        if (text.empty() || text == "null" || text == "~")
            return nullptr;
        const char* begin = text.data();
        const char* end = begin + text.size();
        const std::size_t sign = text[0] == '-' ? 1 : 0;
        if (text.size() > sign && text.find_first_not_of("0123456789", sign) == std::string::npos) {
            if (text.size() > sign + 1 && text[sign] == '0')
                throw YamlError{mark, "'" + text + "' has a leading zero: quote it if it is text"};
            std::int64_t number = 0;
            const auto [at, error] = std::from_chars(begin, end, number);
            if (error == std::errc() && at == end)
                return number;
            return json::value(text);
        }
        if (text.find_first_not_of("0123456789.", sign) == std::string::npos &&
            text.find('.') == text.rfind('.') && text.find('.') > sign && text.back() != '.') {
            double number = 0;
            const auto [at, error] = std::from_chars(begin, end, number);
            if (error == std::errc() && at == end)
                return number;
        }
        return json::value(text);
    }

    json::value root_;
    std::vector<Level> levels_;
};

} // namespace

Result<json::value> parse_yaml(std::string_view text, std::string_view name) {
    try {
        std::istringstream in{std::string(text)};
        YAML::Parser parser(in);
        Builder builder;
        if (!parser.HandleNextDocument(builder))
            return fail(Errc::InvalidArgument, "{}: the file is empty", name);
        Builder second;
        if (parser.HandleNextDocument(second))
            return fail(Errc::InvalidArgument, "{}: only one document is accepted", name);
        return builder.take();
    } catch (const YamlError& error) {
        return fail(Errc::InvalidArgument, "{}:{}:{}: {}", name, error.mark.line + 1,
                    error.mark.column + 1, error.what);
    } catch (const YAML::Exception& error) {
        return fail(Errc::InvalidArgument, "{}:{}:{}: {}", name, error.mark.line + 1,
                    error.mark.column + 1, error.msg);
    }
}

} // namespace pf
