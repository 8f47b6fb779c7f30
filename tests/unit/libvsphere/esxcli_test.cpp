// esxcli output in all its renderings.

#include "libvsphere/esxcli.hpp"
#include "libvsphere/esxcli_types.hpp"

#include <gtest/gtest.h>

namespace pf::vim {
namespace {

const char* kControllers80 =
    "The time and date of this login have been sent to the system logs.\n"
    "\n"
    "Name                                                  Controller Number  Adapter  Transport "
    "Type  Is Online  Is VVOL\n"
    "----------------------------------------------------  -----------------  -------  "
    "--------------  ---------  -------\n"
    "nqn.2016-06.io.spdk:cnode1#vmhba64#10.0.211.196:4420                301  vmhba64  TCP         "
    "          true    false\n";

TEST(EsxcliText, ReadsTablesByTheDashRow) {
    auto out = parse_esxcli_text(kControllers80);
    ASSERT_TRUE(out);
    auto rows = cli::nvme_controllers(*out);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].number, 301);
    EXPECT_EQ(rows[0].adapter, "vmhba64");
    EXPECT_EQ(rows[0].subnqn, "nqn.2016-06.io.spdk:cnode1");
    EXPECT_EQ(rows[0].address, "10.0.211.196");
    EXPECT_EQ(rows[0].port, 4420);
    EXPECT_TRUE(rows[0].online);
    EXPECT_FALSE(rows[0].vvol);
}

TEST(EsxcliText, KeepsEmptyCellsAndSpacesInNames) {
    auto out = parse_esxcli_text(
        "Mount Point                                        Volume Name  UUID          Mounted  "
        "Type           Size          Free\n"
        "-------------------------------------------------  -----------  ------------  -------  "
        "------  ------------  -----------\n"
        "/vmfs/volumes/6314fb31-cbf77190-ea99-0050568a0001  my store     6314fb31         true  "
        "VMFS-6  107105746944  98784247808\r\n"
        "                                                   off          7777            false  "
        "VMFS-6             0            0\n");
    ASSERT_TRUE(out);
    auto rows = cli::filesystems(*out);
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].volume_name, "my store");
    EXPECT_EQ(rows[0].size_bytes, 107105746944);
    EXPECT_EQ(rows[1].mount_point, "");
    EXPECT_EQ(rows[1].volume_name, "off");
    EXPECT_FALSE(rows[1].mounted);
}

TEST(EsxcliText, ReadsSimpleLists) {
    auto out =
        parse_esxcli_text("65a58a71-c5ac3323-6306-d4ae52c1e78d\n"
                          "   Volume Name: LUN1\n"
                          "   VMFS UUID: 65a58a71-c5ac3323-6306-d4ae52c1e78d\n"
                          "   Can mount: false\n"
                          "   Reason for un-mountability: the original volume is still online\n"
                          "   Can resignature: true\n"
                          "   Reason for non-resignaturability: \n"
                          "   Unresolved Extent Count: 1\n"
                          "\n"
                          "65a58a72\n"
                          "   Volume Name: LUN2\n"
                          "   Can mount: true\n");
    ASSERT_TRUE(out);
    auto rows = cli::vmfs_snapshots(*out);
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].volume_name, "LUN1");
    EXPECT_FALSE(rows[0].can_mount);
    EXPECT_EQ(rows[0].mount_reason, "the original volume is still online");
    EXPECT_TRUE(rows[0].can_resignature);
    EXPECT_EQ(rows[0].resignature_reason, "");
    EXPECT_EQ(rows[0].unresolved_extents, 1);
    EXPECT_EQ(rows[1].vmfs_uuid, "65a58a72");
    EXPECT_TRUE(rows[1].can_mount);
}

TEST(EsxcliText, FindsTheHostNqnWhereverItStands) {
    for (const char* text : {"   Host NQN: nqn.2014-08.com.vmware:nvme:esx01\n",
                             "   Host NQN: \n   nqn.2014-08.com.vmware:nvme:esx01\n",
                             "Host NQN:\nnqn.2014-08.com.vmware:nvme:esx01"}) {
        auto out = parse_esxcli_text(text);
        ASSERT_TRUE(out);
        auto nqn = cli::host_nqn(*out);
        ASSERT_TRUE(nqn) << text;
        EXPECT_EQ(*nqn, "nqn.2014-08.com.vmware:nvme:esx01");
    }
    EXPECT_FALSE(cli::host_nqn(*parse_esxcli_text("   Host NQN: \n")));
}

