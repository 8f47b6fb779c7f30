// What a machine can judge of the house rules: floors, formatting, the coroutine rule, stray paths.
#include "base/file.hpp"
#include "base/process.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <sstream>

namespace pf {
namespace {

// Rooms and their floors (docs/ARCHITECTURE.md). The longest matching prefix is a file's room.
const std::map<std::string, int> kFloors = {
    {"base", 0},
    {"base/net", 1},
    {"backend/rt", 1},
    {"libpf", 2},
    {"libvsphere", 2},
    {"backend/nvme", 2},
    {"backend/map", 2},
    {"backend/proto", 2},
    {"backend/meta", 2},
    {"libvsphere/simulator", 3},
    {"backend/sds/store", 3},
    {"backend/mdm/client", 3},
    {"backend/sdc", 4},
    {"backend/mdm", 4},
    {"backend/sds", 4},
    {"backend/sdt", 5},
    {"backend/gateway", 5},
    {"tools/scli", 6},
    {"tools/pf-lab", 6},
    {"tools/pfnvme", 6},
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        out.push_back(line);
    return out;
}

const std::vector<std::string>& tracked_files() {
    static const std::vector<std::string> kFiles = [] {
        const auto listed =
            run_command({"git", "-C", PF_SOURCE_DIR, "-c", "safe.directory=*", "ls-files"}, 60s);
        return listed && listed->exit_code == 0 ? lines_of(listed->out)
                                                : std::vector<std::string>{};
    }();
    return kFiles;
}

bool is_source(const std::string& file) { return file.ends_with(".cpp") || file.ends_with(".hpp"); }

std::string content(const std::string& file) {
    const auto text = read_file(std::string(PF_SOURCE_DIR) + "/" + file);
    return text ? *text : std::string();
}

std::string room_of(const std::string& file) {
    std::string best;
    for (const auto& [room, floor] : kFloors)
        if (file.starts_with(room + "/") && room.size() > best.size())
            best = room;
    return best;
}

TEST(Tidy, TheTreeIsKnown) { ASSERT_GT(tracked_files().size(), 50u); }

TEST(Tidy, IncludesOnlyGoDown) {
    const std::regex include("^\\s*#\\s*include\\s+\"([^\"]+)\"");
    for (const auto& file : tracked_files()) {
        const auto room = room_of(file);
        if (!is_source(file) || room.empty())
            continue;
        for (const auto& line : lines_of(content(file))) {
            std::smatch match;
            if (!std::regex_search(line, match, include))
                continue;
            const auto other = room_of(match[1].str());
            if (other.empty() || other == room)
                continue;
            EXPECT_LT(kFloors.at(other), kFloors.at(room))
                << file << " includes " << match[1].str();
        }
    }
}

TEST(Tidy, TheClientLibrariesDoNotKnowEachOther) {
    for (const auto& file : tracked_files()) {
        if (!is_source(file))
            continue;
        const auto text = content(file);
        if (file.starts_with("libvsphere/"))
            EXPECT_EQ(text.find("#include \"libpf/"), std::string::npos) << file;
        if (file.starts_with("libpf/") || file.starts_with("libvsphere/")) {
            EXPECT_EQ(text.find("#include \"backend/"), std::string::npos) << file;
            EXPECT_EQ(text.find("#include \"tools/"), std::string::npos) << file;
        }
    }
}

TEST(Tidy, EverythingIsFormatted) {
    std::vector<std::string> argv = {"clang-format-14", "--dry-run", "-Werror", "--style=file"};
    const auto fixed = argv.size();
    for (const auto& file : tracked_files())
        if (is_source(file))
            argv.push_back(std::string(PF_SOURCE_DIR) + "/" + file);
    ASSERT_GT(argv.size(), fixed);
    const auto done = run_command(argv, 240s);
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_EQ(done->exit_code, 0) << done->err.substr(0, 4000);
}

// GCC 12 destroys such a temporary twice: name it first (docs/design/0001-house.md).
TEST(Tidy, NoTemporariesInsideCoAwait) {
    const std::regex aggregate("co_await\\b[^;]*\\b[A-Z]\\w*\\{[^}]");
    const std::regex lambda("co_await\\b[^;]*\\[(?!&?\\])[^\\]&]*[\\w=][^\\]]*\\]\\s*[({]");
    for (const auto& file : tracked_files()) {
        if (!is_source(file) || file.starts_with("tests/tidy/"))
            continue;
        int number = 0;
        for (const auto& line : lines_of(content(file))) {
            ++number;
            const auto code = line.substr(0, line.find("//"));
            EXPECT_FALSE(std::regex_search(code, aggregate)) << file << ":" << number;
            EXPECT_FALSE(std::regex_search(code, lambda)) << file << ":" << number;
        }
    }
}

TEST(Tidy, HeadersAreGuarded) {
    for (const auto& file : tracked_files())
        if (file.ends_with(".hpp"))
            EXPECT_NE(content(file).find("#pragma once"), std::string::npos) << file;
}

TEST(Tidy, NoMachinePaths) {
    const std::regex path("(^|[^A-Za-z0-9_])/(work|root)/");
    for (const auto& file : tracked_files()) {
        if (file.starts_with("tests/tidy/"))
            continue;
        EXPECT_FALSE(std::regex_search(content(file), path)) << file;
    }
}

} // namespace
} // namespace pf
