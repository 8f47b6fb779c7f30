// What the small verbs on hosts and PowerFlex hosts share: each compiles a plan of a few steps and
// runs it like any other.
#pragma once

#include "tools/pfnvme/cli/host_scope.hpp"
#include "tools/pfnvme/plan/one_off.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pf::nvmetool {

struct Estate {
    Connections connections;
    Inventory inventory; // without VMs
};
[[nodiscard]] Result<std::unique_ptr<Estate>> read_estate(const OptionValues& values);

// Runs (or dry-runs) the units; nothing to do is said and is exit code 0.
int run_units(const OptionValues& values, Estate& estate, const std::string& name,
              const std::string& kind, std::vector<Unit> units);

// One unit for each host in scope that `make` gives steps; an error stops before anything is done.
int run_on_hosts(
    const OptionValues& values, const std::string& name,
    const std::function<Result<std::vector<Step>>(const Inventory&, const HostInfo&)>& make);

// Rows of a table or of {"schemaVersion":1,"<what>":[…]}, as -o asks for, after --query, --sort and
// --columns. The first row are the column names (snake_case); JSON keys are made of them. `shown`:
// columns of the plain text.
int print_rows(const OptionValues& values, const std::string& what,
               const std::vector<std::vector<std::string>>& rows,
               std::vector<std::string> shown = {});

} // namespace pf::nvmetool
