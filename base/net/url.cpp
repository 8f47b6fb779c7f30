#include "base/net/url.hpp"

#include <boost/url.hpp>

#include <charconv>

namespace pf::net {

std::string Url::origin() const {
    const bool v6 = host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}", scheme, v6 ? "[" : "", host, v6 ? "]" : "", port);
}

Result<Url> parse_url(std::string_view text) {
    std::string full(text);
    if (full.find("://") == std::string::npos)
        full = "https://" + full;
    const auto parsed = boost::urls::parse_uri(full);
    if (!parsed || parsed->host().empty())
        return fail(Errc::InvalidArgument, "'{}' is not a URL", text);
    if (parsed->has_userinfo())
        return fail(Errc::InvalidArgument,
                    "a URL must not hold a user name or password; give them separately");
    Url out;
    out.scheme = parsed->scheme();
    out.host = parsed->host_address();
    if (out.scheme != "https" && out.scheme != "http")
        return fail(Errc::InvalidArgument, "'{}': only https and http are understood", text);
    out.port = out.scheme == "https" ? 443 : 80;
    if (parsed->has_port() && !parsed->port().empty()) {
        if (parsed->port_number() == 0)
            return fail(Errc::InvalidArgument, "'{}' has no valid port", text);
        out.port = parsed->port_number();
    }
    out.path = std::string(parsed->encoded_path());
    if (out.path.empty())
        out.path = "/";
    if (parsed->has_query())
        out.path += "?" + std::string(parsed->encoded_query());
    return out;
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if ((u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') ||
            u == '-' || u == '.' || u == '_' || u == '~')
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned>(u));
    }
    return out;
}

std::string percent_decode(std::string_view text) {
    auto digit = [](char c) {
        if (c >= '0' && c <= '9')
            return c - '0';
        if (c >= 'a' && c <= 'f')
            return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
            return c - 'A' + 10;
        return -1;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
            digit(text[i + 2]) >= 0) {
            out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port) {
    Endpoint out;
    std::string_view port;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos)
            return fail(Errc::InvalidArgument, "'{}' is not address:port", text);
        out.host = text.substr(1, close - 1);
        port = text.substr(close + 1);
        if (!port.empty() && !port.starts_with(':'))
            return fail(Errc::InvalidArgument, "'{}' is not address:port", text);
        if (!port.empty())
            port.remove_prefix(1);
    } else {
        const auto colon = text.rfind(':');
        out.host = text.substr(0, colon);
        if (colon != std::string_view::npos)
            port = text.substr(colon + 1);
    }
    out.port = default_port;
    if (!port.empty()) {
        unsigned number = 0;
        const auto [at, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        if (error != std::errc() || at != port.data() + port.size() || number > 65535)
            return fail(Errc::InvalidArgument, "'{}' has no valid port", text);
        out.port = static_cast<std::uint16_t>(number);
    } else if (default_port == 0) {
        return fail(Errc::InvalidArgument, "'{}' is not address:port", text);
    }
    if (out.host.empty())
        return fail(Errc::InvalidArgument, "'{}' is not address:port", text);
    return out;
}

std::string to_string(const Endpoint& endpoint) {
    if (endpoint.host.find(':') != std::string::npos)
        return fmt::format("[{}]:{}", endpoint.host, endpoint.port);
    return fmt::format("{}:{}", endpoint.host, endpoint.port);
}

} // namespace pf::net
