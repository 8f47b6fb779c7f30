// Who uses a device, how it was claimed, what the host is: from text tables, "simple" text and
// JSON, with the columns of 7.0 U3 and of 8.0.

#include "libvsphere/esxcli_more_types.hpp"
#include "libvsphere/esxcli_types.hpp"

#include <gtest/gtest.h>

namespace pf::vim::cli {
namespace {

EsxcliOutput text(std::string_view raw) {
    auto out = parse_esxcli_text(raw);
    EXPECT_TRUE(out) << out.error().what;
    return out ? *out : EsxcliOutput{};
}

EsxcliOutput json(std::string_view raw) {
    auto out = parse_esxcli_json(raw);
    EXPECT_TRUE(out) << out.error().what;
    return out ? *out : EsxcliOutput{};
}

TEST(EsxcliColumns, AreCountedInCharactersNotBytes) {
    const auto rows = filesystems(
        text("Mount Point              Volume Name  UUID     Mounted  Type    Size  Free\n"
             "-----------------------  -----------  -------  -------  ------  ----  ----\n"
             "/vmfs/volumes/6314fb31   B\xC3\xBC"
             "ro-\xE6\x95\xB0\xE6\x8D\xAE      6314fb3     true  VMFS-6  1000   500\n"
             "                                      7314fb3    false  VMFS-6     0     0\n"));
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].volume_name, "B\xC3\xBCro-\xE6\x95\xB0\xE6\x8D\xAE");
    EXPECT_EQ(rows[0].uuid, "6314fb3");
    EXPECT_TRUE(rows[0].mounted);
    EXPECT_EQ(rows[0].free_bytes, 500);
    EXPECT_EQ(rows[1].mount_point, "");
    EXPECT_EQ(rows[1].volume_name, "");
    EXPECT_FALSE(rows[1].mounted);
}

TEST(EsxcliNvme, ControllersOfThreeReleases) {
    const auto old = nvme_controllers(text(
        "Name                                          Controller Number  Adapter  Transport Type  "
        "Is Online\n"
        "--------------------------------------------  -----------------  -------  --------------  "
        "---------\n"
        "nqn.2016-06.io.spdk:c1#vmhba64#10.0.0.1:4420                301  vmhba64  TCP             "
        "     true\n"));
    ASSERT_EQ(old.size(), 1u);
    EXPECT_EQ(old[0].number, 301);
    EXPECT_TRUE(old[0].online);
    EXPECT_EQ(old[0].address, "10.0.0.1");
    const auto newest = nvme_controllers(json(
        R"([{"Name":"nqn.a#vmhba65#[fd00::1]:4420","ControllerNumber":256,"Adapter":"vmhba65",
        "TransportType":"TCP","IsOnline":false,"IsVVOL":false,"ControllerType":"I/O",
        "KeepAlive":60,"IOQueues":4,"QueueSize":128}])"));
    ASSERT_EQ(newest.size(), 1u);
    EXPECT_EQ(newest[0].io_queues, 4);
    EXPECT_EQ(newest[0].keep_alive_s, 60);
    EXPECT_EQ(newest[0].address, "fd00::1");
    EXPECT_FALSE(newest[0].online);
}

TEST(EsxcliNvme, IdentifyIsNamesAndValues) {
    const auto fields = identify_fields(text("Name    Value\n------  ------\nCNTLID  0x1\n"
                                             "FUSES   0x1\nNN      1024\nMN      PowerFlex\n"));
    EXPECT_EQ(identify_number(fields, "CNTLID"), 1u);
    EXPECT_EQ(identify_number(fields, "NN"), 1024u);
    EXPECT_EQ(identify_number(fields, "MN"), 0u);
    EXPECT_EQ(identify_number(fields, "ANATT"), 0u);
    EXPECT_EQ(fields.at("MN"), "PowerFlex");
}

