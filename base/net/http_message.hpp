// Requests and responses as values, shared by client and server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pf::net {

// Header fields in order; names compare without case.
class Headers {
  public:
    Headers() = default;
    Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}
    void add(std::string name, std::string value) {
        fields_.emplace_back(std::move(name), std::move(value));
    }
    void set(std::string_view name, std::string value);
    // The first value, or "" when the field is missing.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;
    std::vector<std::string_view> all(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

  private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpResponse {
    unsigned status = 200; // 0 from a server's handler: the connection is closed without an answer
    Headers headers;
    std::string body;
};

} // namespace pf::net
