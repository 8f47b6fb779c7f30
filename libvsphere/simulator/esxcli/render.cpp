// The text forms of an esxcli answer: table, simple, json, csv, keyvalue, xml, and SOAP documents.
#include "base/json.hpp"
#include "base/xml.hpp"
#include "libvsphere/simulator/esxcli/model.hpp"

#include <algorithm>

namespace pf::vim::sim::cli {

namespace {

constexpr std::string_view kSchema = "http://www.w3.org/2001/XMLSchema";

std::string text_of(const Cell& cell) {
    if (const auto* text = std::get_if<std::string>(&cell)) {
        return *text;
    }
    if (const auto* number = std::get_if<int64_t>(&cell)) {
        return std::to_string(*number);
    }
    if (const auto* flag = std::get_if<bool>(&cell)) {
        return *flag ? "true" : "false";
    }
    std::string out;
    for (const std::string& item : std::get<std::vector<std::string>>(cell)) {
        out += (out.empty() ? "" : ", ") + item;
    }
    return out;
}

const char* type_of(const Cell& cell) {
    return std::holds_alternative<int64_t>(cell) ? "integer"
           : std::holds_alternative<bool>(cell)  ? "boolean"
                                                 : "string";
}

// Structured forms list fields alphabetically.
std::vector<std::pair<std::string, const Cell*>> sorted_fields(const Row& row) {
    std::vector<std::pair<std::string, const Cell*>> out;
    for (const auto& [title, cell] : row.fields) {
        out.emplace_back(field_name(title), &cell);
    }
    std::sort(out.begin(), out.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    return out;
}

std::string table(const Answer& answer) {
    if (answer.rows.empty()) {
        return {};
    }
    const auto& first = answer.rows.front().fields;
    std::vector<size_t> widths;
    for (size_t i = 0; i < first.size(); ++i) {
        size_t width = first[i].first.size();
        for (const Row& row : answer.rows) {
            width = std::max(width, text_of(row.fields[i].second).size());
        }
        widths.push_back(width);
    }
    auto line = [&](auto cell_at, auto right_at) {
        std::string out;
        for (size_t i = 0; i < widths.size(); ++i) {
            const std::string cell = cell_at(i);
            const bool last = i + 1 == widths.size();
            const bool right = right_at(i);
            const std::string pad(widths[i] - cell.size(), ' ');
            out += right ? pad + cell : cell + (last ? "" : pad);
            out += last ? "" : "  ";
        }
        return out + "\n";
    };
    auto right = [&](size_t i) {
        const Cell& cell = first[i].second;
        return std::holds_alternative<int64_t>(cell) || std::holds_alternative<bool>(cell);
    };
    std::string out = line([&](size_t i) { return first[i].first; }, right);
    out +=
        line([&](size_t i) { return std::string(widths[i], '-'); }, [](size_t) { return false; });
    for (const Row& row : answer.rows) {
        out += line([&](size_t i) { return text_of(row.fields[i].second); }, right);
    }
    return out;
}

std::string simple(const Answer& answer) {
    std::string out;
    for (size_t i = 0; i < answer.rows.size(); ++i) {
        const Row& row = answer.rows[i];
        if (!row.key.empty()) {
            out += row.key + "\n";
        }
        for (const auto& [title, cell] : row.fields) {
            out += fmt::format("   {}: {}\n", title, text_of(cell));
        }
        out += i + 1 < answer.rows.size() ? "\n" : "";
    }
    return out;
}

json::value json_cell(const Cell& cell) {
    if (const auto* text = std::get_if<std::string>(&cell)) {
        return json::value(*text);
    }
    if (const auto* number = std::get_if<int64_t>(&cell)) {
        return json::value(*number);
    }
    if (const auto* flag = std::get_if<bool>(&cell)) {
        return json::value(*flag);
    }
    json::array out;
    for (const std::string& item : std::get<std::vector<std::string>>(cell)) {
        out.emplace_back(item);
    }
    return out;
}

json::object json_row(const Row& row) {
    json::object out;
    for (const auto& [name, cell] : sorted_fields(row)) {
        out[name] = json_cell(*cell);
    }
    return out;
}

std::string json_text(const Answer& answer) {
    switch (answer.kind) {
    case Answer::Kind::Void:
        return {};
    case Answer::Kind::Scalar:
        return json::serialize(json_cell(answer.scalar)) + "\n";
    case Answer::Kind::Struct:
        return json::serialize(json_row(answer.rows.front())) + "\n";
    case Answer::Kind::List:
        break;
    }
    json::array rows;
    for (const Row& row : answer.rows) {
        rows.push_back(json_row(row));
    }
    return json::serialize(rows) + "\n";
}

std::string csv_cell(const Cell& cell) {
    const std::string text = text_of(cell);
    if (text.find_first_of(",\"\n") == std::string::npos) {
        return text;
    }
    std::string out = "\"";
    for (char c : text) {
        out += c == '"' ? "\"\"" : std::string(1, c);
    }
    return out + "\"";
}

std::string csv(const Answer& answer) {
    std::string out;
    for (const Row& row : answer.rows) {
        const auto fields = sorted_fields(row);
        if (out.empty()) {
            for (const auto& [name, cell] : fields) {
                out += name + ",";
            }
            out += "\n";
        }
        for (const auto& [name, cell] : fields) {
            out += csv_cell(*cell) + ",";
        }
        out += "\n";
    }
    return out;
}

std::string keyvalue(const Answer& answer) {
    std::string out;
    for (size_t i = 0; i < answer.rows.size(); ++i) {
        const std::string prefix = answer.kind == Answer::Kind::List
                                       ? fmt::format("structure[{}].{}", i, answer.struct_name)
                                       : answer.struct_name;
        for (const auto& [name, cell] : sorted_fields(answer.rows[i])) {
            if (const auto* list = std::get_if<std::vector<std::string>>(cell)) {
                for (size_t n = 0; n < list->size(); ++n) {
                    out += fmt::format("{}.{}.string[{}]={}\n", prefix, name, n, (*list)[n]);
                }
            } else {
                out += fmt::format("{}.{}.{}={}\n", prefix, name, type_of(*cell), text_of(*cell));
            }
        }
    }
    return out;
}

std::string xml(const Answer& answer) {
    std::string out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<output "
                      "xmlns=\"http://www.vmware.com/Products/ESX/5.0/esxcli\">\n<root>\n";
    const bool list = answer.kind == Answer::Kind::List;
    if (answer.kind == Answer::Kind::Scalar) {
        out += fmt::format("   <{0}>{1}</{0}>\n", type_of(answer.scalar),
                           xml_escaped(text_of(answer.scalar)));
    }
    out += list ? "   <list type=\"structure\">\n" : "";
    for (const Row& row : answer.rows) {
        out += fmt::format("      <structure typeName=\"{}\">\n", answer.struct_name);
        for (const auto& [name, cell] : sorted_fields(row)) {
            out += fmt::format("         <field name=\"{}\">", name);
            if (const auto* items = std::get_if<std::vector<std::string>>(cell)) {
                out += "<list type=\"string\">";
                for (const std::string& item : *items) {
                    out += "<string>" + xml_escaped(item) + "</string>";
                }
                out += "</list>";
            } else {
                out += fmt::format("<{0}>{1}</{0}>", type_of(*cell), xml_escaped(text_of(*cell)));
            }
            out += "</field>\n";
        }
        out += "      </structure>\n";
    }
    out += list ? "   </list>\n" : "";
    return out + "</root>\n</output>\n";
}

// "VimEsxCLInvmefabricsdiscoverDiscoveryLogPage..."
std::string soap_type(const Answer& answer, const Command& command) {
    std::string out = "VimEsxCLI" + command.space + command.name + answer.struct_name;
    std::erase(out, '.');
    return out;
}

std::string soap_fields(const Row& row) {
    std::string out;
    for (const auto& [title, cell] : row.fields) {
        const std::string name = field_name(title);
        if (const auto* items = std::get_if<std::vector<std::string>>(&cell)) {
            for (const std::string& item : *items) {
                out += fmt::format("<{0}>{1}</{0}>", name, xml_escaped(item));
            }
        } else {
            out += fmt::format("<{0}>{1}</{0}>", name, xml_escaped(text_of(cell)));
        }
    }
    return out;
}

std::string soap_open(std::string_view type) {
    return fmt::format("<obj xmlns:xsd=\"{0}\" xmlns:xsi=\"{0}-instance\" xmlns=\"urn:vim25\" "
                       "versionId=\"5.0\" xsi:type=\"{1}\">",
                       kSchema, type);
}

} // namespace

std::string field_name(std::string_view title) {
    std::string out;
    for (char c : title) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
            out.push_back(c);
        }
    }
    return out;
}