TEST(EsxcliNetwork, InterfacesConnectionsNeighborsRoutes) {
    const auto vmks = vmk_interfaces(text("vmk0\n   Name: vmk0\n   MAC Address: 00:50:56:01:02:03\n"
                                          "   Enabled: true\n   Portset: vSwitch0\n"
                                          "   Portgroup: Management Network\n"
                                          "   Netstack Instance: defaultTcpipStack\n"
                                          "   VDS Name: N/A\n   VDS UUID: N/A\n   MTU: 1500\n\n"
                                          "vmk1\n   Name: vmk1\n   MTU: 9000\n   Enabled: false\n"
                                          "   VDS Name: dvs01\n"));
    ASSERT_EQ(vmks.size(), 2u);
    EXPECT_EQ(vmks[0].portgroup, "Management Network");
    EXPECT_EQ(vmks[0].vds_name, "");
    EXPECT_TRUE(vmks[0].enabled);
    EXPECT_EQ(vmks[1].mtu, 9000);
    EXPECT_EQ(vmks[1].vds_name, "dvs01");
    const auto open = connections(text(
        "Proto  Recv Q  Send Q  Local Address    Foreign Address  State        World ID  CC Algo  "
        "World Name\n"
        "-----  ------  ------  ---------------  ---------------  -----------  --------  -------  "
        "----------\n"
        "tcp         0      12  10.1.0.5:49152   10.1.0.9:4420    ESTABLISHED   2097712  newreno  "
        "nvmetcp wq\n"));
    ASSERT_EQ(open.size(), 1u);
    EXPECT_EQ(open[0].send_q, 12);
    EXPECT_EQ(open[0].world_name, "nvmetcp wq");
    const auto near = neighbors(json(R"([{"Neighbor":"10.1.0.9","MacAddress":"00:11:22:33:44:55",
        "Vmknic":"vmk1","Expiry":"1200 sec","State":"","Type":"Unknown"}])"));
    ASSERT_EQ(near.size(), 1u);
    EXPECT_EQ(near[0].vmk, "vmk1");
    const auto ways = routes(json(R"([{"Network":"default","Netmask":"0.0.0.0",
        "Gateway":"10.0.0.1","Interface":"vmk0","Source":"MANUAL"}])"));
    ASSERT_EQ(ways.size(), 1u);
    EXPECT_EQ(ways[0].gateway, "10.0.0.1");
}

TEST(EsxcliNetwork, PingSummaryFromTextAndJson) {
    const char* as_text = "   Trace: \n         Received Bytes: 8980\n         Host: 10.1.0.9\n\n"
                          "   Summary: \n         Host Addr: 10.1.0.9\n         Transmitted: 3\n"
                          "         Received: 2\n         Duplicated: 0\n         Packet Lost: 33\n"
                          "         Round Trip Min: 0.2\n";
    EXPECT_EQ(ping_summary(text(as_text)).received, 2);
    EXPECT_EQ(ping_summary(text(as_text)).lost_percent, 33);
    const auto good = ping_summary(json(R"({"Summary":{"HostAddr":"10.1.0.9","Transmitted":3,
        "Received":3,"PacketLost":0,"RoundtripMin":180,"RoundtripAvg":200,"RoundtripMax":240}})"));
    EXPECT_EQ(good.lost_percent, 0);
    EXPECT_EQ(good.avg_us, 200);
    EXPECT_EQ(ping_summary(text("ping failed\n")).lost_percent, 100);
}

