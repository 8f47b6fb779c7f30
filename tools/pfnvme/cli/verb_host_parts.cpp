// pfnvme host nvme adapter|vmk|connect|disconnect|reconnect|forget: one part of an onboarding at a
// time.
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/host_verbs.hpp"
#include "tools/pfnvme/cli/session.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"
#include "tools/pfnvme/plan/step_builder.hpp"

#include <algorithm>
#include <set>

namespace pf::nvmetool {

namespace {

Params on_host(const HostInfo& host) { return {{"host_id", host.id}, {"host", host.name}}; }

std::vector<std::string> names(const OptionValues& values, std::string_view option) {
    std::vector<std::string> out;
    for (const std::string& item : values.list(option)) {
        std::size_t at = 0;
        while (at < item.size()) {
            const std::size_t end = std::min(item.find(',', at), item.size());
            out.push_back(item.substr(at, end - at));
            at = end + 1;
        }
    }
    return out;
}

int need(const OptionValues& values, const char* option) {
    if (names(values, option).empty()) {
        return report_error(kExitUsage, fmt::format("give --{}", option));
    }
    return kExitOk;
}

// The same operation for each name of an option, with its opposite as undo.
int for_names(const OptionValues& values, const char* option, const std::string& plan,
              const std::string& op, const std::string& undo, const std::string& parameter) {
    if (const int code = need(values, option); code != kExitOk) {
        return code;
    }
    return run_on_hosts(
        values, plan, [&](const Inventory&, const HostInfo& host) -> Result<std::vector<Step>> {
            StepBuilder steps;
            steps.add("00-preflight", "check.hosts", {});
            std::size_t index = 0;
            for (const std::string& name : names(values, option)) {
                const Params params = with(on_host(host), {{parameter, name}});
                steps.add(step_id(1, ++index, plan, name), op, params, {{undo, params}});
            }
            return steps.take();
        });
}

std::string nic_of(const HostInfo& host, const std::string& adapter) {
    for (const NvmeAdapter& known : host.adapters) {
        if (known.name == adapter) {
            return known.nic;
        }
    }
    return {};
}

// Parameters of a controller that is there.
Params controller_params(const HostInfo& host, const NvmeController& controller) {
    return with(on_host(host), {{"nic", nic_of(host, controller.adapter)},
                                {"address", controller.address},
                                {"port", std::to_string(controller.port)},
                                {"subnqn", controller.subsystem_nqn}});
}

bool wanted(const OptionValues& values, const NvmeController& controller) {
    const std::vector<std::string> addresses = names(values, "address");
    return addresses.empty() ||
           std::find(addresses.begin(), addresses.end(), controller.address) != addresses.end();
}

// Controllers of this PowerFlex, in a stable order.
std::vector<const NvmeController*> controllers_of(const Inventory& inventory, const HostInfo& host,
                                                  const OptionValues& values) {
    std::vector<const NvmeController*> out;
    for (const NvmeController& controller : host.controllers) {
        if (controller.subsystem_nqn == inventory.powerflex.nqn && wanted(values, controller)) {
            out.push_back(&controller);
        }
    }
    std::sort(out.begin(), out.end(), [](const NvmeController* a, const NvmeController* b) {
        return std::tie(a->adapter, a->address, a->port) <
               std::tie(b->adapter, b->address, b->port);
    });
    return out;
}

int each_controller(const OptionValues& values, const std::string& plan, bool disconnect,
                    bool connect) {
    return run_on_hosts(
        values, plan,
        [&](const Inventory& inventory, const HostInfo& host) -> Result<std::vector<Step>> {
            StepBuilder steps;
            std::size_t index = 0;
            for (const NvmeController* controller : controllers_of(inventory, host, values)) {
                const Params params = controller_params(host, *controller);
                if (disconnect) {
                    steps.add(step_id(1, ++index, "disconnect", controller->address),
                              "nvme.disconnect", params, {{"nvme.connect", params}});
                }
                if (connect) {
                    steps.add(step_id(1, ++index, "connect", controller->address), "nvme.connect",
                              params);
                }
            }
            return steps.take();
        });
}

} // namespace

void host_part_options(OptionTable& table) {
    add_host_scope_options(table);
    add_apply_options(table);
    table.add({.name = "vmnics",
               .type = OptionType::List,
               .help = "physical NICs",
               .value_name = "vmnicN,…"});
    table.add({.name = "vmks",
               .type = OptionType::List,
               .help = "VMkernel ports",
               .value_name = "vmkN,…"});
    table.add({.name = "address",
               .type = OptionType::List,
               .help = "only targets with these addresses; else all of this PowerFlex",
               .value_name = "IP,…"});
}

int host_adapter_add(const OptionValues& values) {
    return for_names(values, "vmnics", "adapter", "adapter.add", "adapter.remove", "nic");
}
int host_adapter_rm(const OptionValues& values) {
    return for_names(values, "vmnics", "adapter-rm", "adapter.remove", "adapter.add", "nic");
}
int host_vmk_tag(const OptionValues& values) {
    return for_names(values, "vmks", "tag", "vmk.tag", "vmk.untag", "vmk");
}
int host_vmk_untag(const OptionValues& values) {
    return for_names(values, "vmks", "untag", "vmk.untag", "vmk.tag", "vmk");
}

int host_nvme_connect(const OptionValues& values) {
    const std::vector<std::string> addresses = names(values, "address");
    return run_on_hosts(
        values, "connect",
        [&](const Inventory& inventory, const HostInfo& host) -> Result<std::vector<Step>> {
            if (inventory.nvme_host(host.nqn) == nullptr) {
                return fail(Errc::Conflict,
                            "host {} is not registered on PowerFlex; run: pfnvme array nvme-host "
                            "add --host {}",
                            host.name, host.name);
            }
            OnboardOptions options;
            options.vmks = names(values, "vmks");
            options.nics = names(values, "vmnics");
            StepBuilder steps;
            std::size_t index = 0;
            for (const PlannedPath& path : expected_paths(inventory, host, options)) {
                if (!addresses.empty() && std::find(addresses.begin(), addresses.end(),
                                                    path.address) == addresses.end()) {
                    continue;
                }
                const Params params = with(on_host(host), {{"nic", path.nic},
                                                           {"address", path.address},
                                                           {"port", std::to_string(path.port)},
                                                           {"subnqn", inventory.powerflex.nqn}});
                steps.add(step_id(1, ++index, "connect", path.nic + "-" + path.address),
                          "nvme.connect", params, {{"nvme.disconnect", params}});
            }
            return steps.take();
        });
}

int host_nvme_disconnect(const OptionValues& values) {
    return each_controller(values, "disconnect", true, false);
}
int host_nvme_reconnect(const OptionValues& values) {
    return each_controller(values, "reconnect", true, true);
}

// ESXi reconnects to every target that it remembers at each boot; a disconnect makes it forget.
int host_nvme_forget(const OptionValues& values) {
    return run_on_hosts(
        values, "forget",
        [&](const Inventory& inventory, const HostInfo& host) -> Result<std::vector<Step>> {
            StepBuilder steps;
            std::size_t index = 0;
            std::set<std::string> kept;
            for (const NvmeController& controller : host.controllers) {
                if (controller.subsystem_nqn != inventory.powerflex.nqn) {
                    kept.insert(controller.adapter); // another array's
                }
            }
            std::set<std::string> nics;
            for (const NvmeController* controller : controllers_of(inventory, host, values)) {
                const Params params = controller_params(host, *controller);
                steps.add(step_id(1, ++index, "disconnect", controller->address), "nvme.disconnect",
                          params, {{"nvme.connect", params}});
                if (!kept.contains(controller->adapter) && names(values, "address").empty()) {
                    nics.insert(nic_of(host, controller->adapter));
                }
            }
            index = 0;
            for (const std::string& nic : nics) {
                const Params params = with(on_host(host), {{"nic", nic}});
                steps.add(step_id(2, ++index, "adapter", nic), "adapter.remove", params,
                          {{"adapter.add", params}});
            }
            return steps.take();
        });
}

} // namespace pf::nvmetool
