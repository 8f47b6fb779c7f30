#include "libpf/error_codes.hpp"
#include "libpf/model_json.hpp"

#include <gtest/gtest.h>

namespace pf::powerflex {
namespace {

TEST(ModelJson, VolumeWithMappingsOfBothKinds) {
    const auto volume = decode<Volume>(R"({
        "id":"b5a167e40000000b","name":null,"sizeInKb":8388608,"volumeType":"ThinProvisioned",
        "storagePoolId":"e0d8f6c900000000","vtreeId":"32b13de900000003","ancestorVolumeId":null,
        "nsid":12,"creationTime":1746889338,"links":[{"rel":"self","href":"x"}],
        "aFieldOfTheFuture":{"deep":[1,2,{"x":null}]},
        "mappedSdcInfo":[
          {"sdcId":"01f7117d0000000b","sdcIp":"192.168.10.12","sdcName":"esx1","accessMode":"ReadOnly",
           "limitIops":"110","limitBwInMbps":10.0,"hostType":"SdcHost"},
          {"sdcId":"13bf22b500010004","sdcIp":null,"sdcName":null,"nqn":"nqn.x","hostType":"NVMeHost"},
          "garbage"]})");
    ASSERT_TRUE(volume) << volume.error().what;
    EXPECT_EQ(volume->name, "");
    EXPECT_EQ(volume->nsid, 12u);
    EXPECT_TRUE(volume->ancestor.empty());
    ASSERT_EQ(volume->mappings.size(), 2u);
    EXPECT_EQ(volume->mappings[0].access, AccessMode::ReadOnly);
    EXPECT_EQ(volume->mappings[0].limits, (MappingLimits{110, 10}));
    EXPECT_EQ(volume->mappings[1].kind, HostKind::Nvme);
    EXPECT_EQ(volume->protocol(), VolumeProtocol::Mixed);
    EXPECT_NE(volume->mapping_of(HostId("13bf22b500010004")), nullptr);
    EXPECT_EQ(volume->mapping_of(HostId("0000000000000000")), nullptr);
}

TEST(ModelJson, NumbersComeAsTextFloatOrNull) {
    const auto list = decode_list<Volume>(
        R"([{"id":"b5a167e40000000b","sizeInKb":"16777216","nsid":null},
            {"id":"b5a167e40000000c","sizeInKb":1.6777216e7,"nsid":-3,"mappedSdcInfo":null},
            {"id":"b5a167e40000000d","sizeInKb":"lots","nsid":99999999999}])");
    ASSERT_TRUE(list) << list.error().what;
    EXPECT_EQ((*list)[0].size_kib, 16777216u);
    EXPECT_EQ((*list)[1].size_kib, 16777216u);
    EXPECT_EQ((*list)[1].nsid, 0u);
    EXPECT_EQ((*list)[1].protocol(), VolumeProtocol::None);
    EXPECT_EQ((*list)[2].size_kib, 0u);
    EXPECT_EQ((*list)[2].nsid, 0u);
}

TEST(ModelJson, MappingWithoutHostTypeIsNvmeWhenItHasAnNqn) {
    const auto volume = decode<Volume>(
        R"({"id":"b5a167e40000000b","mappedSdcInfo":[{"sdcId":"13bf22b500010004","nqn":"nqn.x"}]})");
    ASSERT_TRUE(volume);
    EXPECT_EQ(volume->protocol(), VolumeProtocol::Nvme);
}

TEST(ModelJson, HostsOf3xHaveNoType) {
    const auto hosts = decode_list<AnyHost>(
        R"([{"id":"01f7117d0000000b","sdcGuid":"028888FA","sdcIp":"N/A","name":"a"},
            {"id":"13bf22b500010004","hostType":"NVMeHost","nqn":"nqn.y","name":null,"maxNumPaths":4,
             "sdcIps":null,"sdcApproved":null},
            {"id":"13bf22b500010005","hostType":"FutureHost"}])");
    ASSERT_TRUE(hosts);
    EXPECT_EQ((*hosts)[0].kind, HostKind::Sdc);
    EXPECT_TRUE((*hosts)[0].sdc.ips.empty());
    EXPECT_EQ((*hosts)[1].kind, HostKind::Nvme);
    EXPECT_EQ((*hosts)[1].nvme.display_name(), "NVMeHost:13bf22b500010004");
    EXPECT_EQ((*hosts)[2].kind, HostKind::Other);
}

TEST(ModelJson, WhatIsNotTheExpectedShapeIsAProtocolError) {
    for (const char* text : {"", "<html>", "{}", "[]", R"({"id":""})", R"({"id":null})", "7"}) {
        const auto volume = decode<Volume>(text);
        ASSERT_FALSE(volume) << text;
        EXPECT_EQ(volume.error().code, Errc::Protocol) << text;
    }
    for (const char* text : {"{}", "null", R"([7])", R"([{"name":"x"}])"}) {
        EXPECT_FALSE(decode_list<Sdt>(text)) << text;
    }
}

TEST(ModelJson, SdtAddressesRolesAndPorts) {
    const auto sdt = decode<Sdt>(R"({"id":"8bddf18b00000000","name":"sdt1","nvmePort":4420,
        "discoveryPort":"8009","storagePort":70000,"mdmConnectionState":"Connected",
        "maintenanceState":"NoMaintenance",
        "ipList":[{"ip":"10.0.0.1","role":"StorageAndHost"},{"ip":"10.0.1.1","role":"StorageOnly"}]})");
    ASSERT_TRUE(sdt);
    EXPECT_TRUE(sdt->ips[0].serves_hosts());
    EXPECT_FALSE(sdt->ips[1].serves_hosts());
    EXPECT_EQ(sdt->discovery_port, 8009);
    EXPECT_EQ(sdt->storage_port, 0);
    EXPECT_TRUE(sdt->is_serving());
}