TEST(EsxcliStorage, DevicesTheirUsersAndTheirClaims) {
    const auto held = device_worlds(
        text("Device                                World ID  Open Count  World Name\n"
             "------------------------------------  --------  ----------  ----------\n"
             "eui.00112233445566778899aabbccddeeff   2097192           1  idle0\n"));
    ASSERT_EQ(held.size(), 1u);
    EXPECT_EQ(held[0].world_id, 2097192);
    const auto off =
        detached_devices(text("Device UID  State\n----------  -----\neui.1       off\n"));
    ASSERT_EQ(off.size(), 1u);
    EXPECT_EQ(off[0], (std::pair<std::string, std::string>{"eui.1", "off"}));
    const auto parts =
        partitions(json(R"([{"Device":"eui.1","Partition":1,"StartSector":2048,"EndSector":4095,
        "Type":"fb","Size":1048576}])"));
    ASSERT_EQ(parts.size(), 1u);
    EXPECT_EQ(parts[0].end_sector, 4095);
    const auto vaai = vaai_status(text("eui.1\n   VAAI Plugin Name: \n   ATS Status: supported\n"
                                       "   Clone Status: unsupported\n   Zero Status: supported\n"
                                       "   Delete Status: supported\n"));
    ASSERT_EQ(vaai.size(), 1u);
    EXPECT_EQ(vaai[0].device, "eui.1");
    EXPECT_EQ(vaai[0].clone, "unsupported");
    const auto rules = claim_rules(
        text("Rule Class   Rule  Class    Type       Plugin     Matches\n"
             "----------  -----  -------  ---------  ---------  ------------------------------\n"
             "MP             50  runtime  transport  NMP        transport=usb\n"
             "MP          65535  runtime  vendor     NMP        vendor=* model=*\n"));
    ASSERT_EQ(rules.size(), 2u);
    EXPECT_EQ(rules[1].rule, 65535);
    EXPECT_EQ(rules[1].matches, "vendor=* model=*");
    const auto nmp = nmp_devices(
        text("eui.1\n   Device Display Name: EMC Fibre Channel Disk (eui.1)\n"
             "   Storage Array Type: VMW_SATP_LOCAL\n   Path Selection Policy: VMW_PSP_FIXED\n"
             "   Path Selection Policy Device Config: {preferred=vmhba2:C0:T0:L0}\n"
             "   Working Paths: vmhba2:C0:T0:L0, vmhba3:C0:T0:L0\n"));
    ASSERT_EQ(nmp.size(), 1u);
    EXPECT_EQ(nmp[0].psp, "VMW_PSP_FIXED");
    EXPECT_EQ(nmp[0].working_paths.size(), 2u);
    const auto uids = device_uids(text("eui.1\n   Primary UID: eui.1\n"
                                       "   Alternative Primary UIDs: naa.1, naa.2\n"
                                       "   Legacy UID: vml.1\n"));
    ASSERT_EQ(uids.size(), 1u);
    EXPECT_EQ(uids[0].others, (std::vector<std::string>{"naa.1", "naa.2", "vml.1"}));
}

TEST(EsxcliVmfs, ExtentsOfCopiesAndHostsOfVolumes) {
    const auto extents = vmfs_snapshot_extents(
        text("Device Name  VMFS UUID  Extent #\n-----------  ---------  --------\n"
             "eui.1        5bea-1            0\n"));
    ASSERT_EQ(extents.size(), 1u);
    EXPECT_EQ(extents[0].device, "eui.1");
    const auto hosts = vmfs_hosts(json(R"([{"VolumeName":"ds01","HostName":"esx01",
        "OwnerUUID":"6000-1","MACAddress":"00:50:56:00:00:01"}])"));
    ASSERT_EQ(hosts.size(), 1u);
    EXPECT_EQ(hosts[0].host_name, "esx01");
}

