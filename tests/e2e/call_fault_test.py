"""Every changing call of a run is lost, done but unanswered, or refused, one after the other.

The calls are those that go over the wire: a proxy between pfnvme and both systems counts them and
takes one away, so a call that a new step makes is covered by being made. Whatever happens to a call,
the run (resumed or applied again where it stopped) ends like an undisturbed one, object by object and
byte by byte; a run that rolled back left everything as it was.
"""

import json
import os
import sys
import tempfile
import time

from estates import TAG, datastore, estate, host, vm
from judge import compile_plan, end_state, newest_run, no_secrets
from lab import Lab
from soap import Vcenter
from proxy import DROP_AFTER, DROP_BEFORE, REFUSE, FaultyWire, nth, once_each, one_new

# Exit codes after which the run is as it was, and those after which it is resumed.
ROLLED_BACK = (20, 21)
RESUMABLE = (22, 30, 31, 75)
FAST = {"PFNVME_SETTLE_TIME": "300ms"}


class Bench:
    def __init__(self, lab, wire):
        self.lab = lab
        self.wire = wire
        self.env = dict(wire.environ, **FAST)

    def pfnvme(self, *args, **more):
        return self.lab.pfnvme(*args, env=dict(self.env, **more.pop("env", {})), **more)

    def finish(self, done, what, earlier):
        """Resumes until the run is over; → its exit code."""
        tries = 0
        run = newest_run(self.lab)
        assert run != earlier, f"{what}: there is no run; exit {done.returncode}\n{done.stderr}"
        while done.returncode in RESUMABLE:
            tries += 1
            assert tries <= 4, f"{what}: still exit {done.returncode}\n{done.stderr[-3000:]}"
            done = self.pfnvme("run", "resume", run, "--yes", "--quiet", expect=None)
        assert done.returncode in (0,) + ROLLED_BACK, \
            f"{what}: exit {done.returncode}\n{done.stdout}\n{done.stderr[-3000:]}"
        return done.returncode

    def apply(self, plan, rule, what):
        earlier = newest_run(self.lab)
        self.wire.faults.reset(rule)
        done = self.pfnvme("apply", plan, "--yes", "--quiet", expect=None)
        code = self.finish(done, what, earlier)
        return code, [c for c in self.wire.faults.mutating() if c.action != "pass"]


def ends_as(bench, ds, transport, expected, taken):
    """Whether the end is the undisturbed one; → what it is. A refused tag alone takes no unit back: it is
    told, and missing. The test attaches it then."""
    state = end_state(bench.lab, ds, f"vm-of-{ds}", transport)[0]
    if not any("tag-association" in call.name for call in taken):
        return state == expected, state
    report = json.loads(bench.pfnvme("run", "report", "last", "-f", "json").stdout)
    assert any("backup:nightly" in str(line) for line in report["notRestored"]), report
    vcenter = Vcenter(bench.lab)
    one = vcenter.find(f"/DC1/vm/vm-of-{ds}")
    assert vcenter.tags(*one) == []
    vcenter.attach(*one, "nightly")
    vcenter.close()
    assert state.replace('"tags": []', '"tags": ["nightly"]') == expected, state
    return True, state


def each_call_once(bench, ds, use, action, transport, expected):
    """One run in which the first try of every distinct changing call is taken away."""
    plan, _ = compile_plan(bench.lab, ds, use)
    code, taken = bench.apply(plan, once_each(action), f"{use} {action}")
    assert code == 0, f"{use}, every call {action}: exit {code} after {taken}"
    assert len(taken) >= 8, f"only {taken} were taken away"
    state = end_state(bench.lab, ds, f"vm-of-{ds}", transport)
    assert state == expected, f"{use} {action} ends in\n{state}\nundisturbed:\n{expected}"
    return len(taken)


