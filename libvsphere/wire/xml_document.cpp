#include "libvsphere/wire/xml_document.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace pf::vim::xml {

namespace {

constexpr size_t kMaxText = size_t{1} << 31; ///< offsets are 32 bits
constexpr size_t kMaxName = 0xFFFF;

enum : uint8_t {
    kSpace = 1,
    kNameEnd = 2,  ///< is no part of a name
    kNameHead = 4, ///< may begin a name
    kTextStop = 8, ///< ends plain text: < & CR NUL
};

constexpr std::array<uint8_t, 256> make_classes() {
    std::array<uint8_t, 256> table{};
    for (unsigned char c : {' ', '\t', '\n', '\r'})
        table[c] = kSpace;
    for (unsigned c = 'a'; c <= 'z'; ++c)
        table[c] |= kNameHead;
    for (unsigned c = 'A'; c <= 'Z'; ++c)
        table[c] |= kNameHead;
    table['_'] |= kNameHead;
    table[':'] |= kNameHead;
    for (unsigned c = 0x80; c < 256; ++c)
        table[c] |= kNameHead;
    for (unsigned c = 0; c < 256; ++c) {
        const bool more = (c >= '0' && c <= '9') || c == '-' || c == '.';
        if (!more && (table[c] & kNameHead) == 0)
            table[c] |= kNameEnd;
    }
    for (unsigned char c : {'<', '&', '\r', '\0'})
        table[c] |= kTextStop;
    return table;
}
constexpr std::array<uint8_t, 256> kClass = make_classes();

bool is(char c, uint8_t what) { return (kClass[static_cast<unsigned char>(c)] & what) != 0; }

Ns ns_of_uri(std::string_view uri) {
    if (uri == "urn:vim25")
        return Ns::Vim;
    if (uri == "http://schemas.xmlsoap.org/soap/envelope/")
        return Ns::Soap;
    if (uri == "http://www.w3.org/2001/XMLSchema-instance")
        return Ns::Xsi;
    if (uri == "http://www.w3.org/2001/XMLSchema")
        return Ns::Xsd;
    return uri.empty() ? Ns::None : Ns::Other;
}

/// Writes `code` as UTF-8; false when it is no character.
bool put_utf8(uint32_t code, char*& out) {
    if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return false;
    auto put = [&out](uint32_t byte) { *out++ = static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | code >> 6);
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3F));
        put(0x80 | (code >> 6 & 0x3F));
        put(0x80 | (code & 0x3F));
    }
    return true;
}

/// A reference at `in` ("&…;"): moves both on. What is none stays as it stands, as other readers
/// do.
void unescape_one(const char*& in, const char* end, char*& out) {
    const auto left = static_cast<size_t>(end - in);
    const char* close = static_cast<const char*>(std::memchr(in, ';', left < 12 ? left : 12));
    if (close) {
        const std::string_view name(in + 1, static_cast<size_t>(close - in - 1));
        char plain = 0;
        if (name == "lt")
            plain = '<';
        else if (name == "gt")
            plain = '>';
        else if (name == "amp")
            plain = '&';
        else if (name == "quot")
            plain = '"';
        else if (name == "apos")
            plain = '\'';
        if (plain != 0) {
            *out++ = plain;
            in = close + 1;
            return;
        }
        if (name.size() > 1 && name[0] == '#') {
            const bool hex = name[1] == 'x';
            const char* digits = name.data() + (hex ? 2 : 1);
            uint32_t code = 0;
            auto [stop, error] = std::from_chars(digits, close, code, hex ? 16 : 10);
            if (error == std::errc{} && stop == close && put_utf8(code, out)) {
                in = close + 1;
                return;
            }
        }
    }
    *out++ = *in++;
}

} // namespace

class Parser {
  public:
    explicit Parser(Document& document)
        : d_(document), begin_(document.text_.data()), at_(begin_),
          end_(begin_ + document.text_.size()) {}

