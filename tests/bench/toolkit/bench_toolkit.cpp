// Time and memory of the toolkit's thinking on a large estate: checks, plan, estimate, plan text.
// Prints one JSON object a line. Reading the estate over the wire is measured elsewhere.
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/options.hpp"
#include "tests/support/pfnvme/estate.hpp"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/inventory/inventory_db.hpp"
#include "tools/pfnvme/plan/mix.hpp"

#include <sys/resource.h>

#include <cstdio>
#include <functional>

namespace {

using namespace pf;
using namespace pf::nvmetool;

double peak_mib() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

struct Meter {
    double wall = 0;
    double cpu = 0;

    void measure(const char* name, const std::function<std::string()>& work) {
        const MonoTime start = mono_now();
        const double before = cpu_seconds();
        const std::string detail = work();
        const double seconds = std::chrono::duration<double>(mono_now() - start).count();
        const double used = cpu_seconds() - before;
        wall += seconds;
        cpu += used;
        std::printf(
            "{\"case\":\"toolkit_%s\",\"wall_s\":%.3f,\"cpu_s\":%.3f,\"peak_mib\":%.0f%s}\n", name,
            seconds, used, peak_mib(), detail.c_str());
        std::fflush(stdout);
    }
};

constexpr const char* kIntent = R"(
apiVersion: pfnvme/v1
kind: MigrationIntent
metadata: {name: bench}
scope: {datastores: {include: ["sdc-*"]}}
strategy:
  classify:
    - {when: 'datastore =~ "[02468]$"', use: offline}
    - {default: online}
  offline: {accept_kb: "Dell 000213232", shutdown: {guest: 5m, then: power-off}}
limits: {datastores_in_flight: 8}
)";

int fail_with(const Error& error) {
    std::fprintf(stderr, "bench-toolkit: %s\n", error.what.c_str());
    return 1;
}

int run(const OptionValues& values) {
    Meter meter;
    test::EstateSpec spec;
    spec.hosts = static_cast<std::size_t>(values.integer("hosts"));
    spec.datastores = static_cast<std::size_t>(values.integer("datastores"));
    spec.vms = static_cast<std::size_t>(values.integer("vms"));
    spec.on_nvme = 0;
    TempDir folder("bench-toolkit");
    const std::string file = folder / "estate.db";
    {
        const Inventory made = test::make_estate(spec);
        if (const Result<void> saved = save_inventory(made, file); !saved) {
            return fail_with(saved.error());
        }
    }
    const double generated = peak_mib();
    std::printf("{\"case\":\"toolkit_estate\",\"hosts\":%zu,\"datastores\":%zu,\"vms\":%zu,"
                "\"peak_mib\":%.0f}\n",
                spec.hosts, spec.datastores, spec.vms, generated);
    Result<Inventory> inventory = fail(Errc::Internal, "not read");
    meter.measure("inventory_load", [&] {
        inventory = load_inventory(file);
        return std::string();
    });
    if (!inventory) {
        return fail_with(inventory.error());
    }
    meter.measure("checks", [&] {
        CheckOptions options;
        options.now = "2026-11-22T12:00:00Z";
        const CheckReport report = run_checks(*inventory, options);
        return fmt::format(",\"findings\":{}", report.findings.size());
    });
    const Result<Intent> intent = parse_intent(kIntent, "bench.yaml");
    if (!intent) {
        return fail_with(intent.error());
    }
    CompileOptions options;
    options.created_at = "2026-11-22T12:00:00.000Z";
    options.tool_version = "bench";
    options.skip_blocked = true;
    const CostModel model = default_cost_model();
    Result<Plan> plan = fail(Errc::Internal, "not compiled");
    meter.measure("plan", [&] {
        plan = compile_migration(*inventory, *intent, options);
        return plan ? fmt::format(",\"units\":{},\"steps\":{}", plan->units.size(),
                                  plan->step_count())
                    : std::string();
    });
    if (!plan) {
        return fail_with(plan.error());
    }
    Estimate estimate;
    meter.measure("estimate", [&] {
        estimate = estimate_plan(*plan, model, 0);
        return fmt::format(",\"samples\":{},\"p50_s\":{},\"p90_s\":{},\"bound_s\":{}",
                           estimate.samples, estimate.plan.p50_s, estimate.plan.p90_s,
                           estimate.plan.bound_s);
    });
    meter.measure("schedule_gap", [&] {
        const PlanModel built = model_plan(*plan, model);
        const Simulation once = simulate(built, model, 0, 0, 1);
        const double bound = static_cast<double>(estimate.plan.bound_s);
        return fmt::format(",\"makespan_s\":{},\"gap\":{:.4f}", once.end / 1000,
                           (static_cast<double>(once.end) / 1000.0 - bound) / bound);
    });
    meter.measure("plan_text", [&] {
        write_estimate(*plan, estimate);
        seal(*plan);
        return fmt::format(",\"bytes\":{}", plan_to_json(*plan).size());
    });
    std::printf("{\"case\":\"toolkit_total\",\"wall_s\":%.3f,\"cpu_s\":%.3f,\"peak_mib\":%.0f}\n",
                meter.wall, meter.cpu, peak_mib());
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    OptionTable table("bench-toolkit", "checks, plan and estimate of a large estate", "");
    table.add({.name = "hosts",
               .type = OptionType::Integer,
               .default_value = "64",
               .help = "hosts, four to a cluster",
               .min = 1,
               .max = 10000});
    table.add({.name = "datastores",
               .type = OptionType::Integer,
               .default_value = "1000",
               .help = "datastores",
               .min = 1,
               .max = 100000});
    table.add({.name = "vms",
               .type = OptionType::Integer,
               .default_value = "20000",
               .help = "virtual machines",
               .min = 1,
               .max = 1000000});
    const ParsedMain parsed = parse_main(table, argc, argv);
    return parsed.exit ? parsed.exit_code : run(parsed.values);
}
