#include "libvsphere/simulator/esxcli/model.hpp"

#include <charconv>

namespace pf::vim::sim::cli {

std::string Arguments::get(std::string_view name, std::string_view fallback) const {
    const auto found = values_.find(std::string(name));
    return found == values_.end() ? std::string(fallback) : found->second;
}

int64_t Arguments::number(std::string_view name, int64_t fallback) const {
    const std::string text = get(name);
    int64_t value = 0;
    const auto end = text.data() + text.size();
    return !text.empty() && std::from_chars(text.data(), end, value).ptr == end ? value : fallback;
}

const std::vector<Command>& commands() {
    static const std::vector<Command> all = [] {
        std::vector<Command> out;
        add_nvme_commands(out);
        add_device_commands(out);
        add_vmfs_commands(out);
        add_network_commands(out);
        add_system_commands(out);
        add_claim_commands(out);
        add_host_commands(out);
        add_settings_commands(out);
        return out;
    }();
    return all;
}

const Command* find_command(std::string_view space, std::string_view name) {
    for (const Command& command : commands()) {
        if (command.space == space && command.name == name) {
            return &command;
        }
    }
    return nullptr;
}

bool is_namespace(std::string_view space) {
    for (const Command& command : commands()) {
        if (command.space == space) {
            return true;
        }
    }
    return false;
}

tl::unexpected<Fault> cli_error(std::string message) {
    return raise("VimEsxCLICLIFault", std::move(message));
}

tl::unexpected<Fault> cli_fault(const Fault& fault, std::string_view what) {
    if (fault.is("NotFound")) {
        return cli_error(fmt::format("{} Not found", what));
    }
    if (fault.is("ResourceInUse")) {
        return cli_error(fmt::format("{} Busy ({})", what, fault.message));
    }
    return cli_error(fmt::format("{} {}", what, fault.message));
}

} // namespace pf::vim::sim::cli
