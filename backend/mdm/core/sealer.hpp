// Secrets in the metadata store: sealed with AES-256-GCM under a key that is kept in a file of its
// own, so that a copy of the store (a backup, a replica) gives none of them away.
//
// Contract: `seal` and `open` name what the secret belongs to; a sealed value that was moved to
// another record, or changed, does not open. Thread-safe, no state but the key.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace pf::mdm {

class Sealer {
  public:
    // The key in the file, 64 hex digits; a fresh one is drawn and stored (0600) when it is not
    // there. PermissionDenied when others can read it, Corrupt when it holds something else.
    static Result<std::shared_ptr<const Sealer>> from_file(const std::string& path);
    explicit Sealer(Bytes key);
    ~Sealer();
    Sealer(const Sealer&) = delete;
    Sealer& operator=(const Sealer&) = delete;

    std::string seal(std::string_view owner, std::string_view secret) const;
    // Corrupt when it was sealed with another key, for another owner, or has been changed.
    Result<std::string> open(std::string_view owner, std::string_view sealed) const;

  private:
    Bytes key_;
};

} // namespace pf::mdm