TEST(EsxcliText, AnswersOfOneWordAreScalars) {
    EXPECT_EQ(parse_esxcli_text("true\n")->scalar, "true");
    EXPECT_EQ(parse_esxcli_text("")->scalar, "");
    EXPECT_TRUE(parse_esxcli_text("")->records.empty());
}

TEST(EsxcliText, ReadsDevicesAndPaths) {
    auto devices = parse_esxcli_text("uuid.2b6522e97f86428c91e193efa93c864f\n"
                                     "   Display Name: NVMe TCP Disk (uuid.2b65)\n"
                                     "   Size: 1048576\n"
                                     "   Multipath Plugin: HPP\n"
                                     "   Vendor: NVMe\n"
                                     "   Status: degraded\n"
                                     "   Is RDM Capable: false\n"
                                     "   Device Max Queue Depth: 126\n");
    auto rows = cli::storage_devices(*devices);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].device, "uuid.2b6522e97f86428c91e193efa93c864f");
    EXPECT_EQ(rows[0].size_mb, 1048576);
    EXPECT_EQ(rows[0].multipath_plugin, "HPP");
    EXPECT_EQ(rows[0].max_queue_depth, 126);
    auto paths = parse_esxcli_text("tcp.vmnic2:34:80:0d:30:ca:e0-tcp.192.168.100.165:4420-eui.1\n"
                                   "   Runtime Name: vmhba64:C0:T0:L5\n"
                                   "   Device: eui.1\n"
                                   "   Path State: active unoptimized\n"
                                   "   Path Config: {ANA_GRP_id=6,ANA_GRP_state=ANO,health=UP}\n"
                                   "\n"
                                   "tcp.vmnic3-tcp.unknown-eui.1\n"
                                   "   Path State: active\n"
                                   "   Path Config: {TPG_id=0,TPG_state=AO,RTP_id=0,health=UP}\n");
    auto hpp = cli::hpp_paths(*paths);
    ASSERT_EQ(hpp.size(), 2u);
    EXPECT_EQ(hpp[0].ana_state, "ANO");
    EXPECT_EQ(hpp[0].state, "active unoptimized");
    EXPECT_EQ(hpp[1].ana_state, "AO");
    EXPECT_EQ(hpp[1].health, "UP");
}

TEST(EsxcliText, ReadsTagsAndVersions) {
    auto tags = cli::vmk_tags(*parse_esxcli_text("   Tags: Management, NVMeTCP\n"));
    EXPECT_EQ(tags, (std::vector<std::string>{"Management", "NVMeTCP"}));
    auto version = cli::system_version(*parse_esxcli_text("   Product: VMware ESXi\n"
                                                          "   Version: 7.0.3\n"
                                                          "   Build: Releasebuild-20036589\n"
                                                          "   Update: 3\n"
                                                          "   Patch: 50\n"));
    EXPECT_EQ(version.version, "7.0.3");
    EXPECT_EQ(version.build, "20036589");
}

