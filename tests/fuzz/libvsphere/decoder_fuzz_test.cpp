// Seeded mutation of valid documents into every decoder of libvsphere: whatever comes in, a value
// or an Error comes out. Run it under the asan preset to see what else would go wrong. A failing
// round prints its seed.

#include "base/net/ssh_known_hosts.hpp"
#include "libvsphere/esxcli.hpp"
#include "libvsphere/esxcli_types.hpp"
#include "libvsphere/wire/fault.hpp"
#include "libvsphere/wire/soap.hpp"
#include "libvsphere/wire/view.hpp"
#include "libvsphere/wire/xml_document.hpp"
#include "tests/bench/vsphere/vm_page.hpp"
#include "tests/conformance/vim25/expected_requests.hpp"
#include "tests/conformance/vim25/pugi_xml.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace pf::vim {
namespace {

constexpr int kRounds = 4000;

std::string envelope(std::string_view body) {
    return "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
           "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
           "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>" +
           std::string(body) + "</soapenv:Body></soapenv:Envelope>";
}

std::vector<std::string> corpus() {
    std::vector<std::string> out;
    for (const auto& [name, body] : test::kExpectedRequests)
        out.push_back(envelope(body));
    Fault fault;
    fault.message = "x";
    fault.detail = DataObject("ResourceInUse", {{"name", Value("ds")}});
    out.push_back(encode_fault(fault, {}));
    out.push_back(envelope(
        "<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval><token>1</token><objects>"
        "<obj type=\"HostSystem\">host-1</obj><propSet><name>hba</name><val "
        "xsi:type=\"ArrayOfHostHostBusAdapter\"><HostHostBusAdapter xsi:type=\"HostTcpHba\">"
        "<key>k</key><device>vmhba65</device></HostHostBusAdapter></val></propSet><missingSet>"
        "<path>p</path><fault><fault xsi:type=\"NoPermission\"/></fault></missingSet></objects>"
        "</returnval></RetrievePropertiesExResponse>"));
    return out;
}

class Mutator {
  public:
    explicit Mutator(uint32_t seed) : random_(seed) {}

    size_t below(size_t n) { return n == 0 ? 0 : random_() % n; }

    std::string mutate(std::string text, const std::vector<std::string>& others) {
        static const std::vector<std::string> tokens = {
            "<",          ">",
            "&",          "\"",
            "</",         "/>",
            "<![CDATA[",  "]]>",
            "<!--",       "xsi:type=\"ArrayOfX\"",
            "xmlns=\"\"", "&#0;",
            "&lt;",       "ArrayOf",
            "type=\"\"",  "<_this/>",
            "\xff\xfe",   "<!DOCTYPE a [<!ENTITY b \"c\">]>",
            "-----",      "  ",
            "\n",         "[",
            "{",          ":"};
        size_t edits = 1 + below(6);
        for (size_t i = 0; i < edits && !text.empty(); ++i) {
            size_t at = below(text.size());
            switch (below(7)) {
            case 0:
                text[at] = static_cast<char>(random_());
                break;
            case 1:
                text.erase(at, below(40));
                break;
            case 2:
                text.insert(at, tokens[below(tokens.size())]);
                break;
            case 3:
                text.insert(at, text.substr(below(text.size()), below(200)));
                break;
            case 4:
                text.resize(at);
                break;
            case 5: {
                const std::string& other = others[below(others.size())];
                text = text.substr(0, at) + other.substr(below(other.size()));
                break;
            }
            default: {
                size_t open = text.find('<', at);
                size_t close = text.find('>', open);
                if (close != std::string::npos) {
                    std::string tag = text.substr(open, close - open + 1);
                    text.insert(below(text.size()), tag);
                }
            }
            }
        }
        return text;
    }

