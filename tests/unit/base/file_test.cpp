#include "base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace pf {
namespace {

TEST(File, AtomicWriteReplacesWholeContentAndMode) {
    const TempDir dir;
    const auto path = dir / "a";
    ASSERT_TRUE(write_file_atomic(path, "one", 0600));
    ASSERT_TRUE(write_file_atomic(path, "two", 0640));
    EXPECT_EQ(*read_file(path), "two");
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777u, 0640u);
}

TEST(File, ErrorsNameThePath) {
    const auto missing = read_file("/nonexistent/file");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::NotFound);
    EXPECT_NE(missing.error().what.find("/nonexistent/file"), std::string::npos);
    const TempDir dir;
    ASSERT_TRUE(write_file_atomic(dir / "big", "0123456789"));
    EXPECT_EQ(read_file(dir / "big", 4).error().code, Errc::LimitExceeded);
}

TEST(File, AppendAddsAtTheEnd) {
    const TempDir dir;
    for (const auto* text : {"a\n", "b\n"}) {
        auto file = AppendFile::open(dir / "journal");
        ASSERT_TRUE(file);
        ASSERT_TRUE(file->append(text));
    }
    EXPECT_EQ(*read_file(dir / "journal"), "a\nb\n");
}

TEST(File, LockIsExclusiveAndReleased) {
    const TempDir dir;
    {
        const auto held = FileLock::acquire(dir / "lock");
        ASSERT_TRUE(held);
        EXPECT_EQ(FileLock::acquire(dir / "lock").error().code, Errc::Busy);
    }
    EXPECT_TRUE(FileLock::acquire(dir / "lock"));
}

TEST(File, MakeDirsIsIdempotentAndTempDirCleansUp) {
    std::string path;
    {
        const TempDir dir;
        path = dir.path();
        ASSERT_TRUE(make_dirs(dir / "a/b/c"));
        ASSERT_TRUE(make_dirs(dir / "a/b/c"));
        EXPECT_TRUE(file_exists(dir / "a/b/c"));
    }
    EXPECT_FALSE(file_exists(path));
}

} // namespace
} // namespace pf