TEST(EsxcliForms, AllSayTheSame) {
    auto check = [](const Result<EsxcliOutput>& out, const char* form) {
        ASSERT_TRUE(out) << form << ": " << out.error().what;
        auto rows = cli::nics(*out);
        ASSERT_EQ(rows.size(), 1u) << form;
        EXPECT_EQ(rows[0].name, "vmnic0") << form;
        EXPECT_EQ(rows[0].admin_status, "Up") << form;
        EXPECT_EQ(rows[0].mtu, 1500) << form;
        EXPECT_EQ(rows[0].speed_mbps, 10000) << form;
    };
    check(parse_esxcli_json("notice\n[{\"AdminStatus\":\"Up\",\"MTU\":1500,\"Name\":\"vmnic0\","
                            "\"Speed\":10000}]"),
          "json");
    check(parse_esxcli_csv("AdminStatus,MTU,Name,Speed,\nUp,1500,vmnic0,10000,\n"), "csv");
    check(parse_esxcli_keyvalue("structure[0].Nic.AdminStatus.string=Up\n"
                                "structure[0].Nic.MTU.integer=1500\n"
                                "structure[0].Nic.Name.string=vmnic0\n"
                                "structure[0].Nic.Speed.integer=10000\n"),
          "keyvalue");
    check(parse_esxcli_xml("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                           "<output xmlns=\"http://www.vmware.com/Products/ESX/5.0/esxcli\">\n"
                           "<root><list type=\"structure\"><structure typeName=\"Nic\">"
                           "<field name=\"AdminStatus\"><string>Up</string></field>"
                           "<field name=\"MTU\"><integer>1500</integer></field>"
                           "<field name=\"Name\"><string>vmnic0</string></field>"
                           "<field name=\"Speed\"><integer>10000</integer></field>"
                           "</structure></list></root></output>"),
          "xml");
    check(parse_esxcli_soap(
              "<obj xmlns:xsd='http://www.w3.org/2001/XMLSchema' "
              "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns='urn:vim25' "
              "versionId='5.0' xsi:type='ArrayOfDataObject'><DataObject "
              "xsi:type='VimEsxCLInetworkniclistNic'><AdminStatus>Up</AdminStatus><MTU>1500</MTU>"
              "<Name>vmnic0</Name><Speed>10000</Speed></DataObject></obj>"),
          "soap");
    check(parse_esxcli_text("Name    Admin Status    MTU  Speed\n"
                            "------  ------------  -----  -----\n"
                            "vmnic0  Up             1500  10000\n"),
          "table");
}

TEST(EsxcliForms, ListsKeepEveryValue) {
    auto soap = parse_esxcli_soap(
        "<obj xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns='urn:vim25' "
        "xsi:type='VimEsxCLInetworkiptagget'><Tags>Management</Tags><Tags>NVMeTCP</Tags></obj>");
    ASSERT_TRUE(soap);
    EXPECT_EQ(cli::vmk_tags(*soap), (std::vector<std::string>{"Management", "NVMeTCP"}));
    auto json = parse_esxcli_json("{\"Tags\":[\"Management\",\"NVMeTCP\"]}");
    ASSERT_TRUE(json);
    EXPECT_EQ(cli::vmk_tags(*json), (std::vector<std::string>{"Management", "NVMeTCP"}));
}

TEST(EsxcliForms, ScalarsAndFailuresAreTold) {
    EXPECT_EQ(parse_esxcli_soap("<obj xmlns:xsd='http://www.w3.org/2001/XMLSchema' "
                                "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
                                "xmlns='urn:vim25' xsi:type='xsd:boolean'>true</obj>")
                  ->scalar,
              "true");
    EXPECT_FALSE(parse_esxcli_json("Error: Unknown command or namespace nvme info"));
    EXPECT_FALSE(parse_esxcli_xml("Error: Unknown command"));
    EXPECT_FALSE(parse_esxcli_soap("<obj>unclosed"));
    EXPECT_FALSE(parse_cli_info("<obj xmlns='urn:vim25'/>"));
}

TEST(EsxcliCommand, QuotesForTheShell) {
    EsxcliCommand c("storage filesystem unmount");
    c.opt("volume-label", "my ds; rm -rf /").flag("all").opt("l", "a'b");
    EXPECT_EQ(c.text("json"), "esxcli --formatter=json storage filesystem unmount "
                              "'--volume-label=my ds; rm -rf /' --all -l 'a'\\''b'");
}

TEST(ControllerNames, SplitOnlyWhenTheyHaveTheForm) {
    std::string nqn, adapter, address;
    uint16_t port = 0;
    EXPECT_TRUE(
        cli::split_controller_name("nqn.x#vmhba65#[fd00::1]:8009", nqn, adapter, address, port));
    EXPECT_EQ(address, "fd00::1");
    EXPECT_EQ(port, 8009);
    for (const char* odd :
         {"", "#", "##", "nqn#vmhba", "nqn#vmhba64#host", "a#b#c:0", "a#b#c:99999", "a#b#c:4420x"})
        EXPECT_FALSE(cli::split_controller_name(odd, nqn, adapter, address, port)) << odd;
}

} // namespace
} // namespace pf::vim
