"""kill -9 of pfnvme before and after every external call, then `run resume`: the end is the same.

One datastore a phase. The run of that datastore dies at the phase of its first step, is resumed and
dies at the phase of its second step, and so on through the plan's own step list, so that a new step
is covered by being there. The last resume must end in the state that an undisturbed run ends in. A
rollback is killed at every undo call in the same way and must end where the run began.

A mode that ends in -two has two datastores a phase, tied by a VM with a disk on each: one unit.
"""

import json
import os
import sys
import tempfile
import time

from estates import TAG, datastore, estate, host, spanning_vms, vm
from judge import compile_plan, end_state, newest_run, no_secrets
from lab import Lab

PHASES = ["before-intent", "after-intent", "after-call", "after-sent", "after-observed",
          "after-done"]
UNDO_PHASES = ["undo-before-intent", "undo-after-intent", "undo-after-call", "undo-after-done"]
# What CI runs: death right before and right after every call.
AROUND_CALLS = ["after-intent", "after-call"]


def start_reverse(lab, stores, **more):
    return lab.pfnvme("migrate", "reverse", *stores, "--yes", "--quiet", **more)


def reverse_points(lab, stores):
    shown = json.loads(lab.pfnvme("migrate", "reverse", *stores, "--dry-run", "-o", "json").stdout)
    return [(unit["id"], step["id"]) for unit in shown["units"] for step in unit["steps"]
            if not step["deferred"]]


def crash_through(lab, start, points, phase):
    """`start(**more)` begins the run; it and its resumes die at each point once."""
    run = None
    for unit, step in points:
        env = {"PFNVME_CRASH_AT": f"{unit}:{step}:{phase}"}
        if run is None:
            done = start(env=env, expect=None)
            run = newest_run(lab)
        else:
            done = lab.pfnvme("run", "resume", run, "--yes", "--quiet", env=env, expect=None)
        if done.returncode != 137:
            raise AssertionError(f"the point {unit}:{step}:{phase} was not reached: exit "
                                 f"{done.returncode}\n{done.stdout}\n{done.stderr}")
    lab.pfnvme("run", "resume", run, "--yes", "--quiet")
    return len(points)


def forward(lab, names, use, phases, others):
    """offline, online and reverse; → kills."""
    after = "sdc" if use == "reverse" else "nvme"

    def prepared(ds):
        """→ (function that starts the run, its points)"""
        if use != "reverse":
            plan, points = compile_plan(lab, ds, use, together=others(ds))
            return (lambda **more: lab.pfnvme("apply", plan, "--yes", "--quiet", **more)), points
        plan, _ = compile_plan(lab, ds, "offline", together=others(ds))
        lab.pfnvme("apply", plan, "--yes", "--quiet")
        lab.pfnvme("run", "cleanup", "last", "--yes", "--quiet")
        stores = [ds, *others(ds)]
        return (lambda **more: start_reverse(lab, stores, **more)), reverse_points(lab, stores)

    ds = next(names)
    start, _ = prepared(ds)
    start()
    expected = end_state(lab, ds, f"vm-of-{ds}", after)
    lab.pfnvme("run", "cleanup", "last", "--yes", "--quiet")
    kills = 0
    for phase in phases:
        began = time.monotonic()
        ds = next(names)
        start, points = prepared(ds)
        count = crash_through(lab, start, points, phase)
        state = end_state(lab, ds, f"vm-of-{ds}", after)
        assert state == expected, (f"{use}: after crashes at {phase} the end differs:\n"
                                   f"{state}\nundisturbed:\n{expected}")
        lab.pfnvme("run", "cleanup", "last", "--yes", "--quiet")
        print(f"{use}, {phase}: killed and resumed at {count} steps, same end "
              f"({time.monotonic() - began:.0f} s)", flush=True)
        kills += count
    return kills


def last_record(lab, run):
    records = json.loads(lab.pfnvme("journal", "show", run, "-o", "json").stdout)["records"]
    undo = [(r.get("step"), r.get("result", {}).get("undo"), r["phase"]) for r in records
            if r["phase"] not in ("run-start", "recovered")]
    return undo[-1]


def rollback(lab, names, use, phases, others):
    """Taken back from the last step before the commit point (online: before the source is let go)."""
    kills = 0
    for phase in phases:
        began = time.monotonic()
        ds = next(names)
        before = end_state(lab, ds, f"vm-of-{ds}", "sdc")
        plan, points = compile_plan(lab, ds, use, together=others(ds))
        turn = [p for p in points if p[1].startswith("17." if use == "offline" else "13-")][0]
        unit, step = points[points.index(turn) - 1]
        lab.pfnvme("apply", plan, "--yes", "--quiet", expect=137,
                   env={"PFNVME_CRASH_AT": f"{unit}:{step}:after-done"})
        run = newest_run(lab)
        count, at, nth = 0, None, 1
        while True:
            assert count < 200, f"{use}: the rollback does not come to its end ({at})"
            done = lab.pfnvme("run", "rollback", run, "--yes", "--quiet", expect=None,
                              env={"PFNVME_CRASH_AT": f"@{nth}:{phase}"})
            if done.returncode == 0:
                break
            assert done.returncode == 137, f"exit {done.returncode}\n{done.stderr}"
            count += 1
            here = last_record(lab, run)
            # Dead at the same place: this call is made again each time, so the next one's turn.
            nth = nth + 1 if here == at else 1
            at = here
        after = end_state(lab, ds, f"vm-of-{ds}", "sdc")
        assert after == before, (f"{use}: rollback with crashes at {phase} leaves\n{after}\n"
                                 f"before:\n{before}")
        assert count >= 8, f"only {count} kills"
        print(f"{use}, {phase}: rollback killed {count} times, all as before "
              f"({time.monotonic() - began:.0f} s)", flush=True)
        kills += count
    return kills


def main():
    bin_dir, mode = sys.argv[1], sys.argv[2]
    phases = sys.argv[3:]
    undo = mode.startswith("rollback-")
    tied = mode.endswith("-two")
    use = mode.removeprefix("rollback-").removesuffix("-two")

    def others(name):
        return [f"{name}-b"] if tied else []

    if phases == ["all"]:
        phases = UNDO_PHASES if undo else PHASES
    elif not phases:
        phases = ["undo-" + p for p in AROUND_CALLS] if undo else AROUND_CALLS
    names = [f"ds-{n:02}" for n in range(len(phases) + 1)]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(estate([host(1), host(2)],
                          [datastore(d) for n in names for d in [n, *others(n)]],
                          [spanning_vms(f"vm-of-{n}", n, f"{n}-b", "esx01") if tied
                           else vm(f"vm-of-{n}", n, "esx01") + TAG for n in names]))
    try:
        with Lab(bin_dir, 130, ["--estate", file.name]) as lab:
            lab.pfnvme("host", "nvme", "apply", "--cluster", "esx-cl01", "--yes", "--quiet")
            watch = lab.watch()
            free = iter(names)
            if undo:
                kills = rollback(lab, free, use, phases, others)
            else:
                kills = forward(lab, free, use, phases, others)
            print(watch.finish())
            no_secrets(lab, [lab.state])
            print(f"{kills} kills")
    finally:
        os.unlink(file.name)
    print(f"{len(phases)} passed, 0 failed")


main()