TEST(ModelJson, SystemWithItsCluster) {
    const auto systems = decode_list<System>(R"([{"id":"1250de83018c2d0f","name":null,
        "systemNqn":"nqn.1988-11.com.dell:powerflex:00:1250de83018c2d0f","maxCapacityInGb":"Unlimited",
        "mdmCluster":{"clusterMode":"ThreeNodes","clusterState":"ClusteredNormal","goodNodesNum":3,
        "master":{"id":"1","versionInfo":"R4_6.0.0","ips":["10.0.0.1"]},"tieBreakers":[{"id":"3"}]}}])");
    ASSERT_TRUE(systems);
    ASSERT_TRUE((*systems)[0].mdm_cluster);
    EXPECT_EQ((*systems)[0].mdm_cluster->primary->version_info, "R4_6.0.0");
    EXPECT_TRUE((*systems)[0].mdm_cluster->secondaries.empty());
    EXPECT_EQ((*systems)[0].mdm_cluster->tie_breakers.size(), 1u);
}

TEST(ModelJson, Versions) {
    EXPECT_EQ(decode_version("\"4.6\"").value(), (ApiVersion{4, 6}));
    EXPECT_EQ(decode_version("\"3.6.0.1\"\n").value(), (ApiVersion{3, 6}));
    EXPECT_EQ(decode_version("4").value(), (ApiVersion{4, 0}));
    EXPECT_LT((ApiVersion{4, 5}), (ApiVersion{4, 6}));
    for (const char* text : {"", "\"\"", "<html>", "\"4x\"", "\"4.\"", "\"4.x\""}) {
        EXPECT_FALSE(decode_version(text)) << text;
    }
}

TEST(ModelJson, LimitsThatAreNotNumbers) {
    const auto limits = decode_limits(
        R"({"systemLimitEntryList":[{"type":"volumeSizeGb","maxVal":"1048576"},
            {"type":"x","maxVal":"Unlimited"},{"type":"y"}]})");
    ASSERT_TRUE(limits);
    EXPECT_EQ((*limits)[0].max, 1048576u);
    EXPECT_FALSE((*limits)[1].max);
    EXPECT_FALSE((*limits)[2].max);
}

TEST(ModelJson, TokenReplies) {
    EXPECT_TRUE(decode_tokens(R"({"access_token":"a","expires_in":300})"));
    EXPECT_FALSE(decode_tokens(R"({"refresh_token":"a"})"));
    EXPECT_FALSE(decode_tokens(R"("a")"));
}

TEST(DeviceNames, FollowFromIds) {
    const SystemId system("1250DE83018c2d0f");
    const VolumeId volume("3bd1f78800000019");
    EXPECT_EQ(sdc_device_name(system, volume), "eui.1250de83018c2d0f3bd1f78800000019");
    EXPECT_EQ(nvme_device_name(system, volume), "eui.3bd1f7880000001964b94e83018c2d0f");
}

TEST(ErrorBodies, NumbersDecideTheCode) {
    const auto code_of = [](int status, const char* text, bool mutating = false) {
        return to_error(parse_error_body(status, text), "op", mutating).code;
    };
    EXPECT_EQ(code_of(500, R"({"message":"m","httpStatusCode":500,"errorCode":79})"),
              Errc::NotFound);
    EXPECT_EQ(code_of(500, R"({"message":"m","errorCode":"4037"})"), Errc::AlreadyExists);
    EXPECT_EQ(code_of(500, R"({"message":"m","errorCode":31337})", true), Errc::Failed);
    EXPECT_EQ(code_of(400, R"({"message":"bad","errorCode":0})"), Errc::InvalidArgument);
    EXPECT_EQ(code_of(403, R"({"message":"no","errorCode":168})"), Errc::PermissionDenied);
    EXPECT_EQ(code_of(404, "<html>"), Errc::NotFound);
    EXPECT_EQ(code_of(500, R"({"message":"Error with details","details":[{"error":"X","rc":99,
        "errorMessage":"in use"}]})"),
              Errc::AlreadyExists);
}

TEST(ErrorBodies, AChangeWithoutAnAnswerFromTheMdmHasAnUnknownOutcome) {
    const auto code_of = [](int status, const char* text, bool mutating) {
        return to_error(parse_error_body(status, text), "op", mutating).code;
    };
    EXPECT_EQ(code_of(504, "<html>gateway timeout</html>", true), Errc::OutcomeUnknown);
    EXPECT_EQ(code_of(504, R"({"message":"m","errorCode":68})", true), Errc::OutcomeUnknown);
    EXPECT_EQ(code_of(502, "", true), Errc::OutcomeUnknown);
    EXPECT_EQ(code_of(500, "", true), Errc::OutcomeUnknown);
    EXPECT_EQ(code_of(504, "", false), Errc::Timeout);
    EXPECT_EQ(code_of(503, "", true), Errc::NotReady);
}

TEST(ErrorBodies, TextKeepsPowerFlexsWordsAndNumber) {
    const Error error =
        to_error(parse_error_body(500, R"({"message":"Could not find the volume","errorCode":79})"),
                 "remove volume v1", true);
    EXPECT_EQ(error.what, "remove volume v1: Could not find the volume (PowerFlex error 79)");
}

} // namespace
} // namespace pf::powerflex
