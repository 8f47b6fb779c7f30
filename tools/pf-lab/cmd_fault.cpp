#include "base/file.hpp"
#include "base/json.hpp"
#include "base/net/fault_rules.hpp"
#include "tools/pf-lab/processes.hpp"
#include "tools/pf-lab/verbs.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>

namespace pf::lab {
namespace {

Result<> inject(OpenLab& lab, const std::string& what, const std::string& name) {
    auto* process = lab.state.find(name);
    if (process == nullptr)
        return fail(Errc::NotFound, "the lab has no process '{}'; pf-lab status lists them", name);
    if (what == "start") {
        if (is_running(*process))
            return fail(Errc::Conflict, "{} runs already", name);
        return start_process(lab.dir, lab.state, {name, process->argv});
    }
    const int number = what == "kill"     ? SIGKILL
                       : what == "pause"  ? SIGSTOP
                       : what == "resume" ? SIGCONT
                                          : 0;
    if (number == 0)
        return fail(Errc::InvalidArgument, "'{}' is none of kill, pause, resume, start", what);
    if (!is_running(*process))
        return fail(Errc::Conflict, "{} does not run", name);
    ::kill(process->pid, number);
    if (number == SIGKILL)
        return wait_until(lab.dir, nullptr, 10s, name + " is gone",
                          [&] { return !is_running(*process); });
    return {};
}

Result<std::vector<net::FaultRule>> rules_of(const std::string& file) {
    if (!file_exists(file))
        return std::vector<net::FaultRule>{};
    PF_TRY(const std::string text, read_file(file));
    return net::parse_fault_rules(text);
}

// The rule that the options describe, in the words of the rule file.
Result<net::FaultRule> rule_of(const OptionValues& values, std::size_t number) {
    json::object rule{
        {"id", values.given("id") ? values.text("id") : fmt::format("rule-{}", number)},
        {"service", values.text("service")},
        {"method", values.text("method")},
        {"object", values.text("object")},
        {"action", values.text("action")},
        {"when", values.text("when")},
        {"fault", values.text("fault")},
        {"message", values.text("message")},
        {"delayMs", values.integer("delay")},
        {"nth", values.integer("nth")},
        {"times", values.integer("times")}};
    double probability = 1;
    const std::string& text = values.text("probability");
    if (std::from_chars(text.data(), text.data() + text.size(), probability).ptr !=
        text.data() + text.size())
        return fail(Errc::InvalidArgument, "--probability is a number from 0 to 1");
    rule["probability"] = probability;
    const json::object file{{"rules", json::array{std::move(rule)}}};
    PF_TRY(auto rules, net::parse_fault_rules(json::serialize(file)));
    return std::move(rules.front());
}

Result<> add_rule(const LabDir& dir, const OptionValues& values) {
    const std::string file = dir / "faults.json";
    PF_TRY(auto rules, rules_of(file));
    std::size_t number = rules.size() + 1;
    auto taken = [&](const std::string& id) {
        return std::any_of(rules.begin(), rules.end(), [&](const auto& r) { return r.id == id; });
    };
    while (taken(fmt::format("rule-{}", number)))
        ++number;
    PF_TRY(auto rule, rule_of(values, number));
    std::erase_if(rules, [&](const auto& r) { return r.id == rule.id; });
    std::printf("%s\n", rule.id.c_str());
    rules.push_back(std::move(rule));
    return write_file_atomic(file, net::format_fault_rules(rules), 0600);
}

Result<> clear_rules(const LabDir& dir, const std::vector<std::string>& ids) {
    const std::string file = dir / "faults.json";
    PF_TRY(auto rules, rules_of(file));
    for (const std::string& id : ids)
        if (std::erase_if(rules, [&](const auto& r) { return r.id == id; }) == 0)
            return fail(Errc::NotFound, "there is no fault rule {}", id);
    if (ids.empty())
        rules.clear();
    return write_file_atomic(file, net::format_fault_rules(rules), 0600);
}

Result<> show_rules(const LabDir& dir) {
    PF_TRY(const auto rules, rules_of(dir / "faults.json"));
    std::printf("%s", net::format_fault_rules(rules).c_str());
    const std::string log = dir / "log/faults.jsonl";
    if (file_exists(log)) {
        PF_TRY(const std::string made, read_file(log));
        std::printf("%s", made.c_str());
    }
    return {};
}

Result<> take_rules(const LabDir& dir, const std::string& file) {
    PF_TRY(const std::string text, read_file(file));
    PF_TRY(const auto rules, net::parse_fault_rules(text));
    return write_file_atomic(dir / "faults.json", net::format_fault_rules(rules), 0600);
}

OptionTable fault_table() {
    auto table = verb_table(
        "fault", "kill|pause|resume|start PROCESS | add | list | clear [ID]... | load FILE");
    table.add({.name = "id", .help = "add: the rule's name", .value_name = "ID"})
        .add({.name = "service",
              .default_value = "*",
              .help = "add: vcenter, esxi, ssh, gateway, or guest (I/O of a VM)",
              .value_name = "NAME"})
        .add({.name = "method",
              .default_value = "*",
              .help = "add: vim25 method, esxcli command, REST path or action; * matches any run",
              .value_name = "PATTERN"})
        .add({.name = "object",
              .default_value = "*",
              .help = "add: moid, name, host name, REST id",
              .value_name = "PATTERN"})
        .add({.name = "action",
              .default_value = "fault",
              .help = "add: fault, delay, drop (the connection) or hang"})
        .add({.name = "when",
              .default_value = "before",
              .help = "add: before or after the effect, or task (the started task fails)"})
        .add({.name = "fault",
              .default_value = "",
              .help = "add: vim fault type or HTTP status",
              .value_name = "TYPE"})
        .add({.name = "message", .default_value = "", .help = "add: the fault's text"})
        .add({.name = "delay",
              .type = OptionType::Integer,
              .default_value = "0",
              .help = "add: milliseconds of a delay",
              .min = 0,
              .max = 3'600'000})
        .add({.name = "nth",
              .type = OptionType::Integer,
              .default_value = "0",
              .help = "add: the first matching call that is hit, from 1",
              .min = 0})
        .add({.name = "times",
              .type = OptionType::Integer,
              .default_value = "0",
              .help = "add: how many calls are hit, 0: all",
              .min = 0})
        .add({.name = "probability", .default_value = "1", .help = "add: of each matching call"});
    return table;
}

} // namespace

int verb_fault(const std::vector<std::string>& args) {
    OptionValues values;
    int code = 0;
    if (parsed_or_exit(fault_table(), args, true, values, code))
        return code;
    const auto& words = values.positionals();
    const std::string what = words.empty() ? "" : words.front();
    auto lab = open_lab(values);
    if (!lab)
        return report(lab.error());
    Result<> done;
    if (what == "add" && words.size() == 1)
        done = add_rule(lab->dir, values);
    else if (what == "list" && words.size() == 1)
        done = show_rules(lab->dir);
    else if (what == "clear")
        done = clear_rules(lab->dir, {words.begin() + 1, words.end()});
    else if (what == "load" && words.size() == 2)
        done = take_rules(lab->dir, words[1]);
    else if (words.size() == 2)
        done = inject(*lab, what, words[1]);
    else
        return report({Errc::InvalidArgument,
                       "usage: pf-lab fault kill|pause|resume|start PROCESS, "
                       "or add, list, clear [ID]..., load FILE"});
    return done ? 0 : report(done.error());
}

} // namespace pf::lab