    Result<void> run() {
        if (d_.text_.size() >= 3 && std::memcmp(begin_, "\xEF\xBB\xBF", 3) == 0)
            at_ += 3;
        while (at_ < end_) {
            if (*at_ != '<') {
                PF_CHECK(text());
            } else if (at_[1] == '/') {
                PF_CHECK(close());
            } else if (at_[1] == '!') {
                PF_CHECK(declaration());
            } else if (at_[1] == '?') {
                PF_CHECK(skip_to("?>", "processing instruction"));
            } else {
                PF_CHECK(open());
            }
        }
        if (!stack_.empty())
            return bad("an element is not closed");
        if (d_.nodes_.empty())
            return bad("no element");
        return {};
    }

  private:
    struct Open {
        uint32_t node, qname, qname_size;
        uint32_t bindings; ///< how many there were before this element
        bool had_child;
    };
    struct Binding {
        std::string_view prefix;
        Ns ns;
    };
    struct RawAttribute {
        std::string_view name, value;
    };

    tl::unexpected<Error> bad(std::string_view what) const {
        return fail(Errc::Protocol, "malformed XML at byte {}: {}", at_ - begin_, what);
    }
    uint32_t offset(const char* p) const { return static_cast<uint32_t>(p - begin_); }

    Ns lookup(std::string_view prefix) const {
        for (size_t i = bindings_.size(); i-- > 0;) {
            if (bindings_[i].prefix == prefix)
                return bindings_[i].ns;
        }
        return Ns::None;
    }

    Result<void> skip_to(std::string_view mark, std::string_view what) {
        const std::string_view rest(at_, static_cast<size_t>(end_ - at_));
        const size_t found = rest.find(mark, 2);
        if (found == std::string_view::npos)
            return bad(fmt::format("{} without end", what));
        at_ += found + mark.size();
        return {};
    }

    /// Adds a run of character data to the innermost element. Further runs (around a comment or a
    /// CDATA section) are moved down behind the first, which is safe: nothing but skipped text lies
    /// between.
    void add_text(const char* from, size_t size) {
        if (stack_.empty() || stack_.back().had_child || size == 0)
            return;
        Document::Node& node = d_.nodes_[stack_.back().node];
        if (node.text_size == 0) {
            node.text = offset(from);
        } else {
            char* behind = begin_ + node.text + node.text_size;
            if (behind != from)
                std::memmove(behind, from, size);
        }
        node.text_size += static_cast<uint32_t>(size);
    }

    Result<void> text() {
        char* from = at_;
        while (!is(*at_, kTextStop))
            ++at_;
        if (*at_ == '<') {
            if (stack_.empty()) {
                for (const char* c = from; c < at_; ++c) {
                    if (!is(*c, kSpace))
                        return bad("text outside the document element");
                }
                return {};
            }
            add_text(from, static_cast<size_t>(at_ - from));
            return {};
        }
        // References or carriage returns: rewritten in place.
        const char* in = at_;
        char* out = at_;
        while (in < end_ && *in != '<') {
            if (*in == '&') {
                unescape_one(in, end_, out);
            } else if (*in == '\r') {
                *out++ = '\n';
                in += in + 1 < end_ && in[1] == '\n' ? 2 : 1;
            } else if (*in == '\0') {
                return bad("a NUL byte");
            } else {
                *out++ = *in++;
            }
        }
        if (stack_.empty()) {
            for (const char* c = from; c < out; ++c) {
                if (!is(*c, kSpace))
                    return bad("text outside the document element");
            }
        }
        add_text(from, static_cast<size_t>(out - from));
        at_ += in - at_;
        return {};
    }

    /// CR LF and CR become LF in place; returns the new end.
    static char* normalize_lines(char* from, char* end) {
        char* out = std::find(from, end, '\r');
        for (const char* in = out; in < end; ++in) {
            if (*in != '\r')
                *out++ = *in;
            else if (in + 1 == end || in[1] != '\n')
                *out++ = '\n';
        }
        return out;
    }

