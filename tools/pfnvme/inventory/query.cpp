#include "tools/pfnvme/inventory/query.hpp"

#include "base/options.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <set>

namespace pf::nvmetool {

namespace {

constexpr std::size_t kMaxLength = 16 * 1024;
constexpr int kMaxDepth = 100;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

std::string lower_text(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

bool word_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' ||
           c == ':' || c == '/' || c == '*' || c == '?' || c == '@' || c == '+';
}

struct Literal {
    std::string text;
    std::optional<std::int64_t> number;
    std::optional<bool> flag;
};

struct Token {
    enum class Kind { End, Word, Text, Symbol, Bad };
    Kind kind = Kind::End;
    std::string text;
    std::size_t column = 1;
};

class Lexer {
  public:
    explicit Lexer(std::string_view text) : text_(text) {}

    Token next() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
            ++at_;
        }
        Token token;
        token.column = at_ + 1;
        if (at_ == text_.size()) {
            return token;
        }
        const char c = text_[at_];
        if (c == '\'' || c == '"') {
            return quoted(token, c);
        }
        for (const std::string_view symbol :
             {"==", "!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","}) {
            if (text_.substr(at_).starts_with(symbol)) {
                token.kind = Token::Kind::Symbol;
                token.text = symbol;
                at_ += symbol.size();
                return token;
            }
        }
        if (!word_char(c)) {
            token.kind = Token::Kind::Bad;
            token.text = c;
            return token;
        }
        const std::size_t start = at_;
        while (at_ < text_.size() && word_char(text_[at_])) {
            ++at_;
        }
        token.kind = Token::Kind::Word;
        token.text = text_.substr(start, at_ - start);
        return token;
    }

  private:
    // A quote inside is doubled.
    Token quoted(Token token, char quote) {
        ++at_;
        while (at_ < text_.size()) {
            if (text_[at_] == quote) {
                if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
                    ++at_;
                } else {
                    ++at_;
                    token.kind = Token::Kind::Text;
                    return token;
                }
            }
            token.text += text_[at_++];
        }
        token.kind = Token::Kind::Bad;
        token.text = "unfinished text";
        return token;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

struct QueryNode {
    enum class Op { And, Or, Not, True, Equal, Less, In, Like, Contains, IsNull };
    Op op = Op::True;
    std::string field;
    std::size_t column = 1;
    std::vector<Literal> literals;
    bool or_equal = false; // of Less
    bool greater = false;  // of Less, other way round
    bool negated = false;  // of Equal: !=
    std::vector<std::shared_ptr<const QueryNode>> children;
};

namespace {

using Node = std::shared_ptr<const QueryNode>;
using Op = QueryNode::Op;

class Parser {
  public:
    explicit Parser(std::string_view text) : lexer_(text) { advance(); }

    Result<Node> parse() {
        if (word("where")) {
            advance();
        }
        if (token_.kind == Token::Kind::End) {
            return Node();
        }
        PF_TRY(Node node, disjunction(0));
        if (token_.kind != Token::Kind::End) {
            return expected("'and', 'or' or the end");
        }
        return node;
    }

  private:
    void advance() { token_ = lexer_.next(); }
    [[nodiscard]] bool word(std::string_view text) const {
        return token_.kind == Token::Kind::Word && lower_text(token_.text) == text;
    }
    [[nodiscard]] bool symbol(std::string_view text) const {
        return token_.kind == Token::Kind::Symbol && token_.text == text;
    }

    tl::unexpected<Error> expected(std::string_view what) const {
        return fail(
            Errc::InvalidArgument, "query, column {}: expected {}, found {}", token_.column, what,
            token_.kind == Token::Kind::End ? std::string("the end") : "'" + token_.text + "'");
    }

    Result<Node> chain(int depth, Op op, std::string_view joint) {
        auto out = std::make_shared<QueryNode>();
        out->op = op;
        while (true) {
            PF_TRY(Node child, op == Op::Or ? chain(depth, Op::And, "and") : negation(depth));
            out->children.push_back(std::move(child));
            if (!word(joint)) {
                break;
            }
            advance();
        }
        return out->children.size() == 1 ? out->children.front() : Node(out);
    }
    Result<Node> disjunction(int depth) { return chain(depth, Op::Or, "or"); }

    Result<Node> negation(int depth) {
        if (depth > kMaxDepth) {
            return fail(Errc::InvalidArgument, "query, column {}: nested too deeply",
                        token_.column);
        }
        if (word("not")) {
            advance();
            PF_TRY(Node child, negation(depth + 1));
            return negate(std::move(child));
        }
        if (symbol("(")) {
            advance();
            PF_TRY(Node node, disjunction(depth + 1));
            if (!symbol(")")) {
                return expected("')'");
            }
            advance();
            return node;
        }
        return test();
    }

    static Node negate(Node child) {
        auto out = std::make_shared<QueryNode>();
        out->op = Op::Not;
        out->children.push_back(std::move(child));
        return out;
    }

