// How fast answers of a vCenter become structs, on one core, beside pugixml on the same text.
//   bench-vsphere-parse [SECONDS_PER_CASE] [VMS_PER_PAGE]
// Prints one JSON object a line: case, MB/s, VMs per second. `document` is the reader alone,
// `value` the tree of every single call, `inventory` what read_inventory() does.

#include "libvsphere/bulk.hpp"
#include "libvsphere/inventory_read.hpp"
#include "libvsphere/wire/soap.hpp"
#include "libvsphere/wire/xml_document.hpp"
#include "tests/bench/vsphere/vm_page.hpp"

#include <fmt/core.h>
#include <pugixml.hpp>

#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace pf::vim;

double cpu_seconds() {
    timespec ts{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return static_cast<double>(ts.tv_sec) + static_cast<double>(ts.tv_nsec) * 1e-9;
}

/// Bytes per second of CPU time: the machine's other work does not count.
bool measure(const char* name, const std::string& page, size_t vms, double seconds,
             const std::function<size_t(std::string)>& run) {
    double best = 0, spent = 0;
    while (spent < seconds) {
        std::string copy = page;
        const double begin = cpu_seconds();
        if (run(std::move(copy)) != vms) {
            fmt::print(stderr, "{}: the page was not read\n", name);
            return false;
        }
        const double took = cpu_seconds() - begin;
        spent += took;
        best = std::max(best, static_cast<double>(page.size()) / took);
    }
    fmt::print("{{\"case\":\"{}\",\"mb_per_s\":{:.0f},\"vms_per_s\":{:.0f},\"bytes_per_vm\":{}}}\n",
               name, best / 1e6, best / static_cast<double>(page.size()) * static_cast<double>(vms),
               page.size() / vms);
    return true;
}

size_t count_objects(const pugi::xml_node& node) {
    size_t count = 0;
    for (pugi::xml_node c : node.first_child().first_child().first_child().children("objects"))
        count += c.first_child() ? 1 : 0;
    return count;
}

} // namespace

int main(int argc, char** argv) {
    const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
    const size_t vms = argc > 2 ? static_cast<size_t>(std::atoll(argv[2])) : 200;
    const std::string page = bench::vm_page(vms);
    bool ok = true;
    ok &= measure("pugixml", page, vms, seconds, [](std::string text) {
        pugi::xml_document document;
        document.load_buffer_inplace(text.data(), text.size(),
                                     pugi::parse_default | pugi::parse_embed_pcdata);
        return count_objects(document.document_element());
    });
    ok &= measure("document", page, vms, seconds, [](std::string text) {
        auto document = xml::Document::parse(std::move(text));
        if (!document)
            return size_t{0};
        auto response = response_element(*document, "RetrievePropertiesEx");
        return response ? response->child("returnval").count_children() : size_t{0};
    });
    ok &= measure("value", page, vms, seconds, [](std::string text) {
        Call call;
        call.self = {"PropertyCollector", "propertyCollector"};
        call.method = "RetrievePropertiesEx";
        auto reply = decode_reply_in_place(std::move(text), call, {});
        return reply ? reply->result["objects"].items().size() : size_t{0};
    });
    ok &= measure("inventory", page, vms, seconds, [](std::string text) {
        std::vector<Vm> out;
        auto token =
            read_page(std::move(text), "RetrievePropertiesEx",
                      [&](const ObjectView& object) { out.push_back(detail::to_vm(object)); });
        return token ? out.size() : size_t{0};
    });
    return ok ? 0 : 1;
}
