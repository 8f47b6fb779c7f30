// The filter language: what it means, and what it says about mistakes.
#include "tests/support/pfnvme/estate.hpp"
#include "tools/pfnvme/inventory/query.hpp"
#include "tools/pfnvme/inventory/views.hpp"

#include <gtest/gtest.h>

namespace pf::nvmetool::test {

namespace {

const std::vector<Column> kColumns{
    {"name", FieldKind::Text},      {"memory_mb", FieldKind::Integer}, {"on", FieldKind::Flag},
    {"tags", FieldKind::List},      {"attributes", FieldKind::Map},    {"version", FieldKind::Text},
    {"lock_mode", FieldKind::Text}, {"size", FieldKind::Integer}};

bool matches(std::string_view text) {
    static const Row kRow{std::string("db-01"),
                          std::int64_t{8192},
                          true,
                          encode_list({"sla:24x7", "prod"}),
                          encode_map(std::map<std::string, std::string>{{"owner", "web team"}}),
                          std::string("8.0.3"),
                          std::monostate{},
                          std::int64_t{10LL << 30U}};
    const auto query = Query::parse(text);
    EXPECT_TRUE(query) << text << ": " << (query ? "" : query.error().what);
    if (!query) {
        return false;
    }
    const auto checked = query->check(kColumns);
    EXPECT_TRUE(checked) << text << ": " << (checked ? "" : checked.error().what);
    return query->matches(kColumns, kRow);
}

std::string error(std::string_view text) {
    const auto query = Query::parse(text);
    if (!query) {
        return query.error().what;
    }
    const auto checked = query->check(kColumns);
    return checked ? "" : checked.error().what;
}

} // namespace

TEST(Query, Matches) {
    EXPECT_TRUE(matches(""));
    EXPECT_TRUE(matches("where"));
    EXPECT_TRUE(matches("where name = 'db-01'"));
    EXPECT_TRUE(matches("name = db-01 and on"));
    EXPECT_TRUE(matches("name like 'DB-*'"));
    EXPECT_FALSE(matches("name like 'db-?'"));
    EXPECT_TRUE(matches("name not like 'web*'"));
    EXPECT_TRUE(matches("memory_mb > 4096 and memory_mb <= 8192"));
    EXPECT_FALSE(matches("memory_mb < 8192"));
    EXPECT_TRUE(matches("size = 10GiB"));
    EXPECT_TRUE(matches("on = true"));
    EXPECT_FALSE(matches("not on"));
    EXPECT_TRUE(matches("tags = 'sla:24x7'"));
    EXPECT_TRUE(matches("tags contains SLA"));
    EXPECT_FALSE(matches("tags != prod"));
    EXPECT_TRUE(matches("attributes.owner = 'web team'"));
    EXPECT_FALSE(matches("attributes.nobody = 'web team'"));
    EXPECT_TRUE(matches("attributes.nobody is null"));
    EXPECT_TRUE(matches("version >= 7.0.3"));
    EXPECT_TRUE(matches("version < 8.0.10")); // as versions, not as texts
    EXPECT_TRUE(matches("name in (a, 'db-01')"));
    EXPECT_TRUE(matches("name not in (a, b)"));
    EXPECT_TRUE(matches("(name = x or on) and not (memory_mb = 1)"));
    EXPECT_TRUE(matches("name = x and on or memory_mb = 8192")); // and binds more
}

TEST(Query, WhatWasNotReadMatchesNothingButNull) {
    EXPECT_FALSE(matches("lock_mode = ATS"));
    EXPECT_FALSE(matches("lock_mode != ATS"));
    EXPECT_TRUE(matches("lock_mode is null"));
    EXPECT_FALSE(matches("lock_mode is not null"));
    EXPECT_TRUE(matches("name is not null"));
}

TEST(Query, NamesTheMistake) {
    EXPECT_EQ(error("where nam = 1"),
              "query, column 7: there is no field 'nam'; did you mean 'name'?");
    EXPECT_EQ(error("name ="), "query, column 7: expected a value, found the end");
    EXPECT_EQ(error("name = 'x"), "query, column 8: expected a value, found 'unfinished text'");
    EXPECT_EQ(error("(name = x"), "query, column 10: expected ')', found the end");
    EXPECT_EQ(error("name = x y"), "query, column 10: expected 'and', 'or' or the end, found 'y'");
    EXPECT_EQ(error("name not = x"),
              "query, column 10: expected 'in', 'like' or 'contains', found '='");
    EXPECT_EQ(error("name in x"), "query, column 9: expected '(', found 'x'");
    EXPECT_EQ(error("name in (x"), "query, column 11: expected ',' or ')', found the end");
    EXPECT_EQ(error("name is empty"), "query, column 9: expected 'null', found 'empty'");
    EXPECT_NE(error(std::string(200, '(')), "");
    EXPECT_NE(error(std::string(20'000, 'a')).find("16384"), std::string::npos);
}

TEST(Query, QuotesAreDoubled) {
    const auto query = Query::parse("name = 'it''s'");
    ASSERT_TRUE(query);
    EXPECT_TRUE(query->matches({{"name", FieldKind::Text}}, {std::string("it's")}));
}

TEST(Wildcards, Match) {
    EXPECT_TRUE(wildcard_match("*", ""));
    EXPECT_TRUE(wildcard_match("a*b*c", "aXXbYYc"));
    EXPECT_TRUE(wildcard_match("SDC-*", "sdc-ds-01"));
    EXPECT_FALSE(wildcard_match("a*b", "a*bc"));
    EXPECT_FALSE(wildcard_match("ds-?", "ds-10"));
}

TEST(Views, EveryOneShowsItsColumns) {
    const Inventory inventory = make_estate({.awkward = 0.5});
    for (const View& view : inventory_views()) {
        for (const std::string& name : view.shown) {
            EXPECT_TRUE(std::any_of(view.columns.begin(), view.columns.end(),
                                    [&](const Column& column) { return column.name == name; }))
                << view.name << "." << name;
        }
        view.each(inventory,
                  [&](const Row& row) { EXPECT_EQ(row.size(), view.columns.size()) << view.name; });
    }
}

TEST(Views, JoinDatastoreAndVolumeByDeviceName) {
    Inventory inventory = make_estate();
    // Display names that lie do not matter.
    for (VolumeInfo& volume : inventory.volumes) {
        volume.name = "decoy of " + inventory.datastores.back().name;
    }
    inventory.volumes.back().name = "the right one";
    const View* view = inventory_view("datastores");
    ASSERT_NE(view, nullptr);
    const auto query = Query::parse("volume = 'the right one' and protocol = sdc");
    ASSERT_TRUE(query);
    ASSERT_TRUE(query->check(view->columns));
    std::vector<Row> found;
    view->each(inventory, [&](const Row& row) {
        if (query->matches(view->columns, row)) {
            found.push_back(row);
        }
    });
    ASSERT_EQ(found.size(), 1U);
}

} // namespace pf::nvmetool::test