Result<std::string> render(const Answer& answer, std::string_view formatter) {
    if (formatter == "json") {
        return json_text(answer);
    }
    if (formatter == "csv") {
        return csv(answer);
    }
    if (formatter == "keyvalue") {
        return keyvalue(answer);
    }
    if (formatter == "xml") {
        return xml(answer);
    }
    if (!formatter.empty()) {
        return fail(Errc::InvalidArgument, "Error: Unknown formatter {}", formatter);
    }
    switch (answer.kind) {
    case Answer::Kind::Void:
        return std::string();
    case Answer::Kind::Scalar:
        return "   " + text_of(answer.scalar) + "\n";
    case Answer::Kind::Struct:
        return simple(answer);
    case Answer::Kind::List:
        break;
    }
    return answer.table ? table(answer) : simple(answer);
}

std::string render_soap(const Answer& answer, const Command& command) {
    switch (answer.kind) {
    case Answer::Kind::Void:
        return {};
    case Answer::Kind::Scalar: {
        const std::string type = std::holds_alternative<int64_t>(answer.scalar) ? "xsd:long"
                                 : std::holds_alternative<bool>(answer.scalar)  ? "xsd:boolean"
                                                                                : "xsd:string";
        return soap_open(type) + xml_escaped(text_of(answer.scalar)) + "</obj>";
    }
    case Answer::Kind::Struct:
        return soap_open(soap_type(answer, command)) + soap_fields(answer.rows.front()) + "</obj>";
    case Answer::Kind::List:
        break;
    }
    std::string out = soap_open("ArrayOfDataObject");
    for (const Row& row : answer.rows) {
        out += fmt::format("<DataObject xsi:type=\"{}\">{}</DataObject>",
                           soap_type(answer, command), soap_fields(row));
    }
    return out + "</obj>";
}

