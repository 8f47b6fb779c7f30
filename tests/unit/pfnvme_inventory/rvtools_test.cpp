// RVTools' files as an inventory, and a fuzzer over both texts that people give: CSV and queries.
#include "tests/support/pfnvme/estate.hpp"
#include "tools/pfnvme/inventory/csv.hpp"
#include "tools/pfnvme/inventory/query.hpp"
#include "tools/pfnvme/inventory/rvtools.hpp"

#include <gtest/gtest.h>

#include <random>

namespace pf::nvmetool::test {

namespace {

constexpr const char* kInfo =
    "VM,Powerstate,Template,Connection state,CPUs,Memory,Provisioned MiB,In Use MiB,Path,Folder,"
    "Cluster,Host,VM ID,VM UUID\r\n"
    "web-01,poweredOn,False,connected,4,8192,\"102,400\",\"51,200\",[ds1] web-01/web-01.vmx,"
    "prod/web,cl1,esx01,vm-1,50aa\r\n"
    "\"db, \"\"big\"\"\",poweredOff,False,connected,8,32768,204800,102400,[ds2] db/db.vmx,prod,"
    "cl1,esx02,vm-2,50bb\r\n";
constexpr const char* kDisk =
    "VM,Powerstate,Disk,Capacity MiB,Raw,Disk Mode,Sharing mode,Thin,Eagerly Scrub,Path,VM ID\n"
    "web-01,poweredOn,Hard disk 1,102400,False,persistent,sharingNone,True,False,"
    "[ds1] web-01/web-01.vmdk,vm-1\n"
    "\"db, \"\"big\"\"\",poweredOff,Hard disk 1,204800,True,persistent,sharingNone,False,False,"
    "[ds1] db/db.vmdk,vm-2\n"
    "gone,poweredOn,Hard disk 1,1,False,persistent,sharingNone,True,False,[ds1] x/x.vmdk,vm-9\n";
constexpr const char* kDatastore =
    "Name;Type;Accessible;Capacity MB;Free MB;Hosts;Major Version;Version\n"
    "ds1;VMFS;True;1048576;524288;esx01, esx02;6;6.82\n";
constexpr const char* kHost = "Host,Datacenter,Cluster,ESX Version\n"
                              "esx01,DC1,cl1,VMware ESXi 7.0.3 build-20036589\n";

} // namespace

TEST(RvTools, GivesAnInventoryForSizing) {
    const auto read = import_rvtools(
        {{"disk", kDisk}, {"info", kInfo}, {"datastore", kDatastore}, {"host", kHost}});
    ASSERT_TRUE(read) << read.error().what;
    ASSERT_EQ(read->vms.size(), 2U);
    const VmInfo& web = read->vms[0];
    EXPECT_EQ(web.committed_bytes(), 50ULL << 30U);
    EXPECT_EQ(web.provisioned_bytes(), 100ULL << 30U);
    EXPECT_EQ(web.folder, "prod/web");
    ASSERT_EQ(web.disks.size(), 1U);
    EXPECT_EQ(web.disks[0].format, "thin");
    const VmInfo& db = read->vms[1];
    EXPECT_EQ(db.name, "db, \"big\"");
    EXPECT_EQ(db.disks[0].rdm, RdmKind::Physical);
    EXPECT_EQ(db.datastore_ids.size(), 2U) << "home on ds2, disk on ds1";
    const DatastoreInfo* ds1 = read->datastore_named("ds1");
    ASSERT_NE(ds1, nullptr);
    EXPECT_EQ(ds1->capacity_bytes, 1ULL << 40U);
    EXPECT_EQ(ds1->mounts.size(), 2U);
    EXPECT_EQ(ds1->vm_ids.size(), 2U);
    const HostInfo* host = read->host_named("esx01");
    ASSERT_NE(host, nullptr);
    EXPECT_EQ(host->version, "7.0.3");
    EXPECT_EQ(host->build, "20036589");
    EXPECT_EQ(read->clusters.front().host_ids.size(), 2U);
    EXPECT_FALSE(read->knows(Fact::PowerFlex));
    EXPECT_FALSE(read->knows(Fact::Vms)) << "states of VMs are not all there";
    EXPECT_EQ(read->gaps.size(), 2U) << "the disk of a VM that vInfo lacks is named";
}

TEST(RvTools, NamesWhatIsWrong) {
    const auto error = [](const char* text) {
        const auto read = import_rvtools({{"f.csv", text}});
        return read ? std::string() : read.error().what;
    };
    EXPECT_NE(error("a,b\n1,2\n").find("f.csv is none of the RVTools tabs"), std::string::npos);
    EXPECT_NE(error(kDisk).find("vInfo is missing"), std::string::npos);
    EXPECT_NE(error("VM,Powerstate,CPUs\n\"x,on,1\n").find("f.csv:2: a quote never ends"),
              std::string::npos);
    EXPECT_NE(error("VM,Powerstate,CPUs\nx,on,1,9\n").find("f.csv:2: 4 cells under 3 titles"),
              std::string::npos);
    EXPECT_NE(error("").find("empty"), std::string::npos);
}

TEST(Fuzz, CsvAndQueriesNeverBreak) {
    std::mt19937_64 random(20261122);
    const std::vector<std::string> seeds{kInfo,
                                         kDisk,
                                         kDatastore,
                                         "where name = 'x' and not (a > 10GiB or b in (1, 2))",
                                         "attributes.owner like 'a*' or version >= 7.0.3",
                                         "x is not null"};
    const std::string alphabet =
        "\"',;()=<>!\n\r where and or not in like is null 0.9GiB\x00\xff*?";
    const std::vector<Column> columns{{"name", FieldKind::Text},    {"a", FieldKind::Integer},
                                      {"b", FieldKind::List},       {"attributes", FieldKind::Map},
                                      {"version", FieldKind::Text}, {"x", FieldKind::Flag}};
    const Row row{std::string("x"),       std::int64_t{1},
                  std::string("[\"1\"]"), std::string("{\"owner\":\"abc\"}"),
                  std::string("8.0"),     std::monostate{}};
    std::size_t parsed = 0;
    std::size_t refused = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text = seeds[random() % seeds.size()];
        for (std::uint64_t edits = random() % 6 + 1; edits > 0 && !text.empty(); --edits) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
            case 0:
                text[at] = alphabet[random() % alphabet.size()];
                break;
            case 1:
                text.erase(at, random() % 5 + 1);
                break;
            default:
                text.insert(at, alphabet, random() % alphabet.size(), random() % 8 + 1);
            }
        }
        (void)import_rvtools({{"f", text}});
        const auto query = Query::parse(text);
        if (!query) {
            ++refused;
            EXPECT_EQ(query.error().code, Errc::InvalidArgument);
            EXPECT_NE(query.error().what.find("query"), std::string::npos);
        } else {
            ++parsed;
            (void)query->check(columns);
            (void)query->matches(columns, row);
        }
    }
    EXPECT_GT(parsed, 100U);
    EXPECT_GT(refused, 100U);
}

} // namespace pf::nvmetool::test