def refuse_in_turn(bench, ds, use, transport, expected):
    """One run for each call: it is refused, the unit rolls back, the next run refuses the next."""
    before = end_state(bench.lab, ds, f"vm-of-{ds}", "sdc")[0]
    refused = 0
    for index in range(1, 200):
        plan, _ = compile_plan(bench.lab, ds, use)
        code, taken = bench.apply(plan, nth(index, REFUSE), f"{use}, call {index} refused")
        if code == 0:
            if not taken:
                break  # there were fewer calls: each had its turn
            # A refusal that was made good. Go on from the start with the next datastore's state.
            refused += 1
            same, state = ends_as(bench, ds, transport, expected[0], taken)
            assert same, f"{use}, {taken} refused, ends in\n{state}"
            refused_without = bench.pfnvme("run", "rollback", "last", "--discard-writes", "--yes",
                                           "--quiet", expect=16)
            assert "--confirm 'discard 1'" in refused_without.stderr, refused_without.stderr
            back = bench.pfnvme("run", "rollback", "last", "--discard-writes", "--confirm",
                                "discard 1", "--quiet", expect=None)
            assert back.returncode == 0, f"rollback: {back.stderr[-3000:]}"
        else:
            refused += 1
        state = end_state(bench.lab, ds, f"vm-of-{ds}", "sdc")[0]
        assert state == before, f"{use}, {taken} refused, leaves\n{state}\nbefore:\n{before}"
    state = end_state(bench.lab, ds, f"vm-of-{ds}", transport)
    assert state[0] == expected[0], f"{use} ends in\n{state}\nundisturbed:\n{expected}"
    return refused


def rollback_faulted(bench, ds, use, action):
    """A run that is as far as it can be taken back from, taken back while calls are taken away."""
    before = end_state(bench.lab, ds, f"vm-of-{ds}", "sdc")
    plan, points = compile_plan(bench.lab, ds, use)
    turn = [p for p in points if p[1].startswith("17.") or p[1].startswith("09-")][0]
    at = points[points.index(turn) - 1]
    bench.wire.faults.reset()
    bench.pfnvme("apply", plan, "--yes", "--quiet", expect=137,
                 env={"PFNVME_CRASH_AT": f"{at[0]}:{at[1]}:after-done"})
    run = newest_run(bench.lab)
    taken = []
    if action == REFUSE:
        # Each life of the rollback meets one refusal, of a call that was not refused before.
        seen = set()
        for _ in range(200):
            bench.wire.faults.reset(one_new(seen, action))
            done = bench.pfnvme("run", "rollback", run, "--yes", "--quiet", expect=None)
            hit = [c for c in bench.wire.faults.mutating() if c.action != "pass"]
            taken += hit
            if done.returncode == 0:
                break
            assert hit, f"nothing was refused, but {done.returncode} {done.stderr[-3000:]}"
    else:
        bench.wire.faults.reset(once_each(action))
        done = bench.pfnvme("run", "rollback", run, "--yes", "--quiet", expect=None)
        for _ in range(4):
            if done.returncode == 0:
                break
            done = bench.pfnvme("run", "rollback", run, "--yes", "--quiet", expect=None)
        assert done.returncode == 0, f"{done.returncode} {done.stderr[-3000:]}"
        taken = [c for c in bench.wire.faults.mutating() if c.action != "pass"]
    assert len(taken) >= 4, f"only {taken} were taken away"
    same, after = ends_as(bench, ds, "sdc", before[0], taken if action == REFUSE else [])
    assert same, f"rollback with {action} leaves\n{after}\nbefore:\n{before}"
    after = end_state(bench.lab, ds, f"vm-of-{ds}", "sdc")
    assert after == before, f"rollback with {action} leaves\n{after}\nbefore:\n{before}"
    return len(taken)


def by_nvme(bench, ds):
    """Brings the datastore to NVMe, undisturbed, unless it is there."""
    stores = bench.lab.status()["storage"]["volumes"]
    if not any(v["name"] == f"vol-{ds}" and v["protocol"].lower() == "nvme" for v in stores):
        plan, _ = compile_plan(bench.lab, ds, "offline")
        assert bench.apply(plan, None, ds)[0] == 0
        bench.lab.pfnvme("run", "cleanup", "last", "--yes", "--quiet")


def there_and_back(bench, ds, rule, what):
    """The datastore by NVMe, then its way back under a rule; → exit code, taken calls."""
    by_nvme(bench, ds)
    earlier = newest_run(bench.lab)
    bench.wire.faults.reset(rule)
    done = bench.pfnvme("migrate", "reverse", ds, "--power-off", "--yes", "--quiet", expect=None)
    code = bench.finish(done, what, earlier)
    taken = [c for c in bench.wire.faults.mutating() if c.action != "pass"]
    bench.wire.faults.reset()
    return code, taken


