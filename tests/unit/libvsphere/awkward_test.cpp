// Answers of awkward shapes, byte for byte over a socket: how servers of several versions, proxies
// and inspectors in between have been seen to write what means the same.

#include "base/net/http_client.hpp"
#include "base/secret.hpp"
#include "libvsphere/bulk.hpp"
#include "libvsphere/properties.hpp"
#include "libvsphere/session.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace pf::vim {
namespace {

constexpr std::string_view kOpen =
    "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>";
constexpr std::string_view kClose = "</soapenv:Body></soapenv:Envelope>";

std::string soap(std::string_view body) {
    return std::string(kOpen) + std::string(body) + std::string(kClose);
}

std::string fixed(const std::string& body, const std::string& headers = {}) {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Chunks of `size` bytes with an extension and a trailer, as RFC 9112 allows.
std::string chunked(const std::string& body, size_t size) {
    std::string out = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (size_t at = 0; at < body.size(); at += size) {
        const std::string part = body.substr(at, size);
        char head[32];
        std::snprintf(head, sizeof head, "%zx;x=y\r\n", part.size());
        out += head + part + "\r\n";
    }
    return out + "0\r\nX-Trailer: 1\r\n\r\n";
}

/// Answers requests one after the other with scripted bytes; an empty script entry closes the
/// connection. Login and what comes before it are answered by itself.
class RawServer {
  public:
    RawServer() {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            std::abort();
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] { run(); });
    }
    ~RawServer() {
        ::shutdown(listener_, SHUT_RDWR); // accept() returns
        thread_.join();
        ::close(listener_);
    }
    void script(std::string answer) {
        std::lock_guard lock(mutex_);
        script_.push_back(std::move(answer));
    }
    std::unique_ptr<Session> connect() {
        SessionOptions options;
        options.keep_alive = {};
        auto session = Session::connect("http://127.0.0.1:" + std::to_string(port_),
                                        net::TlsTrust{}, "u", Secret("p"), options);
        EXPECT_TRUE(session) << session.error().what;
        return session ? std::move(*session) : nullptr;
    }
    std::string last_cookie() const {
        std::lock_guard lock(mutex_);
        return cookie_;
    }

  private:
    void run() {
        while (true) {
            const int fd = ::accept(listener_, nullptr, nullptr);
            if (fd < 0)
                return;
            serve(fd);
            ::close(fd);
        }
    }
    void serve(int fd) {
        std::string input;
        while (true) {
            size_t head;
            while ((head = input.find("\r\n\r\n")) == std::string::npos) {
                if (!more(fd, input))
                    return;
            }
            const std::string header = input.substr(0, head);
            size_t length = 0;
            if (const size_t at = header.find("Content-Length: "); at != std::string::npos)
                length = std::stoul(header.substr(at + 16));
            while (input.size() < head + 4 + length) {
                if (!more(fd, input))
                    return;
            }
            const std::string body = input.substr(head + 4, length);
            input.erase(0, head + 4 + length);
            const std::string answer = reply(header, body);
            if (answer.empty() ||
                ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) !=
                    static_cast<ssize_t>(answer.size()) ||
                answer.find("Connection: close") != std::string::npos)
                return;
        }
    }
    static bool more(int fd, std::string& input) {
        char buffer[4096];
        const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
        if (n <= 0)
            return false;
        input.append(buffer, static_cast<size_t>(n));
        return true;
    }
    std::string reply(const std::string& header, const std::string& body) {
        if (header.starts_with("GET"))
            return fixed("<?xml version='1.0'?>\n<namespaces version='1.0'><namespace><name>"
                         "urn:vim25</name><version>8.0.3.0</version></namespace></namespaces>");
        if (body.find("<RetrieveServiceContent") != std::string::npos)
            return fixed(soap(
                "<RetrieveServiceContentResponse xmlns='urn:vim25'><returnval><rootFolder "
                "type='Folder'>group-d1</rootFolder><propertyCollector type='PropertyCollector'>"
                "propertyCollector</propertyCollector><viewManager type='ViewManager'>ViewManager"
                "</viewManager><about><name>vc</name><apiType>VirtualCenter</apiType></about>"
                "<sessionManager type='SessionManager'>SessionManager</sessionManager>"
                "</returnval></RetrieveServiceContentResponse>"));
        if (body.find("<Login ") != std::string::npos)
            return fixed(
                soap("<LoginResponse xmlns='urn:vim25'><returnval><key>k</key>"
                     "</returnval></LoginResponse>"),
                "Set-Cookie: other=1\r\nSet-Cookie: vmware_soap_session=\"a b\"; Path=/\r\n");
        if (body.find("<Logout ") != std::string::npos)
            return fixed(soap("<LogoutResponse xmlns='urn:vim25'/>"));
        std::lock_guard lock(mutex_);
        if (const size_t at = header.find("Cookie: "); at != std::string::npos)
            cookie_ = header.substr(at + 8, header.find("\r\n", at) - at - 8);
        if (script_.empty())
            return {};
        std::string next = std::move(script_.front());
        script_.pop_front();
        return next;
    }

    int listener_ = -1;
    uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::deque<std::string> script_;
    std::string cookie_;
    std::jthread thread_;
};

