// Faults on demand for servers of a lab: which call fails, how, and how often.
//
// A rule names calls by service, method and object (patterns of base/glob.hpp) and says what
// happens to the n-th such call, to some of them by chance, or to all: a fault, a delay, a closed
// connection, or no answer at all; before the effect, after it, or in the task that it starts. The
// rules stand in a JSON file (docs/formats/fault-rules.md) that is looked at anew when
// it changes, so that they can be set while the servers run. Every fault that was made is appended
// to a log. Counting is per process and starts with the rule. Thread-safe.
#pragma once

#include "base/net/http_server.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::net {

enum class FaultAction {
    Fault, // the call fails: a vim fault's name, or an HTTP status
    Delay, // it waits
    Drop,  // the connection is closed without an answer
    Hang   // no answer comes, until the client gives up
};
enum class FaultWhen {
    Before, // nothing has happened yet
    After,  // everything has happened
    Task    // the task that the call starts ends with the fault, without an effect
};

struct FaultRule {
    std::string id;
    std::string service = "*"; // "vcenter", "esxi", "ssh", "gateway", "guest"
    std::string method = "*";  // "RescanAllHba", "esxcli nvme fabrics connect", "POST /api/…"
    std::string object = "*";  // moid, name, path
    FaultAction action = FaultAction::Fault;
    FaultWhen when = FaultWhen::Before;
    std::string fault;                  // empty: the service's general one
    std::string message;                // empty: the service's words
    std::chrono::milliseconds delay{0}; // Delay only
    double probability = 1;             // of each matching call
    std::uint64_t nth = 0;              // the first call that is hit, from 1; 0: from the first on
    std::uint64_t times = 0;            // how many are hit; 0: all
};

// One call as a server describes it: any of the names may match.
struct FaultCall {
    std::string_view service; // "guest": only rules that name it, "*" does not
    std::vector<std::string> methods;
    std::vector<std::string> objects;
};

// The text of a rule file: {"rules": [{…}, …]}. Unknown keys and values are errors that name them.
Result<std::vector<FaultRule>> parse_fault_rules(std::string_view text);
std::string format_fault_rules(const std::vector<FaultRule>& rules);

class FaultRules {
  public:
    // `file` need not exist yet. Empty: no rules ever. `log_file` may be empty.
    explicit FaultRules(std::string file, std::string log_file = {}, std::uint64_t seed = 1);
    ~FaultRules();
    FaultRules(const FaultRules&) = delete;
    FaultRules& operator=(const FaultRules&) = delete;

    // What is to happen to this call; counts it. The first rule that hits decides.
    std::optional<FaultRule> decide(const FaultCall& call);
    // Waits for the rule's delay, in slices, until stop().
    void wait(const FaultRule& rule) const;
    // Keeps the request unanswered until its client is gone or stop().
    void hang(Responder responder);
    // The answer that closes the connection instead of answering.
    static HttpResponse dropped();
    // Ends delays and hanging requests. Idempotent.
    void stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::net
