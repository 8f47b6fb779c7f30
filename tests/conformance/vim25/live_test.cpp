// libvsphere's live cache, followed tasks, bulk reads and esxcli readers against the simulated
// estate, over the wire.

#include "libvsphere/administration.hpp"
#include "libvsphere/bulk.hpp"
#include "libvsphere/datastore.hpp"
#include "libvsphere/esxcli_more_types.hpp"
#include "libvsphere/esxcli_types.hpp"
#include "libvsphere/host_config.hpp"
#include "libvsphere/live_cache.hpp"
#include "libvsphere/task.hpp"
#include "libvsphere/vm.hpp"
#include "tests/conformance/vim25/live_estate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>

namespace pf::vim {
namespace {

using test::Live;
using namespace std::chrono_literals;

/// Calls update() until `done`, at most 20 s.
template<class Done>
bool follow(LiveCache& cache, Done done, std::vector<LiveChange>* seen = nullptr) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < end) {
        auto changes = cache.update(1s);
        if (changes && seen)
            seen->insert(seen->end(), changes->begin(), changes->end());
        if (done())
            return true;
    }
    return done();
}

TEST_F(Live, TheCacheFollowsPowerRenewalAndLeaving) {
    LiveSpec spec;
    spec.types = {{"VirtualMachine", {"name", "runtime.powerState"}}, {"Datastore", {"name"}}};
    spec.max_objects_per_answer = 2; // every first read is truncated
    LiveCache cache(*session_, spec);
    auto first = cache.update(0ms);
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_EQ(first->size(), 6u);
    EXPECT_EQ(cache.objects("VirtualMachine").size(), 5u);

    auto other = connect();
    ASSERT_TRUE(other);
    const MoRef web = vm("vm-1");
    auto task = power_on_task(*other, web);
    ASSERT_TRUE(task) << task.error().what;
    EXPECT_TRUE(
        follow(cache, [&] { return cache.get(web, "runtime.powerState").text() == "poweredOn"; }));
    EXPECT_EQ(cache.resyncs(), 0u);
    ASSERT_TRUE(wait_task(*other, *task));

    // The login ends; meanwhile a VM leaves. The next update tells exactly that.
    expire(*session_);
    const MoRef gone = vm("vm-2");
    ASSERT_TRUE(unregister_vm(*other, gone));
    std::vector<LiveChange> seen;
    EXPECT_TRUE(follow(
        cache, [&] { return !cache.get(gone); }, &seen));
    EXPECT_GE(cache.resyncs(), 1u);
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].kind, LiveChange::Kind::Leave);
    EXPECT_EQ(seen[0].object, gone);
}

TEST_F(Live, ATaskIsFollowedThroughALostLoginToItsEnd) {
    const MoRef web = vm("vm-1");
    auto task = power_on_task(*session_, web);
    ASSERT_TRUE(task) << task.error().what;
    expire(*session_); // while the task runs
    TaskWait wait;
    wait.timeout = 30s;
    wait.poll = 200ms;
    auto done = wait_task(*session_, *task, wait);
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_EQ(done->entity, web);
    EXPECT_EQ(*read_power_state(*session_, web), "poweredOn");
    auto found = find_task(*session_, {web, done->description_id, 0});
    ASSERT_TRUE(found) << found.error().what;
    ASSERT_TRUE(*found);
    EXPECT_EQ((*found)->task, *task);
}

TEST_F(Live, AnExpiredLoginInTheMiddleOfPagingStartsTheReadAgain) {
    size_t shown = 0, restarts = 0;
    bool expired = false;
    std::map<std::string, int> names;
    BulkSink sink;
    sink.object = [&](const ObjectView& object) {
        ++shown;
        ++names[object["name"].text()];
        // In the first page: the second may be under way already, the third can't be.
        if (shown == 1 && !expired) {
            expired = true;
            expire(*session_);
        }
    };
    sink.restart = [&] {
        ++restarts;
        names.clear();
    };
    auto stats = stream_below(*session_, {}, {"VirtualMachine", {"name"}}, sink);
    ASSERT_TRUE(stats) << stats.error().what;
    EXPECT_EQ(restarts, 1u);
    EXPECT_EQ(names.size(), 5u);
    for (const auto& [name, count] : names)
        EXPECT_EQ(count, 1) << name;
    EXPECT_EQ(stats->objects, 5u);
    EXPECT_EQ(stats->pages, 3u);
}

