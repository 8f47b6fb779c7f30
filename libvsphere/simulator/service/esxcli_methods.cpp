// esxcli over SOAP: the managed method executer of a host.
#include "libvsphere/simulator/esxcli/model.hpp"
#include "libvsphere/simulator/service/methods.hpp"

#include <algorithm>

namespace pf::vim::sim {

namespace {

Outcome<Value> executer(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    return Value(
        MoRef{"ManagedMethodExecuter", fmt::format("managedMethodExecuter-{}", host->number)});
}

Outcome<Value> type_manager(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    return Value(MoRef{"DynamicTypeManager", fmt::format("dynamicTypeManager-{}", host->number)});
}

Outcome<Value> instances(MethodContext& c, const Call& call) {
    SIM_CHECK(host_of(c, call.self));
    std::vector<Value> out;
    std::string last;
    for (const cli::Command& command : cli::commands()) {
        if (command.space == last) {
            continue;
        }
        last = command.space;
        std::string id = "ha-cli-handler-" + command.space;
        std::replace(id.begin(), id.end(), '.', '-');
        out.push_back(make("DynamicTypeMgrMoInstance",
                           {{"id", id}, {"moType", "vim.EsxCLI." + command.space}}));
    }
    return Value::array("DynamicTypeMgrMoInstance", std::move(out));
}

// The text inside "<adapter>vmhba65</adapter>"; a repeated element gives its first value.
std::string inner_text(const std::string& fragment) {
    const size_t open = fragment.find('>');
    const size_t close = fragment.find("</", open == std::string::npos ? 0 : open);
    if (open == std::string::npos || close == std::string::npos) {
        return {};
    }
    std::string text = fragment.substr(open + 1, close - open - 1);
    for (const auto& [entity, plain] :
         {std::pair{"&lt;", "<"}, std::pair{"&gt;", ">"}, std::pair{"&quot;", "\""},
          std::pair{"&apos;", "'"}, std::pair{"&amp;", "&"}}) {
        const std::string from(entity);
        for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1)) {
            text.replace(at, from.size(), plain);
        }
    }
    return text;
}

Value soap_result(std::string response) {
    DataObject result("ReflectManagedMethodExecuterSoapResult");
    if (!response.empty()) {
        result.set("response", std::move(response));
    }
    return Value(std::move(result));
}

Value soap_fault(const Fault& fault) {
    const bool cli = fault.detail.type == "VimEsxCLICLIFault";
    return make(
        "ReflectManagedMethodExecuterSoapResult",
        {{"fault", make("ReflectManagedMethodExecuterSoapFault",
                        {{"faultMsg", cli ? std::string("EsxCLI.CLIFault.summary") : fault.message},
                         {"faultDetail", cli::render_soap_fault(fault)}})}});
}

Value run(World& world, HostState& host, const cli::Command& command, const Value& arguments) {
    cli::Arguments args;
    for (const Value& argument : arguments.items()) {
        const std::string name = argument["name"].text();
        const bool known = std::any_of(command.params.begin(), command.params.end(),
                                       [&](const cli::Param& p) { return p.name == name; });
        if (!known) {
            return soap_fault(raise_invalid_argument(name, name).value());
        }
        args.set(name, inner_text(argument["val"].text()));
    }
    for (const cli::Param& param : command.params) {
        if (param.required && !args.has(param.name)) {
            return soap_fault(raise_invalid_argument(param.name, param.name).value());
        }
    }
    auto answer = command.run({world, host, args});
    return answer ? soap_result(cli::render_soap(*answer, command)) : soap_fault(answer.error());
}

Outcome<Value> execute_soap(MethodContext& c, const Call& call) {
    SIM_TRY(HostState * host, host_of(c, call.self));
    const std::string moid = call.arg("moid").text();
    const std::string method = call.arg("method").text();
    const Value& arguments = call.arg("argument");
    if (moid == "ha-dynamic-type-manager-local-cli-cliinfo" &&
        method == "vim.CLIInfo.FetchCLIInfo") {
        constexpr std::string_view prefix = "vim.EsxCLI.";
        std::string space;
        for (const Value& argument : arguments.items()) {
            if (argument["name"].text() == "typeName") {
                space = inner_text(argument["val"].text());
            }
        }
        if (!space.starts_with(prefix) || !cli::is_namespace(space.substr(prefix.size()))) {
            return soap_fault(raise_not_found("").value());
        }
        return soap_result(cli::render_cli_info(space.substr(prefix.size())));
    }
    constexpr std::string_view prefix = "vim.EsxCLI.";
    const size_t dot = method.rfind('.');
    const cli::Command* command =
        method.starts_with(prefix) && dot > prefix.size()
            ? cli::find_command(method.substr(prefix.size(), dot - prefix.size()),
                                method.substr(dot + 1))
            : nullptr;
    std::string handler = command == nullptr ? "" : "ha-cli-handler-" + command->space;
    std::replace(handler.begin(), handler.end(), '.', '-');
    if (command == nullptr || moid != handler) {
        return soap_fault(raise_not_found("").value());
    }
    return run(c.world, *host, *command, arguments);
}

} // namespace

void add_esxcli_methods(MethodTable& t) {
    t.add("HostSystem", "RetrieveManagedMethodExecuter", executer);
    t.add("HostSystem", "RetrieveDynamicTypeManager", type_manager);
    t.add("DynamicTypeManager", "DynamicTypeMgrQueryMoInstances", instances);
    t.add("ManagedMethodExecuter", "ExecuteSoap", execute_soap);
}

} // namespace pf::vim::sim
