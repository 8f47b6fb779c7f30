// The event log: what is written into it, and the EventManager and TaskManager collectors that read
// events and tasks back.
#include "base/crypto.hpp"
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/methods.hpp"
#include "libvsphere/wire/schema.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

const Scope kEverything; // the vCenter's view

Value argument(World& world, const MoRef& entity) {
    const PropertyContext everything{world, kEverything, nullptr};
    const std::string name = object_name(everything, entity);
    if (entity.type == "VirtualMachine") {
        return make("VmEventArgument", {{"name", name}, {"vm", entity}});
    }
    if (entity.type == "HostSystem") {
        return make("HostEventArgument", {{"name", name}, {"host", entity}});
    }
    if (entity.type == "Datastore") {
        return make("DatastoreEventArgument", {{"name", name}, {"datastore", entity}});
    }
    return {};
}

// Past the newest key; 0 stands before the first.
constexpr int64_t kEnd = INT64_MAX;

HistoryState& history(MethodContext& c, const MoRef& collector) {
    return c.world.extras->histories.at(collector.id);
}

bool inside(World& world, const MoRef& entity, const MoRef& root, std::string_view recursion) {
    const PropertyContext everything{world, kEverything, nullptr};
    if (recursion != "children" && entity == root) {
        return true;
    }
    if (recursion == "self") {
        return false;
    }
    MoRef at = entity;
    for (int depth = 0; depth < 32 && !at.empty(); ++depth) {
        at = object_property(everything, at, "parent").ref();
        if (at == root) {
            return true;
        }
    }
    return false;
}

bool within(WallTime time, const Value& begin, const Value& end) {
    const int64_t us = unix_us(time);
    auto from = parse_date_time(begin.text());
    auto to = parse_date_time(end.text());
    return (!begin.is_set() || (from && us >= *from)) && (!end.is_set() || (to && us <= *to));
}

