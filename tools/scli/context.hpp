// What a command works with: its arguments, the PowerFlex session, where its text goes; and the
// ways in which PowerFlex's command line names objects (--volume_id or --volume_name, …).
#pragma once

#include "libpf/client.hpp"
#include "tools/scli/arguments.hpp"

#include <fmt/format.h>

#include <iosfwd>
#include <string>
#include <utility>

namespace pf::scli {

class Connection;

class Context {
  public:
    Context(const Arguments& arguments, Connection& connection, std::ostream& out)
        : arguments_(arguments), connection_(connection), out_(out) {}

    [[nodiscard]] const Arguments& args() const { return arguments_; }
    [[nodiscard]] Connection& connection() { return connection_; }
    // Only for commands with needs_session.
    [[nodiscard]] powerflex::Client& client() { return *client_; }
    void use(powerflex::Client* client) { client_ = client; }

    template<class... Args>
    void print(fmt::format_string<Args...> format, Args&&... args) {
        write(fmt::format(format, std::forward<Args>(args)...));
    }

    // --<prefix>volume_id or --<prefix>volume_name
    [[nodiscard]] Result<powerflex::Volume> volume(std::string_view id_option = "volume_id",
                                                   std::string_view name_option = "volume_name");
    // --sdc_id, --sdc_name, --sdc_ip or --sdc_guid
    [[nodiscard]] Result<powerflex::Sdc> sdc();
    // --host_id, --host_name, --nqn, --nvme_host_id, --nvme_host_name or --nvme_host_nqn
    [[nodiscard]] Result<powerflex::NvmeHost> nvme_host();
    [[nodiscard]] Result<powerflex::ProtectionDomain> protection_domain();
    // --storage_pool_id, or --storage_pool_name with or without --protection_domain_name|id
    [[nodiscard]] Result<powerflex::StoragePool> storage_pool();
    [[nodiscard]] Result<powerflex::Sds> sds();
    [[nodiscard]] Result<powerflex::Sdt> sdt();

  private:
    void write(const std::string& line);

    const Arguments& arguments_;
    Connection& connection_;
    std::ostream& out_;
    powerflex::Client* client_ = nullptr;
};

[[nodiscard]] std::span<const Command> host_commands();
[[nodiscard]] std::span<const Command> mapping_commands();
[[nodiscard]] std::span<const Command> pool_commands();
[[nodiscard]] std::span<const Command> query_properties_commands();
[[nodiscard]] std::span<const Command> sds_commands();
[[nodiscard]] std::span<const Command> sdt_commands();
[[nodiscard]] std::span<const Command> session_commands();
[[nodiscard]] std::span<const Command> snapshot_commands();
[[nodiscard]] std::span<const Command> system_commands();
[[nodiscard]] std::span<const Command> volume_commands();

} // namespace pf::scli