TEST_F(Live, HostConfigurationIsReadAndChanged) {
    const Inventory all = inventory();
    ASSERT_FALSE(all.hosts.empty());
    const Host& host = all.hosts.front();
    auto modules = kernel_modules(*session_, host);
    ASSERT_TRUE(modules) << modules.error().what;
    EXPECT_FALSE(modules->empty());
    auto services = host_services(*session_, host);
    ASSERT_TRUE(services) << services.error().what;
    ASSERT_FALSE(services->empty());
    auto running = [&](const std::string& key) {
        auto now = host_services(*session_, host);
        if (now) {
            for (const HostService& s : *now) {
                if (s.key == key)
                    return s.running;
            }
        }
        ADD_FAILURE() << "no service " << key;
        return false;
    };
    const std::string ssh(kServiceSsh);
    ASSERT_TRUE(control_service(*session_, host, ssh, ServiceAction::Start));
    EXPECT_TRUE(running(ssh));
    ASSERT_TRUE(control_service(*session_, host, ssh, ServiceAction::Stop));
    EXPECT_FALSE(running(ssh));
}

TEST_F(Live, CustomAttributesSurviveTheWayThroughTheServer) {
    const MoRef web = vm("vm-3");
    ASSERT_TRUE(set_custom_value(*session_, web, "migration-unit", "unit 7"));
    ASSERT_TRUE(set_custom_value(*session_, web, "migration-unit", "unit 8"));
    auto values = custom_values(*session_, web);
    ASSERT_TRUE(values) << values.error().what;
    EXPECT_EQ(*values,
              (std::vector<std::pair<std::string, std::string>>{{"migration-unit", "unit 8"}}));
    auto again = ensure_custom_field(*session_, "migration-unit", "VirtualMachine");
    ASSERT_TRUE(again) << again.error().what;
}

/// esxcli over SOAP on one host; a failure is the test's.
class Esxcli {
  public:
    Esxcli(Session& session, const MoRef& host) {
        auto made = make_soap_esxcli(session, host);
        EXPECT_TRUE(made) << made.error().what;
        if (made)
            executor_ = std::move(*made);
    }
    Result<EsxcliOutput> attempt(const EsxcliCommand& command) {
        return executor_->run(command, 20s);
    }
    EsxcliOutput run(const EsxcliCommand& command) {
        auto out = attempt(command);
        EXPECT_TRUE(out) << command.text() << ": " << out.error().what;
        return out ? *out : EsxcliOutput{};
    }
    EsxcliOutput run(std::string_view words) { return run(EsxcliCommand(words)); }

  private:
    std::unique_ptr<EsxcliExecutor> executor_;
};

TEST_F(Live, AHostIsOnboardedByEsxcliAlone) {
    const Inventory all = inventory();
    const Host* host = all.host_by_name(host_name_);
    ASSERT_TRUE(host);
    Esxcli cli(*session_, host->ref);
    const auto nqn = cli::host_nqn(cli.run("nvme info get"));
    ASSERT_TRUE(nqn) << nqn.error().what;
    EXPECT_EQ(*nqn, host->nvme_nqn);
    const uint64_t volume = array_->add_volume(uint64_t{64} << 20);
    array_->map_nvme(volume, *nqn);

    auto tag = [](const char* verb) {
        EsxcliCommand command("network ip interface tag " + std::string(verb));
        return command.opt("interface-name", "vmk1").opt("tagname", "NVMeTCP");
    };
    cli.run(tag("add"));
    auto again = cli.attempt(tag("add"));
    ASSERT_FALSE(again);
    EXPECT_NE(again.error().what.find("already tagged"), std::string::npos);
    EsxcliCommand get("network ip interface tag get");
    const auto tags = cli::vmk_tags(cli.run(get.opt("interface-name", "vmk1")));
    EXPECT_NE(std::find(tags.begin(), tags.end(), "NVMeTCP"), tags.end());

    EsxcliCommand enable("nvme fabrics enable");
    cli.run(enable.opt("protocol", "TCP").opt("device", "vmnic0"));
    std::string hba;
    for (const auto& adapter : cli::nvme_adapters(cli.run("nvme adapter list"))) {
        if (adapter.devices == std::vector<std::string>{"vmnic0"} && adapter.transport == "TCP")
            hba = adapter.adapter;
    }
    ASSERT_FALSE(hba.empty());
    EsxcliCommand discover("nvme fabrics discover");
    discover.opt("adapter", hba).opt("ip-address", "192.0.2.11").opt("port-number", "8009");
    const auto found = cli::nvme_discovery(cli.run(discover));
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found.front().subnqn, array_->subsystem_nqn());
    EXPECT_EQ(found.front().port, 4420);
    EXPECT_FALSE(found.front().connected);
    // Long names, the API's names and letters all mean the option that the host's metadata has.
    EsxcliCommand connect("nvme fabrics connect");
    connect.opt("a", hba).opt("ipaddress", "192.0.2.11").opt("port-number", "4420");
    cli.run(connect.opt("s", array_->subsystem_nqn()));
    EsxcliCommand odd("nvme fabrics connect");
    auto refused = cli.attempt(odd.opt("no-such-option", "1"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::Unsupported);

    const auto controllers = cli::nvme_controllers(cli.run("nvme controller list"));
    ASSERT_EQ(controllers.size(), 1u);
    EXPECT_EQ(controllers[0].adapter, hba);
    EXPECT_EQ(controllers[0].address, "192.0.2.11");
    EXPECT_TRUE(controllers[0].online);
    const auto namespaces = cli::nvme_namespaces(cli.run("nvme namespace list"));
    ASSERT_EQ(namespaces.size(), 1u);
    EXPECT_EQ(namespaces[0].controller_number, controllers[0].number);
    EXPECT_EQ(namespaces[0].capacity_mb, 64);
    cli.run(EsxcliCommand("storage core adapter rescan").flag("all"));
    const auto devices = cli::hpp_devices(cli.run("storage hpp device list"));
    ASSERT_EQ(devices.size(), 1u);
    EXPECT_EQ(devices[0].device, namespaces[0].name);
    const auto paths = cli::hpp_paths(cli.run("storage hpp path list"));
    ASSERT_EQ(paths.size(), 1u);
    EXPECT_EQ(paths[0].device, namespaces[0].name);
    EXPECT_EQ(paths[0].health, "UP");
    EsxcliCommand policy("storage hpp device set");
    cli.run(policy.opt("device", devices[0].device).opt("pss", "LB-IOPS"));

    EsxcliCommand disable("nvme fabrics disable");
    disable.opt("protocol", "TCP").opt("device", "vmnic0");
    EXPECT_FALSE(cli.attempt(disable)); // while controllers are connected
    EsxcliCommand disconnect("nvme fabrics disconnect");
    cli.run(disconnect.opt("adapter", hba)
                .opt("controller-number", std::to_string(controllers[0].number)));
    cli.run(disable);
    EXPECT_TRUE(cli::nvme_controllers(cli.run("nvme controller list")).empty());
    cli.run(tag("remove"));
}

