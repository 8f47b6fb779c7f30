"""Time of the toolkit's two jobs against a lab: onboarding four hosts, and one offline unit.

Prints one JSON object a line. Beside the times stands what the run itself can't go below: the journal's
records, each one fsynced, and the time of as many plain fsyncs on the same file system.
"""

import json
import os
import sys
import tempfile
import time

from estates import datastore, estate, host, intent, vm
from lab import Lab

HOSTS = 4


def fsync_seconds(folder, count):
    path = os.path.join(folder, "fsync-probe")
    started = time.monotonic()
    with open(path, "wb") as file:
        for _ in range(count):
            file.write(b"x" * 400)
            file.flush()
            os.fsync(file.fileno())
    os.unlink(path)
    return time.monotonic() - started


def measure(lab, case, *args):
    started = time.monotonic()
    done = lab.pfnvme(*args, "--yes", "--quiet", "-o", "json")
    wall = time.monotonic() - started
    report = json.loads(done.stdout)
    records = report["journalRecords"]
    print(json.dumps({
        "case": case,
        "seconds": round(wall, 3),
        "run_seconds": round(report["durationSeconds"], 3),
        "units": len(report["units"]),
        "steps": sum(len(unit["steps"]) for unit in report["units"]),
        "journal_records": records,
        "same_number_of_fsyncs_seconds": round(fsync_seconds(lab.root, records), 3),
        "longest_vm_downtime_seconds": max(
            [down["downSeconds"] for unit in report["units"] for down in unit.get("downtime", [])],
            default=None),
    }), flush=True)


def main():
    bin_dir = sys.argv[1]
    text = estate([host(n + 1) for n in range(HOSTS)], [datastore("ds-one")],
                  [vm(f"vm-{n}", "ds-one", f"esx{n + 1:02}") for n in range(HOSTS)])
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(text)
    try:
        with Lab(bin_dir, 190, ["--estate", file.name]) as lab:
            measure(lab, "pfnvme_onboard_four_hosts", "host", "nvme", "apply")
            measure(lab, "pfnvme_onboard_again", "host", "nvme", "apply")
            source = os.path.join(lab.root, "intent.yaml")
            with open(source, "w", encoding="utf-8") as out:
                out.write(intent("bench", ["ds-one"], "offline"))
            plan = os.path.join(lab.root, "plan.json")
            lab.pfnvme("plan", "compile", source, "--out", plan)
            measure(lab, "pfnvme_offline_unit", "apply", plan)
    finally:
        os.unlink(file.name)


main()
