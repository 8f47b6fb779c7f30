// Files: owned descriptors, whole reads, atomic replacement, durable append, locks.
#pragma once

#include "base/bytes.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pf {

class UniqueFd {
  public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        if (this != &other)
            reset(std::exchange(other.fd_, -1));
        return *this;
    }
    ~UniqueFd() { reset(); }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset(int fd = -1);

  private:
    int fd_ = -1;
};

// Error of the last system call as a sentence: "cannot open /x: No such file or directory".
Error errno_error(std::string_view what, std::string_view path, int error_number);

// At most `limit` bytes; LimitExceeded beyond, NotFound when it is not there.
Result<std::string> read_file(const std::string& path, std::size_t limit = 256u << 20);
// Writes beside, fsyncs, renames over, fsyncs the folder: readers see the old or the new file.
Result<> write_file_atomic(const std::string& path, std::string_view data, mode_t mode = 0644);
Result<> make_dirs(const std::string& path, mode_t mode = 0755);
bool file_exists(const std::string& path);
Result<> remove_tree(const std::string& path);

// Append-only file; append() returns after fsync.
class AppendFile {
  public:
    static Result<AppendFile> open(const std::string& path, mode_t mode = 0600);
    Result<> append(std::string_view data);

  private:
    explicit AppendFile(UniqueFd fd, std::string path);
    UniqueFd fd_;
    std::string path_;
};

// Exclusive advisory lock held for the object's life; Busy when another process holds it.
class FileLock {
  public:
    static Result<FileLock> acquire(const std::string& path);

  private:
    explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

// A fresh folder under $TMPDIR, removed with the object.
class TempDir {
  public:
    explicit TempDir(std::string_view prefix = "pf");
    TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TempDir& operator=(TempDir&&) = delete;
    ~TempDir();
    const std::string& path() const { return path_; }
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  private:
    std::string path_;
};

} // namespace pf
