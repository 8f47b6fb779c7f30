"""A service level for VMs in a real lab: while vCenter's counters tell that their disks are slow, an
online run starts no move; when they are fast again it goes on by itself and ends well.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time

from estates import datastore, estate, host, intent, vm
from judge import newest_run, write
from lab import Lab
from soap import Vcenter

SLOW_MS = 700
LEVEL_MS = 300


def counter_of(vcenter, group, name):
    text = vcenter.read("PerformanceManager", "PerfMgr", "perfCounter")
    for info in re.findall(r"<PerfCounterInfo.*?</PerfCounterInfo>", text, re.S):
        keys = re.findall(r"<key>([^<]+)</key>", info)
        if keys[1:3] == [name, group]:
            return keys[0]
    raise AssertionError(f"no counter {group}.{name}")


def slowest(vcenter, counter, machine):
    """Milliseconds of the newest sample; None: nothing told."""
    text = vcenter.call("PerformanceManager", "PerfMgr", "QueryPerf",
                        f'<querySpec><entity type="VirtualMachine">{machine}</entity>'
                        f"<maxSample>1</maxSample><metricId><counterId>{counter}</counterId>"
                        "<instance>*</instance></metricId><intervalId>1</intervalId></querySpec>")
    values = re.findall(r"<value>(-?\d+)</value>", text)
    return max(map(int, values)) if values else None


def main():
    machines = [vm(f"busy-{n}", "la", f"esx{n:02}") + "    counter_workload: true\n"
                for n in (1, 2)]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(estate([host(1), host(2)], [datastore("la")], machines))
    began = time.monotonic()
    try:
        with Lab(sys.argv[1], 225, ["--estate", file.name, "--perf-interval", "1",
                                    "--device-size", "4GiB"]) as lab:
            lab.pfnvme("host", "nvme", "apply", "--cluster", "esx-cl01", "--yes", "--quiet")
            plan = os.path.join(lab.root, "la.plan.json")
            source = write(lab, "la.yaml", intent("la", ["la"], "online") +
                           f"slo: {{vm_latency_p95: {LEVEL_MS}ms}}\n")
            lab.pfnvme("plan", "lint", source)
            lab.pfnvme("plan", "compile", source, "--out", plan)
            lab.run("pf-lab", "fault", "--dir", lab.dir, "add", "--id", "slow", "--service", "guest",
                    "--method", "write", "--action", "delay", "--delay", str(SLOW_MS))
            vcenter = Vcenter(lab)
            counter = counter_of(vcenter, "virtualDisk", "totalWriteLatency")
            names = [vcenter.find(f"/DC1/vm/busy-{n}")[1] for n in (1, 2)]
            end = time.monotonic() + 30
            while not all((slowest(vcenter, counter, name) or 0) >= SLOW_MS for name in names):
                assert time.monotonic() < end, "the slow disks are not seen"
                time.sleep(0.1)
            process = subprocess.Popen([os.path.join(lab.bin, "pfnvme"), "apply", plan, "--yes"],
                                       env=lab.environ, text=True, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for line in process.stderr:
                if "VM latency" in line and "no further move starts" in line:
                    break
            else:
                raise AssertionError(f"the run was not held, exit {process.wait()}")
            held = time.monotonic()
            lab.run("pf-lab", "fault", "--dir", lab.dir, "clear", "slow")
            _, err = process.communicate(timeout=120)
            assert process.returncode == 0, f"exit {process.returncode}\n{err[-3000:]}"
            journal = os.path.join(lab.state, "pfnvme", "runs", newest_run(lab), "journal.jsonl")
            with open(journal, encoding="utf-8") as lines:
                records = [json.loads(line) for line in lines if line.strip()]
            on = [i for i, r in enumerate(records) if "no longer so, going on: VM latency" in str(r)]
            moves = [i for i, r in enumerate(records)
                     if r["phase"] == "intent" and r.get("step", "").startswith("07.")]
            assert len(moves) == 2 and on and on[0] < moves[0], (on, moves)
            disks = lab.check(["busy-1", "busy-2"], "nvme")
            assert len(disks) == 2 and all(d["ok"] for d in disks), disks
            print(f"held at {SLOW_MS} ms, moved {time.monotonic() - held:.0f} s after the disks "
                  "were fast again", flush=True)
    finally:
        os.unlink(file.name)
    print(f"{time.monotonic() - began:.0f} s\n1 passed, 0 failed")


main()