def reverse(bench, names, parts):
    """The way back to SDC under the same faults; → how many calls were taken away."""
    free = iter(names)
    ds = next(free)
    code, _ = there_and_back(bench, ds, None, "reverse")
    assert code == 0, f"reverse: exit {code}"
    bench.lab.pfnvme("run", "cleanup", "last", "--yes", "--quiet")
    expected = end_state(bench.lab, ds, f"vm-of-{ds}", "sdc")
    count = 0
    for action in (DROP_AFTER, DROP_BEFORE) if "lost" in parts else ():
        ds = next(free)
        code, taken = there_and_back(bench, ds, once_each(action), f"reverse {action}")
        assert code == 0, f"reverse, every call {action}: exit {code} after {taken}"
        assert len(taken) >= 8, f"only {taken} were taken away"
        bench.lab.pfnvme("run", "cleanup", "last", "--yes", "--quiet")
        state = end_state(bench.lab, ds, f"vm-of-{ds}", "sdc")
        assert state == expected, f"reverse {action} ends in\n{state}\nundisturbed:\n{expected}"
        print(f"reverse: {len(taken)} calls {action}, same end", flush=True)
        count += len(taken)
    ds = next(free)
    refused = 0
    for index in range(1, 200) if "refused" in parts else ():
        by_nvme(bench, ds)
        before = end_state(bench.lab, ds, f"vm-of-{ds}", "nvme")[0]
        code, taken = there_and_back(bench, ds, nth(index, REFUSE), f"reverse, call {index} refused")
        if code == 0 and not taken:
            break  # there were fewer calls: each had its turn
        refused += 1
        if code == 0:  # made good: from NVMe once more
            same, state = ends_as(bench, ds, "sdc", expected[0], taken)
            assert same, f"reverse, {taken} refused, ends in\n{state}"
        else:
            state = end_state(bench.lab, ds, f"vm-of-{ds}", "nvme")[0]
            assert state == before, f"reverse, {taken} refused, leaves\n{state}\nbefore:\n{before}"
    if "refused" in parts:
        assert refused >= 8, f"only {refused} calls were refused"
        state = end_state(bench.lab, ds, f"vm-of-{ds}", "sdc")[0]
        assert state == expected[0], f"reverse ends in\n{state}\nundisturbed:\n{expected}"
        print(f"reverse: {refused} calls refused, each rolled back or made good", flush=True)
    return count + refused


def main():
    bin_dir, uses, parts = sys.argv[1], [sys.argv[2]], sys.argv[3:] or ["lost", "refused"]
    names = [f"ds-{n:02}" for n in range(7)]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(estate([host(1), host(2)], [datastore(n) for n in names],
                          [vm(f"vm-of-{n}", n, "esx01") + TAG for n in names]))
    count = 0
    try:
        with Lab(bin_dir, 150, ["--estate", file.name]) as lab, FaultyWire(lab) as wire:
            lab.pfnvme("host", "nvme", "apply", "--cluster", "esx-cl01", "--yes", "--quiet")
            watch = lab.watch()
            bench = Bench(lab, wire)
            free = iter(names)
            if uses == ["reverse"]:
                count = reverse(bench, names, parts)
            for use in uses if uses != ["reverse"] else ():
                started = time.monotonic()
                ds = next(free)
                plan, _ = compile_plan(lab, ds, use)
                bench.apply(plan, None, use)
                expected = end_state(lab, ds, f"vm-of-{ds}", "nvme")
                # The check of lingering snapshots compares differences, so start from none.
                lab.pfnvme("run", "cleanup", "last", "--yes", "--quiet")
                for action in (DROP_AFTER, DROP_BEFORE) if "lost" in parts else ():
                    n = each_call_once(bench, next(free), use, action, "nvme", expected)
                    lab.pfnvme("run", "cleanup", "last", "--yes", "--quiet")
                    print(f"{use}: {n} calls {action}, same end "
                          f"({time.monotonic() - started:.0f} s)", flush=True)
                    count += n
                if "refused" in parts:
                    n = refuse_in_turn(bench, next(free), use, "nvme", expected)
                    print(f"{use}: {n} calls refused, each rolled back "
                          f"({time.monotonic() - started:.0f} s)", flush=True)
                    lab.pfnvme("run", "cleanup", "last", "--yes", "--quiet")
                    count += n
                for action in ((DROP_AFTER, DROP_BEFORE) if "lost" in parts else ()) + \
                        ((REFUSE,) if "refused" in parts else ()):
                    n = rollback_faulted(bench, next(free), use, action)
                    print(f"{use}: rollback with {n} calls {action}, as before "
                          f"({time.monotonic() - started:.0f} s)", flush=True)
                    count += n
            print(watch.finish())
            no_secrets(lab, [lab.state])
    finally:
        os.unlink(file.name)
    assert count >= 16, f"only {count} faults"
    print(f"{count} faults\n{len(uses)} passed, 0 failed")


main()
