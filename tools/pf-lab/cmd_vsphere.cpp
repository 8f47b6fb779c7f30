#include "tools/pf-lab/verbs.hpp"
#include "tools/pf-lab/vsphere_process.hpp"

namespace pf::lab {

int verb_vsphere(const std::vector<std::string>& args) {
    auto table = verb_table("vsphere", "serves the simulated vCenter and its hosts (internal)");
    OptionValues values;
    int code = 0;
    if (parsed_or_exit(table, args, false, values, code))
        return code;
    auto lab = open_lab(values);
    if (!lab)
        return report(lab.error());
    return run_vsphere(lab->dir, std::move(lab->config));
}

} // namespace pf::lab