const MoRef kVm{"VirtualMachine", "vm-1"};

std::string page(std::string_view objects) {
    return soap("<RetrievePropertiesExResponse xmlns='urn:vim25'><returnval>" +
                std::string(objects) + "</returnval></RetrievePropertiesExResponse>");
}

TEST(Awkward, BodiesInAnyTransferForm) {
    RawServer server;
    auto session = server.connect();
    ASSERT_TRUE(session);
    const std::string body =
        page("<objects><obj type='VirtualMachine'>vm-1</obj><propSet><name>name</name><val "
             "xsi:type='xsd:string'>B\xC3\xBCro \xE6\x95\xB0 &amp; co</val></propSet></objects>");
    for (size_t size : {size_t{1}, size_t{7}, size_t{1000}, body.size()}) {
        server.script(chunked(body, size)); // chunks end in the middle of characters and tags
        auto name = retrieve_property(*session, kVm, "name");
        ASSERT_TRUE(name) << size << ": " << name.error().what;
        EXPECT_EQ(name->text(), "B\xC3\xBCro \xE6\x95\xB0 & co");
    }
    server.script("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body); // until the end
    EXPECT_EQ(retrieve_property(*session, kVm, "name")->text(), "B\xC3\xBCro \xE6\x95\xB0 & co");
    server.script("HTTP/1.1 100 Continue\r\n\r\n" + fixed(body));
    EXPECT_EQ(retrieve_property(*session, kVm, "name")->text(), "B\xC3\xBCro \xE6\x95\xB0 & co");
    EXPECT_EQ(server.last_cookie(), "vmware_soap_session=\"a b\"");
}

TEST(Awkward, ABodyThatBreaksOffIsNoAnswer) {
    RawServer server;
    auto session = server.connect();
    ASSERT_TRUE(session);
    const std::string body = soap("<RescanVmfsResponse xmlns='urn:vim25'/>");
    const std::string broken =
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5000\r\n\r\n";
    server.script(broken + body);
    auto changed = session->call({"HostStorageSystem", "s"}, "RescanVmfs");
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, Errc::OutcomeUnknown);
    server.script(broken + body);
    auto read = session->call({"ServiceInstance", "ServiceInstance"}, "CurrentTime");
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().code, Errc::OutcomeUnknown); // nothing can have happened
    for (const std::string& text : {std::string(), std::string("<html><body>login</body></html>"),
                                    body.substr(0, 60), soap("<Other xmlns='urn:vim25'/>")}) {
        server.script(fixed(text));
        auto odd = session->call({"HostStorageSystem", "s"}, "RescanVmfs");
        ASSERT_FALSE(odd) << text;
        EXPECT_EQ(odd.error().code, Errc::Protocol) << text;
    }
}

TEST(Awkward, PrefixesDeclarationsAndNoiseDoNotMatter) {
    RawServer server;
    auto session = server.connect();
    ASSERT_TRUE(session);
    // The vim namespace by a prefix, xsi under another name, xsd's prefix bound to vim, comments,
    // processing instructions, a BOM, CDATA, white space everywhere.
    server.script(fixed(
        "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<?pi x?><!-- hello -->\r\n"
        "<S:Envelope "
        "xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"\r\n\txmlns:v=\"urn:vim25\" "
        "xmlns:xsd=\"urn:vim25\" xmlns:t = \"http://www.w3.org/2001/XMLSchema-instance\">\r\n"
        " <S:Header><junk/></S:Header>\r\n <S:Body>\r\n"
        "<v:RetrievePropertiesExResponse>\r\n <v:returnval>\r\n  <v:objects>\r\n"
        "   <v:obj type = 'VirtualMachine' >vm-1</v:obj>\r\n"
        "   <v:propSet><v:name>config.hardware.device</v:name>\r\n"
        "    <v:val t:type=\"v:ArrayOfVirtualDevice\">\r\n"
        "     <!-- one --><v:VirtualDevice t:type=\"xsd:VirtualDisk\"><v:key>2000</v:key>"
        "<v:somethingNew><v:deep>1</v:deep></v:somethingNew>"
        "<v:capacityInKB><![CDATA[1024]]></v:capacityInKB></v:VirtualDevice>\r\n"
        "     <v:VirtualDevice t:type=\"v:VirtualFuture9\"><v:key>9</v:key></v:VirtualDevice>\r\n"
        "    </v:val></v:propSet>\r\n  </v:objects></v:returnval>\r\n"
        "</v:RetrievePropertiesExResponse>\r\n</S:Body></S:Envelope>\r\n\r\n"));
    auto devices = retrieve_property(*session, kVm, "config.hardware.device");
    ASSERT_TRUE(devices) << devices.error().what;
    ASSERT_EQ(devices->items().size(), 2u);
    EXPECT_EQ(devices->items()[0].type_name(), "VirtualDisk");
    EXPECT_EQ(devices->items()[0]["capacityInKB"].int_or(0), 1024);
    EXPECT_EQ(devices->items()[1].type_name(), "VirtualFuture9");
    EXPECT_EQ(devices->items()[1]["key"].text(), "9");
}

