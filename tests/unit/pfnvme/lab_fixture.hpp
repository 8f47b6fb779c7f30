// A small estate with a compiled plan, a journal in a temporary folder, and ways to run, crash and
// resume.
#pragma once

#include "base/file.hpp"
#include "tests/unit/pfnvme/model_estate.hpp"
#include "tools/pfnvme/plan/compile.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace pf::nvmetool::test {

// Thrown by the crash hook: everything above it is gone, like after kill -9.
struct Crash {};

struct Lab {
    ModelClock clock;
    ModelEstate estate{clock};
    ModelVsphere vsphere{estate};
    ModelPowerFlex powerflex{estate};
    TempDir folder{"pfnvme-test"};
    Plan plan;
    std::string crash_unit;
    std::string crash_step;
    std::string crash_phase;
    bool crashed = false;

    // Two hosts, datastores sdc-ds-01 (VMs app1 on, app2 off) and sdc-ds-02 (VM db1 on).
    explicit Lab(bool onboarded = true);

    void compile(const std::string& intent_yaml);
    void compile_onboarding_plan();
    void compile_vmk_plan();
    // Brings the intent's first unit to NVMe first, in a run of its own; then the plan of its way
    // back.
    void compile_reverse_plan(const char* intent);
    [[nodiscard]] std::string journal_path() const { return folder / "journal.jsonl"; }
    [[nodiscard]] EngineHooks hooks();
    // Runs (or resumes) until done or until the crash point; nullopt: it crashed.
    [[nodiscard]] std::optional<RunResult> run();
    [[nodiscard]] std::optional<RunResult> rollback(const RollbackRequest& request = {});
    void crash_at(const std::string& unit, const std::string& step, std::string_view phase);
    void no_crash() { crash_unit.clear(); }
};

inline constexpr const char* kOfflineIntent = R"(
apiVersion: pfnvme/v1
kind: MigrationIntent
metadata: {name: test-plan}
scope:
  datastores: {include: ["sdc-ds-01"]}
strategy:
  classify: [{default: offline}]
  offline: {shutdown: {guest: 60s, then: power-off}, accept_kb: "Dell 000213232"}
safety: {voma: {before: required, after: required}}
)";

// Both datastores; a unit of two when a VM has disks on both.
inline constexpr const char* kBothIntent = R"(
apiVersion: pfnvme/v1
kind: MigrationIntent
metadata: {name: test-plan}
scope:
  datastores: {include: ["sdc-ds-*"]}
strategy:
  classify: [{default: offline}]
  offline: {shutdown: {guest: 60s, then: power-off}, accept_kb: "Dell 000213232"}
safety: {voma: {before: required, after: required}}
)";

inline constexpr const char* kOnlineIntent = R"(
apiVersion: pfnvme/v1
kind: MigrationIntent
metadata: {name: test-plan}
scope:
  datastores: {include: ["sdc-ds-01"]}
strategy:
  classify: [{default: online}]
)";

} // namespace pf::nvmetool::test
