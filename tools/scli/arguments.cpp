#include "tools/scli/arguments.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pf::scli {
namespace {

// Understood by every command.
constexpr std::string_view kCommonOptions =
    "management_system_ip=,mdm_ip=,ca_file=,insecure,i_am_sure,help,version";

struct Dash {
    std::string_view bytes;
    std::string_view name;
};
constexpr auto kTypographicDashes = std::to_array<Dash>({
    {"\xE2\x80\x90", "a hyphen (U+2010)"},
    {"\xE2\x80\x91", "a non-breaking hyphen (U+2011)"},
    {"\xE2\x80\x92", "a figure dash (U+2012)"},
    {"\xE2\x80\x93", "an en dash (U+2013)"},
    {"\xE2\x80\x94", "an em dash (U+2014)"},
    {"\xE2\x80\x95", "a horizontal bar (U+2015)"},
    {"\xE2\x88\x92", "a minus sign (U+2212)"},
});

const Dash* leading_dash(std::string_view word) {
    if (word.starts_with("-")) { // one typed, one pasted
        word.remove_prefix(1);
    }
    for (const Dash& dash : kTypographicDashes) {
        if (word.starts_with(dash.bytes)) {
            return &dash;
        }
    }
    return nullptr;
}

std::string without_dashes(std::string_view word) {
    for (bool more = true; more;) {
        more = false;
        if (word.starts_with("-")) {
            word.remove_prefix(1);
            more = true;
        }
        for (const Dash& dash : kTypographicDashes) {
            if (word.starts_with(dash.bytes)) {
                word.remove_prefix(dash.bytes.size());
                more = true;
            }
        }
    }
    return std::string(word);
}

enum class Known { No, Flag, Value };

Known lookup(std::string_view options, std::string_view name) {
    while (!options.empty()) {
        const auto comma = options.find(',');
        std::string_view item = options.substr(0, comma);
        options = comma == std::string_view::npos ? std::string_view() : options.substr(comma + 1);
        const bool value = item.ends_with('=');
        if (value) {
            item.remove_suffix(1);
        }
        if (item == name) {
            return value ? Known::Value : Known::Flag;
        }
    }
    return Known::No;
}

struct Word {
    std::string name;
    std::string inline_value;
    bool has_inline = false;
};

Result<Word> option_word(const std::string& text) {
    if (const Dash* dash = leading_dash(text)) {
        return fail(Errc::InvalidArgument,
                    "'{}' begins with {}, as pasted from a web page: type two plain hyphens, --{}",
                    text, dash->name, without_dashes(text));
    }
    if (!text.starts_with("--") || text.size() < 3) {
        return fail(Errc::InvalidArgument, "'{}' is no option: options begin with --", text);
    }
    Word word;
    const auto equals = text.find('=');
    word.name = text.substr(2, equals == std::string::npos ? std::string::npos : equals - 2);
    if (equals != std::string::npos) {
        word.has_inline = true;
        word.inline_value = text.substr(equals + 1);
    }
    return word;
}

} // namespace

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto comma = text.find(',');
        if (comma != 0) {
            out.emplace_back(text.substr(0, comma));
        }
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    }
    return out;
}

const std::string& Arguments::value(std::string_view name) const {
    static const std::string kNone;
    const auto it = values_.find(name);
    return it == values_.end() ? kNone : it->second;
}

std::vector<std::string> Arguments::list(std::string_view name) const { return split(value(name)); }

Result<std::string> Arguments::required(std::string_view name) const {
    if (value(name).empty()) {
        return fail(Errc::InvalidArgument, "--{} is missing", name);
    }
    return value(name);
}

Result<std::uint64_t> Arguments::number(std::string_view name, std::uint64_t max) const {
    PF_TRY(const std::string text, required(name));
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || number > max) {
        return fail(Errc::InvalidArgument, "--{} takes a number from 0 to {}, not '{}'", name, max,
                    text);
    }
    return number;
}

Result<Parsed> parse(std::span<const Command> commands, const std::vector<std::string>& args) {
    Parsed out;
    std::vector<Word> words;
    // The command may stand anywhere, so it is looked for first.
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (!args[i].starts_with("--") && leading_dash(args[i]) == nullptr) {
            continue; // a value; judged in the second pass
        }
        PF_TRY(const Word word, option_word(args[i]));
        for (const Command& command : commands) {
            if (command.name == word.name) {
                if (out.command != nullptr) {
                    return fail(Errc::InvalidArgument, "--{} and --{} are both commands: give one",
                                out.command->name, command.name);
                }
                out.command = &command;
            }
        }
    }
    const std::string_view own = out.command != nullptr ? out.command->options : std::string_view();
    for (std::size_t i = 0; i < args.size(); ++i) {
        PF_TRY(Word word, option_word(args[i]));
        if (out.command != nullptr && word.name == out.command->name) {
            continue;
        }
        if (word.name == "password" || word.name == "old_password" || word.name == "new_password") {
            return fail(
                Errc::InvalidArgument,
                "--{} would show the password to every user of this machine: leave it out and "
                "type it when asked, or give --password_from file:PATH",
                word.name);
        }
        Known known = lookup(own, word.name);
        if (known == Known::No) {
            known = lookup(kCommonOptions, word.name);
        }
        if (known == Known::No) {
            if (out.command == nullptr) {
                return fail(Errc::InvalidArgument, "unknown command --{}: see scli --help",
                            word.name);
            }
            return fail(Errc::InvalidArgument, "--{} does not know the option --{}",
                        out.command->name, word.name);
        }
        if (known == Known::Value && !word.has_inline) {
            if (i + 1 == args.size() || args[i + 1].starts_with("--")) {
                return fail(Errc::InvalidArgument, "--{} needs a value", word.name);
            }
            word.inline_value = args[++i];
        } else if (known == Known::Flag && word.has_inline) {
            return fail(Errc::InvalidArgument, "--{} takes no value", word.name);
        }
        if (!out.arguments.values_.emplace(word.name, word.inline_value).second) {
            return fail(Errc::InvalidArgument, "--{} is given twice", word.name);
        }
    }
    if (out.command == nullptr && !out.arguments.flag("help") && !out.arguments.flag("version")) {
        return fail(Errc::InvalidArgument, "no command given: see scli --help");
    }
    return out;
}

} // namespace pf::scli
