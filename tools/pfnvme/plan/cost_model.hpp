// What estimates rest on: vCenter's cost model, transfer rates and the time that each operation
// takes. Data, not code: shipped values are guesses with a date (basis "default"); a benchmark or
// the journals of own runs replace them (`pfnvme plan calibrate`). Format: docs/formats/rates.md.
#pragma once

#include "base/result.hpp"
#include "tools/pfnvme/plan/plan.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pf::nvmetool {

// Log-normal: half of the cases are shorter than p50; sigma is the spread of the logarithm.
struct OpTime {
    double p50_s = 1;
    double sigma = 0.4;
    std::int64_t samples = 0; // measured ones behind it

    [[nodiscard]] double mean() const;
    [[nodiscard]] double p90() const;
    friend bool operator==(const OpTime&, const OpTime&) = default;
};

struct CostModel {
    std::string version;           // date
    std::string basis = "default"; // default, benchmark, history
    // vCenter: what a host and a datastore bear at a time, and what one Storage vMotion costs.
    std::int64_t host_capacity = 8;
    std::int64_t host_svmotion = 4;
    std::int64_t datastore_capacity = 128;
    std::int64_t datastore_svmotion = 16;
    // Copies go through the host: NVMe has no offload.
    double stream_mib_s = 200;       // one Storage vMotion
    double stream_sigma = 0.35;      // between VMs
    double common_sigma = 0.25;      // of all together: how wrong the whole model may be
    double host_mib_s = 1000;        // of a host whose NIC speed is not known
    double vm_setup_s = 45;          // of a Storage vMotion, besides the copy
    std::int64_t moves_in_unit = 16; // VMs of one unit at a time, as far as the caps allow
    std::int64_t units_at_a_time = 4;
    std::map<std::string, OpTime> ops;
    std::int64_t move_samples = 0;

    [[nodiscard]] OpTime op(const std::string& name) const;
    [[nodiscard]] std::string_view confidence() const; // low, medium, high
};

[[nodiscard]] CostModel default_cost_model();
[[nodiscard]] std::string cost_model_to_json(const CostModel& model);
// Members that the text leaves out keep their shipped value; unknown ones are errors.
[[nodiscard]] Result<CostModel> cost_model_from_json(std::string_view text);

// One measured step of a run.
struct MeasuredStep {
    std::string op;
    double seconds = 0;
    std::uint64_t bytes = 0; // moves only
};

// The model with everything that was measured put in: medians and spreads of at least three
// samples, set-up and rate of moves by regression over their sizes.
[[nodiscard]] CostModel calibrate(CostModel model, const std::vector<MeasuredStep>& steps);

} // namespace pf::nvmetool
