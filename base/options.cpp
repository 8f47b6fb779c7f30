#include "base/options.hpp"

#include "base/assert.hpp"
#include "base/file.hpp"

#include <boost/program_options.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace pf {
namespace po = boost::program_options;
namespace {

std::string env_name(const std::string& prefix, const std::string& option) {
    std::string out = prefix;
    for (char c : option)
        out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return out;
}

po::options_description describe(const std::vector<OptionSpec>& specs) {
    po::options_description description;
    for (const auto& spec : specs) {
        if (spec.type == OptionType::Flag)
            description.add_options()(spec.name.c_str(), po::bool_switch());
        else
            description.add_options()(spec.name.c_str(),
                                      po::value<std::vector<std::string>>()->composing());
    }
    return description;
}

Result<std::int64_t> parse_number(std::string_view text, std::string_view what) {
    std::int64_t value = 0;
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || at != text.data() + text.size())
        return fail(Errc::InvalidArgument, "'{}' is not {}", text, what);
    return value;
}

Result<std::int64_t>
scaled(std::string_view text, std::string_view what,
       std::initializer_list<std::pair<std::string_view, std::int64_t>> units) {
    const auto digits = text.find_first_not_of("0123456789");
    if (digits == 0 || text.empty())
        return fail(Errc::InvalidArgument, "'{}' is not {}", text, what);
    PF_TRY(const std::int64_t number, parse_number(text.substr(0, digits), what));
    if (digits == std::string_view::npos)
        return number;
    const auto unit = text.substr(digits);
    for (const auto& [name, factor] : units) {
        if (unit != name)
            continue;
        std::int64_t product = 0;
        if (__builtin_mul_overflow(number, factor, &product))
            return fail(Errc::InvalidArgument, "'{}' is too large", text);
        return product;
    }
    return fail(Errc::InvalidArgument, "'{}' is not {}", text, what);
}

} // namespace

Result<std::int64_t> parse_size_bytes(std::string_view text) {
    return scaled(text, "a size (like 64KiB, 10GiB or 4096)",
                  {{"B", 1},
                   {"KiB", 1LL << 10},
                   {"MiB", 1LL << 20},
                   {"GiB", 1LL << 30},
                   {"TiB", 1LL << 40},
                   {"kB", 1000},
                   {"MB", 1000 * 1000},
                   {"GB", 1000LL * 1000 * 1000},
                   {"TB", 1000LL * 1000 * 1000 * 1000}});
}

Result<std::int64_t> parse_duration_ms(std::string_view text) {
    return scaled(text, "a duration (like 250ms, 5s, 10m or 2h)",
                  {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}});
}

bool OptionValues::flag(std::string_view name) const {
    const auto found = values_.find(name);
    return found != values_.end() && !found->second.empty() && found->second.back() == "true";
}

const std::string& OptionValues::text(std::string_view name) const {
    static const std::string kEmpty;
    const auto found = values_.find(name);
    return found == values_.end() || found->second.empty() ? kEmpty : found->second.back();
}

std::int64_t OptionValues::integer(std::string_view name) const {
    const auto found = numbers_.find(name);
    return found == numbers_.end() ? 0 : found->second;
}

std::vector<std::string> OptionValues::list(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::vector<std::string>{} : found->second;
}

bool OptionValues::given(std::string_view name) const { return given_.find(name) != given_.end(); }

OptionTable::OptionTable(std::string program, std::string summary, std::string env_prefix)
    : program_(std::move(program)), summary_(std::move(summary)),
      env_prefix_(std::move(env_prefix)) {
    add({.name = "help", .type = OptionType::Flag, .help = "print this help and exit"});
    add({.name = "version", .type = OptionType::Flag, .help = "print the version and exit"});
    add({.name = "print-config",
         .type = OptionType::Flag,
         .help = "print the effective configuration as an INI file and exit"});
    add({.name = "config", .help = "INI file with these options", .value_name = "FILE"});
}

OptionTable& OptionTable::add(OptionSpec spec) {
    const bool known = std::any_of(specs_.begin(), specs_.end(),
                                   [&](const OptionSpec& s) { return s.name == spec.name; });
    PF_ASSERT(!known, "an option is declared twice");
    specs_.push_back(std::move(spec));
    return *this;
}

Result<OptionValues> OptionTable::parse(int argc, const char* const* argv,
                                        bool allow_positionals) const {
    return parse(std::vector<std::string>(argv + std::min(argc, 1), argv + argc),
                 allow_positionals);
}

