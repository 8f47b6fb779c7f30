#pragma once
// Private: an own property collector with its filters and its place in the stream of updates.
//
// It lives in one login. When the session logs in again, the server restarts or the collector is
// taken away, wait() says so with Errc::StaleGeneration and the owner makes a new one: everything
// is then told anew. Not thread-safe; destroyed on the server when it goes.

#include "libvsphere/session.hpp"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace pf::vim::detail {

struct PropertyUpdate {
    std::string path;
    bool removed = false;
    Value value;
};

struct ObjectUpdate {
    enum class Kind { Enter, Modify, Leave };
    Kind kind = Kind::Modify;
    MoRef object;
    std::vector<PropertyUpdate> changes;
    std::vector<std::pair<std::string, std::string>> missing; ///< path, fault type
};

struct Updates {
    std::vector<ObjectUpdate> objects;
    std::vector<MoRef> gone; ///< objects of a filter that do not exist
    bool truncated = false;  ///< more is waiting
};

class Collector {
  public:
    static Result<std::unique_ptr<Collector>> create(Session& session);
    ~Collector();
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    /// Enclosing properties are told whole when a part of them changes.
    Result<MoRef> add_filter(const DataObject& spec);
    Result<void> remove_filter(const MoRef& filter);
    /// What changed since the last call; empty when nothing did within max_wait. StaleGeneration:
    /// make a new collector.
    Result<Updates> wait(std::chrono::milliseconds max_wait, int max_objects,
                         const CallOptions& options);

  private:
    Collector(Session& session, MoRef ref, uint64_t login)
        : session_(session), ref_(std::move(ref)), login_(login) {}
    bool same_login() const { return session_.login_count() == login_; }

    Session& session_;
    MoRef ref_;
    uint64_t login_;
    std::string version_;
};

/// No answer came, or one that says nothing about the request: worth trying again.
bool is_lost_contact(const Error& error);

} // namespace pf::vim::detail