  private:
    std::mt19937 random_;
};

/// Errors must be words, not empty; values must be readable to the end.
void walk(const Value& value, int& budget) {
    if (--budget < 0)
        return;
    (void)value.text_or();
    (void)value.type_name();
    for (const Value& item : value.items())
        walk(item, budget);
    if (const DataObject* object = value.as_object()) {
        for (const Field& f : object->fields)
            walk(f.value, budget);
    }
}

TEST(FuzzSoap, NeverCrashesAndAlwaysExplains) {
    const std::vector<std::string> seeds = corpus();
    size_t accepted = 0, refused = 0;
    for (uint32_t seed = 0; seed < kRounds; ++seed) {
        SCOPED_TRACE(seed);
        Mutator mutator(seed);
        std::string text = mutator.mutate(seeds[seed % seeds.size()], seeds);
        CodecOptions options;
        options.strict = seed % 2 == 1;
        if (auto call = decode_call(text, options)) {
            ++accepted;
            int budget = 10000;
            for (const Field& f : call->args)
                walk(f.value, budget);
            // What was understood can be said again or is refused with words.
            if (auto again = encode_call(*call, options); !again) {
                ASSERT_FALSE(again.error().what.empty());
            }
        } else {
            ++refused;
            ASSERT_FALSE(call.error().what.empty());
        }
        Call asked;
        asked.self = {"PropertyCollector", "p"};
        asked.method = "RetrievePropertiesEx";
        if (auto reply = decode_reply(text, asked, options)) {
            int budget = 10000;
            walk(reply->result, budget);
            if (reply->fault) {
                ASSERT_FALSE(to_error(*reply->fault, "x").what.empty());
            }
        }
        (void)decode_fragment(text, "TaskInfo", options);
        (void)parse_service_versions(text);
    }
    // The mutations must be neither harmless nor hopeless, or this tests nothing.
    EXPECT_GT(accepted, size_t{kRounds} / 50);
    EXPECT_GT(refused, size_t{kRounds} / 50);
}

/// Same elements, same leaf texts. White space between tags is the readers' own business.
void compare(xml::Element ours, pugi::xml_node theirs, int depth = 0) {
    ASSERT_EQ(ours.name(), test::xml::local_name(theirs.name()));
    xml::Element child = ours.first_child();
    for (pugi::xml_node c : theirs.children()) {
        if (c.type() != pugi::node_element)
            continue;
        ASSERT_TRUE(child) << "no " << c.name() << " at depth " << depth;
        ASSERT_NO_FATAL_FAILURE(compare(child, c, depth + 1));
        child = child.next_sibling();
    }
    ASSERT_FALSE(child) << child.name() << " at depth " << depth;
    if (ours.has_children())
        return;
    ASSERT_EQ(std::string(ours.text()), test::xml::text_of(theirs));
}

TEST(FuzzDocument, AgreesWithPugixmlOnWhateverItAccepts) {
    std::vector<std::string> seeds = corpus();
    seeds.push_back(bench::vm_page(1));
    seeds.push_back("<a xmlns:x='y'><x:b c=\"&lt;1\">t&#65;<!-- n -->u<![CDATA[<v>]]></x:b>"
                    "<d/>\r\n<e>\r</e></a>");
    size_t accepted = 0;
    for (uint32_t seed = 0; seed < kRounds; ++seed) {
        SCOPED_TRACE(seed);
        Mutator mutator(seed);
        const std::string text = mutator.mutate(seeds[seed % seeds.size()], seeds);
        auto document = xml::Document::parse(text);
        if (!document) {
            ASSERT_EQ(document.error().code, Errc::Protocol);
            continue;
        }
        ++accepted;
        if (text.find("&#0;") != std::string::npos)
            continue; // no character: ours keeps it as it stands, pugixml makes a NUL of it
        pugi::xml_document other;
        const auto parsed =
            other.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata,
                              pugi::encoding_utf8);
        ASSERT_TRUE(parsed) << parsed.description() << " at " << parsed.offset << "\n" << text;
        ASSERT_NO_FATAL_FAILURE(compare(document->root(), other.document_element())) << text;
    }
    EXPECT_GT(accepted, size_t{kRounds} / 50);
}

TEST(FuzzEsxcli, EveryParserTakesEverything) {
    const std::vector<std::string> seeds = {
        "Name    Admin Status    MTU\n------  ------------  -----\nvmnic0  Up             1500\n",
        "eui.1\n   Display Name: a b\n   Path Config: {ANA_GRP_state=AO,health=UP}\n\neui.2\n",
        "[{\"Name\":\"a\",\"List\":[1,true,null],\"Sub\":{\"X\":1.5}}]",
        "AdminStatus,MTU,\n\"a,\"\"b\",1500,\n",
        "structure[0].Nic.MTU.integer=1500\nStruct.Field.string=x\n",
        "<output><root><list type=\"structure\"><structure typeName=\"N\"><field name=\"A\">"
        "<string>x</string></field></structure></list></root></output>",
        "<obj xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns='urn:vim25' "
        "xsi:type='ArrayOfDataObject'><DataObject xsi:type='V'><A>1</A></DataObject></obj>"};
    for (uint32_t seed = 0; seed < kRounds; ++seed) {
        SCOPED_TRACE(seed);
        Mutator mutator(seed);
        std::string text = mutator.mutate(seeds[seed % seeds.size()], seeds);
        for (auto* parse : {&parse_esxcli_text, &parse_esxcli_json, &parse_esxcli_xml,
                            &parse_esxcli_csv, &parse_esxcli_keyvalue, &parse_esxcli_soap}) {
            Result<EsxcliOutput> out = (*parse)(text);
            if (!out) {
                ASSERT_FALSE(out.error().what.empty());
                continue;
            }
            (void)cli::nvme_controllers(*out);
            (void)cli::hpp_paths(*out);
            (void)cli::hpp_devices(*out);
            (void)cli::storage_devices(*out);
            (void)cli::vmfs_snapshots(*out);
            (void)cli::host_nqn(*out);
            (void)cli::system_version(*out);
        }
        (void)parse_cli_info(text);
    }
}

TEST(FuzzKnownHosts, TakesEverything) {
    const std::vector<std::string> seeds = {
        "esx01 ssh-ed25519 "
        "AAAAC3NzaC1lZDI1NTE5AAAAIFb0bV5Rz2oYhFXnUeGv1Zr0wKxTnXlU6GdM6YvW0pXk comment\n",
        "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-rsa AAAAB3NzaC1yc2E=\n",
        "@revoked *.lab,!a.lab ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==\n# c\n"};
    Bytes blob = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{200}};
    for (uint32_t seed = 0; seed < kRounds; ++seed) {
        Mutator mutator(seed);
        net::KnownHosts known =
            net::KnownHosts::parse(mutator.mutate(seeds[seed % seeds.size()], seeds));
        // No mutation can make an arbitrary key trusted.
        ASSERT_NE(known.check("esx01", 22, blob), net::KeyMatch::Trusted) << seed;
        (void)known.key_types("esx01", 22);
    }
}

} // namespace
} // namespace pf::vim
