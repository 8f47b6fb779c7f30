// ServiceInstance, SessionManager, Task, TaskManager.
#include "libvsphere/simulator/service/session_store.hpp"

namespace pf::vim::sim {

namespace {

Outcome<Value> service_content_method(MethodContext& c, const Call&) {
    const std::lock_guard lock(c.world.mutex);
    return service_content({c.world, c.scope, nullptr});
}

Outcome<Value> current_time(MethodContext&, const Call&) { return time_value(wall_now()); }

Outcome<Value> login(MethodContext& c, const Call& call) {
    const std::string locale = call.arg("locale").text();
    if (!locale.empty() && !locale.starts_with("en")) {
        return raise("InvalidLocale", fmt::format("Locale '{}' is not known.", locale));
    }
    SIM_TRY(c.session, c.sessions.login(call.arg("userName").text(), call.arg("password").text(),
                                        c.remote, c.agent));
    return user_session(c.session->state);
}

Outcome<Value> logout(MethodContext& c, const Call&) {
    std::string cookie;
    {
        const std::lock_guard lock(c.session->mutex);
        cookie = c.session->state.cookie;
        for (auto& [id, collector] : c.session->state.collectors) {
            collector.cancel = true;
        }
    }
    c.sessions.remove(cookie);
    return Value();
}

Outcome<Value> session_is_active(MethodContext& c, const Call& call) {
    if (!c.scope.is_vcenter()) {
        return raise("NotImplemented", "The requested operation is not implemented by the server.");
    }
    return Value(c.sessions.active(call.arg("sessionID").text(), call.arg("userName").text()));
}

Outcome<Value> cancel_task(MethodContext& c, const Call& call) {
    SIM_CHECK(c.tasks.cancel(call.self.id));
    return Value();
}

} // namespace

void add_session_methods(MethodTable& t) {
    t.add("ServiceInstance", "RetrieveServiceContent", service_content_method);
    t.add("ServiceInstance", "CurrentTime", current_time);
    t.add("SessionManager", "Login", login);
    t.add("SessionManager", "Logout", logout);
    t.add("SessionManager", "SessionIsActive", session_is_active);
    t.add("Task", "CancelTask", cancel_task);
}

} // namespace pf::vim::sim
