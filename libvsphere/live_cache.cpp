#include "libvsphere/live_cache.hpp"

#include "libvsphere/collector.hpp"
#include "libvsphere/property_filter.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

namespace pf::vim {

namespace {

using Objects = std::map<MoRef, ObjectProps>;
using detail::Collector;
using detail::ObjectUpdate;
using detail::Updates;

/// A change that no answer ends would keep update() for ever.
constexpr size_t kMaxAnswers = 100'000;

std::vector<std::string> paths_of(const ObjectProps& object) {
    std::vector<std::string> out;
    for (const auto& [path, value] : object.props)
        out.push_back(path);
    return out;
}

std::vector<std::string> changed_paths(const ObjectProps& before, const ObjectProps& after) {
    std::vector<std::string> out;
    for (const auto& [path, value] : after.props) {
        if (!(before[path] == value))
            out.push_back(path);
    }
    for (const auto& [path, value] : before.props) {
        if (!after.props.contains(path))
            out.push_back(path);
    }
    return out;
}

/// Changes by object, in the order in which objects were first touched.
class ChangeLog {
  public:
    /// Called before a change is applied: whether the object was there decides what it adds up to.
    void touch(const MoRef& object, const Objects& objects) {
        auto [found, fresh] = entries_.try_emplace(object);
        if (fresh) {
            found->second.was_there = objects.contains(object);
            order_.push_back(object);
        }
    }
    void modify(const MoRef& object, const std::string& path) {
        entries_[object].paths.insert(path);
    }
    std::vector<LiveChange> take(const Objects& after) {
        std::vector<LiveChange> out;
        for (const MoRef& object : order_) {
            const Entry& entry = entries_.at(object);
            const auto now = after.find(object);
            if (now == after.end()) {
                if (entry.was_there)
                    out.push_back({LiveChange::Kind::Leave, object, {}});
            } else if (!entry.was_there) {
                out.push_back({LiveChange::Kind::Enter, object, paths_of(now->second)});
            } else {
                out.push_back(
                    {LiveChange::Kind::Modify, object, {entry.paths.begin(), entry.paths.end()}});
            }
        }
        return out;
    }

  private:
    struct Entry {
        std::set<std::string> paths;
        bool was_there = false;
    };
    std::vector<MoRef> order_;
    std::map<MoRef, Entry> entries_;
};

using Nested = std::vector<std::pair<MoRef, std::string>>;

void apply(Objects& objects, const ObjectUpdate& update, ChangeLog& log, Nested& nested) {
    log.touch(update.object, objects);
    if (update.kind == ObjectUpdate::Kind::Leave) {
        objects.erase(update.object);
        return;
    }
    ObjectProps& object = objects[update.object];
    object.object = update.object;
    // Enter tells the whole object: what an earlier life of it had does not count.
    if (update.kind == ObjectUpdate::Kind::Enter) {
        object.props.clear();
        object.missing.clear();
    }
    auto forget_missing = [&object](const std::string& path) {
        std::erase_if(object.missing, [&](const MissingProperty& m) { return m.path == path; });
    };
    for (const detail::PropertyUpdate& change : update.changes) {
        forget_missing(change.path);
        if (const size_t bracket = change.path.find('['); bracket != std::string::npos)
            nested.emplace_back(update.object, change.path.substr(0, bracket));
        else if (change.removed)
            object.props.erase(change.path);
        else
            object.props[change.path] = change.value;
        log.modify(update.object, change.path);
    }
    for (const auto& [path, fault] : update.missing) {
        object.props.erase(path);
        forget_missing(path);
        object.missing.push_back({update.object, path, fault});
        log.modify(update.object, path);
    }
}

} // namespace

struct LiveCache::Impl {
    Impl(Session& s, LiveSpec sp) : session(s), spec(std::move(sp)) {
        for (auto& [object, paths] : spec.objects)
            followed[object] = {std::move(paths), {}, false};
    }