    Result<void> declaration() {
        const std::string_view rest(at_, static_cast<size_t>(end_ - at_));
        if (rest.substr(0, 4) == "<!--") {
            const size_t found = rest.find("-->", 4);
            if (found == std::string_view::npos)
                return bad("comment without end");
            at_ += found + 3;
            return {};
        }
        if (rest.substr(0, 9) == "<![CDATA[") {
            const size_t found = rest.find("]]>", 9);
            if (found == std::string_view::npos)
                return bad("CDATA section without end");
            if (stack_.empty())
                return bad("text outside the document element");
            char* from = at_ + 9;
            char* end = at_ + found;
            add_text(from, static_cast<size_t>(normalize_lines(from, end) - from));
            at_ += found + 3;
            return {};
        }
        return bad("a document type is not accepted");
    }

    Result<void> close() {
        if (stack_.empty())
            return bad("an end tag without its start");
        const Open& open = stack_.back();
        char* name = at_ + 2;
        if (static_cast<size_t>(end_ - name) < open.qname_size ||
            std::memcmp(name, begin_ + open.qname, open.qname_size) != 0)
            return bad("an end tag of another element");
        char* after = name + open.qname_size;
        while (is(*after, kSpace))
            ++after;
        if (*after != '>')
            return bad("an end tag of another element");
        at_ = after + 1;
        leave();
        return {};
    }

    void leave() {
        const Open& open = stack_.back();
        Document::Node& node = d_.nodes_[open.node];
        node.end = static_cast<uint32_t>(d_.nodes_.size());
        bindings_.resize(open.bindings);
        stack_.pop_back();
    }

    Result<void> open() {
        if (stack_.size() >= static_cast<size_t>(kMaxDepth))
            return fail(Errc::Protocol, "XML is nested deeper than {} levels", kMaxDepth);
        if (stack_.empty() && !d_.nodes_.empty())
            return bad("a second document element");
        char* qname = at_ + 1;
        if (!is(*qname, kNameHead))
            return bad("a tag without a name");
        char* after = qname;
        char* colon = nullptr;
        while (!is(*after, kNameEnd)) {
            if (*after == ':' && !colon)
                colon = after;
            ++after;
        }
        if (static_cast<size_t>(after - qname) > kMaxName)
            return bad("a name is too long");
        if (!stack_.empty())
            stack_.back().had_child = true;
        const auto bindings = static_cast<uint32_t>(bindings_.size());
        stack_.push_back({static_cast<uint32_t>(d_.nodes_.size()), offset(qname),
                          static_cast<uint32_t>(after - qname), bindings, false});
        d_.nodes_.emplace_back();
        Document::Node& node = d_.nodes_.back();
        const char* local = colon ? colon + 1 : qname;
        node.name = offset(local);
        node.name_size = static_cast<uint16_t>(after - local);
        at_ = after;
        if (*at_ != '>')
            PF_CHECK(attributes(node));
        node.ns = colon ? lookup({qname, static_cast<size_t>(colon - qname)}) : lookup({});
        if (*at_ == '/') {
            if (at_[1] != '>')
                return bad("a / inside a tag");
            at_ += 2;
            leave();
            return {};
        }
        ++at_; // '>'
        return {};
    }

