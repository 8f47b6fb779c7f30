"""After the commit point: no way back without a word; with --keep-writes the VMs return to SDC whole."""

import os
import sys
import tempfile

from estates import datastore, estate, host, vm
from judge import compile_plan, newest_run
from lab import Lab


def main():
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(estate([host(1), host(2)], [datastore("ds-01")],
                          [vm("vm-of-ds-01", "ds-01", "esx01")]))
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
            print(watch.finish())
    finally:
        os.unlink(file.name)
    print("1 passed, 0 failed")


main()
