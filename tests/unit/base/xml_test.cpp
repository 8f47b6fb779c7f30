#include "base/xml.hpp"

#include <gtest/gtest.h>

namespace pf {
namespace {

TEST(Xml, EscapesMarkupAndKeepsLegalText) {
    EXPECT_EQ(xml_escaped("a <b> & \"c\" 'd'"), "a &lt;b&gt; &amp; &quot;c&quot; 'd'");
    EXPECT_EQ(xml_escaped("Z\xC3\xBCrich\n\t"), "Z\xC3\xBCrich\n\t");
    // A bare carriage return would come back as a line feed.
    EXPECT_EQ(xml_escaped("a\r\n"), "a&#13;\n");
    EXPECT_EQ(xml_escaped(std::string_view("a\0b\x1b[0m", 7)), "a\xEF\xBF\xBD"
                                                               "b\xEF\xBF\xBD[0m");
    std::string out = "<x>";
    append_xml_escaped(out, "&");
    EXPECT_EQ(out, "<x>&amp;");
    EXPECT_EQ(xml_escaped(""), "");
}

} // namespace
} // namespace pf
