// esxcli of a simulated host: commands, their parameters, and answers before any rendering.
//
// One table of commands serves three faces: argv (SSH), ExecuteSoap and FetchCLIInfo (SOAP), and
// the formatters of the command line. Handlers take no lock from the caller; they lock for
// themselves.
#pragma once

#include "libvsphere/simulator/host_ops.hpp"

#include <functional>
#include <variant>

namespace pf::vim::sim::cli {

using Cell = std::variant<std::string, int64_t, bool, std::vector<std::string>>;

struct Row {
    std::string key; // the unindented line of the "simple" form; may be empty
    std::vector<std::pair<std::string, Cell>> fields; // title ("Admin Status") and value
};

struct Answer {
    enum class Kind { Void, Scalar, Struct, List };
    Kind kind = Kind::Void;
    bool table = false;      // default text form of a list: table, else simple blocks
    std::string struct_name; // "Nic", "VirtualMachine" ...
    Cell scalar;
    std::vector<Row> rows; // one for Struct
};

struct Param {
    std::string name;      // API name: "ipaddress"
    std::string long_name; // "ip-address"
    char letter = 0;       // 0: none
    bool required = false;
    bool flag = false;
    std::string help;
};

class Arguments {
  public:
    std::string get(std::string_view name, std::string_view fallback = {}) const;
    bool has(std::string_view name) const { return values_.contains(std::string(name)); }
    bool flag(std::string_view name) const { return get(name) == "true"; }
    int64_t number(std::string_view name, int64_t fallback) const;
    void set(const std::string& name, std::string value) { values_[name] = std::move(value); }

  private:
    std::map<std::string, std::string> values_;
};

struct Invocation {
    World& world;
    HostState& host;
    const Arguments& args;
    HostOps ops() const { return HostOps(world, host); }
};

struct Command {
    std::string space; // "nvme.fabrics"
    std::string name;  // "connect"
    std::string help;
    std::vector<Param> params;
    std::function<Outcome<Answer>(const Invocation&)> run;
};

const std::vector<Command>& commands();
const Command* find_command(std::string_view space, std::string_view name);
bool is_namespace(std::string_view space);

void add_nvme_commands(std::vector<Command>& out);
void add_device_commands(std::vector<Command>& out);
void add_vmfs_commands(std::vector<Command>& out);
void add_network_commands(std::vector<Command>& out);
void add_system_commands(std::vector<Command>& out);
void add_claim_commands(std::vector<Command>& out);
void add_host_commands(std::vector<Command>& out);
void add_settings_commands(std::vector<Command>& out);

// A failed command: what esxcli prints, line by line.
tl::unexpected<Fault> cli_error(std::string message);
// An operation's fault as the command line words it; `what` begins the sentence.
tl::unexpected<Fault> cli_fault(const Fault& fault, std::string_view what);

// --- rendering ---
// Formatter "" is the command's own text form; also "json", "csv", "keyvalue", "xml".
Result<std::string> render(const Answer& answer, std::string_view formatter);
// The `response` document of ExecuteSoap; empty for void.
std::string render_soap(const Answer& answer, const Command& command);
// FetchCLIInfo's document for a namespace.
std::string render_cli_info(std::string_view space);
// The `faultDetail` document.
std::string render_soap_fault(const Fault& fault);

// "Admin Status" -> "AdminStatus".
std::string field_name(std::string_view title);

} // namespace pf::vim::sim::cli