Result<OptionValues> OptionTable::parse(const std::vector<std::string>& args,
                                        bool allow_positionals) const {
    OptionValues out;
    const po::options_description description = describe(specs_);
    const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    std::map<std::string, std::vector<std::string>> given;
    auto absorb = [&](const po::parsed_options& parsed) -> Result<> {
        std::map<std::string, std::vector<std::string>> here;
        for (const auto& option : parsed.options) {
            if (option.position_key >= 0 || option.string_key.empty()) {
                if (!allow_positionals)
                    return fail(Errc::InvalidArgument, "{}: unexpected word '{}'", program_,
                                option.value.empty() ? option.string_key : option.value[0]);
                out.positionals_.insert(out.positionals_.end(), option.value.begin(),
                                        option.value.end());
                continue;
            }
            auto& values = here[option.string_key];
            if (option.value.empty())
                values.push_back("true");
            values.insert(values.end(), option.value.begin(), option.value.end());
        }
        for (auto& [name, values] : here)
            given.try_emplace(name, std::move(values)); // an earlier source wins
        return {};
    };
    try {
        PF_CHECK(absorb(po::command_line_parser(args).options(description).style(style).run()));
        if (!env_prefix_.empty())
            for (const auto& spec : specs_)
                if (const char* value = std::getenv(env_name(env_prefix_, spec.name).c_str()))
                    given.try_emplace(spec.name, std::vector<std::string>{value});
        if (const auto config = given.find("config"); config != given.end()) {
            PF_TRY(const std::string text, read_file(config->second.back()));
            std::istringstream in(text);
            PF_CHECK(absorb(po::parse_config_file(in, description)));
        }
    } catch (const po::error& error) {
        return fail(Errc::InvalidArgument, "{}: {}; see '{} --help'", program_, error.what(),
                    program_);
    }
    for (const auto& spec : specs_) {
        const auto found = given.find(spec.name);
        if (found != given.end()) {
            out.given_[spec.name] = true;
            out.values_[spec.name] = found->second;
        } else if (!spec.default_value.empty()) {
            out.values_[spec.name] = {spec.default_value};
        }
    }
    if (out.flag("help") || out.flag("version"))
        return out;
    for (const auto& spec : specs_) {
        const auto found = out.values_.find(spec.name);
        if (found == out.values_.end()) {
            if (spec.required)
                return fail(Errc::InvalidArgument, "{}: --{} is required", program_, spec.name);
            continue;
        }
        const std::string& last = found->second.back();
        Result<std::int64_t> number = 0;
        switch (spec.type) {
        case OptionType::Flag:
            if (last != "true" && last != "false")
                return fail(Errc::InvalidArgument, "{}: --{} is true or false, not '{}'", program_,
                            spec.name, last);
            continue;
        case OptionType::Text:
        case OptionType::List:
            continue;
        case OptionType::Integer:
            number = parse_number(last, "an integer");
            break;
        case OptionType::DurationMs:
            number = parse_duration_ms(last);
            break;
        case OptionType::SizeBytes:
            number = parse_size_bytes(last);
            break;
        }
        if (!number)
            return fail(Errc::InvalidArgument, "{}: --{}: {}", program_, spec.name,
                        number.error().what);
        if (*number < spec.min || *number > spec.max)
            return fail(Errc::InvalidArgument, "{}: --{} {} is out of range {}..{}", program_,
                        spec.name, last, spec.min, spec.max);
        out.numbers_[spec.name] = *number;
    }
    return out;
}

std::string OptionTable::help() const {
    std::string out = fmt::format("{}: {}\n\nOptions:\n", program_, summary_);
    for (const auto& spec : specs_) {
        std::string left = "  --" + spec.name;
        if (spec.type != OptionType::Flag)
            left += " " + (spec.value_name.empty() ? std::string("VALUE") : spec.value_name);
        out += fmt::format("{:<34} {}", left, spec.help);
        if (!spec.default_value.empty() && spec.type != OptionType::Flag)
            out += fmt::format(" (default {})", spec.default_value);
        if (spec.required)
            out += " (required)";
        out += '\n';
    }
    const auto own = std::find_if(specs_.begin(), specs_.end(), [](const OptionSpec& spec) {
        return spec.name != "help" && spec.name != "version" && spec.name != "print-config" &&
               spec.name != "config";
    });
    if (!env_prefix_.empty() && own != specs_.end())
        out += fmt::format("\nEvery option can also come from the environment, --{} as {}, or from "
                           "--config.\n",
                           own->name, env_name(env_prefix_, own->name));
    return out;
}

std::string OptionTable::print_config(const OptionValues& values) const {
    std::string out;
    for (const auto& spec : specs_) {
        if (spec.name == "help" || spec.name == "version" || spec.name == "print-config" ||
            spec.name == "config")
            continue;
        out += fmt::format("# {}\n", spec.help);
        const auto found = values.values_.find(spec.name);
        if (found == values.values_.end())
            out += fmt::format("# {} =\n", spec.name);
        else
            for (const auto& value : found->second)
                out += fmt::format("{} = {}\n", spec.name, value);
    }
    return out;
}

ParsedMain parse_main(const OptionTable& table, int argc, const char* const* argv,
                      bool allow_positionals) {
    ParsedMain out;
    auto parsed = table.parse(argc, argv, allow_positionals);
    if (!parsed) {
        std::fprintf(stderr, "%s\n", parsed.error().what.c_str());
        out.exit = true;
        out.exit_code = 2;
        return out;
    }
    out.values = std::move(*parsed);
    std::string text;
    if (out.values.flag("help"))
        text = table.help();
    else if (out.values.flag("version"))
        text = fmt::format("{} {}\n", table.program(), version());
    else if (out.values.flag("print-config"))
        text = table.print_config(out.values);
    else
        return out;
    std::fputs(text.c_str(), stdout);
    out.exit = true;
    return out;
}

std::string_view version() { return "0.1.0"; }

} // namespace pf
