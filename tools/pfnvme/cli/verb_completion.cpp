// pfnvme completion bash: made from the verb table, so that it can't fall behind it.
#include "tools/pfnvme/cli/exit_codes.hpp"
#include "tools/pfnvme/cli/verb.hpp"
#include "tools/pfnvme/cli/verbs.hpp"

#include <cstdio>

namespace pf::nvmetool {

int completion_verb(const OptionValues& values) {
    if (values.positionals() != std::vector<std::string>{"bash"}) {
        return report_error(kExitUsage, "completion takes one shell: bash");
    }
    std::fputs("_pfnvme() {\n"
               "    local line=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\" verbs words=()\n"
               "    verbs=(",
               stdout);
    for (const Verb& verb : all_verbs()) {
        std::printf("'%s' ", std::string(verb.words).c_str());
    }
    std::fputs(")\n"
               "    local v rest\n"
               "    for v in \"${verbs[@]}\"; do\n"
               "        if [[ -z $line ]]; then words+=(\"${v%% *}\")\n"
               "        elif [[ $v == \"$line \"* ]]; then rest=\"${v#\"$line \"}\"; "
               "words+=(\"${rest%% *}\"); fi\n"
               "    done\n"
               "    COMPREPLY=($(compgen -W \"${words[*]}\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
               "    [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "
               "\"${COMP_WORDS[COMP_CWORD]}\"))\n"
               "}\n"
               "complete -F _pfnvme pfnvme\n",
               stdout);
    return kExitOk;
}

} // namespace pf::nvmetool
