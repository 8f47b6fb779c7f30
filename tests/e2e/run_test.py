"""How a run is led, through a real lab: side by side and within caps, a VM on two datastores, canary,
pause, Ctrl-C, abort, a closed window, hooks, calls that hang, and the simulator's own fault rules.

Everything is read back from outside: the journal tells what ran beside what, the lab's own look at the
disks tells that every byte is there.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from estates import datastore, estate, host, vm
from judge import end_state, newest_run, no_secrets, write
from lab import Lab
from proxy import HANG_AFTER, HANG_BEFORE, PASS, FaultyWire
from soap import Vcenter


def two_disks(name, home, other, where):
    return vm(name, home, where) + f"      - {{size_bytes: {1 << 20}, seed: 77, datastore: {other}}}\n"


def intent(name, rules, more=""):
    listed = ", ".join(f'"{d}"' for d, _ in rules)
    classify = "".join(f"    - {{when: 'datastore == \"{d}\"', use: {use}}}\n" for d, use in rules)
    return ("apiVersion: pfnvme/v1\nkind: MigrationIntent\n"
            f"metadata: {{name: {name}}}\nscope:\n  datastores: {{include: [{listed}]}}\n"
            f"strategy:\n  classify:\n{classify}    - {{default: skip}}\n"
            "  offline: {shutdown: {guest: 1m, then: power-off}, accept_kb: \"Dell 000213232\"}\n"
            "safety: {voma: {before: false, after: false}}\n"
            f"network:\n  paths: {{require_min: 4}}\n{more}")


class Runs:
    def __init__(self, lab):
        self.lab = lab
        self.env = dict(lab.environ, PFNVME_SETTLE_TIME="300ms")

    def compile(self, name, rules, more="", options=()):
        plan = os.path.join(self.lab.root, f"{name}.plan.json")
        self.lab.pfnvme("plan", "compile", write(self.lab, f"{name}.yaml",
                                                 intent(name, rules, more)), "--out", plan,
                        *options)
        return plan

    def start(self, *args, env=None):
        return subprocess.Popen([os.path.join(self.lab.bin, "pfnvme"), *args],
                                env=dict(self.env, **(env or {})), text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def journal(self, run):
        text = self.lab.pfnvme("journal", "export", run, "-o", "jsonl", expect=None).stdout
        if not text.strip():
            folder = os.path.join(self.lab.state, "pfnvme", "runs", run)
            with open(os.path.join(folder, "journal.jsonl"), encoding="utf-8") as file:
                text = file.read()
        return [json.loads(line) for line in text.splitlines() if line.strip()]

    def wait_for(self, process, words):
        """Reads what the run says until a line has all the words."""
        for line in process.stderr:
            if all(word in line for word in words):
                return line
        raise AssertionError(f"no line with {words}; exit {process.wait()}")

    def finish(self, process, code):
        out, err = process.communicate(timeout=300)
        assert process.returncode == code, f"exit {process.returncode}, not {code}\n{out}\n{err[-3000:]}"
        return err


def spans(records, prefix):
    """(start, end) of every step whose id begins so, as positions in the journal."""
    first, last = {}, {}
    for at, record in enumerate(records):
        step = record.get("step", "")
        if step.startswith(prefix):
            key = (record["unit"], step)
            if record["phase"] == "intent":
                first.setdefault(key, at)
            if record["phase"] == "done":
                last[key] = at
    return [(first[key], last[key]) for key in first if key in last]


def most_at_once(found):
    points = sorted([(start, 1) for start, _ in found] + [(end, -1) for _, end in found])
    most = now = 0
    for _, step in points:
        now += step
        most = max(most, now)
    return most


def side_by_side(runs):
    """Six VMs, one of them on both datastores: one online unit, several moves at a time."""
    lab = runs.lab
    plan = runs.compile("wide", [("wa", "online"), ("wb", "online")],
                        "limits: {svmotion_per_host: 2}\n"
                        "slo: {storage_latency_p95: 1m, pause_on_rebuild: true}\n")
    with open(plan, encoding="utf-8") as file:
        units = json.load(file)["units"]
    assert len(units) == 1, f"what a VM ties together is one unit: {[u['id'] for u in units]}"
    runs.finish(runs.start("apply", plan, "--yes", "--quiet"), 0)
    moves = spans(runs.journal(newest_run(lab)), "07.")
    assert len(moves) == 6, moves
    # Two hosts with three VMs each and two moves for a host.
    assert 3 <= most_at_once(moves) <= 4, f"{most_at_once(moves)} moves at once: {moves}"
    machines = ["wide-1", "wide-2", "wide-3", "wide-4", "wide-5", "wide-both"]
    disks = lab.check(machines, "nvme")
    assert len(disks) == 7 and all(d["ok"] for d in disks), disks
    both = {d["file"].split("]")[0][1:] for d in disks if "wide-both" in d["file"]}
    assert all(name.endswith("-nvme") for name in both), both
    print(f"side by side: {most_at_once(moves)} moves at once, 7 disks read back", flush=True)


def canary_then_rest(runs):
    """Three units whose VMs one rule keeps apart, converted one after and beside the other."""
    vcenter = Vcenter(runs.lab)
    names = ["vm-of-ca", "vm-of-cb", "vm-of-cc"]
    cluster = vcenter.find("/DC1/host/esx-cl01")[1]
    old = [vcenter.find(f"/DC1/vm/{name}")[1] for name in names]
    vcenter.set_attribute("VirtualMachine", old[0], "owner", "team-x")
    vcenter.keep_apart(cluster, "apart", old)
    for _ in range(100):
        if vcenter.rule_members(cluster, "apart"):
            break
        time.sleep(0.05)
    assert vcenter.rule_members(cluster, "apart") == sorted(old)
    hooks = os.path.join(runs.lab.root, "hooks.log")
    plan = runs.compile(
        "canary", [("ca", "offline"), ("cb", "offline"), ("cc", "offline")],
        "blast_radius: {canary: 1}\n"
        "hooks:\n"
        f"  pre_unit: [{{run: \"/bin/sh -c 'echo $0 >> {hooks}; /usr/bin/env >> {hooks}' "
        "{{unit.id}}\"}]\n")
    runs.finish(runs.start("apply", plan, "--yes", "--quiet"), 0)
    records = runs.journal(newest_run(runs.lab))
    starts = [(at, r["unit"]) for at, r in enumerate(records) if r["phase"] == "unit-start"]
    ends = [(at, r["unit"]) for at, r in enumerate(records) if r["phase"] == "unit-done"]
    assert len(starts) == len(ends) == 3
    assert ends[0][1] == starts[0][1] and ends[0][0] < starts[1][0], (starts, ends)
    assert starts[2][0] < ends[1][0], "after the canary the others run side by side"
    with open(hooks, encoding="utf-8") as file:
        text = file.read()
    assert text.count("PFNVME_EVENT=pre_unit") == 3, text
    for secret in ("GOVC_PASSWORD", "POWERFLEX_PASSWORD"):
        assert runs.lab.environ[secret] not in text, "a hook was given a password"
    runs.lab.check(names, "nvme")
    new = [vcenter.find(f"/DC1/vm/{name}")[1] for name in names]
    assert not set(new) & set(old), "a conversion registers VMs anew"
    assert vcenter.rule_members(cluster, "apart") == sorted(new), "the rule has lost VMs"
    assert "team-x" in vcenter.read("VirtualMachine", new[0], "customValue")
    assert vcenter.tags("VirtualMachine", new[0]) == ["nightly"], "the tag is not back"
    assert vcenter.tags("VirtualMachine", new[1]) == []
    report = json.loads(runs.lab.pfnvme("run", "report", "last", "-f", "json").stdout)
    assert report["notRestored"] == [], report["notRestored"]
    assert [s["volumes"] != "0" for s in report["sdcRetirement"]] == [True, True], report
    print("canary first, hooks without secrets, rule, attribute and tag are back", flush=True)


def paused_and_resumed(runs, ds, how):
    plan = runs.compile(f"pause-{ds}", [(ds, "offline")])
    process = runs.start("apply", plan, "--yes")
    runs.wait_for(process, ["shut down"])
    run = newest_run(runs.lab)
    if how == "verb":
        runs.lab.pfnvme("run", "pause", run)
    else:
        process.send_signal(signal.SIGINT)
    runs.finish(process, 23)
    records = runs.journal(run)
    assert records[-1]["phase"] == "run-end" and records[-1]["detail"] == "paused"
    done = sum(r["phase"] == "done" for r in records)
    assert not any(r["phase"] == "unit-done" for r in records)
    runs.finish(runs.start("run", "resume", run, "--yes", "--quiet"), 0)
    assert sum(r["phase"] == "done" for r in runs.journal(run)) > done
    runs.lab.check([f"vm-of-{ds}"], "nvme")
    print(f"paused by {how} after {done} steps, resumed to the end", flush=True)


def aborted(runs, ds, how):
    before = end_state(runs.lab, ds, f"vm-of-{ds}", "sdc")
    plan = runs.compile(f"abort-{ds}", [(ds, "offline")])
    # The steps take long enough for whoever changes their mind.
    runs.lab.run("pf-lab", "fault", "--dir", runs.lab.dir, "add", "--service", "vcenter",
                 "--method", "UnmountVmfsVolume", "--action", "delay", "--delay", "2000",
                 "--times", "2")
    process = runs.start("apply", plan, "--yes")
    runs.wait_for(process, ["unmount"])
    if how == "verb":
        runs.lab.pfnvme("run", "abort", newest_run(runs.lab))
    else:
        process.send_signal(signal.SIGINT)
        runs.wait_for(process, ["once more to abort"])
        process.send_signal(signal.SIGINT)
    runs.finish(process, 21)
    runs.lab.run("pf-lab", "fault", "--dir", runs.lab.dir, "clear")
    after = end_state(runs.lab, ds, f"vm-of-{ds}", "sdc")
    assert after == before, f"aborted by {how} leaves\n{after}\nbefore:\n{before}"
    print(f"aborted by {how}: everything as before", flush=True)


def window_is_over(runs, ds):
    before = end_state(runs.lab, ds, f"vm-of-{ds}", "sdc")
    plan = runs.compile(f"late-{ds}", [(ds, "offline")],
                        "window:\n  - {start: 2020-01-01T00:00:00Z, end: 2020-01-02T00:00:00Z}\n",
                        ["--ignore-window"])
    runs.finish(runs.start("apply", plan, "--yes", "--quiet"), 23)
    records = runs.journal(newest_run(runs.lab))
    assert not any(r["phase"] in ("unit-start", "intent") for r in records), records
    assert end_state(runs.lab, ds, f"vm-of-{ds}", "sdc") == before
    print("outside its window nothing starts", flush=True)


def once(action, name):
    taken = []

    def rule(call):
        if taken or not call.name.endswith(name):
            return PASS
        taken.append(call)
        return action
    return rule


def hanging_calls(runs, wire, names):
    """A call that is never answered, done or not, is found out by looking; the vCenter of the lab loses
    and refuses others by its own rules at the same time."""
    lab = runs.lab
    for ds, action in zip(names, (HANG_BEFORE, HANG_AFTER)):
        lab.run("pf-lab", "fault", "--dir", lab.dir, "add", "--service", "vcenter",
                "--method", "UnmountVmfsVolume", "--action", "drop", "--when", "after",
                "--times", "1")
        lab.run("pf-lab", "fault", "--dir", lab.dir, "add", "--service", "gateway",
                "--method", "addMappedHost", "--action", "drop", "--times", "1")
        plan = runs.compile(f"hang-{ds}", [(ds, "offline")])
        wire.faults.hang_seconds = 3
        wire.faults.reset(once(action, "UnregisterVM"))
        args = ["apply", plan]
        for _ in range(4):
            process = runs.start(*args, "--yes", "--quiet", env=wire.environ)
            out, err = process.communicate(timeout=300)
            if process.returncode == 0:
                break
            assert process.returncode in (31, 75), f"exit {process.returncode}\n{out}\n{err[-3000:]}"
            args = ["run", "resume", newest_run(lab)]
        assert process.returncode == 0, f"exit {process.returncode}\n{out}\n{err[-3000:]}"
        hung = [c for c in wire.faults.calls if c.action == action]
        assert len(hung) == 1, wire.faults.calls
        with open(os.path.join(lab.dir, "log", "faults.jsonl"), encoding="utf-8") as file:
            made = [json.loads(line) for line in file]
        assert len(made) >= 2, made
        wire.faults.reset()
        lab.run("pf-lab", "fault", "--dir", lab.dir, "clear")
        lab.check([f"vm-of-{ds}"], "nvme")
        print(f"{action} of UnregisterVM and {len(made)} faults of the lab: the same end", flush=True)


def main():
    bin_dir = sys.argv[1]
    singles = ["ca", "cb", "cc", "pa", "pb", "ab", "ac", "la", "ha", "hb"]
    machines = [vm(f"wide-{n}", "wa" if n < 4 else "wb", f"esx{1 + n % 2:02}") for n in range(1, 6)]
    machines.append(two_disks("wide-both", "wa", "wb", "esx01"))
    machines += [vm(f"vm-of-{n}", n, "esx01") for n in singles]
    machines[6] += "    tags: [\"backup:nightly\"]\n"
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(estate([host(1), host(2)], [datastore(n) for n in ["wa", "wb", *singles]],
                          machines))
    began = time.monotonic()
    try:
        with Lab(bin_dir, 210, ["--estate", file.name, "--copy-rate", "1MiB",
                                "--device-size", "12GiB"]) as lab, FaultyWire(lab) as wire:
            lab.pfnvme("host", "nvme", "apply", "--cluster", "esx-cl01", "--yes", "--quiet")
            watch = lab.watch()
            runs = Runs(lab)
            side_by_side(runs)
            canary_then_rest(runs)
            paused_and_resumed(runs, "pa", "verb")
            paused_and_resumed(runs, "pb", "Ctrl-C")
            aborted(runs, "ab", "verb")
            aborted(runs, "ac", "Ctrl-C")
            window_is_over(runs, "la")
            hanging_calls(runs, wire, ["ha", "hb"])
            print(watch.finish())
            no_secrets(lab, [lab.state])
    finally:
        os.unlink(file.name)
    print(f"{time.monotonic() - began:.0f} s\n1 passed, 0 failed")


main()
