"""A data server is killed (kill -9) in the middle of a run: the run goes on and nothing is lost.

One datastore moves online, with VMs writing, and one offline. While the plan runs, one SDS dies; after the
run it returns and is resynchronised, then another one dies, and every byte is read back once more.
"""

import os
import subprocess
import sys
import time

from estates import intent
from lab import Lab

VMS = ["web-01", "web-02", "app-01", "app-02"]


def combs(lab):
    return lab.status()["storage"]["combs"]


def wait_for(lab, what, condition, seconds=180):
    deadline = time.monotonic() + seconds
    while not condition(combs(lab)):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come to be: {combs(lab)}")
        time.sleep(0.2)


def main():
    bin_dir = sys.argv[1]
    # A Storage vMotion stream of 8 MiB/s makes the copy last long enough to be hit.
    with Lab(bin_dir, 190, ["--copy-rate", "8MiB"]) as lab:
        lab.pfnvme("host", "nvme", "apply", "--cluster", "esx-cl01", "--yes", "--quiet")
        source = os.path.join(lab.root, "fault.yaml")
        with open(source, "w", encoding="utf-8") as file:
            file.write(intent("fault", ["sdc-ds-01", "sdc-ds-02"], "online").replace(
                "    - {default: online}",
                "    - {when: 'datastore == \"sdc-ds-02\"', use: offline}\n    - {default: online}"))
        plan = os.path.join(lab.root, "fault.plan.json")
        lab.pfnvme("plan", "compile", source, "--out", plan)
        wait_for(lab, "two copies of everything", lambda c: c["normal"] > 0 and c["degraded"] == 0)
        run = subprocess.Popen([os.path.join(bin_dir, "pfnvme"), "apply", plan, "--yes"], text=True,
                               env=lab.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        # The first virtual machine's move is done, the second one's has begun.
        hit = next((line for line in run.stderr if "web-01" in line and " + " in line), None)
        assert hit is not None, "no move of web-01 was reported"
        lab.fault("kill", "sds-2")
        print(f"sds-2 was killed after: {hit.strip()}", flush=True)
        assert run.poll() is None, "the run was over before the data server was killed"
        out, err = run.communicate(timeout=300)
        assert run.returncode == 0, f"exit {run.returncode}\n{out}\n{err}"
        assert combs(lab)["degraded"] > 0, "the data server was not missed"
        lab.check(VMS, "nvme")
        lab.fault("start", "sds-2")
        wait_for(lab, "resynchronisation",
                 lambda c: c["degraded"] == 0 and c["rebuilding"] == 0 and c["failed"] == 0)
        lab.fault("kill", "sds-1")
        lab.check(VMS, "nvme")
    print("1 passed, 0 failed")


main()
