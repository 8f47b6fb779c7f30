#include "tools/scli/run.hpp"

#include "base/options.hpp"
#include "tools/scli/context.hpp"

#include <algorithm>
#include <ostream>

namespace pf::scli {
namespace {

constexpr int kUsage = 1;
constexpr int kRefused = 7;

std::vector<Command> all_commands() {
    std::vector<Command> out;
    for (auto part : {session_commands(), system_commands(), query_properties_commands(),
                      pool_commands(), sds_commands(), sdt_commands(), host_commands(),
                      volume_commands(), mapping_commands(), snapshot_commands()}) {
        out.insert(out.end(), part.begin(), part.end());
    }
    return out;
}

void print_help(std::ostream& out, std::span<const Command> commands) {
    out << "scli: PowerFlex's command line over its REST interface.\n\n"
           "  scli --COMMAND [--option [value]]…\n\nCommands:\n";
    for (const Command& command : commands) {
        out << fmt::format("  --{:<38} {}\n", command.name, command.help);
    }
    out << "\nOptions of every command:\n"
           "  --management_system_ip ADDRESS[:PORT]    the PowerFlex to talk to "
           "(POWERFLEX_ENDPOINT)\n"
           "  --ca_file FILE                           PEM of the CA to trust (PF_CA_FILE)\n"
           "  --insecure                               labs only: trust any certificate\n"
           "  --i_am_sure                              do not ask\n";
}

void print_command_help(std::ostream& out, const Command& command) {
    out << fmt::format("scli --{}: {}\n", command.name, command.help);
    for (const std::string& option : split(command.options)) {
        const bool value = option.ends_with('=');
        out << fmt::format("  --{}{}\n", value ? option.substr(0, option.size() - 1) : option,
                           value ? " VALUE" : "");
    }
}

int report(std::ostream& err, const Error& error) {
    switch (error.code) {
    case Errc::InvalidArgument:
        err << "Error: " << error.what << "\n";
        return kUsage;
    case Errc::AuthFailed:
    case Errc::Untrusted:
    case Errc::Unreachable:
    case Errc::Unsupported:
    case Errc::Io:
    case Errc::Corrupt:
        err << "Error: " << error.what << "\n";
        return kUsage;
    default:
        err << "Error: MDM failed command.  Status: " << error.what << "\n";
        return kRefused;
    }
}

} // namespace

int run(const Invocation& invocation) {
    const std::vector<Command> commands = all_commands();
    auto parsed = parse(commands, invocation.args);
    if (!parsed) {
        return report(invocation.err, parsed.error());
    }
    if (parsed->arguments.flag("help")) {
        if (parsed->command != nullptr) {
            print_command_help(invocation.out, *parsed->command);
        } else {
            print_help(invocation.out, commands);
        }
        return 0;
    }
    if (parsed->command == nullptr) {
        invocation.out << "scli " << version() << "\n";
        return 0;
    }
    const Command& command = *parsed->command;
    if (command.destructive && !parsed->arguments.flag("i_am_sure")) {
        if (!invocation.confirm) {
            return report(
                invocation.err,
                Error{Errc::InvalidArgument,
                      fmt::format("--{} needs a confirmation: add --i_am_sure", command.name)});
        }
        if (!invocation.confirm(fmt::format("--{}: are you sure? (y/n) ", command.name))) {
            return report(invocation.err, Error{Errc::InvalidArgument, "not confirmed"});
        }
    }
    Connection connection(parsed->arguments, invocation.environment);
    Context context(parsed->arguments, connection, invocation.out);
    if (!command.needs_session) {
        const auto done = command.run(context);
        return done ? 0 : report(invocation.err, done.error());
    }
    auto client = connection.open();
    if (!client) {
        return report(invocation.err, client.error());
    }
    context.use(&*client);
    const auto done = command.run(context);
    connection.done(*client);
    return done ? 0 : report(invocation.err, done.error());
}

// ---- Context
// -----------------------------------------------------------------------------------------

void Context::write(const std::string& line) { out_ << line << "\n"; }

Result<powerflex::Volume> Context::volume(std::string_view id_option,
                                          std::string_view name_option) {
    if (const std::string& id = args().value(id_option); !id.empty()) {
        return client().volume(powerflex::VolumeId(id));
    }
    if (const std::string& name = args().value(name_option); !name.empty()) {
        return client().volume_by_name(name);
    }
    return fail(Errc::InvalidArgument, "give --{} or --{}", id_option, name_option);
}

namespace {

template<class T, class Match>
Result<T> pick(Result<std::vector<T>> all, std::string_view what, const std::string& key,
               Match match) {
    if (!all) {
        return fail(std::move(all).error());
    }
    for (T& object : *all) {
        if (match(object)) {
            return std::move(object);
        }
    }
    return fail(Errc::NotFound, "Could not find the {} {}", what, key);
}

} // namespace

Result<powerflex::Sdc> Context::sdc() {
    for (const char* option : {"sdc_id", "sdc_name", "sdc_guid", "sdc_ip"}) {
        const std::string& key = args().value(option);
        if (key.empty()) {
            continue;
        }
        return pick(client().sdcs(), "SDC", key, [&](const powerflex::Sdc& sdc) {
            const std::string_view by = option;
            if (by == "sdc_id") {
                return sdc.id.value == key;
            }
            if (by == "sdc_name") {
                return sdc.name == key;
            }
            return by == "sdc_guid"
                       ? sdc.guid == key
                       : std::find(sdc.ips.begin(), sdc.ips.end(), key) != sdc.ips.end();
        });
    }
    return fail(Errc::InvalidArgument, "give --sdc_id, --sdc_name, --sdc_guid or --sdc_ip");
}

Result<powerflex::NvmeHost> Context::nvme_host() {
    const auto first = [&](std::initializer_list<std::string_view> options) {
        for (std::string_view option : options) {
            if (!args().value(option).empty()) {
                return args().value(option);
            }
        }
        return std::string();
    };
    if (const std::string id = first({"host_id", "nvme_host_id"}); !id.empty()) {
        return pick(client().nvme_hosts(), "host", id,
                    [&](const powerflex::NvmeHost& host) { return host.id.value == id; });
    }
    if (const std::string name = first({"host_name", "nvme_host_name"}); !name.empty()) {
        return client().nvme_host_by_name(name);
    }
    if (const std::string nqn = first({"nqn", "nvme_host_nqn"}); !nqn.empty()) {
        return client().nvme_host_by_nqn(nqn);
    }
    return fail(Errc::InvalidArgument, "give --host_id, --host_name or --nqn");
}

Result<powerflex::ProtectionDomain> Context::protection_domain() {
    const std::string& id = args().value("protection_domain_id");
    const std::string& name = args().value("protection_domain_name");
    if (id.empty() && name.empty()) {
        return fail(Errc::InvalidArgument,
                    "give --protection_domain_name or --protection_domain_id");
    }
    return pick(client().protection_domains(), "Protection Domain", id.empty() ? name : id,
                [&](const powerflex::ProtectionDomain& domain) {
                    return id.empty() ? domain.name == name : domain.id.value == id;
                });
}

Result<powerflex::StoragePool> Context::storage_pool() {
    const std::string& id = args().value("storage_pool_id");
    if (!id.empty()) {
        return pick(client().storage_pools(), "Storage Pool", id,
                    [&](const powerflex::StoragePool& pool) { return pool.id.value == id; });
    }
    const std::string& name = args().value("storage_pool_name");
    if (name.empty()) {
        return fail(Errc::InvalidArgument, "give --storage_pool_id or --storage_pool_name");
    }
    if (!args().value("protection_domain_name").empty() ||
        !args().value("protection_domain_id").empty()) {
        PF_TRY(const powerflex::ProtectionDomain domain, protection_domain());
        return pick(client().storage_pools(), "Storage Pool", name,
                    [&](const powerflex::StoragePool& pool) {
                        return pool.name == name && pool.protection_domain == domain.id;
                    });
    }
    return client().storage_pool_by_name(name);
}

Result<powerflex::Sds> Context::sds() {
    const std::string& id = args().value("sds_id");
    const std::string& name = args().value("sds_name");
    if (id.empty() && name.empty()) {
        return fail(Errc::InvalidArgument, "give --sds_name or --sds_id");
    }
    return pick(client().sdss(), "SDS", id.empty() ? name : id, [&](const powerflex::Sds& sds) {
        return id.empty() ? sds.name == name : sds.id.value == id;
    });
}

Result<powerflex::Sdt> Context::sdt() {
    const std::string& id = args().value("sdt_id");
    const std::string& name = args().value("sdt_name");
    if (id.empty() && name.empty()) {
        return fail(Errc::InvalidArgument, "give --sdt_name or --sdt_id");
    }
    return pick(client().sdts(), "SDT", id.empty() ? name : id, [&](const powerflex::Sdt& sdt) {
        return id.empty() ? sdt.name == name : sdt.id.value == id;
    });
}

} // namespace pf::scli
