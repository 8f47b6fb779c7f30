#include "tools/scli/run.hpp"

#include <unistd.h>

#include <csignal>
#include <iostream>

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    pf::scli::Environment environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (const auto equals = text.find('='); equals != std::string_view::npos) {
            environment.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    pf::scli::Invocation invocation{
        {argv + 1, argv + argc}, std::move(environment), std::cout, std::cerr};
    if (::isatty(STDIN_FILENO) == 1) {
        invocation.confirm = [](const std::string& question) {
            std::cerr << question << std::flush;
            std::string answer;
            return std::getline(std::cin, answer) && (answer == "y" || answer == "yes");
        };
    }
    const int status = pf::scli::run(invocation);
    std::cout.flush();
    return status;
}
