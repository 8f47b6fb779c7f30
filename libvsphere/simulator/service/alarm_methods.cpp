// Alarms: their definitions, what events set off, and who has acknowledged it.
#include "libvsphere/simulator/service/extras.hpp"
#include "libvsphere/simulator/service/methods.hpp"
#include "libvsphere/wire/schema.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

const MoRef kRoot{"Folder", "group-d1"};

MoRef alarm_ref(unsigned number) { return {"Alarm", fmt::format("alarm-{}", number)}; }

Value on_event(const char* type, const char* id, const char* object, const char* status) {
    DataObject expression("EventAlarmExpression");
    expression.set("eventType", type);
    if (*id != 0) {
        expression.set("eventTypeId", id);
    }
    expression.set("objectType", object);
    expression.set("status", enum_value("ManagedEntityStatus", status));
    return Value(std::move(expression));
}

// The alarms that a new vCenter has, as far as storage goes.
std::map<unsigned, AlarmState>& alarms(World& world) {
    auto& all = world.extras->alarms;
    if (!all.empty() || world.extras->alarms_made) {
        return all;
    }
    world.extras->alarms_made = true;
    auto add = [&](const char* name, const char* system, std::vector<Value> expressions) {
        AlarmState alarm;
        alarm.number = world.extras->next_number++;
        alarm.entity = kRoot;
        alarm.changed = world.started;
        alarm.spec = make(
            "AlarmSpec",
            {{"name", name},
             {"systemName", system},
             {"description", name},
             {"enabled", true},
             {"expression",
              make("OrAlarmExpression",
                   {{"expression", Value::array("AlarmExpression", std::move(expressions))}})},
             {"setting", make("AlarmSetting", {{"toleranceRange", Value(int32_t{0})},
                                               {"reportingFrequency", Value(int32_t{300})}})}});
        all.emplace(alarm.number, std::move(alarm));
    };
    add("Host connection and power state", "alarm.HostConnectionStateAlarm",
        {on_event("HostDisconnectedEvent", "", "HostSystem", "red"),
         on_event("HostConnectedEvent", "", "HostSystem", "green")});
    add("Cannot connect to storage", "alarm.StorageConnectivityAlarm",
        {on_event("EventEx", "esx.problem.storage.apd.start", "HostSystem", "red"),
         on_event("EventEx", "esx.problem.storage.apd.timeout", "HostSystem", "red"),
         on_event("EventEx", "esx.problem.scsi.device.state.permanentloss", "HostSystem", "red"),
         on_event("EventEx", "esx.clear.storage.apd.exit", "HostSystem", "green"),
         on_event("EventEx", "esx.clear.scsi.device.state.on", "HostSystem", "green")});
    add("Datastore usage on disk", "alarm.DatastoreDiskUsageAlarm",
        {on_event("DatastoreEvent", "", "Datastore", "red")});
    return all;
}

void evaluate(AlarmState& alarm, const Value& expression, const Value& event,
              const std::vector<MoRef>& about) {
    for (const Value& part : expression["expression"].items()) {
        evaluate(alarm, part, event, about);
    }
    const std::string wanted = expression["eventTypeId"].text();
    if (expression.type_name() != "EventAlarmExpression" ||
        !Schema::get().is_a(event.type_name(), expression["eventType"].text()) ||
        (!wanted.empty() && wanted != event["eventTypeId"].text())) {
        return;
    }
    const std::string status = expression["status"].text();
    for (const MoRef& entity : about) {
        if (entity.type != expression["objectType"].text()) {
            continue;
        }
        if (status == "green" || status.empty()) {
            alarm.triggered.erase(entity);
        } else {
            TriggeredAlarm set_off;
            set_off.status = status;
            set_off.time = wall_now();
            set_off.event = static_cast<int32_t>(event["key"].int_or(0));
            alarm.triggered[entity] = std::move(set_off);
        }
    }
}

Value state_of(const AlarmState& alarm, const MoRef& entity) {
    DataObject state("AlarmState");
    state.set("key", fmt::format("alarm-{}.{}", alarm.number, entity.id));
    state.set("entity", entity);
    state.set("alarm", alarm_ref(alarm.number));
    const auto set_off = alarm.triggered.find(entity);
    const bool on = set_off != alarm.triggered.end();
    state.set("overallStatus",
              enum_value("ManagedEntityStatus", on ? set_off->second.status : "green"));
    state.set("time", time_value(on ? set_off->second.time : alarm.changed));
    state.set("acknowledged", on && set_off->second.acknowledged);
    if (on) {
        if (set_off->second.acknowledged) {
            state.set("acknowledgedByUser", set_off->second.acknowledged_by);
            state.set("acknowledgedTime", time_value(set_off->second.acknowledged_at));
        }
        state.set("eventKey", Value(set_off->second.event));
    }
    return Value(std::move(state));
}

Outcome<Value> get_alarm(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const MoRef entity = call.arg("entity").ref();
    std::vector<MoRef> out;
    for (const auto& [number, alarm] : alarms(c.world)) {
        if (entity.empty() || alarm.entity == entity) {
            out.push_back(alarm_ref(number));
        }
    }
    return Value::refs(out);
}

