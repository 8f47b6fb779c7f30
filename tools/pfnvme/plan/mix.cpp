#include "tools/pfnvme/plan/mix.hpp"

#include "tools/pfnvme/plan/grouping.hpp"

#include <algorithm>

namespace pf::nvmetool {

namespace {

Result<MixResult> compile_once(const Inventory& inventory, const Intent& intent,
                               CompileOptions options, const CostModel& model, std::int64_t start_s,
                               const std::vector<std::string>& order, std::size_t offline) {
    options.auto_offline.insert(order.begin(),
                                order.begin() + static_cast<std::ptrdiff_t>(offline));
    MixResult out;
    PF_TRY(out.plan, compile_migration(inventory, intent, options));
    out.estimate = estimate_plan(out.plan, model, start_s);
    out.auto_offline = offline;
    out.auto_online = order.size() - offline;
    return out;
}

} // namespace

std::vector<std::string> offline_order(const Inventory& inventory, const Intent& intent) {
    const bool any =
        std::any_of(intent.classify.begin(), intent.classify.end(), [](const ClassifyRule& rule) {
            return rule.use == Use::Auto ||
                   std::any_of(rule.csv_names.begin(), rule.csv_names.end(),
                               [](const auto& item) { return item.second == Use::Auto; });
        });
    if (!any) {
        return {};
    }
    struct Choice {
        std::string name;
        double worth = 0; // bytes that need not be copied, for each VM that has to stop
    };
    std::vector<Choice> choices;
    std::vector<const DatastoreInfo*> all;
    for (const DatastoreInfo& datastore : inventory.datastores) {
        all.push_back(&datastore);
    }
    for (const Component& component : components_of(inventory, all)) {
        if (component.vms.empty()) {
            continue; // empty datastores cost nothing either way
        }
        bool choosable = true;
        bool chosen = false;
        double bytes = 0;
        double running = 0;
        for (const VmInfo* vm : component.vms) {
            const RuleSubject subject{&inventory, vm, component.datastores};
            const Use use = excluded(intent, subject) ? Use::Skip : classify(intent, subject);
            chosen = chosen || use == Use::Auto;
            choosable = choosable && (use == Use::Auto || use == Use::Offline);
            bytes += static_cast<double>(vm->committed_bytes());
            running += vm->power_state == "poweredOn" ? 1 : 0;
        }
        if (choosable && chosen) {
            choices.push_back({component.datastores.front()->name, bytes / (running + 0.01)});
        }
    }
    std::sort(choices.begin(), choices.end(), [](const Choice& a, const Choice& b) {
        return a.worth != b.worth ? a.worth > b.worth : a.name < b.name;
    });
    std::vector<std::string> out;
    for (const Choice& choice : choices) {
        out.push_back(choice.name);
    }
    return out;
}

Result<MixResult> compile_with_estimate(const Inventory& inventory, const Intent& intent,
                                        const CompileOptions& options, const CostModel& model,
                                        std::int64_t start_s) {
    const std::vector<std::string> order = offline_order(inventory, intent);
    const auto with = [&](std::size_t offline) {
        return compile_once(inventory, intent, options, model, start_s, order, offline);
    };
    PF_TRY(MixResult best, with(0));
    if (!best.estimate.plan.fits && !order.empty()) {
        std::size_t low = 0;             // does not fit
        std::size_t high = order.size(); // fits, or is the best there is
        PF_TRY(best, with(high));
        while (best.estimate.plan.fits && high - low > 1) {
            const std::size_t middle = low + (high - low) / 2;
            PF_TRY(MixResult tried, with(middle));
            if (tried.estimate.plan.fits) {
                best = std::move(tried);
                high = middle;
            } else {
                low = middle;
            }
        }
    }
    write_estimate(best.plan, best.estimate);
    seal(best.plan);
    return best;
}

} // namespace pf::nvmetool
