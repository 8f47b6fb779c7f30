// The lab's folder: where every process keeps its data, and what `up` leaves for the other verbs.
//
//   state.json   network, estate file, processes (name, pid, program), written atomically
//   ca.pem       the lab's CA; pki/ its keys; secrets/ one file per password (0600)
//   data/        MDM database and the SDSs' devices; log/ one file per process; ssh/ keys
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace pf::lab {

struct LabProcess {
    std::string name;    // "sds-2"
    std::string program; // file name of the executable, guards against a reused pid
    pid_t pid = -1;
    std::vector<std::string> argv; // to start it again
};

struct LabState {
    std::string network;
    std::string estate_file; // empty: the default estate; a folder: a recorded inventory
    bool no_storage = false; // the vSphere side alone, on paper
    unsigned nodes = 3;
    std::uint64_t device_bytes = 0;
    bool relaxed_durability = false;
    std::uint64_t copy_bytes_per_second = 0;
    std::int64_t perf_interval_s = 20;
    bool ready = false; // `up` ended well
    std::string system_id;
    std::string system_nqn;
    std::vector<LabProcess> processes; // in start order

    LabProcess* find(const std::string& name);
};

class LabDir {
  public:
    explicit LabDir(std::string path) : path_(std::move(path)) {}
    // --dir, or $PF_LAB_DIR, or $XDG_STATE_HOME/pf-lab, or ~/.local/state/pf-lab.
    static std::string default_path();

    const std::string& path() const { return path_; }
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
    std::string ca_file() const { return path_ + "/ca.pem"; }
    std::string log_file(const std::string& process) const {
        return path_ + "/log/" + process + ".log";
    }
    std::string secret_file(const std::string& name) const { return path_ + "/secrets/" + name; }

    Result<> create() const;
    // NotFound when no lab is there.
    Result<LabState> load() const;
    Result<> save(const LabState& state) const;
    Result<> forget() const; // removes everything but the logs
    Result<Secret> secret(const std::string& name) const;
    // Makes the password if it is not there yet.
    Result<Secret> make_secret(const std::string& name) const;

  private:
    std::string path_;
};

} // namespace pf::lab
