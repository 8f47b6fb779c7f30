"""kill -9 of pfnvme at every step of the offline unit, then `run resume`: the end is the same.

One datastore a phase. The run of that datastore dies at the phase of its first step, is resumed and
dies at the phase of its second step, and so on through the plan's own step list, so that a new step
is covered by being there. The last resume must end in the state that an undisturbed run ends in.
"""

import json
import os
import sys
import tempfile

from estates import datastore, estate, host, intent, vm
from lab import Lab

PHASES = ["before-intent", "after-intent", "after-call", "after-sent", "after-observed",
          "after-done"]


def write(lab, name, text):
    path = os.path.join(lab.root, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def compile_plan(lab, ds):
    source = write(lab, f"{ds}.yaml", intent(ds, [ds], "offline"))
    plan = os.path.join(lab.root, f"{ds}.plan.json")
    lab.pfnvme("plan", "compile", source, "--out", plan)
    shown = json.loads(lab.pfnvme("plan", "show", plan, "-o", "json").stdout)
    points = [(unit["id"], step["id"]) for unit in shown["units"] for step in unit["steps"]
              if not step.get("deferred")]
    return plan, points


def final_state(lab, ds, vm_name):
    """What must be equal for every datastore, whatever happened on the way."""
    status = lab.status()
    stores = [d for d in status["estate"]["datastores"] if d["name"].startswith(ds)]
    machines = [v for v in status["estate"]["vms"] if v["name"] == vm_name]
    assert stores and machines, f"the datastore or the VM of {ds} is not there"
    disks = lab.check([vm_name], "nvme")
    volumes = {v["name"]: (v["protocol"], v["mappings"])
               for v in status["storage"]["volumes"] if ds in v["name"]}
    text = json.dumps({
        "datastores": [(d["name"], d["accessible"], sorted(d["hosts"])) for d in stores],
        "vms": [(v["power"], v["host"], v["vmx"]) for v in machines],
        "disks": [(d["ok"], d["transport"], d["file"], d["bytes"]) for d in disks],
        "volumes": sorted(volumes.items()),
    })
    return text.replace(ds, "DS").replace(vm_name, "VM")


def run_id(lab):
    listed = json.loads(lab.pfnvme("run", "list", "-o", "json").stdout)
    runs = listed["runs"] if isinstance(listed, dict) else listed
    newest = sorted(runs, key=lambda r: r["id"])[-1]
    return newest["id"]


def crash_through(lab, plan, points, phase):
    crashes = 0
    run = None
    for unit, step in points:
        env = {"PFNVME_CRASH_AT": f"{unit}:{step}:{phase}"}
        if run is None:
            done = lab.pfnvme("apply", plan, "--yes", "--quiet", env=env, expect=None)
        else:
            done = lab.pfnvme("run", "resume", run, "--yes", "--quiet", env=env, expect=None)
        if done.returncode != 137:
            raise AssertionError(f"the point {unit}:{step}:{phase} was not reached: exit "
                                 f"{done.returncode}\n{done.stdout}\n{done.stderr}")
        crashes += 1
        run = run or run_id(lab)
    lab.pfnvme("run", "resume", run, "--yes", "--quiet")
    return crashes


def main():
    bin_dir = sys.argv[1]
    phases = sys.argv[2:] or PHASES
    names = [f"ds-{n:02}" for n in range(len(phases) + 1)]
    text = estate([host(1), host(2)], [datastore(n) for n in names],
                  [vm(f"vm-of-{n}", n, f"esx{1 + i % 2:02}") for i, n in enumerate(names)])
    # VMs of every datastore on the same host, so that final states compare.
    text = text.replace("host: esx02", "host: esx01")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(text)
    try:
        with Lab(bin_dir, 130, ["--estate", file.name]) as lab:
            lab.pfnvme("host", "nvme", "apply", "--cluster", "esx-cl01", "--yes", "--quiet")
            watch = lab.watch()
            plan, _ = compile_plan(lab, names[0])
            lab.pfnvme("apply", plan, "--yes", "--quiet")
            expected = final_state(lab, names[0], f"vm-of-{names[0]}")
            total = 0
            for name, phase in zip(names[1:], phases):
                plan, points = compile_plan(lab, name)
                count = crash_through(lab, plan, points, phase)
                state = final_state(lab, name, f"vm-of-{name}")
                assert state == expected, (f"after crashes at {phase} the end differs:\n"
                                           f"{state}\nundisturbed:\n{expected}")
                print(f"{phase}: killed and resumed at {count} steps, same end", flush=True)
                total += count
            print(watch.finish())
            print(f"{total} kills")
    finally:
        os.unlink(file.name)
    print(f"{len(phases)} passed, 0 failed")


main()