    Result<Node> test() {
        if (token_.kind != Token::Kind::Word) {
            return expected("a field");
        }
        auto node = std::make_shared<QueryNode>();
        node->field = token_.text;
        node->column = token_.column;
        advance();
        if (word("is")) {
            advance();
            const bool negated = word("not");
            if (negated) {
                advance();
            }
            if (!word("null")) {
                return expected("'null'");
            }
            advance();
            node->op = Op::IsNull;
            return negated ? negate(node) : Node(node);
        }
        const bool negated = word("not");
        if (negated) {
            advance();
        }
        if (word("in") || word("like") || word("contains")) {
            PF_CHECK(word_test(*node));
            return negated ? negate(node) : Node(node);
        }
        if (negated) {
            return expected("'in', 'like' or 'contains'");
        }
        PF_CHECK(comparison(*node));
        return Node(node);
    }

    Result<void> word_test(QueryNode& node) {
        const bool in = word("in");
        node.op = in ? Op::In : word("like") ? Op::Like : Op::Contains;
        advance();
        if (!in) {
            return literal(node);
        }
        if (!symbol("(")) {
            return expected("'('");
        }
        do {
            advance();
            PF_CHECK(literal(node));
        } while (symbol(","));
        if (!symbol(")")) {
            return expected("',' or ')'");
        }
        advance();
        return {};
    }

    Result<void> comparison(QueryNode& node) {
        if (token_.kind != Token::Kind::Symbol || token_.text == "(" || token_.text == ")" ||
            token_.text == ",") {
            node.op = Op::True; // the field alone
            return {};
        }
        const std::string op = token_.text;
        advance();
        if (op == "=" || op == "==" || op == "!=" || op == "<>") {
            node.op = Op::Equal;
            node.negated = op == "!=" || op == "<>";
        } else {
            node.op = Op::Less;
            node.greater = op.front() == '>';
            node.or_equal = op.size() == 2;
        }
        return literal(node);
    }

    Result<void> literal(QueryNode& node) {
        Literal out;
        out.text = token_.text;
        if (token_.kind == Token::Kind::Word) {
            const std::string text = lower_text(token_.text);
            if (text == "true" || text == "false") {
                out.flag = text == "true";
            } else {
                number_of(token_.text, out);
            }
        } else if (token_.kind != Token::Kind::Text) {
            return expected("a value");
        }
        node.literals.push_back(std::move(out));
        advance();
        return {};
    }

    static void number_of(const std::string& text, Literal& out) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && end == text.data() + text.size()) {
            out.number = number;
        } else if (std::isdigit(static_cast<unsigned char>(text.front())) != 0 &&
                   std::isalpha(static_cast<unsigned char>(text.back())) != 0) {
            if (const Result<std::int64_t> size = parse_size_bytes(text)) {
                out.number = *size;
            }
        }
    }

    Lexer lexer_;
    Token token_;
};

bool dotted_number(std::string_view text) {
    bool dot = false;
    bool digit = false;
    for (const char c : text) {
        if (c == '.') {
            if (!digit) {
                return false;
            }
            dot = true;
            digit = false;
        } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
            digit = true;
        } else {
            return false;
        }
    }
    return dot && digit;
}

int compare_texts(const std::string& left, const std::string& right) {
    if (dotted_number(left) && dotted_number(right)) {
        return compare_versions(left, right);
    }
    std::int64_t a = 0;
    std::int64_t b = 0;
    const auto left_end = std::from_chars(left.data(), left.data() + left.size(), a);
    const auto right_end = std::from_chars(right.data(), right.data() + right.size(), b);
    if (!left.empty() && !right.empty() && left_end.ptr == left.data() + left.size() &&
        right_end.ptr == right.data() + right.size()) {
        return a < b ? -1 : a > b ? 1 : 0;
    }
    return left.compare(right);
}

std::optional<int> compare(const FieldValue& value, const Literal& literal) {
    if (const auto* flag = std::get_if<bool>(&value)) {
        const bool other = literal.flag.value_or(literal.number.value_or(0) != 0);
        return static_cast<int>(*flag) - static_cast<int>(other);
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        if (literal.flag) {
            return static_cast<int>(*number != 0) - static_cast<int>(*literal.flag);
        }
        if (literal.number) {
            return *number < *literal.number ? -1 : *number > *literal.number ? 1 : 0;
        }
        return std::to_string(*number).compare(literal.text);
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        return compare_texts(*text, literal.text);
    }
    return std::nullopt;
}

bool contains_text(std::string_view text, std::string_view part) {
    return lower_text(text).find(lower_text(part)) != std::string::npos;
}

bool scalar_test(const QueryNode& node, const FieldValue& value, FieldKind kind) {
    switch (node.op) {
    case Op::Equal:
    case Op::In:
        return std::any_of(node.literals.begin(), node.literals.end(), [&](const Literal& item) {
            return compare(value, item) == std::optional(0);
        });
    case Op::Less: {
        const std::optional<int> order = compare(value, node.literals.front());
        if (!order) {
            return false;
        }
        return (*order == 0 && node.or_equal) || (node.greater ? *order > 0 : *order < 0);
    }
    case Op::Like:
        return wildcard_match(node.literals.front().text, field_text(value, kind));
    case Op::Contains:
        return contains_text(field_text(value, kind), node.literals.front().text);
    default:
        return false;
    }
}

