#include "libvsphere/wire/soap.hpp"

#include "base/xml.hpp"
#include "libvsphere/wire/xml_codec.hpp"

namespace pf::vim {

namespace {

using xml::Children;
using xml::Decoder;
using xml::Document;
using xml::Element;
using xml::Encoder;
using xml::Ns;
using xml::Side;

constexpr std::string_view kEnvelopeOpen =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<soapenv:Envelope xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" "
    "xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n";
constexpr std::string_view kEnvelopeClose = "\n</soapenv:Body>\n</soapenv:Envelope>\n";

const Value kUnset;

/// The first element of the SOAP body, found by namespace.
Result<Element> soap_body(const Document& document, Element& header) {
    Element envelope = document.root();
    if (envelope.name() != "Envelope" || envelope.ns() != Ns::Soap)
        return fail(Errc::Protocol, "not a SOAP 1.1 envelope");
    Element body;
    for (Element c : Children(envelope)) {
        if (c.ns() != Ns::Soap)
            continue;
        if (c.name() == "Body" && !body)
            body = c;
        else if (c.name() == "Header")
            header = c;
    }
    if (!body)
        return fail(Errc::Protocol, "SOAP envelope without a body");
    Element first = body.first_child();
    if (!first)
        return fail(Errc::Protocol, "SOAP body is empty");
    return first;
}

Result<Fault> decode_fault(Element node, const CodecOptions& options) {
    Fault fault;
    fault.code = node.child("faultcode").text();
    fault.message = node.child("faultstring").text();
    Element detail = node.child("detail").first_child();
    if (!detail)
        return fault;
    std::string_view type = detail.xsi_type();
    if (type.empty()) {
        type = detail.name();
        if (type.size() > 5 && type.ends_with("Fault") && !Schema::get().find(type))
            type.remove_suffix(5);
    }
    CodecOptions lenient = options;
    lenient.strict = false;
    Decoder decoder(lenient);
    PF_TRY(fault.detail, decoder.object(detail, type));
    return fault;
}

} // namespace

const Value& Call::arg(std::string_view name) const {
    for (const Field& field : args) {
        if (field.name == name)
            return field.value;
    }
    return kUnset;
}

bool Fault::is(std::string_view type) const { return Schema::get().is_a(detail.type, type); }

Result<std::string> encode_call(const Call& call, const CodecOptions& options) {
    const MethodInfo* method = Schema::get().method(call.self.type, call.method);
    if (method && options.version < method->since)
        return fail(Errc::Unsupported, "{} needs API version {}, this session is bound to {}",
                    call.method, method->since.str(), options.version.str());
    std::string out(kEnvelopeOpen);
    out.reserve(1024);
    if (!call.operation_id.empty()) {
        out += "<soapenv:Header><operationID xmlns=\"urn:vim25\">";
        append_xml_escaped(out, call.operation_id);
        out += "</operationID></soapenv:Header>\n";
    }
    out += "<soapenv:Body><";
    out += call.method;
    out += " xmlns=\"urn:vim25\">";
    Encoder encoder(out, options, Side::Client);
    PF_CHECK(encoder.element("_this", "ManagedObjectReference", Value(call.self)));
    size_t written = 0;
    if (method) {
        for (const FieldInfo& param : method->params) {
            const Value& value = call.arg(param.name);
            if (value.is_set()) {
                ++written;
                PF_CHECK(encoder.field(param, value));
            } else if (!param.optional && !param.array) {
                return fail(Errc::InvalidArgument, "{} needs an argument \"{}\"", call.method,
                            param.name);
            }
        }
    }
    for (const Field& field : call.args) {
        if (!field.value.is_set())
            continue;
        if (method && written > 0) {
            --written;
            continue;
        }
        if (method)
            return fail(Errc::InvalidArgument, "{} has no argument \"{}\"", call.method,
                        field.name);
        FieldInfo undeclared;
        undeclared.name = field.name;
        undeclared.array = field.value.as_array() != nullptr;
        undeclared.type = field.value.as_object()  ? field.value.as_object()->type
                          : field.value.as_array() ? field.value.as_array()->item_type
                                                   : "string";
        PF_CHECK(encoder.field(undeclared, field.value));
    }
    out += "</";
    out += call.method;
    out += ">";
    out += kEnvelopeClose;
    return out;
}

Result<Call> decode_call(std::string_view body, const CodecOptions& options) {
    PF_TRY(Document document, Document::parse(std::string(body)));
    Element header;
    PF_TRY(Element request, soap_body(document, header));
    Call call;
    call.method = request.name();
    call.operation_id = header.child("operationID").text();
    Element self = request.child("_this");
    if (!self)
        return fail(Errc::Protocol, "request {} has no _this", call.method);
    call.self = MoRef{std::string(self.ref_type()), std::string(self.text())};
    const MethodInfo* method = Schema::get().method(call.self.type, call.method);
    Decoder decoder(options);
    PF_TRY(call.args,
           decoder.fields(request, method ? &method->params : nullptr, !method, call.method));
    if (!method)
        std::erase_if(call.args, [](const Field& f) { return f.name == "_this"; });
    return call;
}

Result<std::string> encode_reply(std::string_view method, const MoRef& self, const Value& result,
                                 const CodecOptions& options) {
    const MethodInfo* info = Schema::get().method(self.type, method);
    std::string out(kEnvelopeOpen);
    out += "<soapenv:Body>\n<";
    out += method;
    out += "Response xmlns=\"urn:vim25\">";
    Encoder encoder(out, options, Side::Server);
    FieldInfo returnval;
    returnval.name = "returnval";
    if (info) {
        returnval.type = info->result.type;
        returnval.array = info->result.array;
    } else {
        returnval.type = result.as_array() ? result.as_array()->item_type : std::string("anyType");
        returnval.array = result.as_array() != nullptr;
    }
    if (returnval.type != "void")
        PF_CHECK(encoder.field(returnval, result));
    out += "</";
    out += method;
    out += "Response>";
    out += kEnvelopeClose;
    return out;
}

std::string encode_fault(const Fault& fault, const CodecOptions& options) {
    std::string out(kEnvelopeOpen);
    out += "<soapenv:Body>\n<soapenv:Fault><faultcode>";
    append_xml_escaped(out, fault.code);
    out += "</faultcode><faultstring>";
    append_xml_escaped(out, fault.message);
    out += "</faultstring>";
    if (!fault.detail.type.empty()) {
        size_t before = out.size();
        out += "<detail>";
        Encoder encoder(out, options, Side::Server);
        Result<void> encoded = encoder.element(fault.detail.type + "Fault", "", Value(fault.detail),
                                               " xmlns=\"urn:vim25\"");
        if (encoded)
            out += "</detail>";
        else
            out.resize(before); // a fault without detail is still a fault
    }
    out += "</soapenv:Fault>";
    out += kEnvelopeClose;
    return out;
}

Result<Reply> decode_reply(std::string_view body, const Call& call, const CodecOptions& options) {
    return decode_reply_in_place(std::string(body), call, options);
}

Result<Reply> decode_reply_in_place(std::string body, const Call& call,
                                    const CodecOptions& options) {
    PF_TRY(Document document, Document::parse(std::move(body)));
    Element header;
    PF_TRY(Element response, soap_body(document, header));
    Reply reply;
    if (response.name() == "Fault" && response.ns() == Ns::Soap) {
        PF_TRY(reply.fault, decode_fault(response, options));
        return reply;
    }
    if (response.name() != call.method + "Response")
        return fail(Errc::Protocol, "answer to {} is a {}", call.method, response.name());
    const MethodInfo* info = Schema::get().method(call.self.type, call.method);
    Decoder decoder(options);
    std::vector<Value> values;
    for (Element c : Children(response)) {
        if (c.name() != "returnval")
            continue;
        PF_TRY(Value value, decoder.element(c, info ? info->result.type : ""));
        values.push_back(std::move(value));
    }
    if (info ? info->result.array : values.size() > 1) {
        std::string item_type = info             ? info->result.type
                                : values.empty() ? std::string()
                                                 : values.front().type_name();
        reply.result = Value::array(std::move(item_type), std::move(values));
    } else if (!values.empty()) {
        reply.result = std::move(values.front());
    }
    return reply;
}

Result<xml::Element> response_element(const xml::Document& document, std::string_view method) {
    Element header;
    PF_TRY(Element response, soap_body(document, header));
    const std::string_view name = response.name();
    if (name.size() != method.size() + 8 || name.substr(0, method.size()) != method ||
        !name.ends_with("Response"))
        return fail(Errc::Protocol, "answer to {} is a {}", method, name);
    return response;
}

Result<std::string> encode_fragment(std::string_view element, const Value& value,
                                    std::string_view declared_type, const CodecOptions& options) {
    std::string out;
    Encoder encoder(out, options, Side::Server);
    PF_CHECK(encoder.element(element, declared_type, value,
                             " xmlns=\"urn:vim25\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
                             "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""));
    return out;
}

Result<Value> decode_fragment(std::string_view text, std::string_view declared_type,
                              const CodecOptions& options) {
    PF_TRY(Document document, Document::parse(std::string(text)));
    Decoder decoder(options);
    return decoder.element(document.root(), declared_type);
}

DataObject localized_fault(const Fault& fault) {
    DataObject result("LocalizedMethodFault");
    result.set("fault", Value(fault.detail));
    result.set("localizedMessage", Value(fault.message));
    return result;
}

Fault fault_from_localized(const Value& localized) {
    Fault fault;
    fault.message = localized["localizedMessage"].text_or();
    if (const DataObject* object = localized["fault"].as_object())
        fault.detail = *object;
    return fault;
}

Result<ServiceVersions> parse_service_versions(std::string_view text) {
    PF_TRY(Document document, Document::parse(std::string(text)));
    for (Element ns : Children(document.root())) {
        if (ns.name() != "namespace" || ns.child("name").text() != "urn:vim25")
            continue;
        ServiceVersions versions;
        versions.current = ns.child("version").text();
        for (Element prior : Children(ns.child("priorVersions"))) {
            if (prior.name() == "version")
                versions.prior.emplace_back(prior.text());
        }
        if (versions.current.empty())
            return fail(Errc::Protocol, "vimServiceVersions.xml names no version of urn:vim25");
        return versions;
    }
    return fail(Errc::Protocol, "vimServiceVersions.xml has no namespace urn:vim25");
}

std::string format_service_versions(const ServiceVersions& versions) {
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<namespaces version=\"1.0\">\n "
                      "<namespace>\n  <name>urn:vim25</name>\n  <version>";
    append_xml_escaped(out, versions.current);
    out += "</version>\n  <priorVersions>\n";
    for (const std::string& version : versions.prior) {
        out += "   <version>";
        append_xml_escaped(out, version);
        out += "</version>\n";
    }
    out += "  </priorVersions>\n </namespace>\n</namespaces>\n";
    return out;
}

} // namespace pf::vim
