// The XML reader below every decoder, and views that read values where they stand.

#include "libvsphere/bulk.hpp"
#include "libvsphere/inventory_read.hpp"
#include "libvsphere/wire/soap.hpp"
#include "libvsphere/wire/view.hpp"
#include "libvsphere/wire/xml_document.hpp"
#include "tests/bench/vsphere/vm_page.hpp"

#include <gtest/gtest.h>

namespace pf::vim {
namespace {

using xml::Document;
using xml::Element;
using xml::Ns;

TEST(Document, KeepsElementsTextsAndTheTwoTypeAttributes) {
    auto document = Document::parse(
        "\xEF\xBB\xBF<?xml version='1.0'?><!-- c --><a xmlns:i=\"http://www.w3.org/2001/"
        "XMLSchema-instance\"><b type='Folder' i:type = \"x:Ref\" other=\"1 &lt; 2\">g-1</b>\n"
        "<c/><c>two</c></a>\n<!-- end -->");
    ASSERT_TRUE(document) << document.error().what;
    Element a = document->root();
    EXPECT_EQ(a.name(), "a");
    EXPECT_EQ(a.count_children(), 3u);
    Element b = a.child("b");
    EXPECT_EQ(b.text(), "g-1");
    EXPECT_EQ(b.ref_type(), "Folder");
    EXPECT_EQ(b.xsi_type(), "Ref");
    EXPECT_EQ(b.attribute("other"), "1 < 2");
    EXPECT_EQ(b.attribute("none"), "");
    EXPECT_EQ(a.child("c").next_sibling().text(), "two");
    EXPECT_FALSE(a.child("c").next_sibling().next_sibling());
    EXPECT_FALSE(a.child("d"));
    EXPECT_EQ(a.child("d").child("e").text(), "");
}

TEST(Document, ResolvesNamespacesByUriWithScopes) {
    auto document = Document::parse(
        "<p:Envelope xmlns:p=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns=\"urn:vim25\">"
        "<x/><p:y/><x xmlns=\"urn:other\"><z/></x><x/>"
        "<q:x xmlns:q=\"urn:vim25\" xmlns:p=\"http://www.w3.org/2001/XMLSchema-instance\" "
        "p:type=\"T\"/><x p:type=\"soap, not xsi\"/><unbound:x/></p:Envelope>");
    ASSERT_TRUE(document) << document.error().what;
    Element root = document->root();
    EXPECT_EQ(root.ns(), Ns::Soap);
    std::vector<Ns> seen;
    std::vector<std::string> types;
    for (Element c : xml::Children(root)) {
        seen.push_back(c.ns());
        types.emplace_back(c.xsi_type());
    }
    EXPECT_EQ(seen,
              (std::vector<Ns>{Ns::Vim, Ns::Soap, Ns::Other, Ns::Vim, Ns::Vim, Ns::Vim, Ns::None}));
    EXPECT_EQ(types, (std::vector<std::string>{"", "", "", "", "T", "", ""}));
    EXPECT_EQ(root.first_child().next_sibling().next_sibling().first_child().ns(), Ns::Other);
}

TEST(Document, RewritesReferencesAndLineEndsInPlace) {
    auto text_of = [](const std::string& inner) {
        auto document = Document::parse("<a>" + inner + "</a>");
        return document ? std::string(document->root().text()) : document.error().what;
    };
    EXPECT_EQ(text_of("x &lt;y&gt; &amp;&quot;&apos;"), "x <y> &\"'");
    EXPECT_EQ(text_of("&#65;&#x42;&#xe4;&#x20AC;&#x1F600;"),
              "AB\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
    EXPECT_EQ(text_of("a\r\nb\rc\n"), "a\nb\nc\n");
    EXPECT_EQ(text_of("one<!-- not this -->two<![CDATA[<&three>]]>four"), "onetwo<&three>four");
    EXPECT_EQ(text_of("<![CDATA[a\r\nb\r]]>\r\nc"), "a\nb\n\nc");
    EXPECT_EQ(text_of("  "), "  ");
    EXPECT_EQ(text_of("&unknown; &#0; &#xD800; & a"), "&unknown; &#0; &#xD800; & a");
    EXPECT_EQ(text_of("<?pi with > in it?>x"), "x");
}

TEST(Document, RefusesWhatIsNotXml) {
    for (const char* text : {"",
                             "   ",
                             "text",
                             "<a>",
                             "<a></b>",
                             "<a",
                             "<a b></a>",
                             "<a b=c></a>",
                             "<a b=\"c></a>",
                             "<a/><b/>",
                             "</a>",
                             "<a></a",
                             "<1/>",
                             "<a/>x",
                             "x<a/>",
                             "<!DOCTYPE a><a/>",
                             "<a><!-- </a>",
                             "<a><![CDATA[</a>",
                             "<a / b></a>",
                             "<a x='1'y='2'/>",
                             "<?xml",
                             "<a>&lt;",
                             "<a></a b>",
                             "<abc></ab>"}) {
        auto document = Document::parse(text);
        ASSERT_FALSE(document) << text;
        EXPECT_EQ(document.error().code, Errc::Protocol) << text;
        EXPECT_FALSE(document.error().what.empty());
    }
    EXPECT_FALSE(Document::parse(std::string("<a>\0</a>", 8)));
    std::string deep;
    for (int i = 0; i <= xml::kMaxDepth; ++i)
        deep += "<a>";
    auto document = Document::parse(deep);
    ASSERT_FALSE(document);
    EXPECT_NE(document.error().what.find("nested"), std::string::npos);
}

TEST(View, ReadsListsReferencesAndNumbers) {
    auto document = Document::parse(
        "<r xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><val xsi:type=\"ArrayOfLong\">"
        "<long>1</long><long> +2 </long></val><n>a</n><m/><n>b</n><ref type=\"Task\">t-1</ref>"
        "<flag>1</flag></r>");
    ASSERT_TRUE(document) << document.error().what;
    View r(document->root());
    EXPECT_EQ(r["val"].texts(), (std::vector<std::string>{"1", " +2 "}));
    int64_t sum = 0;
    for (View item : r["val"].items())
        sum += item.int_or(100);
    EXPECT_EQ(sum, 3);
    EXPECT_EQ(r["n"].texts(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(r["ref"].ref(), (MoRef{"Task", "t-1"}));
    EXPECT_TRUE(r["n"].ref().empty());
    EXPECT_TRUE(r["flag"].bool_or(false));
    EXPECT_FALSE(r["m"].bool_or(false));
    EXPECT_EQ(r["m"].int_or(7), 7);
    EXPECT_FALSE(r["absent"].is_set());
    EXPECT_TRUE(r["absent"].texts().empty());
    EXPECT_EQ(r["absent"].text_or("x"), "x");
    // An array that an empty element stands for has no items.
    auto empty = Document::parse("<r><val/></r>");
    ASSERT_TRUE(empty);
    EXPECT_TRUE(View(empty->root())["val"].texts().empty());
}

/// The two ways from the same text to a VM must agree.
TEST(Bulk, ViewsAndValuesGiveTheSameVms) {
    const std::string text = bench::vm_page(3, 41);
    std::vector<Vm> by_view;
    auto token = read_page(text, "RetrievePropertiesEx",
                           [&](const ObjectView& o) { by_view.push_back(detail::to_vm(o)); });
    ASSERT_TRUE(token) << token.error().what;
    EXPECT_EQ(*token, "");
    Call call;
    call.self = {"PropertyCollector", "p"};
    call.method = "RetrievePropertiesEx";
    auto reply = decode_reply(text, call, {});
    ASSERT_TRUE(reply) << reply.error().what;
    ASSERT_EQ(by_view.size(), 3u);
    size_t at = 0;
    for (const Value& object : reply->result["objects"].items()) {
        ObjectProps props;
        props.object = object["obj"].ref();
        for (const Value& p : object["propSet"].items())
            props.props[p["name"].text()] = p["val"];
        const Vm a = detail::to_vm(props);
        const Vm& b = by_view[at++];
        EXPECT_EQ(a.ref, b.ref);
        EXPECT_EQ(a.name, b.name);
        EXPECT_EQ(b.name, "app-000" + std::to_string(40 + at) + " & web tier");
        EXPECT_EQ(a.annotation, b.annotation);
        EXPECT_EQ(a.host, b.host);
        EXPECT_EQ(b.host.type, "HostSystem");
        EXPECT_EQ(a.memory_mb, b.memory_mb);
        EXPECT_EQ(b.memory_mb, 16384);
        EXPECT_EQ(a.datastores, b.datastores);
        ASSERT_EQ(b.datastores.size(), 1u);
        ASSERT_EQ(b.disks.size(), 2u);
        ASSERT_EQ(a.disks.size(), 2u);
        for (size_t i = 0; i < 2; ++i) {
            EXPECT_EQ(a.disks[i].backing.file_name, b.disks[i].backing.file_name);
            EXPECT_EQ(a.disks[i].backing.kind, b.disks[i].backing.kind);
            EXPECT_EQ(a.disks[i].backing.datastore, b.disks[i].backing.datastore);
            EXPECT_EQ(b.disks[i].capacity_bytes, 107374182400);
            EXPECT_EQ(a.disks[i].label, b.disks[i].label);
            EXPECT_EQ(b.disks[i].backing.thin, true);
        }
        ASSERT_EQ(a.controllers.size(), b.controllers.size());
        EXPECT_EQ(b.controllers.size(), 5u);
        ASSERT_EQ(a.files.size(), b.files.size());
        EXPECT_EQ(a.files.back().name, b.files.back().name);
        EXPECT_EQ(a.files.back().size_bytes, b.files.back().size_bytes);
        EXPECT_EQ(a.extra_config, b.extra_config);
        EXPECT_EQ(b.extra_config.size(), 40u);
        ASSERT_EQ(b.usage.size(), 1u);
        EXPECT_EQ(a.usage[0].committed_bytes, b.usage[0].committed_bytes);
    }
}

} // namespace
} // namespace pf::vim
