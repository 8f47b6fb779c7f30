#pragma once
// A live copy of chosen properties of a vCenter's or host's objects.
//
// The owner calls update() in a loop (from one thread): it blocks up to a given time in
// WaitForUpdatesEx, applies what came and returns the changes. Reading is allowed from any thread
// at any time. The cache has its own property collector and views; everything else of the session
// goes on beside it. Truncated answers are followed to the end before update() returns, so that
// readers never see half of a first read. When the connection, the session or the server was lost,
// the next successful update() reads everything anew and returns the difference: what left
// meanwhile is told as Leave, never forgotten. Until then the old values stay readable and fresh()
// is false.
//
// Failure modes of update(): Unreachable, Timeout, OutcomeUnknown (call it again; the caller sets
// the pace), Cancelled, and faults of the server that repeating won't mend (NoPermission on the
// root, InvalidProperty).

#include "libvsphere/properties.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace pf::vim {

struct LiveSpec {
    MoRef root;                      ///< below this container; empty: the root folder
    std::vector<PropertySpec> types; ///< one view each
    /// Objects that no view shows: tasks, managers. A vanished one is told as Leave.
    std::vector<std::pair<MoRef, std::vector<std::string>>> objects;
    int max_objects_per_answer = 500;
};

struct LiveChange {
    enum class Kind { Enter, Modify, Leave };
    Kind kind = Kind::Modify;
    MoRef object;
    std::vector<std::string> paths; ///< changed properties; all of them for Enter, none for Leave
};

class LiveCache {
  public:
    LiveCache(Session& session, LiveSpec spec);
    ~LiveCache();
    LiveCache(const LiveCache&) = delete;
    LiveCache& operator=(const LiveCache&) = delete;

    /// Waits up to max_wait for a change. Several changes of one object since the last call are
    /// one.
    Result<std::vector<LiveChange>> update(std::chrono::milliseconds max_wait,
                                           std::stop_token stop = {});
    /// Adds an object (a task that was just started); told with the next update().
    void follow(const MoRef& object, std::vector<std::string> paths);
    void unfollow(const MoRef& object);

    /// Is the copy as new as the last update()? False before the first and after a loss.
    bool fresh() const;
    std::optional<ObjectProps> get(const MoRef& object) const;
    Value get(const MoRef& object, std::string_view path) const;
    std::vector<MoRef> objects(std::string_view type) const; ///< of exactly this type
    size_t size() const;
    /// How often everything was read anew after the first time.
    uint64_t resyncs() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::vim
