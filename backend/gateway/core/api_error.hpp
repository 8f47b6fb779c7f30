// Refusals of the gateway, in the shape and with the numbers that PowerFlex's clients expect.
#pragma once

#include "backend/mdm/client/types.hpp"
#include "libpf/error_codes.hpp"

#include <boost/json/fwd.hpp>
#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pf::gateway {

using powerflex::MdmError;

struct ApiError {
    int http_status = 500; // 500: the MDM said no; 400: malformed; 401, 403, 404; 503/504: no MDM
    int code = 1;          // errorCode
    std::string message;
    struct Detail {
        std::string symbol;
        int code = 0;
        std::string message;
    };
    std::vector<Detail> details; // only where clients look for them (snapshotVolumes)
};

template<class T>
using ApiResult = tl::expected<T, ApiError>;
using Reply = ApiResult<boost::json::value>;

// The MDM's refusal with this number and its usual text.
[[nodiscard]] tl::unexpected<ApiError> refuse(MdmError code);
[[nodiscard]] tl::unexpected<ApiError> refuse(MdmError code, std::string message);
// HTTP 400, errorCode 0.
[[nodiscard]] tl::unexpected<ApiError> bad_request(std::string message);
// "Request message is not valid: The following parameter(s) must be part of the request body: x."
[[nodiscard]] tl::unexpected<ApiError> missing_parameter(std::string_view name);

[[nodiscard]] ApiError to_api_error(mdm::MgmtError error);
[[nodiscard]] inline ApiError to_api_error(ApiError error) { return error; }

// Text from a request for use in a message or log: printable ASCII, others as '?', cut at 256.
[[nodiscard]] std::string printable(std::string_view text);

[[nodiscard]] boost::json::object error_body(const ApiError& error);

} // namespace pf::gateway

// Like PF_TRY/PF_CHECK, for functions that return ApiResult; takes MgmtResult as well.
#define PF_GW_TRY_IMPL_(tmp, decl, ...)                                                            \
    auto tmp = (__VA_ARGS__);                                                                      \
    if (!tmp)                                                                                      \
        return tl::unexpected<::pf::gateway::ApiError>(                                            \
            ::pf::gateway::to_api_error(std::move(tmp).error()));                                  \
    decl = std::move(*tmp)
#define PF_GW_TRY(decl, ...) PF_GW_TRY_IMPL_(PF_CONCAT(pf_gw_, __LINE__), decl, __VA_ARGS__)
#define PF_GW_CHECK_IMPL_(tmp, ...)                                                                \
    do {                                                                                           \
        auto tmp = (__VA_ARGS__);                                                                  \
        if (!tmp)                                                                                  \
            return tl::unexpected<::pf::gateway::ApiError>(                                        \
                ::pf::gateway::to_api_error(std::move(tmp).error()));                              \
    } while (false)
#define PF_GW_CHECK(...) PF_GW_CHECK_IMPL_(PF_CONCAT(pf_gw_, __LINE__), __VA_ARGS__)
