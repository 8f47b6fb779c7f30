#include "base/json.hpp"
#include "base/yaml.hpp"

#include <gtest/gtest.h>

namespace pf {
namespace {

std::string canon(std::string_view text) {
    const auto value = parse_yaml(text);
    return value ? canonical_json(*value) : "error: " + value.error().what;
}

TEST(Yaml, PlainValues) {
    EXPECT_EQ(canon("a: 1\nb: [x, \"2\", 3.5, true, ~]\nc: {d: no, e: -4}\n"),
              R"({"a":1,"b":["x","2",3.5E0,true,null],"c":{"d":"no","e":-4}})");
}

TEST(Yaml, TrapsAreErrorsWithPlace) {
    EXPECT_EQ(canon("a: 1\nb: 2\na: 3\n"), "error: yaml:3:1: key 'a' stands twice");
    EXPECT_NE(canon("mode: 012\n").find("1:7"), std::string::npos);
    EXPECT_NE(canon("a: &x 1\nb: *x\n").find("error"), std::string::npos);
    EXPECT_NE(canon("a: !!str 1\n").find("error"), std::string::npos);
    EXPECT_NE(canon("a: 1\n---\nb: 2\n").find("one document"), std::string::npos);
    EXPECT_NE(canon("? [a, b]\n: c\n").find("error"), std::string::npos);
    EXPECT_NE(canon("a: [1, 2\n").find("error"), std::string::npos);
    EXPECT_NE(canon("").find("empty"), std::string::npos);
}

TEST(Yaml, TextStaysText) {
    EXPECT_EQ(canon("when: 2026-10-17T20:00:00+02:00\nv: 7.0.3\nid: 09ea5e153fa91c0f\n"),
              R"({"id":"09ea5e153fa91c0f","v":"7.0.3","when":"2026-10-17T20:00:00+02:00"})");
}

} // namespace
} // namespace pf