TEST(Awkward, EmptyMissingAndNilValues) {
    RawServer server;
    auto session = server.connect();
    ASSERT_TRUE(session);
    const std::string odd = page(
        "<objects><obj type='VirtualMachine'>vm-1</obj>"
        "<propSet><name>datastore</name><val xsi:type='ArrayOfManagedObjectReference'/></propSet>"
        "<propSet><name>snapshot</name></propSet>" // no val at all
        "<propSet><name>config.extraConfig</name><val/></propSet>"
        "<propSet><name>config.annotation</name><val xsi:type='xsd:string'></val></propSet>"
        "<propSet><name>config.template</name><val xsi:type='xsd:boolean'>1</val></propSet>"
        "<propSet><name>runtime.question</name><val xsi:nil='true'/></propSet>"
        "<propSet/><missingSet><path>parent</path></missingSet></objects>"
        "<objects><obj type='VirtualMachine'>vm-2</obj></objects><unknown>x</unknown>");
    server.script(fixed(odd));
    auto found = retrieve(*session, {kVm}, {"VirtualMachine", {"name"}});
    ASSERT_TRUE(found) << found.error().what;
    ASSERT_EQ(found->size(), 2u);
    const ObjectProps& vm = found->front();
    EXPECT_TRUE(vm["datastore"].refs().empty());
    EXPECT_FALSE(vm["snapshot"].is_set());
    EXPECT_TRUE(vm["config.extraConfig"].items().empty());
    EXPECT_EQ(vm["config.annotation"].text_or("-"), "");
    EXPECT_TRUE(vm["config.template"].bool_or(false));
    EXPECT_FALSE(vm["runtime.question"].is_object());
    ASSERT_EQ(vm.missing.size(), 1u);
    // The same by views.
    size_t shown = 0;
    auto token = read_page(odd, "RetrievePropertiesEx", [&](const ObjectView& object) {
        if (shown++ > 0)
            return;
        EXPECT_TRUE(object["datastore"].refs().empty());
        EXPECT_FALSE(object["snapshot"].is_set());
        EXPECT_TRUE(object["config.extraConfig"].texts().empty());
        EXPECT_EQ(object["config.annotation"].text_or("-"), "");
        EXPECT_TRUE(object["config.template"].bool_or(false));
        EXPECT_FALSE(object["runtime.question"].is_object());
        EXPECT_EQ(object.missing.size(), 1u);
    });
    ASSERT_TRUE(token) << token.error().what;
    EXPECT_EQ(shown, 2u);
    // Nothing found: an answer without returnval.
    server.script(fixed(soap("<RetrievePropertiesExResponse xmlns='urn:vim25'/>")));
    auto none = retrieve(*session, {kVm}, {"VirtualMachine", {"name"}});
    ASSERT_TRUE(none) << none.error().what;
    EXPECT_TRUE(none->empty());
}

TEST(Awkward, FaultsOfAllForms) {
    RawServer server;
    auto session = server.connect();
    ASSERT_TRUE(session);
    auto fault_with = [&](std::string_view detail) {
        const std::string body =
            soap("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>It is "
                 "said.</faultstring>" +
                 std::string(detail) + "</soapenv:Fault>");
        server.script("HTTP/1.1 500 Internal Server Error\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body);
        auto answer = session->call({"HostStorageSystem", "s"}, "MountVmfsVolume",
                                    {{"vmfsUuid", Value("u")}});
        EXPECT_FALSE(answer);
        return answer ? Error{} : answer.error();
    };
    EXPECT_EQ(fault_with("<detail><ResourceInUseFault xmlns='urn:vim25' xsi:type='ResourceInUse'>"
                         "<type>x</type><name>ds</name></ResourceInUseFault></detail>")
                  .code,
              Errc::Busy);
    // No xsi:type: the element's name decides; a newer subtype than the table's is still its words.
    EXPECT_EQ(fault_with("<detail><NotFoundFault xmlns='urn:vim25'/></detail>").code,
              Errc::NotFound);
    const Error newer =
        fault_with("<detail><VmfsFutureFault xmlns='urn:vim25' "
                   "xsi:type='VmfsFuture'><uuid>u</uuid></VmfsFutureFault></detail>");
    EXPECT_EQ(newer.code, Errc::Fault);
    EXPECT_NE(newer.what.find("It is said"), std::string::npos);
    EXPECT_EQ(fault_type(newer), "VmfsFuture");
    EXPECT_NE(fault_with("").what.find("It is said"), std::string::npos);
    EXPECT_NE(fault_with("<detail/>").what.find("It is said"), std::string::npos);
    // The cause that an outer fault hides.
    EXPECT_NE(fault_with("<detail><PlatformConfigFaultFault xmlns='urn:vim25' "
                         "xsi:type='PlatformConfigFault'><faultMessage><key>k</key><message>"
                         "vmkernel says busy</message></faultMessage><text>Sysinfo</text>"
                         "</PlatformConfigFaultFault></detail>")
                  .what.find("vmkernel says busy"),
              std::string::npos);
}

} // namespace
} // namespace pf::vim
