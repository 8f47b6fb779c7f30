#include "tools/pfnvme/report/charts.hpp"

#include "base/xml.hpp"
#include "tools/pfnvme/report/facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace pf::nvmetool {

namespace {

constexpr int kWidth = 960;
constexpr int kRow = 24;
// A drawing with more lines than this says nothing; the tables and the JSON have everything.
constexpr std::size_t kMostRows = 120;
constexpr std::size_t kMostVolumes = 40;

const json::array& list(const json::object& object, std::string_view key) {
    static const json::array kEmpty;
    const json::value* found = object.if_contains(key);
    return found == nullptr || !found->is_array() ? kEmpty : found->get_array();
}

std::string text_at(int x, int y, std::string_view text, std::string_view more = {}) {
    return fmt::format(R"(<text x="{}" y="{}"{}{}>{}</text>)", x, y, more.empty() ? "" : " ", more,
                       xml_escaped(text));
}

std::string open_svg(int height, std::string_view label) {
    return fmt::format(
        R"(<svg width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">)",
        kWidth, height, label);
}

struct Bar {
    std::string label;
    std::string kind;
    double start = 0;
    double end = 0;
};

std::string class_of(const std::string& status) {
    if (status == "done") {
        return "good";
    }
    if (status == "planned" || status == "pending") {
        return "plan";
    }
    return status == "running" ? "busy" : "bad";
}

std::vector<Bar> bars_of(const json::object& report) {
    std::vector<Bar> out;
    for (const json::value& value : list(report, "units")) {
        const json::object& unit = value.get_object();
        Bar bar;
        bar.start = seconds_of(json_str_or(unit, "started", ""));
        bar.end = seconds_of(json_str_or(unit, "ended", ""));
        if (bar.start == 0 && !json_bool_or(report, "isRun", false)) {
            bar.start = static_cast<double>(json_int_or(unit, "plannedStartS", 0));
            bar.end = static_cast<double>(json_int_or(unit, "plannedEndS", 0));
        }
        if (bar.start == 0 && bar.end == 0) {
            continue;
        }
        if (bar.end < bar.start) {
            bar.end = std::max(bar.start, seconds_of(json_str_or(report, "lastTime", "")));
        }
        bar.label =
            fmt::format("{} {} {}", json_str_or(unit, "id", ""), json_str_or(unit, "datastore", ""),
                        show_seconds(bar.end - bar.start));
        bar.kind = class_of(json_str_or(unit, "status", ""));
        out.push_back(std::move(bar));
    }
    return out;
}

std::string clock_of(double seconds) {
    const auto whole = static_cast<long>(seconds) % (seconds < 1e9 ? 360'000'000 : 86'400);
    // Plans without windows count from the start of the run.
    const bool relative = seconds < 1e9;
    return fmt::format("{}{:02}:{:02}:{:02}{}", relative ? "+" : "", whole / 3600, whole / 60 % 60,
                       whole % 60, relative ? "" : " UTC");
}

} // namespace

std::string gantt_svg(const json::object& report) {
    const std::vector<Bar> bars = bars_of(report);
    if (bars.empty()) {
        return {};
    }
    double first = bars.front().start;
    double last = 0;
    for (const Bar& bar : bars) {
        first = std::min(first, bar.start);
        last = std::max(last, bar.end);
    }
    struct Span {
        double start;
        double end;
    };
    std::vector<Span> windows;
    for (const json::value& value : list(report, "windows")) {
        const Span span{seconds_of(json_str_or(value.get_object(), "start", "")),
                        seconds_of(json_str_or(value.get_object(), "end", ""))};
        if (span.end > span.start) {
            windows.push_back(span);
            first = std::min(first, span.start);
            last = std::max(last, span.end);
        }
    }
    const double length = std::max(last - first, 0.001);
    const auto x_of = [&](double time) {
        return static_cast<int>(std::clamp((time - first) / length, 0.0, 1.0) * kWidth);
    };
    const std::size_t rows = std::min(bars.size(), kMostRows);
    const int height = static_cast<int>(rows) * kRow + 24;
    std::string out = open_svg(height, "units over time");
    for (const Span& span : windows) {
        out += fmt::format(R"(<rect class="window" x="{}" y="0" width="{}" height="{}"/>)",
                           x_of(span.start), std::max(1, x_of(span.end) - x_of(span.start)),
                           height - 20);
    }
    for (std::size_t i = 0; i < rows; ++i) {
        const int y = static_cast<int>(i) * kRow;
        const int x = x_of(bars[i].start);
        const int width = std::max(3, x_of(bars[i].end) - x);
        out += fmt::format(R"(<rect class="{}" x="{}" y="{}" width="{}" height="18" rx="2"/>)",
                           bars[i].kind, x, y, width);
        out += x > kWidth / 2 ? text_at(x - 6, y + 14, bars[i].label, R"(text-anchor="end")")
                              : text_at(x + 6, y + 14, bars[i].label);
    }
    out += text_at(0, height - 6, clock_of(first));
    out += text_at(kWidth, height - 6, clock_of(last), R"(text-anchor="end")");
    out += "</svg>";
    if (rows < bars.size()) {
        out += fmt::format("<p class=\"k\">the first {} of {} units; the JSON report has all</p>",
                           rows, bars.size());
    }
    return out;
}

