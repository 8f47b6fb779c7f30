// What every MetaStore must do, over each implementation.
#include "backend/meta/meta_store.hpp"
#include "base/file.hpp"

#include <gtest/gtest.h>

namespace pf::meta {
namespace {

struct MemBackend {
    std::unique_ptr<MetaStore> store = make_mem_store();
    static constexpr bool kDurable = false;
    void reopen() {}
};

struct SqliteBackend {
    static constexpr bool kDurable = true;
    TempDir dir{"meta"};
    std::unique_ptr<MetaStore> store;
    SqliteBackend() { open(); }
    void open() {
        auto opened = open_sqlite_store(dir / "meta.sqlite");
        ASSERT_TRUE(opened) << opened.error().what;
        store = std::move(*opened);
    }
    void reopen() {
        store.reset();
        open();
    }
};

template<class Backend>
class MetaStoreTest : public ::testing::Test {
  protected:
    Backend backend;
    MetaStore& store() { return *backend.store; }

    Revision put(const std::string& key, const std::string& value) {
        Txn txn;
        txn.put(key, value);
        auto done = store().commit(txn);
        EXPECT_TRUE(done && done->applied);
        return done ? done->revision : 0;
    }
    std::optional<KeyValue> get(const std::string& key) {
        auto kv = store().get(key);
        EXPECT_TRUE(kv);
        return kv ? *kv : std::nullopt;
    }
    std::vector<std::string> keys(std::string_view prefix, std::string_view from = {},
                                  std::size_t limit = 0) {
        std::vector<std::string> out;
        auto rows = store().range(prefix, from, limit);
        EXPECT_TRUE(rows);
        for (auto& kv : *rows)
            out.push_back(kv.key);
        return out;
    }
    bool applied(const Txn& txn) {
        auto done = store().commit(txn);
        EXPECT_TRUE(done) << done.error().what;
        return done && done->applied;
    }
};

using Backends = ::testing::Types<MemBackend, SqliteBackend>;
TYPED_TEST_SUITE(MetaStoreTest, Backends);

using Keys = std::vector<std::string>;

TYPED_TEST(MetaStoreTest, EmptyStoreHasRevisionZero) {
    EXPECT_EQ(this->store().revision().value(), 0U);
    EXPECT_FALSE(this->get("a"));
    EXPECT_TRUE(this->keys("").empty());
}

TYPED_TEST(MetaStoreTest, KeysRememberTheirRevisions) {
    EXPECT_EQ(this->put("a", "1"), 1U);
    EXPECT_EQ(this->put("b", "x"), 2U);
    EXPECT_EQ(this->put("a", "2"), 3U);
    const auto kv = this->get("a");
    ASSERT_TRUE(kv);
    EXPECT_EQ(kv->value, "2");
    EXPECT_EQ(kv->create_revision, 1U);
    EXPECT_EQ(kv->mod_revision, 3U);
    EXPECT_EQ(kv->version, 2U);
}

TYPED_TEST(MetaStoreTest, DeletedKeyStartsAnew) {
    this->put("a", "1");
    Txn txn;
    txn.erase("a");
    EXPECT_TRUE(this->applied(txn));
    EXPECT_FALSE(this->get("a"));
    this->put("a", "2");
    EXPECT_EQ(this->get("a")->create_revision, 3U);
    EXPECT_EQ(this->get("a")->version, 1U);
}

TYPED_TEST(MetaStoreTest, DeletingNothingChangesNothing) {
    this->put("a", "1");
    Txn txn;
    txn.erase("b").erase_prefix("c");
    EXPECT_TRUE(this->applied(txn));
    EXPECT_EQ(this->store().revision().value(), 1U);
}

TYPED_TEST(MetaStoreTest, RangesAreOrderedBytewise) {
    for (const char* key : {"p/b", "p/a", "p/\xff", "q", "p", "p/a/1", "o"})
        this->put(key, "v");
    EXPECT_EQ(this->keys("p/"), (Keys{"p/a", "p/a/1", "p/b", "p/\xff"}));
    EXPECT_EQ(this->keys("p/", "p/a/1"), (Keys{"p/a/1", "p/b", "p/\xff"}));
    EXPECT_EQ(this->keys("p/", {}, 2), (Keys{"p/a", "p/a/1"}));
    EXPECT_EQ(this->keys("").size(), 7U);
    EXPECT_TRUE(this->keys("p/", "q").empty());
}

TYPED_TEST(MetaStoreTest, PrefixOfOnlyHighBytes) {
    this->put("\xff\xff", "1");
    this->put("\xff\xff\x01", "2");
    this->put("a", "3");
    EXPECT_EQ(this->keys("\xff\xff").size(), 2U);
}

TYPED_TEST(MetaStoreTest, ValuesHoldAnyBytes) {
    const std::string value("\0\x01\xff\0", 4);
    this->put("bin", value);
    this->put("empty", "");
    EXPECT_EQ(this->get("bin")->value, value);
    EXPECT_EQ(this->get("empty")->value, "");
}

TYPED_TEST(MetaStoreTest, GuardsDecideOverTheWhole) {
    this->put("a", "1");
    Txn absent;
    absent.if_absent("a").put("b", "no");
    EXPECT_FALSE(this->applied(absent));
    Txn value;
    value.if_value("a", "2").put("b", "no").erase("a");
    EXPECT_FALSE(this->applied(value));
    Txn revision;
    revision.if_revision("a", 7).put("b", "no");
    EXPECT_FALSE(this->applied(revision));
    Txn missing;
    missing.if_present("zz").put("b", "no");
    EXPECT_FALSE(this->applied(missing));
    EXPECT_FALSE(this->get("b"));
    EXPECT_EQ(this->store().revision().value(), 1U);
    Txn good;
    good.if_present("a").if_value("a", "1").if_revision("a", 1).if_absent("b").put("b", "yes");
    EXPECT_TRUE(this->applied(good));
    EXPECT_EQ(this->get("b")->value, "yes");
}

TYPED_TEST(MetaStoreTest, ChangesOfATransactionShareARevisionAndApplyInOrder) {
    this->put("x/1", "old");
    Txn txn;
    txn.put("x/2", "a").erase_prefix("x/").put("x/3", "b").put("x/3", "c");
    EXPECT_TRUE(this->applied(txn));
    EXPECT_EQ(this->keys("x/"), Keys{"x/3"});
    const auto kv = this->get("x/3");
    EXPECT_EQ(kv->value, "c");
    EXPECT_EQ(kv->version, 2U);
    EXPECT_EQ(kv->mod_revision, 2U);
    EXPECT_EQ(this->store().revision().value(), 2U);
}

TYPED_TEST(MetaStoreTest, LimitsAreChecked) {
    Txn txn;
    txn.put("", "v");
    EXPECT_EQ(this->store().commit(txn).error().code, Errc::InvalidArgument);
    Txn big;
    big.put("k", std::string(kMaxValueBytes + 1, 'x'));
    EXPECT_EQ(this->store().commit(big).error().code, Errc::LimitExceeded);
    EXPECT_EQ(this->store().revision().value(), 0U);
}

TYPED_TEST(MetaStoreTest, WatchesSeeTheirPrefixInOrder) {
    this->put("w/0", "before");
    auto watch = this->store().watch("w/").value();
    this->put("w/1", "a");
    this->put("v", "other");
    Txn txn;
    txn.erase("w/0").put("w/1", "b");
    ASSERT_TRUE(this->applied(txn));
    const auto events = watch->drain().value();
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].kv.value, "a");
    EXPECT_TRUE(events[1].deleted);
    EXPECT_EQ(events[1].kv.key, "w/0");
    EXPECT_EQ(events[1].kv.mod_revision, 4U);
    EXPECT_EQ(events[2].kv.value, "b");
    EXPECT_EQ(events[2].kv.version, 2U);
    EXPECT_TRUE(watch->drain().value().empty());
}

