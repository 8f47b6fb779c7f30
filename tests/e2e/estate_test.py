"""A 4-host, 40-datastore, 200-VM estate goes to NVMe/TCP for real while calls get lost and pfnvme dies.

Most datastores go offline, some online with writing VMs, side by side. On the way a seeded part of all
calls is lost before or after its effect, and pfnvme is killed and resumed. Watched from outside: no
volume is ever mapped by both protocols; no changing call names anything outside the plan; every byte
of every VM is right at the end; no password stands in any file.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time

from estates import datastore, estate, host, vm
from judge import newest_run, no_secrets, write
from lab import Lab
from proxy import DROP_AFTER, DROP_BEFORE, PASS, FaultyWire

HOSTS, DATASTORES, VMS = 4, 40, 200
OUTSIDE = 2  # datastores with VMs that no plan names
KILLS = 4


def build(hosts, datastores, vms):
    names = [f"ds-{n:02}" for n in range(datastores)]
    others = [f"other-{n}" for n in range(OUTSIDE)]
    machines = [vm(f"vm-{n:03}", names[n % datastores], f"esx{1 + n % hosts:02}")
                for n in range(vms)]
    machines += [vm(f"vm-of-{n}", n, "esx01") for n in others]
    text = estate([host(n + 1, version="8.0.3", build="24022510") for n in range(hosts)],
                  [datastore(n) for n in names + others], machines)
    return text, names, others


def intent_of(names, online):
    listed = ", ".join(f'"{d}"' for d in names)
    rules = "".join(f'    - {{when: \'datastore == "{d}"\', use: online}}\n' for d in online)
    return ("apiVersion: pfnvme/v1\nkind: MigrationIntent\nmetadata: {name: weekend}\n"
            f"scope:\n  datastores: {{include: [{listed}]}}\n"
            f"strategy:\n  classify:\n{rules}    - {{default: offline}}\n"
            "  offline: {shutdown: {guest: 1m, then: power-off}, accept_kb: \"Dell 000213232\"}\n"
            "safety: {voma: {before: false, after: false}}\n"
            "network:\n  paths: {require_min: 4}\n")


def lossy(seed, changing, reading):
    """Loses each distinct changing call once with this probability, and some reads."""
    dice = random.Random(seed)
    seen = set()

    def rule(call):
        if not call.mutating:
            return DROP_BEFORE if dice.random() < reading else PASS
        if call.key in seen or call.name in ("Login", "SetField"):
            return PASS
        seen.add(call.key)
        return dice.choice((DROP_AFTER, DROP_BEFORE)) if dice.random() < changing else PASS
    return rule


def snapshot_of(lab, names):
    status = lab.status()
    return json.dumps({
        "datastores": sorted((d["name"], d["accessible"], sorted(d["hosts"]))
                             for d in status["estate"]["datastores"] if d["name"] in names),
        "vms": sorted((v["name"], v["power"], v["host"], v["vmx"])
                      for v in status["estate"]["vms"] if v["name"][6:] in names),
        "volumes": sorted((v["name"], v["protocol"], v["mappings"])
                          for v in status["storage"]["volumes"]
                          if v["name"].removeprefix("vol-") in names)})


def run_to_the_end(lab, wire, plan, kills):
    """apply, killed `kills` times in the middle and resumed; → seconds."""
    env = dict(lab.environ, **wire.environ, PFNVME_SETTLE_TIME="300ms")
    began = time.monotonic()
    args = ["apply", plan]
    run = None
    for life in range(kills + 20):
        process = subprocess.Popen(
            [os.path.join(lab.bin, "pfnvme"), *args, "--yes", "--quiet", "--parallel", "6"],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        # A life ends after so many changing calls of its own.
        wire.faults.kill_after(process, 60 if life < kills else None)
        out, err = process.communicate(timeout=600)
        run = run or newest_run(lab)
        args = ["run", "resume", run]
        if process.returncode == 0:
            return run, time.monotonic() - began, life
        assert process.returncode in (-9, 31, 75), f"exit {process.returncode}\n{out}\n{err[-3000:]}"
    raise AssertionError("the run does not come to its end")


def main():
    bin_dir = sys.argv[1]
    hosts, datastores, vms = (int(n) for n in sys.argv[2:5]) if len(sys.argv) > 2 else \
        (HOSTS, DATASTORES, VMS)
    text, names, others = build(hosts, datastores, vms)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(text)
    try:
        with Lab(bin_dir, 165, ["--estate", file.name,
                                "--device-size", f"{max(4, datastores)}GiB"]) as lab, \
                FaultyWire(lab) as wire:
            began = time.monotonic()
            lab.pfnvme("host", "nvme", "apply", "--cluster", "esx-cl01", "--yes", "--quiet")
            print(f"{hosts} hosts onboarded in {time.monotonic() - began:.0f} s", flush=True)
            outside = snapshot_of(lab, others)
            foreign = {v["id"] for v in lab.status()["storage"]["volumes"]
                       if v["name"].removeprefix("vol-") in others}
            online = names[:max(1, datastores // 8)]
            source = write(lab, "weekend.yaml", intent_of(names, online))
            plan = os.path.join(lab.root, "weekend.plan.json")
            lab.pfnvme("plan", "compile", source, "--out", plan)
            watch = lab.watch()
            wire.faults.reset(lossy(7, 0.1, 0.002))
            run, seconds, lives = run_to_the_end(lab, wire, plan, KILLS)
            calls = list(wire.faults.calls)
            wire.faults.reset()
            print(f"{datastores} datastores, {vms} VMs in {seconds:.0f} s, {lives} times killed or "
                  f"interrupted, {sum(c.action != PASS for c in calls)} of {len(calls)} calls lost",
                  flush=True)
            print(watch.finish())
            # Nothing outside the plan was named by any changing call, and it is as it was.
            for call in calls:
                if call.mutating:
                    named = (call.key[1] + call.key[2].decode("utf-8", "replace"))
                    assert not any(v in named for v in foreign), f"{call} names another's volume"
            assert snapshot_of(lab, others) == outside, "something outside the plan changed"
            lab.pfnvme("run", "verify", run)
            machines = [f"vm-{n:03}" for n in range(vms)]
            for start in range(0, vms, 50):
                disks = lab.check(machines[start:start + 50], "nvme")
                assert all(d["ok"] for d in disks), [d for d in disks if not d["ok"]]
            lab.check([f"vm-of-{n}" for n in others], "sdc")
            volumes = lab.volumes()
            for name in names:
                target = f"nvme-{name}" if name in online else f"vol-{name}"
                assert volumes[target].lower() == "nvme", f"{target} is mapped by {volumes[target]}"
            report = json.loads(lab.pfnvme("run", "report", run, "-f", "json").stdout)
            assert report["summary"]["unitsDone"] == report["summary"]["units"] == datastores
            print(f"longest down time of a VM: {report['summary']['longestDown']}")
            lab.pfnvme("journal", "verify", run)
            files = no_secrets(lab, [lab.state])
            print(f"{files} files without a password")
    finally:
        os.unlink(file.name)
    print("1 passed, 0 failed")


main()