    struct Followed {
        std::vector<std::string> paths;
        MoRef filter;
        bool ended = false; ///< unfollow() was called; the filter is still to be removed
    };

    Session& session;
    LiveSpec spec;

    mutable std::mutex mutex; ///< guards what follows
    Objects objects;
    std::map<MoRef, Followed> followed;
    bool is_fresh = false, was_read = false;
    uint64_t resync_count = 0;

    // Of the updating thread alone. The collector goes first: its filters use the views.
    std::vector<detail::ContainerView> views;
    std::unique_ptr<Collector> collector;

    void drop() {
        collector.reset();
        views.clear();
        std::lock_guard lock(mutex);
        is_fresh = false;
        for (auto& [object, f] : followed)
            f.filter = {};
    }

    Result<void> open() {
        PF_TRY(collector, Collector::create(session));
        for (const PropertySpec& type : spec.types) {
            PF_TRY(detail::ContainerView view,
                   detail::ContainerView::create(session, spec.root, {type.type}));
            PF_CHECK(collector->add_filter(detail::view_filter(view.ref(), {type})));
            views.push_back(std::move(view));
        }
        return {};
    }

    /// Filters for objects that were added or taken away since.
    Result<void> adjust() {
        std::vector<std::pair<MoRef, std::vector<std::string>>> wanted;
        std::vector<MoRef> ended;
        {
            std::lock_guard lock(mutex);
            for (auto at = followed.begin(); at != followed.end();) {
                if (at->second.ended) {
                    if (!at->second.filter.empty())
                        ended.push_back(at->second.filter);
                    objects.erase(at->first);
                    at = followed.erase(at);
                    continue;
                }
                if (at->second.filter.empty())
                    wanted.emplace_back(at->first, at->second.paths);
                ++at;
            }
        }
        for (const MoRef& filter : ended)
            PF_CHECK(collector->remove_filter(filter));
        for (const auto& [object, paths] : wanted) {
            Result<MoRef> filter = collector->add_filter(detail::object_filter(object, paths));
            if (!filter && !is_fault(filter.error(), "ManagedObjectNotFound"))
                return fail(filter.error());
            std::lock_guard lock(mutex);
            auto found = followed.find(object);
            if (found == followed.end())
                continue;
            if (filter)
                found->second.filter = *filter;
            else
                followed.erase(found); // it is gone: the difference tells
        }
        return {};
    }

    /// All answers that are waiting, into `into`: all of them or none.
    Result<void> drain(Objects& into, ChangeLog& log, std::chrono::milliseconds max_wait,
                       const std::stop_token& stop) {
        std::vector<Updates> answers;
        do {
            if (answers.size() == kMaxAnswers)
                return fail(Errc::Protocol, "{}: WaitForUpdatesEx never ends its answer",
                            session.endpoint());
            CallOptions options;
            options.stop = stop;
            const auto wait = answers.empty() ? max_wait : std::chrono::milliseconds(0);
            PF_TRY(Updates updates, collector->wait(wait, spec.max_objects_per_answer, options));
            answers.push_back(std::move(updates));
        } while (answers.back().truncated);
        Nested nested;
        {
            std::lock_guard lock(mutex);
            for (const Updates& updates : answers) {
                for (const MoRef& gone : updates.gone) {
                    log.touch(gone, into);
                    into.erase(gone);
                }
                for (const ObjectUpdate& update : updates.objects)
                    apply(into, update, log, nested);
            }
        }
        // A server that tells parts although it was asked for whole properties: read the whole.
        for (const auto& [object, path] : nested) {
            Result<Value> whole = retrieve_property(session, object, path);
            if (!whole && whole.error().code != Errc::NotFound)
                return fail(whole.error());
            std::lock_guard lock(mutex);
            auto found = into.find(object);
            if (found == into.end())
                continue;
            if (whole && whole->is_set())
                found->second.props[path] = std::move(*whole);
            else
                found->second.props.erase(path);
            log.modify(object, path);
        }
        return {};
    }