bool test_value(const QueryNode& node, const QueryField& field) {
    if (std::holds_alternative<std::monostate>(field.value)) {
        return false; // not even !=: nothing is known
    }
    bool yes = false;
    if (field.kind == FieldKind::List || field.kind == FieldKind::Map) {
        const auto* text = std::get_if<std::string>(&field.value);
        std::vector<std::string> items;
        if (text != nullptr && field.kind == FieldKind::List) {
            items = decode_list(*text);
        } else if (text != nullptr) {
            for (const auto& [key, value] : decode_map(*text)) {
                items.push_back(key + "=" + value);
            }
        }
        yes = std::any_of(items.begin(), items.end(), [&](const std::string& item) {
            return scalar_test(node, FieldValue(item), FieldKind::Text);
        });
    } else {
        yes = scalar_test(node, field.value, field.kind);
    }
    return node.negated ? !yes : yes;
}

bool truth(const QueryField& field) {
    if (const auto* flag = std::get_if<bool>(&field.value)) {
        return *flag;
    }
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        return *number != 0;
    }
    const auto* text = std::get_if<std::string>(&field.value);
    return text != nullptr && !text->empty() && *text != "[]" && *text != "{}";
}

// attributes.owner: the key "owner" of the map "attributes".
QueryField lookup(const std::string& name,
                  const std::function<QueryField(std::string_view)>& field_of) {
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) {
        return field_of(name);
    }
    const QueryField map = field_of(std::string_view(name).substr(0, dot));
    const auto* text = std::get_if<std::string>(&map.value);
    if (map.kind != FieldKind::Map || text == nullptr) {
        return field_of(name);
    }
    const auto values = decode_map(*text);
    const auto found = values.find(name.substr(dot + 1));
    return found == values.end() ? QueryField{} : QueryField{found->second, FieldKind::Text};
}

bool evaluate(const QueryNode& node, const std::function<QueryField(std::string_view)>& field_of) {
    switch (node.op) {
    case Op::And:
        return std::all_of(node.children.begin(), node.children.end(),
                           [&](const Node& child) { return evaluate(*child, field_of); });
    case Op::Or:
        return std::any_of(node.children.begin(), node.children.end(),
                           [&](const Node& child) { return evaluate(*child, field_of); });
    case Op::Not:
        return !evaluate(*node.children.front(), field_of);
    case Op::IsNull:
        return std::holds_alternative<std::monostate>(lookup(node.field, field_of).value);
    case Op::True:
        return truth(lookup(node.field, field_of));
    default:
        return test_value(node, lookup(node.field, field_of));
    }
}

void each_field(const QueryNode& node, const std::function<void(const QueryNode&)>& sink) {
    if (node.children.empty()) {
        sink(node);
    }
    for (const Node& child : node.children) {
        each_field(*child, sink);
    }
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

} // namespace

bool wildcard_match(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t mark = 0;
    while (t < text.size()) {
        if (p < pattern.size() && (pattern[p] == '?' || lower(pattern[p]) == lower(text[t])) &&
            pattern[p] != '*') {
            ++p;
            ++t;
        } else if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            mark = t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') {
        ++p;
    }
    return p == pattern.size();
}

Result<Query> Query::parse(std::string_view text) {
    if (text.size() > kMaxLength) {
        return fail(Errc::InvalidArgument, "a query is at most {} bytes long", kMaxLength);
    }
    Query out;
    PF_TRY(out.root_, Parser(text).parse());
    return out;
}

Result<void> Query::check(const std::vector<Column>& columns) const {
    if (!root_) {
        return {};
    }
    Result<void> out;
    each_field(*root_, [&](const QueryNode& node) {
        const std::string head = node.field.substr(0, node.field.find('.'));
        const bool known = std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
            return column.name == node.field ||
                   (column.name == head && column.kind == FieldKind::Map);
        });
        if (known || !out) {
            return;
        }
        const auto nearest =
            std::min_element(columns.begin(), columns.end(), [&](const Column& a, const Column& b) {
                return edit_distance(head, a.name) < edit_distance(head, b.name);
            });
        out = fail(Errc::InvalidArgument, "query, column {}: there is no field '{}'{}", node.column,
                   node.field,
                   nearest == columns.end() ? "" : "; did you mean '" + nearest->name + "'?");
    });
    return out;
}

bool Query::matches(const std::function<QueryField(std::string_view)>& field_of) const {
    return !root_ || evaluate(*root_, field_of);
}

bool Query::matches(const std::vector<Column>& columns, const Row& row) const {
    return matches([&](std::string_view name) -> QueryField {
        for (std::size_t i = 0; i < columns.size() && i < row.size(); ++i) {
            if (columns[i].name == name) {
                return {row[i], columns[i].kind};
            }
        }
        return {};
    });
}

std::vector<std::string> Query::field_names() const {
    std::set<std::string> out;
    if (root_) {
        each_field(*root_, [&out](const QueryNode& node) { out.insert(node.field); });
    }
    return {out.begin(), out.end()};
}

} // namespace pf::nvmetool