Outcome<Value> create_alarm(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    auto& all = alarms(c.world);
    const Value& spec = call.arg("spec");
    for (const auto& [number, other] : all) {
        if (other.spec["name"].text() == spec["name"].text()) {
            return raise("DuplicateName", "The alarm's name is taken.",
                         {{"name", spec["name"]}, {"object", Value(alarm_ref(number))}});
        }
    }
    AlarmState alarm;
    alarm.number = c.world.extras->next_number++;
    alarm.entity = call.arg("entity").ref();
    alarm.spec = spec;
    alarm.changed = wall_now();
    const MoRef ref = alarm_ref(alarm.number);
    all.emplace(alarm.number, std::move(alarm));
    c.world.touch();
    return Value(ref);
}

Outcome<Value> remove_alarm(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    alarms(c.world).erase(trailing_number(call.self.id));
    c.world.touch();
    return Value();
}

Outcome<Value> reconfigure_alarm(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    AlarmState& alarm = alarms(c.world).at(trailing_number(call.self.id));
    alarm.spec = call.arg("spec");
    alarm.changed = wall_now();
    c.world.touch();
    return Value();
}

// Of an entity: the alarms defined on it, and those that are set off on it wherever defined.
Outcome<Value> alarm_states(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const MoRef entity = call.arg("entity").ref();
    std::vector<Value> out;
    for (const auto& [number, alarm] : alarms(c.world)) {
        if (alarm.entity == entity || alarm.triggered.contains(entity)) {
            out.push_back(state_of(alarm, entity));
        }
    }
    return Value::array("AlarmState", std::move(out));
}

Outcome<Value> acknowledge(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const auto alarm = alarms(c.world).find(trailing_number(call.arg("alarm").ref().id));
    if (alarm == alarms(c.world).end()) {
        return raise_missing_object(call.arg("alarm").ref());
    }
    const auto set_off = alarm->second.triggered.find(call.arg("entity").ref());
    if (set_off == alarm->second.triggered.end()) {
        return raise_invalid_argument("entity", "entity (the alarm is not triggered on it)");
    }
    set_off->second.acknowledged = true;
    set_off->second.acknowledged_by = c.user();
    set_off->second.acknowledged_at = wall_now();
    c.world.touch();
    return Value();
}

Outcome<Value> clear_triggered(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const std::vector<std::string> wanted = call.arg("filter")["status"].texts();
    for (auto& [number, alarm] : alarms(c.world)) {
        std::erase_if(alarm.triggered, [&](const auto& entry) {
            return wanted.empty() ||
                   std::find(wanted.begin(), wanted.end(), entry.second.status) != wanted.end();
        });
    }
    c.world.touch();
    return Value();
}

Outcome<Value> actions_enabled(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    return Value(!c.world.extras->alarm_actions_off.contains(call.arg("entity").ref()));
}

Outcome<Value> enable_actions(MethodContext& c, const Call& call) {
    const std::lock_guard lock(c.world.mutex);
    const MoRef entity = call.arg("entity").ref();
    if (call.arg("enabled").bool_or(true)) {
        c.world.extras->alarm_actions_off.erase(entity);
    } else {
        c.world.extras->alarm_actions_off.insert(entity);
    }
    c.world.touch();
    return Value();
}

} // namespace

void evaluate_alarms(World& world, const Value& event, const std::vector<MoRef>& about) {
    for (auto& [number, alarm] : alarms(world)) {
        if (alarm.spec["enabled"].bool_or(true)) {
            evaluate(alarm, alarm.spec["expression"], event, about);
        }
    }
}

std::vector<Value> triggered_alarms(World& world, const MoRef& entity) {
    std::vector<Value> out;
    for (const auto& [number, alarm] : alarms(world)) {
        if (alarm.triggered.contains(entity)) {
            out.push_back(state_of(alarm, entity));
        }
    }
    return out;
}

bool alarm_exists(World& world, const MoRef& alarm) {
    return alarms(world).contains(trailing_number(alarm.id));
}

Value alarm_property(const PropertyContext& c, const MoRef& object, std::string_view name) {
    const auto found = alarms(c.world).find(trailing_number(object.id));
    if (found == alarms(c.world).end() || name != "info") {
        return {};
    }
    const AlarmState& alarm = found->second;
    DataObject info("AlarmInfo", alarm.spec.as_object()->fields);
    info.set("key", object.id);
    info.set("alarm", object);
    info.set("entity", alarm.entity);
    info.set("lastModifiedTime", time_value(alarm.changed));
    info.set("lastModifiedUser", c.world.options.vcenter_login.user);
    info.set("creationEventId", Value(int32_t{0}));
    return Value(std::move(info));
}

void add_alarm_methods(MethodTable& t) {
    t.add("AlarmManager", "GetAlarm", get_alarm);
    t.add("AlarmManager", "CreateAlarm", create_alarm);
    t.add("AlarmManager", "GetAlarmState", alarm_states);
    t.add("AlarmManager", "AreAlarmActionsEnabled", actions_enabled);
    t.add("AlarmManager", "EnableAlarmActions", enable_actions);
    t.add("AlarmManager", "AcknowledgeAlarm", acknowledge);
    t.add("AlarmManager", "ClearTriggeredAlarms", clear_triggered);
    t.add("Alarm", "RemoveAlarm", remove_alarm);
    t.add("Alarm", "ReconfigureAlarm", reconfigure_alarm);
}

} // namespace pf::vim::sim
