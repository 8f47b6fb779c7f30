#include "libvsphere/simulator/vmx.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace pf::vim::sim {

namespace {

std::string lower(std::string_view text) {
    std::string s(text);
    std::transform(s.begin(), s.end(), s.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return s;
}

std::string_view trim(std::string_view s) {
    const auto begin = s.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) {
        return {};
    }
    return s.substr(begin, s.find_last_not_of(" \t\r") - begin + 1);
}

// VMware escapes quotes and newlines as |22 and |0A.
std::string escape(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '"' || c == '|' || c == '\n' || c == '#') {
            out += fmt::format("|{:02X}", static_cast<unsigned char>(c));
        } else {
            out.push_back(c);
        }
    }
    return out;
}

std::string unescape(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '|' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr ==
                text.data() + i + 3) {
            out.push_back(static_cast<char>(value));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

template<class Each>
Result<void> each_line(std::string_view text, Each each) {
    size_t number = 0;
    while (!text.empty()) {
        const size_t end = text.find('\n');
        const std::string_view line = trim(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++number;
        if (!line.empty() && line[0] != '#') {
            PF_CHECK(each(line, number));
        }
    }
    return {};
}

// key = "value" or key = value
Result<std::pair<std::string, std::string>> split(std::string_view line, size_t number) {
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || trim(line.substr(0, equals)).empty()) {
        return fail(Errc::Corrupt, "line {} is not key = \"value\"", number);
    }
    std::string_view value = trim(line.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
    }
    return std::make_pair(std::string(trim(line.substr(0, equals))), unescape(value));
}

} // namespace

Result<VmxFile> VmxFile::parse(std::string_view text) {
    VmxFile file;
    auto each = [&](std::string_view line, size_t number) -> Result<void> {
        PF_TRY(auto entry, split(line, number));
        file.set(entry.first, entry.second);
        return {};
    };
    PF_CHECK(each_line(text, each));
    return file;
}

std::string VmxFile::text() const {
    std::string out = ".encoding = \"UTF-8\"\n";
    for (const auto& [lower_key, entry] : entries_) {
        if (lower_key != ".encoding") {
            out += fmt::format("{} = \"{}\"\n", entry.first, escape(entry.second));
        }
    }
    return out;
}

std::string VmxFile::get(std::string_view key, std::string_view fallback) const {
    const auto found = entries_.find(lower(key));
    return found == entries_.end() ? std::string(fallback) : found->second.second;
}

bool VmxFile::get_bool(std::string_view key) const { return lower(get(key)) == "true"; }

int64_t VmxFile::get_int(std::string_view key, int64_t fallback) const {
    const std::string text = get(key);
    int64_t value = 0;
    const auto end = text.data() + text.size();
    return !text.empty() && std::from_chars(text.data(), end, value).ptr == end ? value : fallback;
}

void VmxFile::set(std::string_view key, std::string_view value) {
    auto& entry = entries_[lower(key)];
    if (entry.first.empty()) {
        entry.first = std::string(key);
    }
    entry.second = std::string(value);
}

void VmxFile::remove_prefix(std::string_view prefix) {
    const std::string low = lower(prefix);
    std::erase_if(entries_, [&](const auto& e) { return e.first.starts_with(low); });
}

std::string DiskDescriptor::text() const {
    std::string out = "# Disk DescriptorFile\nversion=1\nencoding=\"UTF-8\"\nCID=fffffffe\n";
    out += parent_file.empty() ? "parentCID=ffffffff\n" : "parentCID=fffffffe\n";
    out += fmt::format("createType=\"{}\"\n", create_type);
    if (!parent_file.empty()) {
        out += fmt::format("parentFileNameHint=\"{}\"\n", parent_file);
    }
    const char* kind = is_rdm() ? "VMFSRDM" : parent_file.empty() ? "VMFS" : "SESPARSE";
    out += fmt::format("\n# Extent description\nRW {} {} \"{}\"\n\n", size_bytes / 512, kind,
                       extent_file);
    out += "# The Disk Data Base\n#DDB\n\nddb.adapterType = \"lsilogic\"\n";
    out += fmt::format("ddb.uuid = \"{}\"\n", uuid);
    if (thin && !is_rdm()) {
        out += "ddb.thinProvisioned = \"1\"\n";
    }
    if (is_rdm()) {
        out += fmt::format("ddb.rawDevice = \"{}\"\n", rdm_device);
    }
    return out + "ddb.virtualHWVersion = \"19\"\n";
}

Result<DiskDescriptor> DiskDescriptor::parse(std::string_view text) {
    DiskDescriptor disk;
    disk.thin = false;
    auto each = [&](std::string_view line, size_t number) -> Result<void> {
        if (line.starts_with("RW ")) {
            const size_t quote = line.find('"');
            const size_t end = line.rfind('"');
            uint64_t sectors = 0;
            const auto parsed =
                std::from_chars(line.data() + 3, line.data() + line.size(), sectors);
            if (parsed.ec != std::errc{} || quote == std::string_view::npos || end <= quote) {
                return fail(Errc::Corrupt, "disk descriptor line {}: bad extent", number);
            }
            disk.size_bytes = sectors * 512;
            disk.extent_file = std::string(line.substr(quote + 1, end - quote - 1));
            return {};
        }
        PF_TRY(auto entry, split(line, number));
        if (entry.first == "createType") {
            disk.create_type = entry.second;
        } else if (entry.first == "parentFileNameHint") {
            disk.parent_file = entry.second;
        } else if (entry.first == "ddb.uuid") {
            disk.uuid = entry.second;
        } else if (entry.first == "ddb.thinProvisioned") {
            disk.thin = entry.second == "1";
        } else if (entry.first == "ddb.rawDevice") {
            disk.rdm_device = entry.second;
        }
        return {};
    };
    PF_CHECK(each_line(text, each));
    if (disk.extent_file.empty()) {
        return fail(Errc::Corrupt, "disk descriptor names no extent");
    }
    return disk;
}

Result<DatastorePath> DatastorePath::parse(std::string_view text) {
    const size_t close = text.find(']');
    if (text.empty() || text.front() != '[' || close == std::string_view::npos || close == 1) {
        return fail(Errc::InvalidArgument, "'{}' is not a datastore path", text);
    }
    DatastorePath path;
    path.datastore = std::string(text.substr(1, close - 1));
    path.path = std::string(trim(text.substr(close + 1)));
    return path;
}

std::string DatastorePath::str() const { return fmt::format("[{}] {}", datastore, path); }

std::string directory_of(std::string_view path) {
    const size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

std::string file_of(std::string_view path) {
    const size_t slash = path.rfind('/');
    return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string vmx_uuid(std::string_view uuid) {
    std::string out;
    size_t digits = 0;
    for (char c : uuid) {
        if (c == '-') {
            continue;
        }
        if (digits > 0 && digits % 2 == 0) {
            out.push_back(digits == 16 ? '-' : ' ');
        }
        out.push_back(c);
        ++digits;
    }
    return out;
}

std::string plain_uuid(std::string_view vmx_text) {
    std::string hex;
    for (char c : vmx_text) {
        if (std::isxdigit(static_cast<unsigned char>(c)) != 0) {
            hex.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
        }
    }
    if (hex.size() != 32) {
        return {};
    }
    return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
           hex.substr(16, 4) + "-" + hex.substr(20);
}

} // namespace pf::vim::sim
