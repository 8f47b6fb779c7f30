// The command and record models, and the executor over SSH.

#include "libvsphere/esxcli.hpp"

#include "base/net/ssh_client.hpp"
#include "libvsphere/equivalent.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace pf::vim {

namespace {

/// Names compare by letters and digits only: "Host NQN", "HostNQN" and "host-nqn" are one.
std::string squeeze(std::string_view name) {
    std::string out;
    for (char c : name) {
        auto u = static_cast<unsigned char>(c);
        if (std::isalnum(u))
            out += static_cast<char>(std::tolower(u));
    }
    return out;
}

const EsxcliRecord::Entry* find_entry(const EsxcliRecord& record, std::string_view name) {
    std::string wanted = squeeze(name);
    for (const EsxcliRecord::Entry& e : record.entries) {
        if (squeeze(e.name) == wanted)
            return &e;
    }
    return nullptr;
}

std::string trim(std::string_view text) {
    size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos)
        return {};
    size_t end = text.find_last_not_of(" \t\r\n");
    return std::string(text.substr(begin, end - begin + 1));
}

std::string one_line(std::string_view text) {
    std::string out;
    for (char c : trim(text))
        out += c == '\n' || c == '\r' ? ' ' : c;
    constexpr size_t limit = 500;
    if (out.size() > limit)
        out = out.substr(0, limit) + "…";
    return out;
}

class SshEsxcli : public EsxcliExecutor {
  public:
    explicit SshEsxcli(net::SshClient& client) : client_(client) {}

    std::string transport() const override { return "ssh"; }

    Result<EsxcliOutput> run(const EsxcliCommand& command,
                             std::chrono::milliseconds timeout) override {
        if (json_works_) {
            PF_TRY(net::SshResult result, client_.run(command.text("json"), timeout));
            if (result.exit_status == 0 && result.exit_signal.empty()) {
                Result<EsxcliOutput> parsed = parse_esxcli_json(result.out);
                if (parsed)
                    return parsed;
                // A void command prints nothing, and some print plain text whatever is asked for.
                return parse_esxcli_text(result.out);
            }
            // The formatter is refused before the command is looked at, so nothing has run.
            std::string said = result.out + result.err;
            if (said.find("formatter") == std::string::npos)
                return failed(command, result);
            json_works_ = false;
        }
        PF_TRY(net::SshResult result, client_.run(command.text(), timeout));
        if (result.exit_status != 0 || !result.exit_signal.empty())
            return failed(command, result);
        return parse_esxcli_text(result.out);
    }

  private:
    static Result<EsxcliOutput> failed(const EsxcliCommand& command, const net::SshResult& result) {
        std::string said = one_line(result.err.empty() ? result.out : result.err);
        if (!result.err.empty() && !trim(result.out).empty())
            said += " / " + one_line(result.out);
        Errc code = said.find("Unknown command or namespace") != std::string::npos ||
                            said.find("Invalid option") != std::string::npos
                        ? Errc::Unsupported
                        : Errc::Fault;
        return fail(code, "{}: {} (exit status {})", command.text(),
                    said.empty() ? "failed without a word" : said, result.exit_status);
    }

    net::SshClient& client_;
    bool json_works_ = true;
};

} // namespace

EsxcliCommand::EsxcliCommand(std::string_view words) {
    while (!words.empty()) {
        size_t space = std::min(words.find(' '), words.size());
        if (space > 0)
            path.emplace_back(words.substr(0, space));
        words.remove_prefix(std::min(space + 1, words.size()));
    }
}

EsxcliCommand& EsxcliCommand::opt(std::string name, std::string value) {
    for (EsxcliOption& option : options) {
        if (option.name == name) {
            option.values.push_back(std::move(value));
            return *this;
        }
    }
    options.push_back({std::move(name), {std::move(value)}});
    return *this;
}

EsxcliCommand& EsxcliCommand::flag(std::string name) {
    options.push_back({std::move(name), {}});
    return *this;
}

std::string EsxcliCommand::text(std::string_view formatter) const {
    std::string out = "esxcli";
    if (!formatter.empty())
        out += fmt::format(" --formatter={}", formatter);
    for (const std::string& word : path)
        out += " " + shell_quote(word);
    for (const EsxcliOption& option : options) {
        std::string dashed = (option.name.size() == 1 ? "-" : "--") + option.name;
        if (option.values.empty())
            out += " " + dashed;
        for (const std::string& value : option.values)
            out += " " + (option.name.size() == 1 ? dashed + " " + shell_quote(value)
                                                  : shell_quote(dashed + "=" + value));
    }
    return out;
}

bool EsxcliRecord::has(std::string_view name) const { return find_entry(*this, name) != nullptr; }

std::string EsxcliRecord::get(std::string_view name, std::string_view fallback) const {
    const Entry* entry = find_entry(*this, name);
    if (!entry || entry->values.empty())
        return std::string(fallback);
    return entry->values.front();
}

std::vector<std::string> EsxcliRecord::list(std::string_view name) const {
    const Entry* entry = find_entry(*this, name);
    return entry ? entry->values : std::vector<std::string>{};
}

int64_t EsxcliRecord::get_int(std::string_view name, int64_t fallback) const {
    std::string text = trim(get(name));
    int base = 10;
    std::string_view digits = text;
    if (digits.substr(0, 2) == "0x") {
        digits.remove_prefix(2);
        base = 16;
    }
    int64_t number = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    return error == std::errc{} && end == digits.data() + digits.size() && !digits.empty()
               ? number
               : fallback;
}

bool EsxcliRecord::get_bool(std::string_view name, bool fallback) const {
    std::string text = squeeze(get(name));
    if (text == "true" || text == "yes" || text == "1")
        return true;
    if (text == "false" || text == "no" || text == "0")
        return false;
    return fallback;
}

std::unique_ptr<EsxcliExecutor> make_ssh_esxcli(net::SshClient& client) {
    return std::make_unique<SshEsxcli>(client);
}

} // namespace pf::vim
