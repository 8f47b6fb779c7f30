#include "backend/gateway/core/api_error.hpp"

#include "base/json.hpp"

#include <fmt/format.h>

namespace pf::gateway {

tl::unexpected<ApiError> refuse(MdmError code) {
    return refuse(code, std::string(powerflex::mdm_error_info(code).text));
}

tl::unexpected<ApiError> refuse(MdmError code, std::string message) {
    ApiError error;
    error.code = static_cast<int>(code);
    error.message = std::move(message);
    return tl::unexpected<ApiError>(std::move(error));
}

tl::unexpected<ApiError> bad_request(std::string message) {
    ApiError error;
    error.http_status = 400;
    error.code = 0;
    error.message = std::move(message);
    return tl::unexpected<ApiError>(std::move(error));
}

tl::unexpected<ApiError> missing_parameter(std::string_view name) {
    return bad_request(
        fmt::format("Request message is not valid: The following parameter(s) must be "
                    "part of the request body: {}.",
                    name));
}

ApiError to_api_error(mdm::MgmtError error) {
    ApiError out;
    out.code = static_cast<int>(error.rc);
    out.message = std::move(error.what);
    if (error.rc == 0) {
        switch (error.code) {
        case Errc::Timeout:
        case Errc::OutcomeUnknown:
            // The change was sent; whether it happened is not known. Clients must look before they
            // repeat.
            out.http_status = 504;
            out.code = static_cast<int>(MdmError::Timeout);
            break;
        case Errc::InvalidArgument:
            out.http_status = 400;
            break;
        case Errc::Busy:
        case Errc::Unreachable:
        case Errc::NotReady:
        case Errc::NotPrimary:
        case Errc::Retry:
            out.http_status = 503;
            out.code = static_cast<int>(MdmError::CommunicationError);
            break;
        default:
            out.code = static_cast<int>(MdmError::Generic);
            break;
        }
    }
    if (const auto* info = powerflex::find_mdm_error(out.code);
        info != nullptr && out.message.empty()) {
        out.message = std::string(info->text);
    }
    return out;
}

std::string printable(std::string_view text) {
    std::string out(text.substr(0, 256));
    for (char& c : out) {
        c = c >= ' ' && c < 0x7f ? c : '?';
    }
    return out;
}

boost::json::object error_body(const ApiError& error) {
    json::object body{{"message", error.message},
                      {"httpStatusCode", error.http_status},
                      {"errorCode", error.code}};
    if (!error.details.empty()) {
        json::array details;
        for (const ApiError::Detail& detail : error.details) {
            details.emplace_back(json::object{
                {"error", detail.symbol}, {"rc", detail.code}, {"errorMessage", detail.message}});
        }
        body["details"] = std::move(details);
    }
    return body;
}

} // namespace pf::gateway
