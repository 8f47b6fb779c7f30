#pragma once
// esxcli: one command model, two transports (SOAP through the managed method executer, SSH), one
// result model.
//
// A command is its namespace path plus long option names without dashes ("ip-address"). Over SOAP
// the parameters and their aliases are looked up in the host's own metadata (FetchCLIInfo, cached),
// so that an option is accepted under whatever letter or word this release uses; over SSH the long
// form is sent and JSON is asked for, with a fall-back to the text of releases that lack it.
// Results are records of named fields, whichever form the host spoke: field names are the
// structured formatters' ("HostNQN", "AdminStatus"), that is column titles without spaces.
//
// Errors: Fault with the host's own text when esxcli reports failure, Unsupported for an unknown
// command or option, transport errors as they are. Not safe for concurrent use of one executor;
// each run() has a deadline.

#include "libvsphere/session.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pf::net {
class SshClient;
}

namespace pf::vim {

struct EsxcliOption {
    std::string name;                ///< long name without dashes, e.g. "subsystem-nqn"
    std::vector<std::string> values; ///< none = flag
};

struct EsxcliCommand {
    std::vector<std::string> path; ///< {"nvme", "fabrics", "connect"}
    std::vector<EsxcliOption> options;

    EsxcliCommand() = default;
    explicit EsxcliCommand(std::string_view words); ///< "nvme fabrics connect"
    EsxcliCommand& opt(std::string name, std::string value);
    EsxcliCommand& flag(std::string name);
    /// "esxcli nvme fabrics connect --adapter=vmhba65 …", shell-quoted.
    std::string text(std::string_view formatter = {}) const;
};

/// One struct of an answer: fields in the order received; a list field has several values.
struct EsxcliRecord {
    std::string key; ///< the unindented key line of text output; empty in structured forms
    struct Entry {
        std::string name;
        std::vector<std::string> values;
    };
    std::vector<Entry> entries;

    bool has(std::string_view name) const;
    /// First value, or the fallback; names compare without case, spaces and punctuation ("HostNQN"
    /// == "Host NQN").
    std::string get(std::string_view name, std::string_view fallback = {}) const;
    std::vector<std::string> list(std::string_view name) const;
    int64_t get_int(std::string_view name, int64_t fallback = 0) const;
    bool get_bool(std::string_view name, bool fallback = false) const;
};

struct EsxcliOutput {
    std::vector<EsxcliRecord> records;
    std::string scalar; ///< of a command that answers one bare value ("true")
    std::string raw;    ///< what came over the wire
};

class EsxcliExecutor {
  public:
    virtual ~EsxcliExecutor() = default;
    virtual Result<EsxcliOutput> run(const EsxcliCommand& command,
                                     std::chrono::milliseconds timeout) = 0;
    virtual std::string transport() const = 0; ///< "soap" or "ssh"
};

/// `host` is the HostSystem; works against ESXi directly and through vCenter. The session must
/// outlive the executor.
Result<std::unique_ptr<EsxcliExecutor>> make_soap_esxcli(Session& session, const MoRef& host);
/// The client must be connected and must outlive the executor.
std::unique_ptr<EsxcliExecutor> make_ssh_esxcli(net::SshClient& client);

// ---- Parsers, usable on recorded text
// ---------------------------------------------------------------------------

Result<EsxcliOutput> parse_esxcli_json(std::string_view text);
Result<EsxcliOutput> parse_esxcli_xml(std::string_view text);
Result<EsxcliOutput> parse_esxcli_csv(std::string_view text);
Result<EsxcliOutput> parse_esxcli_keyvalue(std::string_view text);
/// Table (by the dash row's column offsets) or "simple" (indented "Field: value") form, told apart
/// by looking.
Result<EsxcliOutput> parse_esxcli_text(std::string_view text);
/// The `response` document of ExecuteSoap.
Result<EsxcliOutput> parse_esxcli_soap(std::string_view response);

/// FetchCLIInfo's answer: which parameters a command takes on this host.
struct EsxcliParam {
    std::string name;                 ///< parameter name, "ipaddress"
    std::vector<std::string> aliases; ///< "-i", "--ip-address"
    bool flag = false;
    std::string help;
};
struct EsxcliMethod {
    std::string name, help;
    std::vector<EsxcliParam> params;
    std::vector<std::pair<std::string, std::string>> hints;
    /// By parameter name, long option or letter, without dashes; null when there is none.
    const EsxcliParam* param(std::string_view option) const;
};
struct EsxcliNamespaceInfo {
    std::string name;
    std::vector<EsxcliMethod> methods;
    const EsxcliMethod* method(std::string_view name) const;
};
Result<EsxcliNamespaceInfo> parse_cli_info(std::string_view response);

} // namespace pf::vim
