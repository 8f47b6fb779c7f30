// pfnvme explain CHECK-ID | exit CODE | "error text"
#include "tools/pfnvme/checks/checks.hpp"
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace pf::nvmetool {

namespace {

struct KnownText {
    std::string_view part;
    std::string_view meaning;
};

// Texts of ESXi that have several causes, most likely first.
constexpr std::array<KnownText, 4> kTexts{{
    {"object or item referred to could not be found",
     "1. the VMkernel port has no NVMe over TCP service: pfnvme host nvme apply tags it\n"
     "2. adapter and VMkernel port are on different NICs: compare 'esxcli nvme adapter list' with "
     "the port "
     "group's uplink\n"
     "3. the adapter name does not exist on this host\n"
     "4. this release has no such esxcli namespace\n"},
    {"original volume is still online", "The same volume is still reachable by its old device. "
                                        "Unmap it from every SDC before the copy is "
                                        "resignatured.\n"},
    {"cannot be unmounted", "Something on the host uses the datastore: registered VMs, templates "
                            "or ISOs, HA heartbeat, scratch, "
                            "core dump, swap.\n"},
    {"Connect Invalid Host",
     "The target does not know the host's NQN: pfnvme host nvme apply registers it.\n"},
}};

int explain_exit(const std::string& number) {
    for (const ExitCodeText& text : exit_code_texts()) {
        if (number.empty() || std::to_string(text.code) == number) {
            std::printf("%3d  %s%s%s\n", text.code, std::string(text.meaning).c_str(),
                        text.advice.empty() ? "" : "; ", std::string(text.advice).c_str());
            if (!number.empty()) {
                return kExitOk;
            }
        }
    }
    return number.empty() ? kExitOk : report_error(kExitUsage, "there is no exit code " + number);
}

} // namespace

int explain_verb(const OptionValues& values) {
    const std::vector<std::string>& words = values.positionals();
    if (words.empty()) {
        for (const CheckRule& rule : all_checks()) {
            std::printf("%-11s %-8s %s\n", std::string(rule.id).c_str(),
                        std::string(to_string(rule.severity)).c_str(),
                        std::string(rule.title).c_str());
        }
        return kExitOk;
    }
    if (words.front() == "exit") {
        return explain_exit(words.size() > 1 ? words[1] : "");
    }
    if (const CheckRule* rule = find_check(words.front()); rule != nullptr) {
        std::printf("%s (%s): %s\n%s\nfix: %s\n", std::string(rule->id).c_str(),
                    std::string(to_string(rule->severity)).c_str(),
                    std::string(rule->title).c_str(), std::string(rule->why).c_str(),
                    std::string(rule->fix).c_str());
        return kExitOk;
    }
    const std::string text = fmt::format("{}", fmt::join(words, " "));
    for (const KnownText& known : kTexts) {
        if (text.find(known.part) != std::string::npos) {
            std::fputs(std::string(known.meaning).c_str(), stdout);
            return kExitOk;
        }
    }
    return report_error(kExitUsage,
                        fmt::format("nothing is known about '{}'; pfnvme explain lists the "
                                    "checks",
                                    text));
}

} // namespace pf::nvmetool