bool contains(const Value& list, const std::string& text) {
    const auto texts = list.texts();
    return texts.empty() || std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool event_matches(World& world, const EventRecord& record, const Value& filter) {
    const Value& entity = filter["entity"];
    if (entity.is_set() &&
        std::none_of(record.about.begin(), record.about.end(), [&](const MoRef& about) {
            return inside(world, about, entity["entity"].ref(), entity["recursion"].text());
        })) {
        return false;
    }
    const auto created = parse_date_time(record.event["createdTime"].text());
    const Value& time = filter["time"];
    if (time.is_set() && created &&
        !within(WallTime(std::chrono::microseconds(*created)), time["beginTime"],
                time["endTime"])) {
        return false;
    }
    if (filter["userName"].is_set() &&
        !contains(filter["userName"]["userList"], record.event["userName"].text())) {
        return false;
    }
    if (filter["eventChainId"].is_set() &&
        filter["eventChainId"].int_or(0) != record.event["chainId"].int_or(0)) {
        return false;
    }
    std::vector<std::string> wanted = filter["type"].texts();
    for (const std::string& id : filter["eventTypeId"].texts()) {
        wanted.push_back(id.starts_with("vim.event.") ? id.substr(10) : id);
    }
    return wanted.empty() ||
           std::any_of(wanted.begin(), wanted.end(), [&](const std::string& type) {
               return record.event["eventTypeId"].text() == type ||
                      Schema::get().is_a(record.event.type_name(), type);
           });
}

bool task_matches(World& world, const TaskRecord& task, const Value& filter) {
    static constexpr const char* states[] = {"queued", "running", "success", "error"};
    const Value& entity = filter["entity"];
    if (entity.is_set() &&
        !inside(world, task.entity, entity["entity"].ref(), entity["recursion"].text())) {
        return false;
    }
    const Value& time = filter["time"];
    if (time.is_set()) {
        const std::string kind = time["timeType"].text();
        const WallTime at = kind == "startedTime"     ? task.started
                            : kind == "completedTime" ? task.completed
                                                      : task.queued;
        if (!within(at, time["beginTime"], time["endTime"])) {
            return false;
        }
    }
    if (filter["userName"].is_set() && !contains(filter["userName"]["userList"], task.user)) {
        return false;
    }
    return contains(filter["state"], states[static_cast<int>(task.state)]);
}

// Items of the collector with their keys, oldest first.
std::vector<std::pair<int64_t, Value>> items_of(const PropertyContext& p,
                                                const HistoryState& state) {
    std::vector<std::pair<int64_t, Value>> out;
    if (state.events) {
        for (const EventRecord& record : p.world.extras->events) {
            if (event_matches(p.world, record, state.filter)) {
                out.emplace_back(record.event["key"].int_or(0), record.event);
            }
        }
        return out;
    }
    for (const auto& [number, task] : p.world.tasks) {
        if (task_matches(p.world, task, state.filter)) {
            out.emplace_back(number, task_info(p, task));
        }
    }
    return out;
}

Value as_array(const HistoryState& state, std::vector<std::pair<int64_t, Value>> items) {
    std::vector<Value> values;
    for (auto& [key, value] : items) {
        values.push_back(std::move(value));
    }
    return Value::array(state.events ? "Event" : "TaskInfo", std::move(values));
}

Outcome<size_t> count_argument(const Call& call) {
    const int64_t count = call.arg("maxCount").int_or(0);
    if (count < 1 || count > 1000) {
        return raise_invalid_argument("maxCount", "maxCount");
    }
    return static_cast<size_t>(count);
}

Outcome<Value> read_next(MethodContext& c, const Call& call) {
    SIM_TRY(const size_t count, count_argument(call));
    const std::lock_guard lock(c.world.mutex);
    HistoryState& state = history(c, call.self);
    const PropertyContext p{c.world, c.scope, nullptr};
    auto items = items_of(p, state);
    std::erase_if(items, [&](const auto& item) { return item.first <= state.position; });
    if (items.size() > count) {
        items.resize(count);
    }
    if (!items.empty()) {
        state.position = items.back().first;
    }
    return as_array(state, std::move(items));
}

Outcome<Value> read_previous(MethodContext& c, const Call& call) {
    SIM_TRY(const size_t count, count_argument(call));
    const std::lock_guard lock(c.world.mutex);
    HistoryState& state = history(c, call.self);
    const PropertyContext p{c.world, c.scope, nullptr};
    auto items = items_of(p, state);
    std::erase_if(items, [&](const auto& item) { return item.first >= state.position; });
    if (items.size() > count) {
        items.erase(items.begin(), items.end() - static_cast<long>(count));
    }
    state.position = items.empty() ? 0 : items.front().first;
    std::reverse(items.begin(), items.end());
    return as_array(state, std::move(items));
}

Method move_to(int64_t position) {
    return [position](MethodContext& c, const Call& call) -> Outcome<Value> {
        const std::lock_guard lock(c.world.mutex);
        history(c, call.self).position = position;
        return Value();
    };
}

Outcome<Value> set_page_size(MethodContext& c, const Call& call) {
    SIM_TRY(const size_t count, count_argument(call));
    const std::lock_guard lock(c.world.mutex);
    history(c, call.self).page = count;
    c.world.touch();
    return Value();
}

Outcome<Value> destroy_collector(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    c.world.extras->histories.erase(call.self.id);
    return Value();
}

Outcome<Value> create(MethodContext& c, const Call& call, bool events) {
    const std::string session = c.session->state.key;
    const std::lock_guard lock(c.world.mutex);
    auto& all = c.world.extras->histories;
    const auto mine = std::count_if(
        all.begin(), all.end(), [&](const auto& entry) { return entry.second.session == session; });
    if (mine >= 32) { // as maxCollector says
        return raise("InvalidState", "The maximum number of collectors is reached.");
    }
    if (all.size() >= 10'000) { // of sessions that are gone
        all.erase(all.begin());
    }
    HistoryState state;
    state.session = session;
    state.events = events;
    state.filter = call.arg("filter");
    state.position = kEnd;
    const std::string id = fmt::format("session[{}]{}", session, uuid4());
    all.emplace(id, std::move(state));
    return Value(MoRef{events ? "EventHistoryCollector" : "TaskHistoryCollector", id});
}

Outcome<Value> query_events(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    HistoryState state;
    state.events = true;
    state.filter = call.arg("filter");
    auto items = items_of({c.world, c.scope, nullptr}, state);
    const int64_t wanted = state.filter["maxCount"].int_or(1000);
    const auto limit = static_cast<size_t>(std::clamp<int64_t>(wanted, 1, 1000));
    if (items.size() > limit) {
        items.erase(items.begin(), items.end() - static_cast<long>(limit));
    }
    return as_array(state, std::move(items));
}

Outcome<Value> log_user_event(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const MoRef entity = call.arg("entity").ref();
    if (!object_exists({c.world, c.scope, nullptr}, entity)) {
        return raise_missing_object(entity);
    }
    const std::string text = call.arg("msg").text();
    post_event(c.world, "GeneralUserEvent", c.user(), entity, text, {{"message", Value(text)}});
    return Value();
}

} // namespace

