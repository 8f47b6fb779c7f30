// esxcli system ..., vm process ..., software vib list
#include "libvsphere/simulator/esxcli/model.hpp"
#include "libvsphere/simulator/service/properties.hpp"
#include "libvsphere/simulator/vmx.hpp"

namespace pf::vim::sim::cli {

namespace {

Answer one(const char* name, Row row) {
    Answer answer;
    answer.kind = Answer::Kind::Struct;
    answer.struct_name = name;
    answer.rows.push_back(std::move(row));
    return answer;
}

Outcome<Answer> version_get(const Invocation& i) {
    const std::string& version = i.host.spec.version;
    return one("VersionGet", {"",
                              {{"Product", std::string("VMware ESXi")},
                               {"Version", version},
                               {"Build", "Releasebuild-" + i.host.spec.build},
                               {"Update", version.substr(version.rfind('.') + 1)},
                               {"Patch", std::string("0")}}});
}

Outcome<Answer> hostname_get(const Invocation& i) {
    const std::string& name = i.host.spec.name;
    const size_t dot = name.find('.');
    return one("FullyQualifiedHostName",
               {"",
                {{"Domain Name", dot == std::string::npos ? "" : name.substr(dot + 1)},
                 {"Fully Qualified Domain Name", name},
                 {"Host Name", name.substr(0, dot)}}});
}

Outcome<Answer> uuid_get(const Invocation& i) {
    Answer answer;
    answer.kind = Answer::Kind::Scalar;
    answer.scalar = i.host.spec.uuid;
    return answer;
}

Outcome<Answer> maintenance_get(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer;
    answer.kind = Answer::Kind::Scalar;
    answer.scalar = std::string(i.host.maintenance ? "Enabled" : "Disabled");
    return answer;
}

Outcome<Answer> module_list_command(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.table = true;
    answer.struct_name = "ModuleInfo";
    const Value modules = module_list(i.host);
    for (const Value& module : modules.items()) {
        answer.rows.push_back({"",
                               {{"Name", module["name"].text()},
                                {"Is Loaded", module["loaded"].bool_or(false)},
                                {"Is Enabled", module["enabled"].bool_or(false)}}});
    }
    return answer;
}

Outcome<Answer> module_parameters(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    const std::string wanted = i.args.get("module");
    const Value modules = module_list(i.host);
    for (const Value& module : modules.items()) {
        if (module["name"].text() != wanted) {
            continue;
        }
        Answer answer;
        answer.kind = Answer::Kind::List;
        answer.table = true;
        answer.struct_name = "ModuleParameter";
        std::string options = module["optionString"].text();
        while (!options.empty()) {
            const size_t space = options.find(' ');
            const std::string option = options.substr(0, space);
            options = space == std::string::npos ? "" : options.substr(space + 1);
            const size_t equals = option.find('=');
            if (equals != std::string::npos) {
                answer.rows.push_back({"",
                                       {{"Name", option.substr(0, equals)},
                                        {"Type", std::string("string")},
                                        {"Value", option.substr(equals + 1)},
                                        {"Description", std::string()}}});
            }
        }
        return answer;
    }
    return cli_error(fmt::format("Unable to find module {}: Not found", wanted));
}

Outcome<Answer> process_list(const Invocation& i) {
    const std::lock_guard lock(i.world.mutex);
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.struct_name = "VirtualMachine";
    for (const auto& [number, vm] : i.world.vms) {
        if (vm.host == i.host.moid() && vm.power == PowerState::On) {
            answer.rows.push_back({vm.name,
                                   {{"World ID", int64_t{2'000'000} + number},
                                    {"Process ID", int64_t{0}},
                                    {"VMX Cartel ID", int64_t{2'000'001} + number},
                                    {"UUID", vmx_uuid(vm.uuid)},
                                    {"Display Name", vm.name},
                                    {"Config File", fmt::format("/vmfs/volumes/{}/{}",
                                                                vm.vmx.volume, vm.vmx.path)}}});
        }
    }
    return answer;
}

Outcome<Answer> vib_list(const Invocation& i) {
    Answer answer;
    answer.kind = Answer::Kind::List;
    answer.table = true;
    answer.struct_name = "VIBSummaryExt";
    auto add = [&](const char* name, const char* version, const char* vendor) {
        answer.rows.push_back({"",
                               {{"Name", std::string(name)},
                                {"Version", std::string(version)},
                                {"Vendor", std::string(vendor)},
                                {"Acceptance Level", std::string("VMwareCertified")},
                                {"Install Date", std::string("2026-01-01")}}});
    };
    add("esx-base", i.host.spec.version.c_str(), "VMware");
    add("nvmetcp", "1.0", "VMW");
    if (i.host.spec.sdc) {
        add("sdc", "4.6-0.0", "EMC");
    }
    return answer;
}

} // namespace

void add_system_commands(std::vector<Command>& out) {
    out.push_back({"system.version", "get", "Version of the host", {}, version_get});
    out.push_back({"system.hostname", "get", "Name of the host", {}, hostname_get});
    out.push_back({"system.uuid", "get", "UUID of the host", {}, uuid_get});
    out.push_back({"system.maintenanceMode", "get", "Maintenance mode", {}, maintenance_get});
    out.push_back({"system.module", "list", "List modules", {}, module_list_command});
    out.push_back({"system.module.parameters",
                   "list",
                   "List parameters of a module",
                   {{"module", "module", 'm', true, false, "Module"}},
                   module_parameters});
    out.push_back({"vm.process", "list", "List running VMs", {}, process_list});
    out.push_back({"software.vib", "list", "List packages", {}, vib_list});
}

} // namespace pf::vim::sim::cli