TEST_F(Live, AVolumeIsTakenAwayAndBroughtBackByEsxcliAlone) {
    const Inventory all = inventory();
    const Host* host = all.host_by_name(host_name_);
    ASSERT_TRUE(host);
    Esxcli cli(*session_, host->ref);
    const auto extents = cli::vmfs_extents(cli.run("storage vmfs extent list"));
    ASSERT_EQ(extents.size(), 1u);
    const std::string device = extents[0].device;
    EsxcliCommand unmount("storage filesystem unmount");
    unmount.opt("volume-label", "sdc-01");
    auto busy = cli.attempt(unmount);
    ASSERT_FALSE(busy); // VMs are registered on it
    for (const Vm& vm : all.vms) {
        if (vm.powered_on()) {
            auto off = power_off_task(*session_, vm.ref);
            ASSERT_TRUE(off && wait_task(*session_, *off));
        }
        ASSERT_TRUE(unregister_vm(*session_, vm.ref));
    }
    cli.run(unmount);
    auto volume = [&] {
        for (const auto& row : cli::filesystems(cli.run("storage filesystem list"))) {
            if (row.volume_name == "sdc-01")
                return row;
        }
        return cli::FilesystemRow{};
    };
    EXPECT_FALSE(volume().mounted);
    auto state = [&](const char* what) {
        EsxcliCommand set("storage core device set");
        return set.opt("device", device).opt("state", what);
    };
    cli.run(state("off"));
    const auto off = cli::detached_devices(cli.run("storage core device detached list"));
    ASSERT_EQ(off.size(), 1u);
    EXPECT_EQ(off[0].first, device);
    cli.run(state("on"));
    EXPECT_TRUE(cli::detached_devices(cli.run("storage core device detached list")).empty());
    cli.run("storage filesystem rescan");
    EsxcliCommand mount("storage filesystem mount");
    cli.run(mount.opt("volume-label", "sdc-01"));
    EXPECT_TRUE(volume().mounted);
}

/// What a reader made of an answer, as words.
using Reader = std::function<std::string(const EsxcliOutput&)>;

