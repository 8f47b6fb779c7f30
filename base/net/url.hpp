// URLs as far as this project needs them: scheme://host[:port][/path].
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pf::net {

struct Url {
    std::string scheme;         // "https"
    std::string host;           // without brackets for IPv6
    std::uint16_t port = 0;     // the scheme's default when the text has none
    std::string path;           // with query; "/" at least
    std::string origin() const; // "https://host:port"
};

// A text without a scheme is taken as https. InvalidArgument when it holds user information:
// credentials never travel in URLs.
Result<Url> parse_url(std::string_view text);
// RFC 3986 percent-encoding of everything but unreserved characters.
std::string percent_encode(std::string_view text);
std::string percent_decode(std::string_view text);

// "address:port", "[::1]:4420"; `default_port` when there is none (0: required).
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};
Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port = 0);
std::string to_string(const Endpoint& endpoint);

} // namespace pf::net
