#include "base/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <map>
#include <memory>
#include <mutex>

namespace pf {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
    case LogLevel::Trace:
        return spdlog::level::trace;
    case LogLevel::Debug:
        return spdlog::level::debug;
    case LogLevel::Info:
        return spdlog::level::info;
    case LogLevel::Warn:
        return spdlog::level::warn;
    case LogLevel::Error:
        return spdlog::level::err;
    case LogLevel::Off:
        return spdlog::level::off;
    }
    return spdlog::level::info;
}

// The one global: the registry of loggers and the sink they share.
struct Registry {
    std::mutex mutex;
    std::shared_ptr<spdlog::logger> sink;
    std::map<std::string, std::unique_ptr<Logger>, std::less<>> loggers;

    Registry() {
        sink = std::make_shared<spdlog::logger>("pf",
                                                std::make_shared<spdlog::sinks::stderr_sink_mt>());
        sink->set_level(spdlog::level::warn);
        sink->set_pattern("%Y-%m-%dT%H:%M:%S.%e %L %v");
    }
};

Registry& registry() {
    static auto* instance = new Registry; // outlives every static that may still log
    return *instance;
}

} // namespace

Logger::Logger(std::string component) : component_(std::move(component)) {}

bool Logger::enabled(LogLevel level) const { return registry().sink->should_log(to_spdlog(level)); }

void Logger::write(LogLevel level, fmt::string_view format, fmt::format_args args) {
    auto& sink = *registry().sink;
    const auto spd_level = to_spdlog(level);
    if (!sink.should_log(spd_level))
        return;
    fmt::memory_buffer line;
    line.append(std::string_view(component_));
    line.append(std::string_view(": "));
    fmt::vformat_to(fmt::appender(line), format, args);
    sink.log(spd_level, spdlog::string_view_t(line.data(), line.size()));
}

void init_logging(const LogOptions& options) {
    std::shared_ptr<spdlog::sinks::sink> target;
    if (options.file.empty())
        target = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
        target = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    auto logger = std::make_shared<spdlog::logger>("pf", std::move(target));
    logger->set_level(to_spdlog(options.level));
    logger->flush_on(options.file.empty() ? spdlog::level::trace : spdlog::level::info);
    logger->set_pattern(options.timestamps ? "%Y-%m-%dT%H:%M:%S.%e %L %v" : "%L %v");
    registry().sink = std::move(logger);
}

LogLevel parse_log_level(std::string_view name) {
    if (name == "trace")
        return LogLevel::Trace;
    if (name == "debug")
        return LogLevel::Debug;
    if (name == "warn")
        return LogLevel::Warn;
    if (name == "error")
        return LogLevel::Error;
    if (name == "off")
        return LogLevel::Off;
    return LogLevel::Info;
}

Logger& log(std::string_view component) {
    auto& r = registry();
    const std::lock_guard lock(r.mutex);
    auto found = r.loggers.find(component);
    if (found == r.loggers.end())
        found =
            r.loggers
                .emplace(std::string(component), std::make_unique<Logger>(std::string(component)))
                .first;
    return *found->second;
}

} // namespace pf
