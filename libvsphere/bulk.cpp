#include "libvsphere/bulk.hpp"

#include "libvsphere/property_filter.hpp"
#include "libvsphere/wire/soap.hpp"

#include <future>

namespace pf::vim {

namespace {

constexpr size_t kMaxPages = 1'000'000; ///< a server that never ends its answer is broken
constexpr std::string_view kFirst = "RetrievePropertiesEx";
constexpr std::string_view kNext = "ContinueRetrievePropertiesEx";

bool says_not_logged_in(xml::Element page) {
    for (xml::Element object : xml::Children(page)) {
        if (object.name() != "objects")
            continue;
        for (xml::Element part : xml::Children(object)) {
            if (part.name() == "missingSet" &&
                part.child("fault").child("fault").xsi_type() == "NotAuthenticated")
                return true;
        }
    }
    return false;
}

/// A parsed page; the token is known before any object is looked at.
struct Page {
    xml::Document document;
    std::string token;
};

Result<Page> parse_page(std::string text, std::string_view method) {
    Page page;
    PF_TRY(page.document, xml::Document::parse(std::move(text)));
    PF_TRY(xml::Element response, response_element(page.document, method));
    const xml::Element result = response.child("returnval");
    page.token = result.child("token").text();
    if (says_not_logged_in(result))
        return fail(Errc::AuthFailed, "the session has expired, log in again");
    return page;
}

size_t show(const Page& page, std::string_view method,
            const std::function<void(const ObjectView&)>& object) {
    size_t count = 0;
    const Result<xml::Element> response = response_element(page.document, method);
    const xml::Element result = response ? response->child("returnval") : xml::Element{};
    for (xml::Element content : xml::Children(result)) {
        if (content.name() != "objects")
            continue;
        object(ObjectView(content));
        ++count;
    }
    return count;
}

/// Pages ahead of the reader by one. The fetch in flight is waited for before this goes away.
class Fetcher {
  public:
    explicit Fetcher(Session& session) : session_(session) {}
    ~Fetcher() {
        if (ahead_.valid()) {
            Result<std::string> page = ahead_.get();
            token_.clear();
            if (page) {
                if (Result<Page> parsed = parse_page(std::move(*page), kNext))
                    token_ = std::move(parsed->token);
            }
        }
        if (!token_.empty())
            (void)session_.call(session_.content().property_collector, "CancelRetrievePropertiesEx",
                                {{"token", Value(token_)}}, detail::cleanup_call());
    }
    Fetcher(const Fetcher&) = delete;
    Fetcher& operator=(const Fetcher&) = delete;

    void start(const std::string& token) {
        token_.clear();
        ahead_ = std::async(std::launch::async, [this, token] {
            return session_.call_text(session_.content().property_collector, kNext,
                                      {{"token", Value(token)}});
        });
    }
    Result<std::string> take() { return ahead_.get(); }

  private:
    Session& session_;
    std::string token_; ///< given back unless a fetch has used it
    std::future<Result<std::string>> ahead_;
};

Result<BulkStats> stream_once(Session& session, const MoRef& root, const PropertySpec& spec,
                              const BulkSink& sink) {
    BulkStats stats;
    PF_TRY(detail::ContainerView view, detail::ContainerView::create(session, root, {spec.type}));
    const DataObject filter = detail::view_filter(view.ref(), {spec});
    PF_TRY(std::string text,
           session.call_text(session.content().property_collector, kFirst,
                             {{"specSet", Value::array("PropertyFilterSpec", {Value(filter)})},
                              {"options", detail::retrieve_options(session)}}));
    std::string_view method = kFirst;
    Fetcher fetcher(session);
    while (true) {
        if (++stats.pages > kMaxPages)
            return fail(Errc::Protocol, "{}: the property collector never ends its answer",
                        session.endpoint());
        stats.bytes += text.size();
        PF_TRY(const Page page, parse_page(std::move(text), method));
        if (!page.token.empty())
            fetcher.start(page.token);
        stats.objects += show(page, method, sink.object);
        if (page.token.empty())
            return stats;
        PF_TRY(text, fetcher.take());
        method = kNext;
    }
}

} // namespace

ObjectView::ObjectView(xml::Element object_content) {
    props_.reserve(32);
    for (xml::Element part : xml::Children(object_content)) {
        const std::string_view name = part.name();
        if (name == "propSet") {
            const xml::Element val = part.child("val");
            if (val)
                props_.emplace_back(part.child("name").text(), View(val));
        } else if (name == "obj") {
            object = View(part).ref();
        } else if (name == "missingSet") {
            const xml::Element fault = part.child("fault").child("fault");
            missing.push_back({object, std::string(part.child("path").text()),
                               std::string(fault.xsi_type()),
                               std::string(fault.child("privilegeId").text())});
        }
    }
}

View ObjectView::operator[](std::string_view path) const {
    for (const auto& [name, value] : props_) {
        if (name == path)
            return value;
    }
    return {};
}

Result<BulkStats> stream_below(Session& session, const MoRef& root, const PropertySpec& spec,
                               const BulkSink& sink) {
    const uint64_t login = session.login_count();
    Result<BulkStats> first = stream_once(session, root, spec, sink);
    if (first)
        return first;
    // The view and the token are gone with the login that made them, whatever the fault is called.
    const bool expired =
        first.error().code == Errc::AuthFailed || is_fault(first.error(), "NotAuthenticated");
    if (!expired && session.login_count() == login)
        return first;
    if (session.login_count() == login)
        PF_CHECK(session.renew());
    if (sink.restart)
        sink.restart();
    return stream_once(session, root, spec, sink);
}

Result<std::string> read_page(std::string text, std::string_view method,
                              const std::function<void(const ObjectView&)>& object) {
    PF_TRY(Page page, parse_page(std::move(text), method));
    show(page, method, object);
    return std::move(page.token);
}

} // namespace pf::vim
