"""Onboarding of many hosts with `host nvme apply`, against a lab: one host, then all others at once.

Every connection of a controller takes a fixed time, as calls on real hosts do, so the ratio of the two
times says whether the run is bounded by its slowest host or by how many there are. One JSON object a
line. Arguments: folder of the programs, hosts (65), milliseconds of a connection (3000).
"""

import json
import os
import sys
import tempfile
import time

from estates import datastore, estate, host, vm
from lab import Lab


def measure(lab, hosts, *args):
    cpu = os.times()
    started = time.monotonic()
    done = lab.pfnvme("host", "nvme", "apply", *args, "--yes", "--quiet", "-o", "json", timeout=600)
    seconds = time.monotonic() - started
    report = json.loads(done.stdout)
    assert len(report["units"]) == hosts, f"{len(report['units'])} hosts, not {hosts}"
    assert all(unit["status"] == "done" for unit in report["units"])
    spent = os.times()
    return {"hosts": hosts, "seconds": round(seconds, 2),
            "cpu_seconds": round(spent.children_user - cpu.children_user
                                 + spent.children_system - cpu.children_system, 2),
            "steps": sum(len(unit["steps"]) for unit in report["units"])}


def main():
    bin_dir = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 65
    connect_ms = sys.argv[3] if len(sys.argv) > 3 else "3000"
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(estate([host(n + 1) for n in range(count)], [datastore("ds-one")],
                          [vm("vm-one", "ds-one", "esx01")]))
    try:
        # Each host that has no volume yet is given a probe of 8 GiB, thin, while it is onboarded.
        with Lab(bin_dir, 220, ["--estate", file.name, "--device-size",
                                f"{max(4, count // 5)}GiB"]) as lab:
            lab.run("pf-lab", "fault", "--dir", lab.dir, "add", "--service", "vcenter",
                    "--method", "ConnectNvmeController*", "--action", "delay", "--delay", connect_ms)
            one = measure(lab, 1, "--host", "esx01.lab.local")
            print(json.dumps({"case": "pfnvme_onboard_one", "connect_ms": int(connect_ms), **one}),
                  flush=True)
            more = measure(lab, count - 1, *[word for n in range(1, count) for word in
                                             ("--host", f"esx{n + 1:02}.lab.local")])
            print(json.dumps({"case": "pfnvme_onboard_many", "connect_ms": int(connect_ms), **more,
                              "ratio": round(more["seconds"] / one["seconds"], 2)}), flush=True)
    finally:
        os.unlink(file.name)


main()
