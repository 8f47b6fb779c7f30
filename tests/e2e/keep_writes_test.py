"""After the commit point: no way back without a word; with --keep-writes the VMs return to SDC whole,
with --discard-writes everything is as it was. A run that goes on asks for its approvals again."""

import json
import os
import sys
import tempfile

from estates import datastore, estate, host, intent, spanning_vms, vm
from judge import compile_plan, newest_run, write
from lab import Lab

TIED = ["ds-02", "ds-02-b"]
TIED_VMS = ["vm-of-ds-02", "vm-of-ds-02-b"]


def picture(lab):
    """The two tied datastores with their VMs, and the snapshots that are left."""
    status = lab.status()
    return {
        "stores": sorted((d["name"], d["uuid"], d["device"], sorted(d["hosts"]))
                         for d in status["estate"]["datastores"] if d["name"] in TIED),
        "vms": sorted((v["name"], v["vmx"], v["power"]) for v in status["estate"]["vms"]
                      if v["name"] in TIED_VMS),
        "volumes": sorted((v["name"], v["protocol"].lower()) for v in status["storage"]["volumes"]
                          if v["name"].startswith(("vol-ds-02", "pfnvme-"))),
    }


def two_datastores_at_once(lab):
    """A VM on two datastores and one that shares its disk: one unit, both ways back."""
    before = picture(lab)
    assert {p for n, p in before["volumes"] if n.startswith("vol-")} == {"sdc"}, before
    plan, _ = compile_plan(lab, "ds-02", "offline", together=["ds-02-b"])
    lab.pfnvme("apply", plan, "--yes", "--quiet")
    run = newest_run(lab)
    there = picture(lab)
    assert not {u for _, u, _, _ in there["stores"]} & {u for _, u, _, _ in before["stores"]}, there
    assert all(d["ok"] for d in lab.check(TIED_VMS, "nvme"))
    report = json.loads(lab.pfnvme("run", "report", run, "-f", "json").stdout)
    moved = {(i["object"], i["old"], i["new"]) for i in report["identities"]
             if i["kind"] == "vmfs-uuid"}
    assert moved == {(name, old, new) for (name, old, _, _), (_, new, _, _)
                     in zip(before["stores"], there["stores"])}, moved

    back = ("run", "rollback", run, "--discard-writes", "--yes", "--quiet", "--confirm")
    lab.pfnvme(*back, "discard 1", expect=16)
    assert picture(lab) == there
    lab.pfnvme(*back, "discard 2")
    assert picture(lab) == before, f"{picture(lab)}\nbefore:\n{before}"
    assert all(d["ok"] for d in lab.check(TIED_VMS, "sdc"))
    assert "rolled back" in lab.pfnvme("run", "status", run).stdout
    lab.pfnvme("journal", "verify", run)

    plan, _ = compile_plan(lab, "ds-02", "offline", together=["ds-02-b"])
    lab.pfnvme("apply", plan, "--yes", "--quiet")
    run = newest_run(lab)
    lab.pfnvme("run", "rollback", run, "--keep-writes", "--yes", "--quiet")
    assert {p for n, p in picture(lab)["volumes"] if n.startswith("vol-")} == {"sdc"}, picture(lab)
    assert all(d["ok"] for d in lab.check(TIED_VMS, "sdc"))
    lab.pfnvme("run", "verify", "last")
    assert "rolled back" in lab.pfnvme("run", "status", run).stdout


def approvals_are_asked_again(lab):
    plan = os.path.join(lab.root, "signed.plan.json")
    source = write(lab, "signed.yaml",
                   intent("signed", ["ds-01"], "offline") + "approval: {required: 1}\n")
    lab.pfnvme("plan", "compile", source, "--out", plan)
    assert "plan approve" in lab.pfnvme("apply", plan, "--yes", expect=14).stderr
    key = os.path.join(lab.root, "key")
    lab.run("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    lab.pfnvme("plan", "approve", plan, "--by", "ann", "--key", key)
    lab.pfnvme("apply", plan, "--yes", "--quiet", expect=137,
               env={"PFNVME_CRASH_AT": "off-01:04-context:after-done"})
    run = newest_run(lab)
    kept = [os.path.join(top, name) for top, _, names in os.walk(lab.state) for name in names
            if run in top and name.endswith(".approvals.json")]
    assert len(kept) == 1, kept
    os.unlink(kept[0])
    refused = lab.pfnvme("run", "resume", run, "--yes", expect=14).stderr
    assert "0 of 1 approvals" in refused, refused
    assert lab.volumes()["vol-ds-01"].lower() == "sdc"
    lab.pfnvme("plan", "approve", kept[0].removesuffix(".approvals.json"), "--by", "bob", "--key",
               key)
    lab.pfnvme("run", "resume", run, "--yes", "--quiet")
    assert lab.volumes()["vol-ds-01"].lower() == "nvme"
    assert all(d["ok"] for d in lab.check(["vm-of-ds-01"], "nvme"))


def main():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(estate([host(1), host(2)], [datastore(n) for n in ["ds-01", *TIED]],
                          [vm("vm-of-ds-01", "ds-01", "esx01"),
                           spanning_vms("vm-of-ds-02", *TIED, "esx01")]))
    try:
        with Lab(sys.argv[1], 185, ["--estate", file.name]) as lab:
            lab.pfnvme("host", "nvme", "apply", "--yes", "--quiet")
            watch = lab.watch()
            plan, _ = compile_plan(lab, "ds-01", "offline")
            lab.pfnvme("apply", plan, "--yes", "--quiet")
            run = newest_run(lab)
            refused = lab.pfnvme("run", "rollback", run, "--yes", expect=22).stderr
            assert "--keep-writes" in refused and "--discard-writes" in refused, refused
            # What would be lost has to be counted: a plain yes is no word.
            for words in (["--yes"], ["--yes", "--confirm", "discard 99"], ["--confirm", "yes"]):
                done = lab.pfnvme("run", "rollback", "last", "--discard-writes", *words, expect=16)
                assert "discard " in done.stderr, done.stderr
            assert lab.volumes()["vol-ds-01"].lower() == "nvme"
            back = ("run", "rollback", run, "--keep-writes")
            dry = lab.pfnvme(*back, "--dry-run").stdout
            assert "Nothing was changed" in dry and "unmap" in dry, dry
            lab.pfnvme(*back, "--quiet", expect=16)  # not confirmed
            assert lab.volumes()["vol-ds-01"].lower() == "nvme"
            lab.pfnvme(*back, "--yes", "--quiet")
            assert lab.volumes()["vol-ds-01"].lower() == "sdc"
            assert all(d["ok"] for d in lab.check(["vm-of-ds-01"], "sdc"))
            assert "rolled back" in lab.pfnvme("run", "status", run).stdout
            lab.pfnvme("run", "verify", "last")
            lab.pfnvme("journal", "verify", run)
            two_datastores_at_once(lab)
            approvals_are_asked_again(lab)
            print(watch.finish())
    finally:
        os.unlink(file.name)
    print("3 passed, 0 failed")


main()