std::string render_cli_info(std::string_view space) {
    const size_t dot = space.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? space : space.substr(dot + 1);
    std::string out = soap_open("VimCLIInfo");
    out += fmt::format("<name>{}</name><displayName>{}</displayName><help>{}</help>", space, last,
                       last);
    for (const Command& command : commands()) {
        if (command.space != space) {
            continue;
        }
        out += fmt::format("<method><name>{0}</name><displayName>{0}</displayName><help>{1}</help>",
                           command.name, xml_escaped(command.help));
        for (const Param& param : command.params) {
            out += fmt::format("<param><name>{}</name><displayName>{}</displayName><help>{}</help>",
                               param.name, param.long_name, xml_escaped(param.help));
            if (param.letter != 0) {
                out += fmt::format("<aliases>-{}</aliases>", param.letter);
            }
            out += fmt::format("<aliases>--{}</aliases><flag>{}</flag></param>", param.long_name,
                               param.flag);
        }
        out += "<hints><key>formatter</key><value>simple</value></hints></method>";
    }
    return out + "</obj>";
}

std::string render_soap_fault(const Fault& fault) {
    if (fault.detail.type != "VimEsxCLICLIFault") {
        return soap_open("LocalizedMethodFault") +
               fmt::format("<fault xsi:type=\"{}\"></fault><localizedMessage>{}</localizedMessage>"
                           "</obj>",
                           fault.detail.type, xml_escaped(fault.message));
    }
    std::string lines;
    std::string_view rest = fault.message;
    while (!rest.empty()) {
        const size_t end = rest.find('\n');
        lines += "<errMsg>" + xml_escaped(rest.substr(0, end)) + "</errMsg>";
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return soap_open("LocalizedMethodFault") + "<fault xsi:type=\"VimEsxCLICLIFault\">" + lines +
           "</fault><localizedMessage>EsxCLI.CLIFault.summary</localizedMessage></obj>";
}

} // namespace pf::vim::sim::cli
