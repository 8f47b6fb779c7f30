// Logging: one logger per component, `key=value` tail, ids first; state transitions, not traffic.
// spdlog stays behind this header. Secrets never get here (base/secret.hpp is not formattable).
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <string>
#include <string_view>

namespace pf {

enum class LogLevel : int { Trace, Debug, Info, Warn, Error, Off };

class Logger {
  public:
    explicit Logger(std::string component);
    Logger(const Logger&) = delete;
    Logger& operator=(const Logger&) = delete;

    template<class... Args>
    void trace(fmt::format_string<Args...> f, Args&&... args) {
        write(LogLevel::Trace, f, fmt::make_format_args(args...));
    }
    template<class... Args>
    void debug(fmt::format_string<Args...> f, Args&&... args) {
        write(LogLevel::Debug, f, fmt::make_format_args(args...));
    }
    template<class... Args>
    void info(fmt::format_string<Args...> f, Args&&... args) {
        write(LogLevel::Info, f, fmt::make_format_args(args...));
    }
    template<class... Args>
    void warn(fmt::format_string<Args...> f, Args&&... args) {
        write(LogLevel::Warn, f, fmt::make_format_args(args...));
    }
    template<class... Args>
    void error(fmt::format_string<Args...> f, Args&&... args) {
        write(LogLevel::Error, f, fmt::make_format_args(args...));
    }
    bool enabled(LogLevel level) const;

  private:
    void write(LogLevel level, fmt::string_view format, fmt::format_args args);
    std::string component_;
};

struct LogOptions {
    LogLevel level = LogLevel::Info;
    std::string file; // empty: standard error
    bool timestamps = true;
};

// Process-wide, called once by main before threads start; without it warnings go to standard error.
void init_logging(const LogOptions& options);
// "trace", "debug", "info", "warn", "error", "off"; anything else is Info.
LogLevel parse_log_level(std::string_view name);
// The component's logger; the reference stays valid for the life of the process.
Logger& log(std::string_view component);

} // namespace pf
