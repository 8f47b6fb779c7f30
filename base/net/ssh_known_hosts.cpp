#include "base/net/ssh_known_hosts.hpp"

#include "base/crypto.hpp"
#include "base/file.hpp"
#include "base/glob.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cctype>

namespace pf::net {

namespace {

std::string_view next_word(std::string_view& line) {
    size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        line = {};
        return {};
    }
    line.remove_prefix(begin);
    size_t end = std::min(line.find_first_of(" \t"), line.size());
    std::string_view word = line.substr(0, end);
    line.remove_prefix(end);
    return word;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// "|1|salt|hash": HMAC-SHA1 of the name, keyed by the salt.
bool hashed_match(std::string_view field, const std::string& name) {
    field.remove_prefix(3);
    size_t bar = field.find('|');
    if (bar == std::string_view::npos)
        return false;
    Result<Bytes> salt = base64_decode(field.substr(0, bar));
    Result<Bytes> hash = base64_decode(field.substr(bar + 1));
    if (!salt || !hash)
        return false;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!::HMAC(::EVP_sha1(), salt->data(), static_cast<int>(salt->size()),
                reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest, &size))
        return false;
    ByteSpan mine(reinterpret_cast<const std::byte*>(digest), size);
    return std::equal(mine.begin(), mine.end(), hash->begin(), hash->end());
}

bool host_matches(std::string_view hosts, const std::string& name) {
    if (hosts.substr(0, 3) == "|1|")
        return hashed_match(hosts, name);
    bool matched = false;
    while (!hosts.empty()) {
        size_t comma = std::min(hosts.find(','), hosts.size());
        std::string pattern = lower(hosts.substr(0, comma));
        hosts.remove_prefix(std::min(comma + 1, hosts.size()));
        bool negated = !pattern.empty() && pattern.front() == '!';
        if (negated)
            pattern.erase(0, 1);
        if (!glob_match(pattern, name))
            continue;
        if (negated)
            return false;
        matched = true;
    }
    return matched;
}

} // namespace

Result<KnownHosts> KnownHosts::load(const std::string& path) {
    PF_TRY(std::string text, read_file(path));
    return parse(text);
}

KnownHosts KnownHosts::parse(std::string_view text) {
    KnownHosts known;
    while (!text.empty()) {
        size_t end = std::min(text.find('\n'), text.size());
        std::string_view rest = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!rest.empty() && rest.back() == '\r')
            rest.remove_suffix(1);
        std::string_view word = next_word(rest);
        if (word.empty() || word.front() == '#')
            continue;
        Line line;
        if (word.front() == '@') {
            if (word != "@revoked")
                continue;
            line.revoked = true;
            word = next_word(rest);
        }
        line.hosts = word;
        line.type = next_word(rest);
        Result<Bytes> key = base64_decode(next_word(rest));
        if (!key || key->empty() || ssh_key_type(*key) != line.type)
            continue;
        line.key = std::move(*key);
        known.lines_.push_back(std::move(line));
    }
    return known;
}

KeyMatch KnownHosts::check(std::string_view host, uint16_t port, ByteSpan key_blob) const {
    const std::string name = lower(known_hosts_name(host, port));
    const std::string type = ssh_key_type(key_blob);
    bool trusted = false, changed = false;
    for (const Line& line : lines_) {
        if (!host_matches(line.hosts, name))
            continue;
        bool same = std::equal(line.key.begin(), line.key.end(), key_blob.begin(), key_blob.end());
        if (line.revoked) {
            if (same)
                return KeyMatch::Revoked;
            continue;
        }
        trusted = trusted || same;
        changed = changed || (!same && line.type == type);
    }
    return trusted ? KeyMatch::Trusted : changed ? KeyMatch::Changed : KeyMatch::Unknown;
}

std::vector<std::string> KnownHosts::key_types(std::string_view host, uint16_t port) const {
    const std::string name = lower(known_hosts_name(host, port));
    std::vector<std::string> types;
    for (const Line& line : lines_) {
        if (!line.revoked && host_matches(line.hosts, name) &&
            std::find(types.begin(), types.end(), line.type) == types.end())
            types.push_back(line.type);
    }
    return types;
}

std::string known_hosts_name(std::string_view host, uint16_t port) {
    if (port == 22)
        return std::string(host);
    return fmt::format("[{}]:{}", host, port);
}

std::string ssh_fingerprint(ByteSpan key_blob) {
    auto digest = sha256(key_blob);
    std::string text = base64_encode(ByteSpan(digest.data(), digest.size()));
    while (!text.empty() && text.back() == '=')
        text.pop_back();
    return "SHA256:" + text;
}

std::string ssh_key_type(ByteSpan key_blob) {
    if (key_blob.size() < 4)
        return {};
    size_t size = load_be<uint32_t>(key_blob.data());
    if (size > key_blob.size() - 4 || size > 64)
        return {};
    return std::string(reinterpret_cast<const char*>(key_blob.data() + 4), size);
}

} // namespace pf::net