    /// A first read, or one that replaces everything after a loss.
    Result<std::vector<LiveChange>> read_all(const std::stop_token& stop) {
        drop();
        PF_CHECK(open());
        PF_CHECK(adjust());
        Objects now;
        ChangeLog ignored;
        PF_CHECK(drain(now, ignored, std::chrono::milliseconds(0), stop));
        std::vector<LiveChange> out;
        std::lock_guard lock(mutex);
        for (const auto& [object, props] : now) {
            auto before = objects.find(object);
            if (before == objects.end()) {
                out.push_back({LiveChange::Kind::Enter, object, paths_of(props)});
            } else if (auto paths = changed_paths(before->second, props); !paths.empty()) {
                out.push_back({LiveChange::Kind::Modify, object, std::move(paths)});
            }
        }
        for (const auto& [object, props] : objects) {
            if (!now.contains(object))
                out.push_back({LiveChange::Kind::Leave, object, {}});
        }
        objects = std::move(now);
        if (was_read)
            ++resync_count;
        was_read = true;
        is_fresh = true;
        return out;
    }
};

LiveCache::LiveCache(Session& session, LiveSpec spec)
    : impl_(std::make_unique<Impl>(session, std::move(spec))) {}
LiveCache::~LiveCache() { impl_->collector.reset(); }

Result<std::vector<LiveChange>> LiveCache::update(std::chrono::milliseconds max_wait,
                                                  std::stop_token stop) {
    // A login may be lost once more while everything is read again; twice in a row is the caller's
    // to pace.
    for (int attempt = 0; !impl_->collector || !fresh(); ++attempt) {
        Result<std::vector<LiveChange>> all = impl_->read_all(stop);
        if (all)
            return all;
        impl_->drop();
        if (all.error().code != Errc::StaleGeneration || attempt > 0)
            return all;
    }
    ChangeLog log;
    Result<void> done = impl_->adjust();
    if (done)
        done = impl_->drain(impl_->objects, log, max_wait, stop);
    if (!done) {
        if (done.error().code == Errc::Cancelled)
            return fail(done.error());
        impl_->drop();
        if (done.error().code == Errc::StaleGeneration ||
            is_fault(done.error(), "ManagedObjectNotFound"))
            return update(std::chrono::milliseconds(0), stop);
        return fail(done.error());
    }
    std::lock_guard lock(impl_->mutex);
    return log.take(impl_->objects);
}

void LiveCache::follow(const MoRef& object, std::vector<std::string> paths) {
    std::lock_guard lock(impl_->mutex);
    auto& followed = impl_->followed[object];
    followed.paths = std::move(paths);
    followed.ended = false;
}

void LiveCache::unfollow(const MoRef& object) {
    std::lock_guard lock(impl_->mutex);
    auto found = impl_->followed.find(object);
    if (found != impl_->followed.end())
        found->second.ended = true;
}

bool LiveCache::fresh() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->is_fresh;
}

std::optional<ObjectProps> LiveCache::get(const MoRef& object) const {
    std::lock_guard lock(impl_->mutex);
    auto found = impl_->objects.find(object);
    if (found == impl_->objects.end())
        return std::nullopt;
    return found->second;
}

Value LiveCache::get(const MoRef& object, std::string_view path) const {
    std::lock_guard lock(impl_->mutex);
    auto found = impl_->objects.find(object);
    return found == impl_->objects.end() ? Value() : found->second[path];
}

std::vector<MoRef> LiveCache::objects(std::string_view type) const {
    std::lock_guard lock(impl_->mutex);
    std::vector<MoRef> out;
    for (const auto& [object, props] : impl_->objects) {
        if (object.type == type)
            out.push_back(object);
    }
    return out;
}

size_t LiveCache::size() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->objects.size();
}

uint64_t LiveCache::resyncs() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->resync_count;
}

} // namespace pf::vim