TEST(EsxcliSystem, HostModulesOptionsAndPackages) {
    EXPECT_EQ(hostname(text("   Domain Name: lab\n   Fully Qualified Domain Name: esx01.lab\n"
                            "   Host Name: esx01\n"))
                  .fqdn,
              "esx01.lab");
    EXPECT_EQ(system_uuid(text("5f0c-aa\n")), "5f0c-aa");
    EXPECT_TRUE(in_maintenance(text("Enabled\n")));
    EXPECT_FALSE(in_maintenance(text("Disabled\n")));
    EXPECT_FALSE(in_maintenance(json("false")));
    EXPECT_EQ(dump_partition(text("   Active: mpx.vmhba0:C0:T0:L0:7\n   Configured: \n")).active,
              "mpx.vmhba0:C0:T0:L0:7");
    const auto dumps =
        dump_files(text("Path                                Active  Configured  Size\n"
                        "----------------------------------  ------  ----------  ----------\n"
                        "/vmfs/volumes/5b/vmkdump/a.dumpfile    true        true  1073741824\n"));
    ASSERT_EQ(dumps.size(), 1u);
    const auto options = advanced_option_rows(text(
        "   Path: /Disk/AutoremoveOnPDL\n   Type: integer\n   Int Value: 1\n"
        "   Default Int Value: 1\n   String Value: \n   Description: remove\n\n"
        "   Path: /Syslog/global/logDir\n   Type: string\n   String Value: [] /scratch/log\n"));
    ASSERT_EQ(options.size(), 2u);
    EXPECT_EQ(options[0].value(), "1");
    EXPECT_EQ(options[1].value(), "[] /scratch/log");
    const auto loaded =
        modules(text("Name     Is Loaded  Is Enabled\n-------  ---------  ----------\n"
                     "nvmetcp       true        true\nscini        false        true\n"));
    ASSERT_EQ(loaded.size(), 2u);
    EXPECT_FALSE(loaded[1].loaded);
    const auto packages = vibs(json(R"([{"Name":"scini","Version":"4.5.0","Vendor":"EMC",
        "AcceptanceLevel":"PartnerSupported","InstallDate":"2025-01-01"}])"));
    ASSERT_EQ(packages.size(), 1u);
    EXPECT_EQ(packages[0].version, "4.5.0");
    const auto running = vm_processes(
        text("db 01\n   World ID: 2100001\n   Process ID: 0\n   VMX Cartel ID: 2100000\n"
             "   UUID: 56 4d aa\n   Display Name: db 01\n"
             "   Config File: /vmfs/volumes/5b/db 01/db 01.vmx\n"));
    ASSERT_EQ(running.size(), 1u);
    EXPECT_EQ(running[0].name, "db 01");
    EXPECT_EQ(running[0].world_id, 2100001);
}

TEST(VimCmd, RowsWithSpacesTemplatesAndLongAnnotations) {
    const auto vms = registered_vms(
        "Vmid   Name        File                          Guest OS        Version   Annotation\n"
        "1      web 01      [ds 01] web 01/web 01.vmx     rhel9_64Guest   vmx-21    front end\n"
        "second line of it\n"
        "12     tmpl        [ds02] tmpl/tmpl.vmtx         otherGuest      vmx-13              \n");
    ASSERT_EQ(vms.size(), 2u);
    EXPECT_EQ(vms[0].name, "web 01");
    EXPECT_EQ(vms[0].vmx_path, "[ds 01] web 01/web 01.vmx");
    EXPECT_EQ(vms[0].guest, "rhel9_64Guest");
    EXPECT_EQ(vms[0].annotation, "front end\nsecond line of it");
    EXPECT_EQ(vms[1].vmid, 12);
    EXPECT_EQ(vms[1].vmx_path, "[ds02] tmpl/tmpl.vmtx");
    EXPECT_EQ(vms[1].version, "vmx-13");
    EXPECT_TRUE(registered_vms("").empty());
}

TEST(Esxcfg, VolumeCopiesAndPaths) {
    const auto copies =
        volume_copies("Scanning for VMFS-6 host activity (4096 bytes/HB, 1024 HBs).\n"
                      "VMFS UUID/label: 5bea843b-38514660-fb37-ac1f6b752afc/sdc/01\n"
                      "Can mount: No (the original volume is still online)\nCan resignature: Yes\n"
                      "Extent name: eui.00aa:1     range: 0 - 511743 (MB)\n");
    ASSERT_EQ(copies.size(), 1u);
    EXPECT_EQ(copies[0].label, "sdc/01");
    EXPECT_FALSE(copies[0].can_mount);
    EXPECT_EQ(copies[0].mount_reason, "the original volume is still online");
    EXPECT_TRUE(copies[0].can_resignature);
    EXPECT_EQ(copies[0].extents, std::vector<std::string>{"eui.00aa:1"});
    const auto devices =
        mpath_devices("eui.00aa : NVMe TCP Disk (eui.00aa)\n"
                      "   vmhba64:C0:T0:L5 LUN:5 state:active tcp Adapter: x  Target: y\n"
                      "   vmhba65:C0:T0:L5 LUN:5 state:dead tcp Adapter: x  Target: y\n");
    ASSERT_EQ(devices.size(), 1u);
    ASSERT_EQ(devices[0].paths.size(), 2u);
    EXPECT_EQ(devices[0].paths[1],
              (std::pair<std::string, std::string>{"vmhba65:C0:T0:L5", "dead"}));
}

} // namespace
} // namespace pf::vim::cli