void post_event(World& world, std::string_view type, const std::string& user, const MoRef& entity,
                std::string message, std::vector<Field> more) {
    EventRecord record;
    DataObject event{std::string(type)};
    const int32_t key = world.extras->next_event++;
    event.set("key", Value(key));
    event.set("chainId", Value(key));
    event.set("createdTime", time_value(wall_now()));
    event.set("userName", user);
    event.set("datacenter", make("DatacenterEventArgument",
                                 {{"name", world.estate.datacenter},
                                  {"datacenter", MoRef{"Datacenter", "datacenter-2"}}}));
    record.about = {{"Datacenter", "datacenter-2"}};
    auto about = [&](const MoRef& one) {
        const Value value = argument(world, one);
        if (value.is_set()) {
            const char* field = one.type == "VirtualMachine" ? "vm"
                                : one.type == "HostSystem"   ? "host"
                                                             : "ds";
            event.set(field, value);
        }
        record.about.push_back(one);
    };
    if (!entity.empty()) {
        about(entity);
    }
    if (const VmState* vm = world.vm(entity.id); vm != nullptr && entity.type == "VirtualMachine") {
        about({"HostSystem", vm->host});
    }
    for (const MoRef& one : std::vector<MoRef>(record.about)) {
        const HostState* host = one.type == "HostSystem" ? world.host(one.id) : nullptr;
        if (host != nullptr) {
            const MoRef cluster = cluster_ref(host->cluster);
            event.set("computeResource",
                      make("ComputeResourceEventArgument", {{"name", world.clusters[host->cluster]},
                                                            {"computeResource", cluster}}));
            record.about.push_back(cluster);
        }
    }
    event.set("fullFormattedMessage", std::move(message));
    for (Field& field : more) {
        event.set(field.name, std::move(field.value));
    }
    record.event = Value(std::move(event));
    evaluate_alarms(world, record.event, record.about);
    auto& events = world.extras->events;
    if (events.size() >= kMaxEvents) {
        events.pop_front();
    }
    events.push_back(std::move(record));
    world.touch();
}