TYPED_TEST(MetaStoreTest, RefusedTransactionsAreNotWatched) {
    auto watch = this->store().watch("").value();
    Txn txn;
    txn.if_present("nope").put("a", "1");
    EXPECT_FALSE(this->applied(txn));
    EXPECT_TRUE(watch->drain().value().empty());
}

TYPED_TEST(MetaStoreTest, LeaseEndsWithItsKeys) {
    const MonoTime t0 = MonoTime{} + 100s;
    const auto lease = this->store().grant_lease(2s, t0).value();
    auto watch = this->store().watch("l/").value();
    Txn txn;
    txn.put("l/a", "1", lease).put("l/b", "2");
    ASSERT_TRUE(this->applied(txn));
    ASSERT_TRUE(this->store().keep_alive(lease, t0 + 1500ms));
    ASSERT_TRUE(this->store().expire_leases(t0 + 3s));
    EXPECT_TRUE(this->get("l/a"));
    ASSERT_TRUE(this->store().expire_leases(t0 + 3500ms));
    EXPECT_FALSE(this->get("l/a"));
    EXPECT_TRUE(this->get("l/b"));
    EXPECT_EQ(this->store().keep_alive(lease, t0 + 4s).error().code, Errc::NotFound);
    const auto events = watch->drain().value();
    ASSERT_EQ(events.size(), 3U);
    EXPECT_TRUE(events[2].deleted);
    Txn late;
    late.put("l/c", "3", lease);
    EXPECT_EQ(this->store().commit(late).error().code, Errc::InvalidArgument);
}

