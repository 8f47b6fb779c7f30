// Values, type table, versions, encoding rules, decoding of awkward shapes.

#include "libvsphere/wire/fault.hpp"
#include "libvsphere/wire/schema.hpp"
#include "libvsphere/wire/soap.hpp"
#include "libvsphere/wire/value.hpp"

#include <gtest/gtest.h>

namespace pf::vim {
namespace {

Call call_to(MoRef self, std::string method, std::vector<Field> args = {}) {
    Call call;
    call.self = std::move(self);
    call.method = std::move(method);
    call.args = std::move(args);
    return call;
}

const MoRef kStorage{"HostStorageSystem", "storageSystem-21"};

TEST(ApiVersion, ComparesByNumberNotByText) {
    auto v = [](const char* text) { return *ApiVersion::parse(text); };
    EXPECT_LT(v("7.0"), v("7.0.3.0"));
    EXPECT_LT(v("7.0.3.0"), v("7.0.10.0"));
    EXPECT_EQ(v("8.0"), v("8.0.0.0"));
    EXPECT_EQ(v("8.0.3.0").str(), "8.0.3.0");
}

TEST(ApiVersion, RejectsEverythingElse) {
    for (const char* text : {"", "8.", ".8", "8.0.3.0.1", "8.x", "unstable", "70000"})
        EXPECT_FALSE(ApiVersion::parse(text)) << text;
}

TEST(Schema, PutsBaseFieldsFirst) {
    const TypeInfo* disk = Schema::get().find("HostScsiDisk");
    ASSERT_TRUE(disk);
    ASSERT_GT(disk->fields.size(), 10u);
    EXPECT_EQ(disk->fields[0].name, "deviceName");
    EXPECT_EQ(disk->fields[2].name, "key");
    EXPECT_EQ(disk->fields.back().name, "usedByMemoryTiering");
    EXPECT_TRUE(Schema::get().is_a("NotAuthenticated", "NoPermission"));
    EXPECT_TRUE(Schema::get().is_a("ClusterComputeResource", "ManagedEntity"));
    EXPECT_FALSE(Schema::get().is_a("HostTcpHba", "HostRdmaHba"));
}

TEST(Schema, EveryFieldNamesATypeItKnowsOrOneOutsideTheTable) {
    // Types outside the table are allowed; types that look like ours but are misspelt are not.
    for (const TypeInfo* type : Schema::get().types()) {
        for (const FieldInfo& field : type->fields) {
            EXPECT_FALSE(field.type.empty()) << type->name << "." << field.name;
            EXPECT_EQ(field.type.find("ArrayOf"), std::string::npos)
                << type->name << "." << field.name;
        }
    }
}

TEST(Schema, FindsInheritedMethods) {
    const MethodInfo* method = Schema::get().method("VirtualMachine", "Destroy_Task");
    ASSERT_TRUE(method);
    EXPECT_EQ(method->owner, "ManagedEntity");
    EXPECT_FALSE(Schema::get().method("VirtualMachine", "RescanVmfs"));
}

TEST(Value, ReadsPathsAndKeys) {
    DataObject disk("VirtualDisk", {{"key", Value(2000)}, {"capacityInKB", Value(int64_t{8})}});
    DataObject hardware("VirtualHardware",
                        {{"device", Value::array("VirtualDevice", {Value(disk)})}});
    Value config(DataObject("VirtualMachineConfigInfo", {{"hardware", Value(hardware)}}));
    EXPECT_EQ(config.at("hardware.device[2000].capacityInKB").int_or(0), 8);
    EXPECT_FALSE(config.at("hardware.device[2001]").is_set());
    EXPECT_FALSE(config.at("hardware.nothing.at.all").is_set());
    EXPECT_FALSE(config.at("hardware.device[").is_set());
}

TEST(Value, DateTimesSurviveBothWays) {
    Value v = Value::date_time(1'700'000'000'123'456);
    EXPECT_EQ(v.text(), "2023-11-14T22:13:20.123456Z");
    EXPECT_EQ(*parse_date_time(v.text()), 1'700'000'000'123'456);
    EXPECT_EQ(*parse_date_time("2023-11-14T23:13:20.1+01:00"), 1'700'000'000'100'000);
    EXPECT_FALSE(parse_date_time("2023-13-14T23:13:20Z"));
    EXPECT_FALSE(parse_date_time("yesterday"));
}

TEST(Encode, OrdersFieldsWhateverTheOrderTheyWereSetIn) {
    DataObject spec("HostNvmeConnectSpec");
    spec.set("subnqn", Value("nqn.x"));
    DataObject tcp("HostNvmeOverTcpParameters");
    tcp.set("portNumber", Value(4420));
    tcp.set("address", Value("192.0.2.1"));
    spec.set("transportParameters", Value(tcp));
    spec.set("hbaName", Value("vmhba64"));
    auto text =
        encode_call(call_to(kStorage, "ConnectNvmeController", {{"connectSpec", Value(spec)}}), {});
    ASSERT_TRUE(text) << text.error().what;
    EXPECT_NE(text->find("<hbaName>vmhba64</hbaName><transportParameters "
                         "xsi:type=\"HostNvmeOverTcpParameters\"><address>192.0.2.1</address>"
                         "<portNumber>4420</portNumber></transportParameters><subnqn>"),
              std::string::npos)
        << *text;
}

TEST(Encode, RefusesWhatTheTableDoesNotKnow) {
    DataObject spec("HostTcpHbaCreateSpec", {{"pnic", Value("vmnic0")}, {"colour", Value("red")}});
    auto text =
        encode_call(call_to(kStorage, "CreateSoftwareAdapter", {{"spec", Value(spec)}}), {});
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, Errc::InvalidArgument);
    EXPECT_NE(text.error().what.find("colour"), std::string::npos);
    text = encode_call(call_to(kStorage, "RescanHba", {{"hba", Value("vmhba64")}}), {});
    ASSERT_FALSE(text);
    text = encode_call(
        call_to(kStorage, "RescanHba", {{"hbaDevice", Value("v")}, {"extra", Value("x")}}), {});
    ASSERT_FALSE(text);
    EXPECT_NE(text.error().what.find("extra"), std::string::npos);
}

TEST(Encode, RefusesWhatTheBoundVersionDoesNotHave) {
    CodecOptions old;
    old.version = ApiVersion(6, 7);
    DataObject spec("HostTcpHbaCreateSpec", {{"pnic", Value("vmnic0")}});
    auto text =
        encode_call(call_to(kStorage, "CreateSoftwareAdapter", {{"spec", Value(spec)}}), old);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, Errc::Unsupported);
    EXPECT_NE(text.error().what.find("7.0.3.0"), std::string::npos);
}

TEST(Encode, ServerHidesWhatAnOldBindingCannotKnow) {
    DataObject hba("HostTcpHba", {{"device", Value("vmhba65")},
                                  {"bus", Value(0)},
                                  {"status", Value("online")},
                                  {"model", Value("m")},
                                  {"storageProtocol", Value("nvme")},
                                  {"associatedPnic", Value("vmnic2")}});
    DataObject info("HostStorageDeviceInfo",
                    {{"hostBusAdapter", Value::array("HostHostBusAdapter", {Value(hba)})},
                     {"softwareInternetScsiEnabled", Value(false)}});
    CodecOptions old;
    old.version = ApiVersion(6, 7);
    auto text = encode_fragment("val", Value(info), "anyType", old);
    ASSERT_TRUE(text) << text.error().what;
    EXPECT_EQ(text->find("HostTcpHba"), std::string::npos) << *text;
    EXPECT_EQ(text->find("associatedPnic"), std::string::npos);
    EXPECT_EQ(text->find("storageProtocol"), std::string::npos);
    EXPECT_NE(text->find("<device>vmhba65</device>"), std::string::npos);
    text = encode_fragment("val", Value(info), "anyType", {});
    EXPECT_NE(text->find("xsi:type=\"HostTcpHba\""), std::string::npos);
}

TEST(Encode, EscapesTextAndReplacesWhatXmlCannotCarry) {
    auto text = encode_call(
        call_to(kStorage, "RescanHba", {{"hbaDevice", Value(std::string("a<&>\"\x01\r"))}}), {});
    ASSERT_TRUE(text);
    EXPECT_NE(text->find("a&lt;&amp;&gt;&quot;\xEF\xBF\xBD&#13;"), std::string::npos);
    auto call = decode_call(*text, {});
    ASSERT_TRUE(call);
    EXPECT_EQ(call->arg("hbaDevice").text(), "a<&>\"\xEF\xBF\xBD\r");
}

TEST(Decode, ResolvesPrefixesByNamespace) {
    const char* odd =
        "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/' "
        "xmlns:i='http://www.w3.org/2001/XMLSchema-instance' "
        "xmlns:x='http://www.w3.org/2001/XMLSchema' xmlns:v='urn:vim25'><S:Body>"
        "<v:RetrievePropertiesExResponse><v:returnval><v:token>5</v:token><v:objects>"
        "<v:obj type='HostSystem'>host-1</v:obj>"
        "<v:propSet><v:name>name</v:name><v:val i:type='x:string'>esx01</v:val></v:propSet>"
        "<v:propSet><v:name>storage</v:name><v:val i:type='v:ArrayOfHostHostBusAdapter'>"
        "<v:HostHostBusAdapter i:type='v:HostTcpHba'><v:device>vmhba65</v:device>"
        "<v:brandNew>1</v:brandNew></v:HostHostBusAdapter></v:val></v:propSet>"
        "<v:propSet><v:name>empty</v:name></v:propSet>"
        "</v:objects></v:returnval></v:RetrievePropertiesExResponse></S:Body></S:Envelope>";
    auto reply =
        decode_reply(odd, call_to({"PropertyCollector", "pc"}, "RetrievePropertiesEx"), {});
    ASSERT_TRUE(reply) << reply.error().what;
    const Value& object = reply->result["objects"].items().at(0);
    EXPECT_EQ(object["obj"].ref(), (MoRef{"HostSystem", "host-1"}));
    const auto& set = object["propSet"].items();
    EXPECT_EQ(set.at(0)["val"].text(), "esx01");
    EXPECT_EQ(set.at(1)["val"].items().at(0).type_name(), "HostTcpHba");
    EXPECT_EQ(set.at(1)["val"].items().at(0)["device"].text(), "vmhba65");
    EXPECT_FALSE(set.at(2)["val"].is_set()); // a property without val
}

TEST(Decode, ATypeAttributeOfAnotherNamespaceIsNoXsiType) {
    const char* text = "<val xmlns='urn:vim25' xmlns:xsi='urn:else' xsi:type='HostTcpHba'>x</val>";
    auto value = decode_fragment(text, "", {});
    ASSERT_TRUE(value);
    EXPECT_EQ(value->text(), "x");
}

TEST(Decode, KeepsUnknownTypesAndRepeatedUnknownElements) {
    const char* text =
        "<val xmlns='urn:vim25' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
        "xsi:type='FutureThing'><a>1</a><a>2</a><b type='Task'>task-1</b><c/></val>";
    auto value = decode_fragment(text, "anyType", {});
    ASSERT_TRUE(value);
    EXPECT_EQ(value->type_name(), "FutureThing");
    EXPECT_EQ((*value)["a"].texts(), (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ((*value)["b"].ref(), (MoRef{"Task", "task-1"}));
    EXPECT_EQ((*value)["c"].text_or("x"), "");
}

TEST(Decode, StrictRejectsWrongOrderUnknownElementsAndNewerFields) {
    auto envelope = [](const std::string& body) {
        return "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' "
               "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><e:Body>" +
               body + "</e:Body></e:Envelope>";
    };
    CodecOptions strict;
    strict.strict = true;
    const std::string head = "<DisconnectNvmeController xmlns='urn:vim25'><_this "
                             "type='HostStorageSystem'>s</_this><disconnectSpec>";
    const std::string tail = "</disconnectSpec></DisconnectNvmeController>";
    EXPECT_TRUE(
        decode_call(envelope(head + "<hbaName>v</hbaName><subnqn>n</subnqn>" + tail), strict));
    auto wrong =
        decode_call(envelope(head + "<subnqn>n</subnqn><hbaName>v</hbaName>" + tail), strict);
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().what.find("Unexpected element tag \"hbaName\" seen"),
              std::string::npos);
    EXPECT_FALSE(decode_call(envelope(head + "<hbaName>v</hbaName><x>n</x>" + tail), strict));
    EXPECT_FALSE(decode_call(envelope(head + "<subnqn>n</subnqn>" + tail), strict)); // required
    const std::string discover =
        "<DiscoverNvmeControllers xmlns='urn:vim25'><_this type='HostStorageSystem'>s</_this>"
        "<discoverSpec><hbaName>v</hbaName><transportParameters "
        "xsi:type='HostNvmeOverRdmaParameters'><address>a</address></transportParameters>"
        "<rootDiscoveryController>true</rootDiscoveryController></discoverSpec>"
        "</DiscoverNvmeControllers>";
    EXPECT_TRUE(decode_call(envelope(discover), strict));
    strict.version = ApiVersion(7, 0, 2, 0);
    EXPECT_FALSE(decode_call(envelope(discover), strict));
}

TEST(Decode, BoundsNesting) {
    std::string deep = "<a xmlns='urn:vim25'>";
    for (int i = 0; i < 5000; ++i)
        deep += "<a>";
    for (int i = 0; i < 5000; ++i)
        deep += "</a>";
    deep += "</a>";
    auto value = decode_fragment(deep, "", {});
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().code, Errc::Protocol);
}

TEST(Decode, VoidAndEmptyAndWrongAnswers) {
    auto body = [](const std::string& inner) {
        return "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>" + inner +
               "</s:Body></s:Envelope>";
    };
    Call rescan = call_to(kStorage, "RescanVmfs");
    auto reply = decode_reply(body("<RescanVmfsResponse xmlns='urn:vim25'/>"), rescan, {});
    ASSERT_TRUE(reply);
    EXPECT_FALSE(reply->result.is_set());
    EXPECT_FALSE(reply->fault);
    EXPECT_FALSE(decode_reply(body("<OtherResponse xmlns='urn:vim25'/>"), rescan, {}));
    EXPECT_FALSE(decode_reply(body(""), rescan, {}));
    EXPECT_FALSE(decode_reply("<html><body>502 Bad Gateway</body></html>", rescan, {}));
    EXPECT_FALSE(decode_reply("", rescan, {}));
    auto list = decode_reply(body("<QueryUnresolvedVmfsVolumeResponse xmlns='urn:vim25'/>"),
                             call_to(kStorage, "QueryUnresolvedVmfsVolume"), {});
    ASSERT_TRUE(list);
    EXPECT_TRUE(list->result.as_array());
    EXPECT_TRUE(list->result.items().empty());
}

TEST(Faults, TravelBothWaysAndBecomeTypedErrors) {
    Fault fault;
    fault.message = "The resource 'ds01' is in use.";
    fault.detail = DataObject(
        "ResourceInUse",
        {{"name", Value("ds01")},
         {"type", Value("VirtualMachine")},
         {"faultMessage",
          Value::array(
              "LocalizableMessage",
              {Value(DataObject("LocalizableMessage",
                                {{"key", Value("k")}, {"message", Value("Volume is busy")}}))})}});
    std::string wire = encode_fault(fault, {});
    auto reply = decode_reply(wire, call_to(kStorage, "UnmountVmfsVolume"), {});
    ASSERT_TRUE(reply) << reply.error().what;
    ASSERT_TRUE(reply->fault);
    EXPECT_TRUE(reply->fault->is("VimFault"));
    Error error = to_error(*reply->fault, "host esx01: unmount ds01");
    EXPECT_EQ(error.code, Errc::Busy);
    EXPECT_EQ(fault_type(error), "ResourceInUse");
    EXPECT_TRUE(is_fault(error, "VimFault"));
    EXPECT_FALSE(is_fault(error, "NotFound"));
    EXPECT_EQ(error.what.find("host esx01: unmount ds01: "), 0u) << error.what;
    EXPECT_NE(error.what.find("Volume is busy"), std::string::npos) << error.what;
    EXPECT_NE(error.what.find("in use by VirtualMachine"), std::string::npos) << error.what;
}

TEST(Faults, FallBackToTheElementName) {
    const char* text =
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault>"
        "<faultcode>ServerFaultCode</faultcode><faultstring>The session is not authenticated."
        "</faultstring><detail><NotAuthenticatedFault xmlns='urn:vim25'>"
        "<object type='Folder'>group-d1</object><privilegeId>System.View</privilegeId>"
        "</NotAuthenticatedFault></detail></s:Fault></s:Body></s:Envelope>";
    auto reply = decode_reply(text, call_to(kStorage, "RescanVmfs"), {});
    ASSERT_TRUE(reply);
    ASSERT_TRUE(reply->fault);
    EXPECT_TRUE(reply->fault->is("NotAuthenticated"));
    EXPECT_EQ(to_error(*reply->fault, "x").code, Errc::AuthFailed);
}

TEST(Faults, OfUnknownTypeOrWithoutDetailStillSaySomething) {
    Fault bare;
    bare.message = "out of cheese";
    EXPECT_EQ(to_error(bare, "host a").what, "host a: out of cheese");
    Fault unknown;
    unknown.detail.type = "FutureFault";
    Error error = to_error(unknown, "host a");
    EXPECT_EQ(error.code, Errc::Fault);
    EXPECT_EQ(fault_type(error), "FutureFault");
    EXPECT_EQ(fault_type(Error{Errc::Io, "disk [full]"}), "");
}

TEST(ServiceVersions, SurviveBothWays) {
    ServiceVersions versions{"8.0.3.0", {"8.0.2.0", "6.5"}};
    auto parsed = parse_service_versions(format_service_versions(versions));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->current, "8.0.3.0");
    EXPECT_EQ(parsed->prior, versions.prior);
    EXPECT_FALSE(parse_service_versions("<namespaces/>"));
    EXPECT_FALSE(parse_service_versions("404 page not found"));
}

} // namespace
} // namespace pf::vim