    /// From behind the name to the closing '>' or "/>".
    Result<void> attributes(Document::Node& node) {
        raw_.clear();
        while (true) {
            const bool spaced = is(*at_, kSpace);
            while (is(*at_, kSpace))
                ++at_;
            if (*at_ == '>' || *at_ == '/')
                break;
            if (!spaced || !is(*at_, kNameHead))
                return bad("a malformed tag");
            char* name = at_;
            while (!is(*at_, kNameEnd))
                ++at_;
            const std::string_view key(name, static_cast<size_t>(at_ - name));
            while (is(*at_, kSpace))
                ++at_;
            if (*at_ != '=')
                return bad("an attribute without a value");
            ++at_;
            while (is(*at_, kSpace))
                ++at_;
            const char quote = *at_;
            if (quote != '"' && quote != '\'')
                return bad("an attribute value without quotes");
            char* value = ++at_;
            char* out = value;
            const char* in = value;
            while (in < end_ && *in != quote) {
                if (*in == '<' || *in == '\0')
                    return bad("an attribute value without end");
                if (*in == '&')
                    unescape_one(in, end_, out);
                else if (is(*in, kSpace))
                    *out++ = ' ', ++in;
                else
                    *out++ = *in++;
            }
            if (in >= end_)
                return bad("an attribute value without end");
            at_ += in - at_ + 1;
            raw_.push_back({key, {value, static_cast<size_t>(out - value)}});
        }
        for (const RawAttribute& a : raw_) {
            if (a.name == "xmlns")
                bindings_.push_back({{}, ns_of_uri(a.value)});
            else if (a.name.substr(0, 6) == "xmlns:")
                bindings_.push_back({a.name.substr(6), ns_of_uri(a.value)});
        }
        for (const RawAttribute& a : raw_) {
            if (a.value.size() > kMaxName)
                return bad("an attribute value is too long");
            const size_t colon = a.name.find(':');
            if (a.name == "type") {
                node.ref = offset(a.value.data());
                node.ref_size = static_cast<uint16_t>(a.value.size());
            } else if (colon != std::string_view::npos && a.name.substr(colon + 1) == "type" &&
                       lookup(a.name.substr(0, colon)) == Ns::Xsi) {
                std::string_view type = a.value;
                if (const size_t prefix = type.find(':'); prefix != std::string_view::npos)
                    type.remove_prefix(prefix + 1);
                node.xsi = offset(type.data());
                node.xsi_size = static_cast<uint16_t>(type.size());
            } else if (a.name.substr(0, 5) != "xmlns") {
                node.has_attributes = true;
                d_.attributes_.push_back(
                    {static_cast<uint32_t>(d_.nodes_.size() - 1), offset(a.name.data()),
                     static_cast<uint32_t>(a.name.size()), offset(a.value.data()),
                     static_cast<uint32_t>(a.value.size())});
            }
        }
        return {};
    }

    Document& d_;
    char* begin_;
    char* at_;
    char* end_; ///< holds the string's NUL, which stops every scan
    std::vector<Open> stack_;
    std::vector<Binding> bindings_;
    std::vector<RawAttribute> raw_;
};

Result<Document> Document::parse(std::string text) {
    if (text.size() >= kMaxText)
        return fail(Errc::LimitExceeded, "an XML document of {} bytes is too large", text.size());
    Document document;
    document.nodes_.reserve(text.size() / 40 + 16);
    document.text_ = std::move(text);
    PF_CHECK(Parser(document).run());
    return document;
}

Element Document::root() const {
    return nodes_.empty() ? Element{} : Element{this, 0, static_cast<uint32_t>(nodes_.size())};
}

size_t Element::count_children() const {
    if (!document_)
        return 0;
    size_t count = 0;
    const uint32_t end = document_->nodes_[index_].end;
    for (uint32_t at = index_ + 1; at < end; at = document_->nodes_[at].end)
        ++count;
    return count;
}

std::string_view Element::attribute(std::string_view name) const {
    if (!document_ || !document_->nodes_[index_].has_attributes)
        return {};
    const std::vector<Document::Attribute>& all = document_->attributes_;
    auto at = std::lower_bound(
        all.begin(), all.end(), index_,
        [](const Document::Attribute& a, uint32_t index) { return a.node < index; });
    for (; at != all.end() && at->node == index_; ++at) {
        if (document_->range(at->name, at->name_size) == name)
            return document_->range(at->value, at->value_size);
    }
    return {};
}

} // namespace pf::vim::xml
