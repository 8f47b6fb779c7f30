"""Both ways of migrating as a user who has exactly the privileges that the toolkit lists; between
them the vSphere side is killed, and the whole lab goes down and comes up again with its data."""

import os
import re
import subprocess
import sys
import tempfile
import time

from estates import datastore, estate, host, vm
from judge import compile_plan, newest_run
from lab import CommandFailed, Lab

USER, PASSWORD = "migrator@vsphere.local", "Migrate-1!"


def listed_privileges(bin_dir):
    """All modes' privileges, as `pfnvme check permissions` prints them, without any lab."""
    found = set()
    for mode in ("read", "onboard", "online", "offline"):
        done = subprocess.run([os.path.join(bin_dir, "pfnvme"), "check", "permissions", "--mode",
                               mode], check=True, timeout=60, text=True, stdout=subprocess.PIPE)
        found |= set(re.findall(r"\b(?:System|Sessions|Host|Datastore|Resource|VirtualMachine|"
                                r"Global|Folder|Authorization|InventoryService)(?:\.[A-Z]\w+)+", done.stdout))
    assert len(found) > 15, found
    return sorted(found)


def wait_until_ready(lab):
    deadline = time.monotonic() + 60
    while True:
        try:
            if lab.estate()["vms"]:
                return
        except (CommandFailed, KeyError, TypeError, ValueError):
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def roles(privileges):
    names = ", ".join(privileges)
    return (f"roles:\n  - {{name: Migrator, privileges: [{names}]}}\n"
            f"users:\n  - {{name: {USER}, password: \"{PASSWORD}\", role: Migrator}}\n")


def main():
    bin_dir = sys.argv[1]
    privileges = listed_privileges(bin_dir)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(estate([host(1), host(2)], [datastore("ds-01"), datastore("ds-02")],
                          [vm("vm-01", "ds-01", "esx01"), vm("vm-02", "ds-02", "esx02")])
                   + roles(privileges))
    try:
        with Lab(bin_dir, 196, ["--estate", file.name]) as lab:
            lab.environ["GOVC_USERNAME"] = USER
            lab.environ["GOVC_PASSWORD"] = PASSWORD
            lab.pfnvme("check", "permissions", "--live")
            lab.pfnvme("host", "nvme", "apply", "--yes", "--quiet")
            plan, _ = compile_plan(lab, "ds-01", "offline")
            lab.pfnvme("apply", plan, "--yes", "--quiet")
            assert all(d["ok"] for d in lab.check(["vm-01"], "nvme"))
            before = lab.estate()

            # The process that is vCenter and the hosts dies; the storage goes on.
            lab.fault("kill", "vsphere")
            lab.fault("start", "vsphere")
            wait_until_ready(lab)
            assert lab.estate() == before, (lab.estate(), before)
            assert all(d["ok"] for d in lab.check(["vm-01"], "nvme"))

            # Everything goes down and comes up again.
            lab.run("pf-lab", "down", "--dir", lab.dir, "--keep")
            lab.run("pf-lab", "up", "--dir", lab.dir, "--network", lab.network, *lab.up_args)
            assert lab.estate() == before, (lab.estate(), before)
            assert lab.volumes()["vol-ds-01"].lower() == "nvme"
            assert lab.volumes()["vol-ds-02"].lower() == "sdc"
            assert all(d["ok"] for d in lab.check(["vm-01"], "nvme"))
            assert all(d["ok"] for d in lab.check(["vm-02"], "sdc"))

            plan, _ = compile_plan(lab, "ds-02", "online")
            lab.pfnvme("apply", plan, "--yes", "--quiet")
            assert all(d["ok"] for d in lab.check(["vm-02"], "nvme"))
            lab.pfnvme("journal", "verify", newest_run(lab))
    finally:
        os.unlink(file.name)
    print("1 passed, 0 failed")


main()