std::string topology_svg(const json::object& report, std::string_view side) {
    const json::array& entries = list(report, "topology");
    if (entries.empty()) {
        return {};
    }
    const std::size_t shown = std::min(entries.size(), kMostVolumes);
    std::map<std::string, int> hosts;
    for (std::size_t i = 0; i < shown; ++i) {
        for (const json::value& host : list(entries[i].get_object(), "hosts")) {
            hosts.emplace(std::string(host.get_string()), 0);
        }
    }
    const int volume_rows = static_cast<int>(shown);
    const int host_rows = static_cast<int>(hosts.size());
    const int height = std::max(volume_rows, host_rows) * 30 + 30;
    int row = 0;
    for (auto& [name, y] : hosts) {
        y = 30 + row++ * (height - 30) / std::max(1, host_rows);
    }
    constexpr int kHostWidth = 230;
    constexpr int kVolumeX = 620;
    std::string lines;
    std::string boxes = text_at(0, 14, "hosts") + text_at(kVolumeX, 14, "volume, datastore");
    for (const auto& [name, y] : hosts) {
        boxes += fmt::format(R"(<rect class="box" x="0" y="{}" width="{}" height="22" rx="3"/>)", y,
                             kHostWidth) +
                 text_at(6, y + 15, name);
    }
    for (std::size_t i = 0; i < shown; ++i) {
        const json::object& entry = entries[i].get_object();
        const std::string protocol = json_str_or(entry, side, "");
        const std::string volume =
            json_str_or(entry, side == "after" ? "targetVolume" : "volume", "");
        const int y = 30 + static_cast<int>(i) * (height - 30) / std::max(1, volume_rows);
        boxes += fmt::format(R"(<rect class="box" x="{}" y="{}" width="{}" height="22" rx="3"/>)",
                             kVolumeX, y, kWidth - kVolumeX) +
                 text_at(kVolumeX + 6, y + 15,
                         fmt::format("{} ({}) {}", volume, json_str_or(entry, "datastore", ""),
                                     protocol));
        for (const json::value& host : list(entry, "hosts")) {
            lines += fmt::format(R"(<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>)",
                                 protocol == "SDC" ? "sdc" : "nvme", kHostWidth,
                                 hosts.at(std::string(host.get_string())) + 11, kVolumeX, y + 11);
        }
    }
    std::string out = open_svg(height, fmt::format("topology {}", side)) + lines + boxes + "</svg>";
    if (shown < entries.size()) {
        out +=
            fmt::format("<p class=\"k\">the first {} of {} datastores</p>", shown, entries.size());
    }
    return out;
}

std::string path_matrix_svg(const json::object& report) {
    const json::array& cells = list(report, "paths");
    if (cells.empty()) {
        return {};
    }
    std::map<std::string, std::map<std::string, std::string>> matrix; // host → path → state
    std::set<std::string> paths;
    for (const json::value& value : cells) {
        const json::object& cell = value.get_object();
        const std::string path = fmt::format("{} → {}", json_str_or(cell, "adapter", ""),
                                             json_str_or(cell, "target", ""));
        std::string state = json_str_or(cell, "after", "");
        if (state.empty()) {
            state = json_str_or(cell, "before", "");
        }
        matrix[json_str_or(cell, "host", "")][path] = state;
        paths.insert(path);
    }
    constexpr int kNames = 240;
    const int step =
        std::clamp((kWidth - kNames) / std::max(1, static_cast<int>(paths.size())), 14, 60);
    const int height =
        static_cast<int>(matrix.size()) * kRow + static_cast<int>(paths.size()) * 16 + 30;
    std::string out = open_svg(height, "path matrix");
    int y = 0;
    for (const auto& [host, states] : matrix) {
        out += text_at(0, y + 15, host);
        int x = kNames;
        for (const std::string& path : paths) {
            const auto found = states.find(path);
            const std::string_view kind = found == states.end()       ? "none"
                                          : found->second == "online" ? "good"
                                                                      : "bad";
            out += fmt::format(
                R"(<rect class="{}" x="{}" y="{}" width="{}" height="18"><title>{}: {}</title></rect>)",
                kind, x, y, step - 4, xml_escaped(path),
                found == states.end() ? "no such path" : xml_escaped(found->second));
            x += step;
        }
        y += kRow;
    }
    int column = 0;
    for (const std::string& path : paths) {
        ++column;
        out += text_at(kNames, y + column * 16 + 6, fmt::format("{}: {}", column, path));
    }
    return out + "</svg>";
}

} // namespace pf::nvmetool
