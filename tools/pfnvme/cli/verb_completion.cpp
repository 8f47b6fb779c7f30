// pfnvme completion bash|zsh|fish: made from the verb table, so that it can't fall behind it.
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <cstdio>
#include <map>
#include <set>

namespace pf::nvmetool {

namespace {

std::string options_of(const Verb& verb) {
    std::string out;
    const OptionTable options_table = option_table(verb);
    for (const OptionSpec& spec : options_table.specs()) {
        out += (out.empty() ? "--" : " --") + spec.name;
    }
    return out;
}

// "host nvme" → {"plan", "apply"}: what may follow words already typed.
std::map<std::string, std::set<std::string>> next_words() {
    std::map<std::string, std::set<std::string>> out;
    for (const Verb& verb : all_verbs()) {
        std::string before;
        for (const std::string& word : verb_words(verb)) {
            out[before].insert(word);
            before += (before.empty() ? "" : " ") + word;
        }
    }
    return out;
}

// A summary inside single quotes.
std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        out += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return out + "'";
}

// zsh reads the same functions through bashcompinit.
void print_bash() {
    std::fputs("_pfnvme() {\n"
               "    local cur=\"${COMP_WORDS[COMP_CWORD]}\" line= word list=\n"
               "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
               "        [[ $word == -* ]] && break\n"
               "        line=\"${line:+$line }$word\"\n"
               "    done\n"
               "    case \"$line\" in\n",
               stdout);
    for (const auto& [before, words] : next_words()) {
        std::string list;
        for (const std::string& word : words) {
            list += (list.empty() ? "" : " ") + word;
        }
        std::printf("        '%s') list='%s' ;;\n", before.c_str(), list.c_str());
    }
    std::fputs("    esac\n"
               "    if [[ $cur == -* ]]; then\n"
               "        case \"$line\" in\n",
               stdout);
    for (const Verb& verb : all_verbs()) {
        std::printf("            '%s'*) list='%s' ;;\n", std::string(verb.words).c_str(),
                    options_of(verb).c_str());
    }
    std::fputs("        esac\n"
               "    fi\n"
               "    COMPREPLY=($(compgen -W \"$list\" -- \"$cur\"))\n"
               "    [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- \"$cur\"))\n"
               "}\n"
               "complete -F _pfnvme pfnvme\n",
               stdout);
}

void print_fish() {
    std::fputs("complete -c pfnvme -f\n", stdout);
    for (const Verb& verb : all_verbs()) {
        std::string before;
        for (const std::string& word : verb_words(verb)) {
            const std::string line = before.empty() ? "pfnvme" : "pfnvme " + before;
            const bool last =
                (before.empty() ? word : before + " " + word) == std::string(verb.words);
            std::printf("complete -c pfnvme -n \"test (commandline -cp | string trim -r) = '%s'\" "
                        "-a %s%s\n",
                        line.c_str(), word.c_str(),
                        last ? (" -d " + quoted(verb.summary)).c_str() : "");
            before += (before.empty() ? "" : " ") + word;
        }
        const OptionTable options_table = option_table(verb);
        for (const OptionSpec& spec : options_table.specs()) {
            std::printf("complete -c pfnvme -n \"string match -q 'pfnvme %s*' (commandline -cp)\" "
                        "-l %s%s -d %s\n",
                        before.c_str(), spec.name.c_str(),
                        spec.type == OptionType::Flag ? "" : " -r", quoted(spec.help).c_str());
        }
    }
}

} // namespace

int completion_verb(const OptionValues& values) {
    const std::vector<std::string>& words = values.positionals();
    const std::string shell = words.size() == 1 ? words.front() : "";
    if (shell == "bash") {
        print_bash();
    } else if (shell == "zsh") {
        std::fputs("autoload -U +X bashcompinit && bashcompinit\n", stdout);
        print_bash();
    } else if (shell == "fish") {
        print_fish();
    } else {
        return report_error(kExitUsage, "completion takes one shell: bash, zsh or fish");
    }
    return kExitOk;
}

} // namespace pf::nvmetool
