#include "libvsphere/collector.hpp"

#include "libvsphere/property_filter.hpp"

namespace pf::vim::detail {

namespace {

/// The server may round the wait up and still has to send the answer.
constexpr std::chrono::seconds kGrace{30};

Updates read_updates(const Value& set) {
    Updates out;
    out.truncated = set["truncated"].bool_or(false);
    for (const Value& filter : set["filterSet"].items()) {
        for (const Value& gone : filter["missingSet"].items())
            out.gone.push_back(gone["obj"].ref());
        for (const Value& update : filter["objectSet"].items()) {
            ObjectUpdate object;
            const std::string_view kind = update["kind"].text_view();
            object.kind = kind == "enter"   ? ObjectUpdate::Kind::Enter
                          : kind == "leave" ? ObjectUpdate::Kind::Leave
                                            : ObjectUpdate::Kind::Modify;
            object.object = update["obj"].ref();
            for (const Value& change : update["changeSet"].items()) {
                const std::string_view op = change["op"].text_view();
                // Without a value, "assign" says that the property is unset now.
                object.changes.push_back(
                    {change["name"].text_or(),
                     op == "remove" || op == "indirectRemove" || !change["val"].is_set(),
                     change["val"]});
            }
            for (const Value& missing : update["missingSet"].items())
                object.missing.emplace_back(missing["path"].text_or(),
                                            missing["fault"]["fault"].type_name());
            out.objects.push_back(std::move(object));
        }
    }
    return out;
}

} // namespace

bool is_lost_contact(const Error& error) {
    return fault_type(error).empty() &&
           (error.code == Errc::Unreachable || error.code == Errc::Timeout ||
            error.code == Errc::OutcomeUnknown);
}

Result<std::unique_ptr<Collector>> Collector::create(Session& session) {
    const uint64_t login = session.login_count();
    PF_TRY(Value made,
           session.call(session.content().property_collector, "CreatePropertyCollector"));
    PF_TRY(MoRef ref, made.require_ref("the property collector"));
    // A renewal in between would have made the collector in the newer login: no harm, the first
    // wait then makes another.
    return std::unique_ptr<Collector>(new Collector(session, std::move(ref), login));
}

Collector::~Collector() {
    // Another login has another set of collectors: this one is gone already.
    if (same_login())
        (void)session_.call(ref_, "DestroyPropertyCollector", {}, cleanup_call());
}

Result<MoRef> Collector::add_filter(const DataObject& spec) {
    PF_TRY(Value filter, session_.call(ref_, "CreateFilter",
                                       {{"spec", Value(spec)}, {"partialUpdates", Value(false)}}));
    return filter.require_ref("the property filter");
}

Result<void> Collector::remove_filter(const MoRef& filter) {
    PF_CHECK(session_.call(filter, "DestroyPropertyFilter"));
    return {};
}

Result<Updates> Collector::wait(std::chrono::milliseconds max_wait, int max_objects,
                                const CallOptions& options) {
    if (!same_login())
        return fail(Errc::StaleGeneration, "the property collector ended with its login");
    DataObject wait_options("WaitOptions");
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(max_wait);
    wait_options.set("maxWaitSeconds", Value(static_cast<int32_t>(seconds.count())));
    if (max_objects > 0)
        wait_options.set("maxObjectUpdates", Value(int32_t(max_objects)));
    CallOptions call_options = options;
    call_options.timeout = seconds + kGrace;
    Result<Value> set = session_.call(
        ref_, "WaitForUpdatesEx",
        {{"version", Value(version_)}, {"options", Value(std::move(wait_options))}}, call_options);
    if (!set) {
        const Error& error = set.error();
        if (!same_login() || is_fault(error, "ManagedObjectNotFound") ||
            is_fault(error, "InvalidCollectorVersion") || is_fault(error, "NotAuthenticated"))
            return fail(Errc::StaleGeneration, "{}", error.what);
        return fail(error);
    }
    if (!set->is_object())
        return Updates{};
    version_ = (*set)["version"].text_or();
    Updates updates = read_updates(*set);
    for (const ObjectUpdate& object : updates.objects) {
        for (const auto& [path, fault] : object.missing) {
            if (fault == "NotAuthenticated")
                return fail(Errc::StaleGeneration, "the session has expired");
        }
    }
    return updates;
}

} // namespace pf::vim::detail
