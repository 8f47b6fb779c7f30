#include "base/file.hpp"

#include "base/assert.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace pf {
namespace {

Result<> write_all(int fd, std::string_view data, const std::string& path) {
    while (!data.empty()) {
        const ssize_t n = ::write(fd, data.data(), data.size());
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return fail(errno_error("cannot write", path, errno));
        }
        data.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Result<> sync_folder_of(const std::string& path) {
    auto folder = std::filesystem::path(path).parent_path().string();
    if (folder.empty())
        folder = ".";
    UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0)
        return fail(errno_error("cannot sync folder", folder, errno));
    return {};
}

} // namespace

void UniqueFd::reset(int fd) {
    if (fd_ >= 0)
        ::close(fd_);
    fd_ = fd;
}

Error errno_error(std::string_view what, std::string_view path, int error_number) {
    Errc code = Errc::Io;
    switch (error_number) {
    case ENOENT:
        code = Errc::NotFound;
        break;
    case EACCES:
    case EPERM:
        code = Errc::PermissionDenied;
        break;
    case EEXIST:
        code = Errc::AlreadyExists;
        break;
    case ENOSPC:
    case EDQUOT:
        code = Errc::NoSpace;
        break;
    case EWOULDBLOCK:
    case EBUSY:
        code = Errc::Busy;
        break;
    default:
        break;
    }
    return Error{code, fmt::format("{} {}: {}", what, path, std::strerror(error_number))};
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return fail(errno_error("cannot open", path, errno));
    std::string out;
    char chunk[64 * 1024];
    for (;;) {
        const ssize_t n = ::read(fd.get(), chunk, sizeof chunk);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return fail(errno_error("cannot read", path, errno));
        }
        if (n == 0)
            return out;
        if (out.size() + static_cast<std::size_t>(n) > limit)
            return fail(Errc::LimitExceeded, "{} is larger than {} bytes", path, limit);
        out.append(chunk, static_cast<std::size_t>(n));
    }
}

Result<> write_file_atomic(const std::string& path, std::string_view data, mode_t mode) {
    std::string temporary = path + ".XXXXXX";
    UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd)
        return fail(errno_error("cannot create", temporary, errno));
    auto written = [&]() -> Result<> {
        PF_CHECK(write_all(fd.get(), data, temporary));
        if (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0)
            return fail(errno_error("cannot sync", temporary, errno));
        if (::rename(temporary.c_str(), path.c_str()) != 0)
            return fail(errno_error("cannot rename to", path, errno));
        return sync_folder_of(path);
    }();
    if (!written)
        ::unlink(temporary.c_str());
    return written;
}

Result<> make_dirs(const std::string& path, mode_t mode) {
    std::string so_far;
    for (std::size_t at = 0; at < path.size();) {
        const auto slash = path.find('/', at);
        const auto end = slash == std::string::npos ? path.size() : slash;
        so_far = path.substr(0, end);
        at = end + 1;
        if (so_far.empty())
            continue;
        if (::mkdir(so_far.c_str(), mode) != 0 && errno != EEXIST)
            return fail(errno_error("cannot create folder", so_far, errno));
    }
    return {};
}

bool file_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Result<> remove_tree(const std::string& path) {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error)
        return fail(errno_error("cannot remove", path, error.value()));
    return {};
}

AppendFile::AppendFile(UniqueFd fd, std::string path)
    : fd_(std::move(fd)), path_(std::move(path)) {}

Result<AppendFile> AppendFile::open(const std::string& path, mode_t mode) {
    const bool existed = file_exists(path);
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode));
    if (!fd)
        return fail(errno_error("cannot open", path, errno));
    if (!existed)
        PF_CHECK(sync_folder_of(path));
    return AppendFile(std::move(fd), path);
}

Result<> AppendFile::append(std::string_view data) {
    PF_CHECK(write_all(fd_.get(), data, path_));
    if (::fdatasync(fd_.get()) != 0)
        return fail(errno_error("cannot sync", path_, errno));
    return {};
}

Result<FileLock> FileLock::acquire(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd)
        return fail(errno_error("cannot open lock file", path, errno));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return fail(Errc::Busy, "{} is locked by another process", path);
        return fail(errno_error("cannot lock", path, errno));
    }
    return FileLock(std::move(fd));
}

TempDir::TempDir(std::string_view prefix) {
    const char* base = std::getenv("TMPDIR");
    path_ = fmt::format("{}/{}-XXXXXX", base != nullptr && *base != '\0' ? base : "/tmp", prefix);
    PF_ASSERT(::mkdtemp(path_.data()) != nullptr,
              "cannot create a temporary folder; TMPDIR must be a folder this user may write to");
}

TempDir::~TempDir() {
    if (!path_.empty())
        (void)remove_tree(path_);
}

} // namespace pf
