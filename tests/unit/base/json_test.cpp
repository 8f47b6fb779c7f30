#include "base/json.hpp"

#include <gtest/gtest.h>

namespace pf {
namespace {

TEST(Json, DuplicateKeysAreErrors) {
    const auto result = parse_json(R"({"a":1,"b":{"c":1,"c":2}})");
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().what.find("'c'"), std::string::npos);
    EXPECT_TRUE(parse_json(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})"));
}

TEST(Json, MalformedAndTrailing) {
    EXPECT_FALSE(parse_json(""));
    EXPECT_FALSE(parse_json("{"));
    EXPECT_FALSE(parse_json("{} x"));
    EXPECT_FALSE(parse_json(std::string(200, '[')));
}

TEST(Json, CanonicalSortsKeysAtEveryDepth) {
    const auto a = parse_json(R"({"b":[{"y":1,"x":"\u00e9"}],"a":null})");
    const auto b = parse_json(R"({ "a" : null, "b" : [ {"x":"é","y":1} ] })");
    EXPECT_EQ(canonical_json(*a), canonical_json(*b));
    EXPECT_EQ(canonical_json(*a), "{\"a\":null,\"b\":[{\"x\":\"é\",\"y\":1}]}");
}

TEST(Json, PrettyParsesBack) {
    const auto a = parse_json(R"({"b":[1,2,{}],"a":[],"c":{"d":true}})");
    EXPECT_EQ(*parse_json(pretty_json(*a)), *a);
}

TEST(Json, GettersNameTheKey) {
    const auto value = parse_json(R"({"s":"x","n":3,"b":true,"o":{},"l":[]})");
    const auto& object = value->get_object();
    EXPECT_EQ(*json_str(object, "s"), "x");
    EXPECT_EQ(*json_int(object, "n"), 3);
    EXPECT_TRUE(*json_bool(object, "b"));
    EXPECT_TRUE(json_object(object, "o"));
    EXPECT_TRUE(json_array(object, "l"));
    EXPECT_EQ(json_str(object, "zz").error().code, Errc::NotFound);
    EXPECT_EQ(json_str(object, "n").error().code, Errc::InvalidArgument);
    EXPECT_EQ(json_str_or(object, "n", "fallback"), "fallback");
}

} // namespace
} // namespace pf
