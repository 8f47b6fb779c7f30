// Building blocks of scripted vim25 answers.
#pragma once

#include "libvsphere/inventory.hpp"
#include "libvsphere/wire/fault.hpp"
#include "libvsphere/wire/value.hpp"
#include "tests/conformance/vim25/fake_server.hpp"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace pf::vim::test {

inline Fault fault_of(std::string type, std::string message = "scripted") {
    Fault fault;
    fault.message = std::move(message);
    fault.detail.type = std::move(type);
    return fault;
}

inline DataObject property(const std::string& name, Value value) {
    return DataObject("DynamicProperty", {{"name", Value(name)}, {"val", std::move(value)}});
}

/// An entry of missingSet: the server would not give this property.
inline DataObject withheld(const std::string& path, const std::string& privilege = "System.Read") {
    Fault fault = fault_of("NoPermission");
    fault.detail.set("privilegeId", Value(privilege));
    return DataObject("MissingProperty",
                      {{"path", Value(path)}, {"fault", Value(localized_fault(fault))}});
}

inline DataObject content_of(const MoRef& object, std::vector<Value> properties,
                             std::vector<Value> missing = {}) {
    DataObject content("ObjectContent", {{"obj", Value(object)}});
    if (!properties.empty())
        content.set("propSet", Value::array("DynamicProperty", std::move(properties)));
    if (!missing.empty())
        content.set("missingSet", Value::array("MissingProperty", std::move(missing)));
    return content;
}

/// One page of RetrievePropertiesEx; the last one without a token.
inline Value page(std::vector<Value> objects, const std::string& token = {}) {
    DataObject result("RetrieveResult");
    if (!token.empty())
        result.set("token", Value(token));
    result.set("objects", Value::array("ObjectContent", std::move(objects)));
    return Value(std::move(result));
}

inline Value one_property(const MoRef& object, const std::string& name, Value value) {
    return page({Value(content_of(object, {Value(property(name, std::move(value)))}))});
}

/// TaskInfo with what every server sends.
inline DataObject task_info(const MoRef& task, const std::string& state,
                            const std::string& description_id = "VirtualMachine.relocate") {
    return DataObject(
        "TaskInfo",
        {{"key", Value(task.id)},
         {"task", Value(task)},
         {"descriptionId", Value(description_id)},
         {"state", Value::enumerator("TaskInfoState", state)},
         {"cancelled", Value(false)},
         {"cancelable", Value(true)},
         {"reason", Value(DataObject("TaskReasonUser", {{"userName", Value("admin")}}))},
         {"queueTime", Value::date_time(1'000'000)},
         {"eventChainId", Value(1)}});
}

/// A vCenter's service content with these managers, named after their fields.
inline Value
vcenter_content(std::initializer_list<std::pair<const char*, const char*>> further = {}) {
    DataObject about("AboutInfo");
    for (const char* name :
         {"name", "fullName", "vendor", "version", "build", "osType", "productLineId"})
        about.set(name, Value("x"));
    about.set("apiType", Value("VirtualCenter"));
    about.set("apiVersion", Value("8.0.3.0"));
    DataObject content("ServiceContent", {{"about", Value(about)}});
    const std::initializer_list<std::pair<const char*, const char*>> always = {
        {"rootFolder", "Folder"},
        {"propertyCollector", "PropertyCollector"},
        {"viewManager", "ViewManager"},
        {"sessionManager", "SessionManager"},
        {"taskManager", "TaskManager"}};
    for (const auto& list : {always, further}) {
        for (const auto& [field, type] : list)
            content.set(field, Value(MoRef{type, field}));
    }
    return Value(content);
}

/// A host with all the managers that calls go to.
inline Host scripted_host() {
    Host host;
    host.name = "esx01";
    host.ref = {"HostSystem", "host-1"};
    host.connection_state = "connected";
    host.managers.storage = {"HostStorageSystem", "s"};
    host.managers.datastores = {"HostDatastoreSystem", "d"};
    host.managers.virtual_nics = {"HostVirtualNicManager", "v"};
    host.managers.services = {"HostServiceSystem", "svc"};
    host.managers.kernel_modules = {"HostKernelModuleSystem", "k"};
    host.managers.advanced_options = {"OptionManager", "o"};
    host.managers.diagnostic = {"HostDiagnosticSystem", "diag"};
    return host;
}

} // namespace pf::vim::test
