// esxcli through the managed method executer: no SSH service needed, works through vCenter.

#include "base/xml.hpp"
#include "libvsphere/esxcli.hpp"
#include "libvsphere/wire/xml_codec.hpp"

#include <map>

namespace pf::vim {

namespace {

constexpr std::string_view kCliVersion = "urn:vim25/5.0"; // whatever the host's own version is
constexpr std::string_view kCliInfo = "ha-dynamic-type-manager-local-cli-cliinfo";

std::string argument_xml(const std::string& name, const std::vector<std::string>& values) {
    std::string out;
    for (const std::string& value : values) {
        out += '<' + name + '>';
        append_xml_escaped(out, value);
        out += "</" + name + '>';
    }
    return out;
}

std::string join(const std::vector<std::string>& parts, size_t count, char separator) {
    std::string out;
    for (size_t i = 0; i < count; ++i) {
        if (i > 0)
            out += separator;
        out += parts[i];
    }
    return out;
}

/// The host's words: the message is only in errMsg[]; "EsxCLI.CLIFault.summary" says nothing.
Error cli_error(const std::string& message, const std::string& detail_xml,
                const std::string& command) {
    Errc code = Errc::Fault;
    std::string said;
    if (!detail_xml.empty()) {
        if (Result<Value> detail = decode_fragment(detail_xml, "", {})) {
            const Value& fault = detail->operator[]("fault");
            for (const std::string& line : fault["errMsg"].texts())
                said += (said.empty() ? "" : " ") + line;
            std::string type = fault.type_name();
            if (type == "NotFound" || type == "MethodNotFound")
                code = Errc::Unsupported;
            else if (type == "NoPermission")
                code = Errc::PermissionDenied;
        }
    }
    if (said.empty())
        said = message.empty() ? "failed without a word" : message;
    return {code, command + ": " + said};
}

class SoapEsxcli : public EsxcliExecutor {
  public:
    SoapEsxcli(Session& session, MoRef executer)
        : session_(session), executer_(std::move(executer)) {}

    std::string transport() const override { return "soap"; }

    Result<EsxcliOutput> run(const EsxcliCommand& command,
                             std::chrono::milliseconds timeout) override {
        if (command.path.size() < 2)
            return fail(Errc::InvalidArgument, "\"{}\" is not an esxcli command", command.text());
        const std::string space = join(command.path, command.path.size() - 1, '.');
        PF_TRY(const EsxcliNamespaceInfo* info, metadata(space, command, timeout));
        const EsxcliMethod* method = info->method(command.path.back());
        if (!method)
            return fail(Errc::Unsupported, "{}: this host's esxcli has no such command",
                        command.text());
        std::vector<std::pair<std::string, std::string>> args;
        for (const EsxcliOption& option : command.options) {
            const EsxcliParam* param = method->param(option.name);
            if (!param)
                return fail(Errc::Unsupported, "{}: this host's command has no option \"{}\"",
                            command.text(), option.name);
            std::vector<std::string> values = option.values;
            if (values.empty())
                values.emplace_back("true");
            args.emplace_back(param->name, argument_xml(param->name, values));
        }
        std::string moid = "ha-cli-handler-" + join(command.path, command.path.size() - 1, '-');
        PF_TRY(std::string response,
               execute(moid, "vim.EsxCLI." + space + "." + command.path.back(), args,
                       command.text(), timeout));
        return parse_esxcli_soap(response);
    }

  private:
    Result<const EsxcliNamespaceInfo*> metadata(const std::string& space,
                                                const EsxcliCommand& command,
                                                std::chrono::milliseconds timeout) {
        auto known = infos_.find(space);
        if (known != infos_.end())
            return &known->second;
        const std::string type = "vim.EsxCLI." + space;
        PF_TRY(std::string response,
               execute(std::string(kCliInfo), "vim.CLIInfo.FetchCLIInfo",
                       {{"typeName", argument_xml("typeName", {type})}}, command.text(), timeout));
        PF_TRY(EsxcliNamespaceInfo info, parse_cli_info(response));
        return &infos_.emplace(space, std::move(info)).first->second;
    }

    Result<std::string> execute(const std::string& moid, const std::string& method,
                                const std::vector<std::pair<std::string, std::string>>& args,
                                const std::string& command, std::chrono::milliseconds timeout) {
        std::vector<Value> arguments;
        for (const auto& [name, val] : args) {
            DataObject argument("ReflectManagedMethodExecuterSoapArgument");
            argument.set("name", Value(name));
            argument.set("val", Value(val));
            arguments.emplace_back(std::move(argument));
        }
        std::vector<Field> fields{
            {"moid", Value(moid)}, {"version", Value(kCliVersion)}, {"method", Value(method)}};
        if (!arguments.empty())
            fields.push_back({"argument", Value::array("ReflectManagedMethodExecuterSoapArgument",
                                                       std::move(arguments))});
        CallOptions options;
        options.timeout = timeout;
        options.object = command;
        PF_TRY(Value result, session_.call(executer_, "ExecuteSoap", std::move(fields), options));
        if (result["fault"].is_set())
            return fail(cli_error(result["fault"]["faultMsg"].text_or(),
                                  result["fault"]["faultDetail"].text_or(), command));
        return result["response"].text_or();
    }

    Session& session_;
    MoRef executer_;
    std::map<std::string, EsxcliNamespaceInfo> infos_;
};

} // namespace

Result<std::unique_ptr<EsxcliExecutor>> make_soap_esxcli(Session& session, const MoRef& host) {
    PF_TRY(Value reference, session.call(host, "RetrieveManagedMethodExecuter", {},
                                         {.object = fmt::format("esxcli of host {}", host.id)}));
    PF_TRY(MoRef executer, reference.require_ref("the method executer"));
    return std::unique_ptr<EsxcliExecutor>(
        std::make_unique<SoapEsxcli>(session, std::move(executer)));
}

} // namespace pf::vim