void post_task_event(World& world, const TaskRecord& task) {
    struct Row {
        const char* description;
        const char* event;
        const char* text;
    };
    static constexpr Row rows[] = {
        {"VirtualMachine.powerOn", "VmPoweredOnEvent", "{} on {} is powered on"},
        {"VirtualMachine.powerOff", "VmPoweredOffEvent", "{} on {} is powered off"},
        {"VirtualMachine.shutdownGuest", "VmPoweredOffEvent", "{} on {} is powered off"},
        {"VirtualMachine.suspend", "VmSuspendedEvent", "{} on {} is suspended"},
        {"VirtualMachine.reset", "VmResettingEvent", "{} on {} is reset"},
        {"VirtualMachine.reconfigure", "VmReconfiguredEvent", "Reconfigured {} on {}"},
        {"VirtualMachine.relocate", "VmRelocatedEvent", "Completed the relocation of {} on {}"},
        {"VirtualMachine.createSnapshot", "TaskEvent", "Task: Create snapshot of {} on {}"},
    };
    const VmState* vm = world.vm(task.entity.id);
    const HostState* host = vm == nullptr ? nullptr : world.host(vm->host);
    const std::string where = host == nullptr ? "" : host->spec.name;
    for (const Row& row : rows) {
        if (task.description != row.description || vm == nullptr) {
            continue;
        }
        const std::string text = fmt::format(fmt::runtime(row.text), task.entity_name, where);
        std::vector<Field> more;
        const std::string_view type = row.event;
        if (type == "TaskEvent") {
            more.push_back({"info", task_info({world, kEverything, nullptr}, task)});
        } else if (type == "VmRelocatedEvent" || type == "VmReconfiguredEvent") {
            if (task.state == TaskState::Error) {
                break;
            }
            if (type == "VmRelocatedEvent") {
                more.push_back({"sourceHost", argument(world, {"HostSystem", vm->host})});
            } else {
                more.push_back({"configSpec", make("VirtualMachineConfigSpec", {})});
            }
        } else {
            more.push_back({"template", vm->template_vm});
        }
        if (type == "VmRelocatedEvent") {
            more.push_back({"template", vm->template_vm});
        }
        if (type == "VmReconfiguredEvent") {
            more.push_back({"template", vm->template_vm});
        }
        if (task.state == TaskState::Success) {
            post_event(world, type, task.user, task.entity, text, std::move(more));
        }
        return;
    }
    const std::string text =
        task.state == TaskState::Success
            ? fmt::format("Task: {} of {} completed", task.description, task.entity_name)
            : fmt::format("Task: {} of {} failed: {}", task.description, task.entity_name,
                          task.error ? task.error->message : "");
    post_event(world, "TaskEvent", task.user, task.entity, text,
               {{"info", task_info({world, kEverything, nullptr}, task)}});
}

void add_event_methods(MethodTable& t) {
    t.add("EventManager", "QueryEvents", query_events);
    t.add("EventManager", "LogUserEvent", log_user_event);
    t.add("EventManager", "CreateCollectorForEvents",
          [](MethodContext& c, const Call& call) { return create(c, call, true); });
    t.add("TaskManager", "CreateCollectorForTasks",
          [](MethodContext& c, const Call& call) { return create(c, call, false); });
    t.add("EventHistoryCollector", "ReadNextEvents", read_next);
    t.add("EventHistoryCollector", "ReadPreviousEvents", read_previous);
    t.add("TaskHistoryCollector", "ReadNextTasks", read_next);
    t.add("TaskHistoryCollector", "ReadPreviousTasks", read_previous);
    t.add("HistoryCollector", "RewindCollector", move_to(0));
    t.add("HistoryCollector", "ResetCollector", move_to(kEnd));
    t.add("HistoryCollector", "SetCollectorPageSize", set_page_size);
    t.add("HistoryCollector", "DestroyCollector", destroy_collector);
}

Value history_property(const PropertyContext& c, const MoRef& object, std::string_view name) {
    const auto found = c.world.extras->histories.find(object.id);
    if (found == c.world.extras->histories.end()) {
        return {};
    }
    if (name == "filter") {
        return found->second.filter;
    }
    if (name == "latestPage") {
        auto items = items_of(c, found->second);
        std::reverse(items.begin(), items.end());
        if (items.size() > found->second.page) {
            items.resize(found->second.page);
        }
        return as_array(found->second, std::move(items));
    }
    return {};
}

} // namespace pf::vim::sim
