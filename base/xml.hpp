// Text as XML content or attribute value. One place, for every writer of XML, SVG and JUnit files.
#pragma once

#include <string>
#include <string_view>

namespace pf {

// Appends `text` so that an XML parser gives it back: markup characters and carriage returns as
// references. Control characters have no form in XML 1.0 at all; they become U+FFFD, so that the
// document stays legal.
void append_xml_escaped(std::string& out, std::string_view text);
std::string xml_escaped(std::string_view text);

} // namespace pf