TEST_F(Live, EveryFormOfAnEsxcliAnswerReadsTheSame) {
    const Inventory all = inventory();
    const Host* host = all.host_by_name(host_name_);
    ASSERT_TRUE(host);
    auto soap = make_soap_esxcli(*session_, host->ref);
    ASSERT_TRUE(soap) << soap.error().what;
    auto list = [](const auto& rows, auto field) {
        std::string out;
        for (const auto& row : rows)
            out += field(row) + "\n";
        return out;
    };
    const std::vector<std::pair<std::string, Reader>> commands = {
        {"nvme info get", [](const EsxcliOutput& o) { return cli::host_nqn(o).value_or("none"); }},
        {"network nic list",
         [&](const EsxcliOutput& o) {
             return list(cli::nics(o), [](const cli::NicRow& r) {
                 return r.name + r.mac + std::to_string(r.mtu) + r.link_status;
             });
         }},
        {"network ip interface ipv4 get",
         [&](const EsxcliOutput& o) {
             return list(cli::vmk_addresses(o), [](const cli::VmkAddressRow& r) {
                 return r.name + r.address + r.netmask;
             });
         }},
        {"network ip interface list",
         [&](const EsxcliOutput& o) {
             return list(cli::vmk_interfaces(o), [](const cli::VmkInterfaceRow& r) {
                 return r.name + r.portgroup + std::to_string(r.mtu);
             });
         }},
        {"storage core adapter list",
         [&](const EsxcliOutput& o) {
             return list(cli::storage_adapters(o), [](const cli::StorageAdapterRow& r) {
                 return r.name + r.driver + r.description;
             });
         }},
        {"storage core device list",
         [&](const EsxcliOutput& o) {
             return list(cli::storage_devices(o), [](const cli::StorageDeviceRow& r) {
                 return r.device + r.status + std::to_string(r.size_mb);
             });
         }},
        {"storage core path list",
         [&](const EsxcliOutput& o) {
             return list(cli::storage_paths(o), [](const cli::StoragePathRow& r) {
                 return r.runtime_name + r.device + r.state;
             });
         }},
        {"storage filesystem list",
         [&](const EsxcliOutput& o) {
             return list(cli::filesystems(o), [](const cli::FilesystemRow& r) {
                 return r.volume_name + r.uuid + r.type + (r.mounted ? "m" : "u");
             });
         }},
        {"storage vmfs extent list",
         [&](const EsxcliOutput& o) {
             return list(cli::vmfs_extents(o), [](const cli::VmfsExtentRow& r) {
                 return r.volume_name + r.vmfs_uuid + r.device + std::to_string(r.partition);
             });
         }},
        {"storage vmfs lockmode list",
         [&](const EsxcliOutput& o) {
             return list(cli::vmfs_lock_modes(o),
                         [](const cli::LockModeRow& r) { return r.volume_name + r.mode; });
         }},
        {"storage vmfs host list",
         [&](const EsxcliOutput& o) {
             return list(cli::vmfs_hosts(o),
                         [](const cli::VmfsHostRow& r) { return r.host_name + r.owner + r.mac; });
         }},
        {"system version get",
         [](const EsxcliOutput& o) {
             const auto v = cli::system_version(o);
             return v.product + v.version + v.build;
         }},
        {"system hostname get",
         [](const EsxcliOutput& o) {
             const auto h = cli::hostname(o);
             return h.host + "." + h.fqdn;
         }},
        {"system module list",
         [&](const EsxcliOutput& o) {
             return list(cli::modules(o), [](const cli::ModuleRow& r) {
                 return r.name + (r.loaded ? "l" : "-") + (r.enabled ? "e" : "-");
             });
         }},
        {"vm process list",
         [&](const EsxcliOutput& o) {
             return list(cli::vm_processes(o), [](const cli::VmProcessRow& r) {
                 return r.name + r.config_file + std::to_string(r.world_id);
             });
         }},
    };
    for (const auto& [command, reader] : commands) {
        SCOPED_TRACE(command);
        EsxcliCommand words(command);
        if (command == "storage vmfs host list")
            words.opt("volume-label", "sdc-01");
        auto over_soap = (*soap)->run(words, 10s);
        ASSERT_TRUE(over_soap) << over_soap.error().what;
        const std::string want = reader(*over_soap);
        EXPECT_GT(want.size(), 2u) << "the reader found nothing";
        using Parse = Result<EsxcliOutput> (*)(std::string_view);
        for (const auto& [formatter, parse] : std::initializer_list<std::pair<std::string, Parse>>{
                 {"", &parse_esxcli_text},
                 {"json", &parse_esxcli_json},
                 {"xml", &parse_esxcli_xml},
                 {"csv", &parse_esxcli_csv},
                 {"keyvalue", &parse_esxcli_keyvalue}}) {
            auto printed = simulator_->shell_execute(host_name_, words.text(formatter));
            ASSERT_TRUE(printed) << printed.error().what;
            ASSERT_EQ(printed->exit_status, 0) << printed->out << printed->err;
            auto parsed = parse(printed->out);
            ASSERT_TRUE(parsed) << formatter << ": " << parsed.error().what << printed->out;
            EXPECT_EQ(reader(*parsed), want) << formatter << "\n" << printed->out;
        }
    }
}

} // namespace
} // namespace pf::vim
