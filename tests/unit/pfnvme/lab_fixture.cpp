#include "tests/unit/pfnvme/lab_fixture.hpp"

#include "tools/pfnvme/plan/one_off.hpp"
#include "tools/pfnvme/plan/reverse.hpp"
#include "tools/pfnvme/plan/step_builder.hpp"
#include "tools/pfnvme/run/ops.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace pf::nvmetool::test {

namespace {

// Thousands of journals with an fsync for every record: in memory they cost nothing.
const bool kInMemory = ::access("/dev/shm", W_OK) == 0 && ::setenv("TMPDIR", "/dev/shm", 0) == 0;

} // namespace

Lab::Lab(bool onboarded) {
    (void)kInMemory;
    estate.add_host("esx01", 1, onboarded);
    estate.add_host("esx02", 2, onboarded);
    estate.add_datastore("sdc-ds-01", "3bd1f78800000001", 64);
    estate.add_datastore("sdc-ds-02", "3bd1f78800000002", 64);
    estate.add_vm("app1", "sdc-ds-01", true);
    estate.add_vm("app2", "sdc-ds-01", false);
    estate.add_vm("db1", "sdc-ds-02", true);
    estate.keep("app1", "attribute", "owner", "team a");
    estate.keep("app1", "permission", "user ann", "role=-1 propagate=true");
    estate.keep("app1", "rule", "apart", "anti");
    estate.keep("app2", "rule", "apart", "anti");
    estate.keep("app2", "autostart", "", "first");
}

void Lab::compile(const std::string& intent_yaml) {
    const Result<Intent> intent = parse_intent(intent_yaml, "intent.yaml");
    ASSERT_TRUE(intent) << intent.error().what;
    const Result<Inventory> inventory = collect(vsphere, powerflex);
    ASSERT_TRUE(inventory) << inventory.error().what;
    Result<Plan> compiled =
        compile_migration(*inventory, *intent, {"2026-11-22T12:00:00.000Z", "test", false});
    ASSERT_TRUE(compiled) << compiled.error().what;
    ASSERT_FALSE(compiled->units.empty())
        << (compiled->findings.empty() ? "" : compiled->findings.front().message);
    plan = std::move(*compiled);
}

void Lab::compile_onboarding_plan() {
    const Result<Inventory> inventory = collect(vsphere, powerflex);
    ASSERT_TRUE(inventory) << inventory.error().what;
    OnboardOptions options;
    for (const HostInfo& host : inventory->hosts) {
        options.host_ids.push_back(host.id);
    }
    options.created_at = "2026-11-22T12:00:00.000Z";
    Result<Plan> compiled = compile_onboarding(*inventory, options);
    ASSERT_TRUE(compiled) << compiled.error().what;
    ASSERT_FALSE(compiled->units.empty());
    plan = std::move(*compiled);
}

void Lab::compile_vmk_plan() {
    const Result<Inventory> inventory = collect(vsphere, powerflex);
    ASSERT_TRUE(inventory) << inventory.error().what;
    OneOff request;
    request.name = "vmk";
    request.kind = "onboarding";
    request.created_at = "2026-11-22T12:00:00.000Z";
    for (const HostInfo& host : inventory->hosts) {
        VmkRequest port;
        port.group = {"nvme-c", "vSwitch1", 9000, "", ""};
        port.address = "10.10.3." + host.id.substr(5);
        port.netmask = "255.255.255.0";
        port.mtu = 9000;
        const Params params =
            with(vmk_params(port), {{"host_id", host.id}, {"host", host.name}, {"vmk", "vmk3"}});
        StepBuilder steps;
        steps.add("00-preflight", "check.hosts", {});
        steps.add(step_id(1, 1, "vmk"), "vmk.create", params, {{"vmk.remove", params}});
        request.units.push_back(host_unit(host, steps.take()));
    }
    plan = one_off_plan(*inventory, std::move(request));
}

void Lab::compile_reverse_plan(const char* intent) {
    compile(intent);
    std::vector<std::string> names;
    for (const UnitPart& part : plan.units.front().objects.parts) {
        names.push_back(part.target_datastore);
    }
    const auto there = run();
    ASSERT_TRUE(there);
    ASSERT_EQ(there->outcome, RunOutcome::Done) << there->error.what;
    ASSERT_TRUE(remove_tree(journal_path()));
    estate.change_calls = 0;
    const Result<Inventory> inventory = collect(vsphere, powerflex);
    ASSERT_TRUE(inventory) << inventory.error().what;
    ReverseRequest request;
    request.name = "back";
    for (const std::string& name : names) {
        request.datastore_ids.push_back(inventory->datastore_named(name)->id);
    }
    request.guest_shutdown_s = 60;
    request.power_off_after = true;
    request.created_at = "2026-11-22T13:00:00.000Z";
    Result<Plan> compiled = compile_reverse(*inventory, request);
    ASSERT_TRUE(compiled) << compiled.error().what;
    plan = std::move(*compiled);
}

EngineHooks Lab::hooks() {
    EngineHooks out;
    out.at_point = [this](const std::string& unit, const std::string& step,
                          std::string_view phase) {
        if (unit == crash_unit && step == crash_step && phase == crash_phase) {
            crashed = true;
            throw Crash{};
        }
    };
    return out;
}

void Lab::crash_at(const std::string& unit, const std::string& step, std::string_view phase) {
    crash_unit = unit;
    crash_step = step;
    crash_phase = phase;
}

std::optional<RunResult> Lab::run() {
    try {
        Result<Journal> journal =
            Journal::open(journal_path(), "test", [] { return std::string("t"); });
        EXPECT_TRUE(journal) << journal.error().what;
        Engine engine(vsphere, powerflex, plan, clock, hooks());
        return engine.run(*journal);
    } catch (const Crash&) {
        return std::nullopt;
    }
}

std::optional<RunResult> Lab::rollback(const RollbackRequest& request) {
    try {
        Result<Journal> journal =
            Journal::open(journal_path(), "test", [] { return std::string("t"); });
        EXPECT_TRUE(journal) << journal.error().what;
        Engine engine(vsphere, powerflex, plan, clock, hooks());
        return engine.rollback(*journal, request);
    } catch (const Crash&) {
        return std::nullopt;
    }
}

} // namespace pf::nvmetool::test