TYPED_TEST(MetaStoreTest, RevokedLeaseDropsItsKeysAtOnce) {
    const MonoTime t0 = MonoTime{} + 100s;
    const auto lease = this->store().grant_lease(1h, t0).value();
    Txn txn;
    txn.put("a", "1", lease);
    ASSERT_TRUE(this->applied(txn));
    ASSERT_TRUE(this->store().revoke_lease(lease));
    EXPECT_FALSE(this->get("a"));
    EXPECT_EQ(this->store().revoke_lease(lease).error().code, Errc::NotFound);
}

TYPED_TEST(MetaStoreTest, PutWithoutLeaseFreesTheKey) {
    const MonoTime t0 = MonoTime{} + 100s;
    const auto lease = this->store().grant_lease(1s, t0).value();
    Txn txn;
    txn.put("a", "1", lease);
    ASSERT_TRUE(this->applied(txn));
    this->put("a", "2");
    ASSERT_TRUE(this->store().revoke_lease(lease));
    EXPECT_EQ(this->get("a")->value, "2");
}

TYPED_TEST(MetaStoreTest, ContentsSurviveReopening) {
    if constexpr (TypeParam::kDurable) {
        this->put("a", "1");
        this->put("a", "2");
        const MonoTime t0 = MonoTime{} + 100s;
        const auto lease = this->store().grant_lease(2s, t0).value();
        Txn txn;
        txn.put("l", "x", lease);
        ASSERT_TRUE(this->applied(txn));
        const auto revision = this->store().revision().value();
        this->backend.reopen();
        EXPECT_EQ(this->store().revision().value(), revision);
        EXPECT_EQ(this->get("a")->version, 2U);
        ASSERT_TRUE(this->store().expire_leases(t0)); // starts to age here
        EXPECT_TRUE(this->get("l"));
        ASSERT_TRUE(this->store().expire_leases(t0 + 2s));
        EXPECT_FALSE(this->get("l"));
    }
}

TEST(SqliteStore, SecondOwnerIsRefused) {
    TempDir dir("meta");
    auto first = open_sqlite_store(dir / "m.sqlite");
    ASSERT_TRUE(first);
    auto second = open_sqlite_store(dir / "m.sqlite");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::Busy);
}

TEST(SqliteStore, ForeignFileIsRefused) {
    TempDir dir("meta");
    ASSERT_TRUE(write_file_atomic(dir / "m.sqlite", "this is no database, only text, "
                                                    "and longer than a header would be ........."
                                                    "..........................................."));
    EXPECT_FALSE(open_sqlite_store(dir / "m.sqlite"));
}

} // namespace
} // namespace pf::meta
