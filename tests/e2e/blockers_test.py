"""What keeps a datastore where it is: each is in the estate, and the plan names its rule and object."""

import os
import sys
import tempfile

from estates import datastore, estate, host, intent, vm
from lab import Lab


def main():
    names = ["ds-dump", "ds-scratch", "ds-log", "ds-beat", "ds-iso", "ds-disk"]
    first = host(1) + ("    coredump_datastore: ds-dump\n    scratch_datastore: ds-scratch\n"
                       "    syslog_datastore: ds-log\n")
    with_image = (vm("vm-iso", "ds-log", "esx01")
                  + '    iso: "[ds-iso] images/tools.iso"\n')
    container = vm("vm-fcd", "ds-disk", "esx02").replace(
        "seed:", "fcd: 1f2e3d4c-5b6a-7988-9706-f5e4d3c2b1a0, seed:")
    stores = "".join(datastore(n) for n in names).replace(
        "{name: ds-iso, volume: vol-ds-iso}",
        "{name: ds-iso, volume: vol-ds-iso, files: [images/tools.iso]}")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(estate([first, host(2)], [stores], [with_image, container])
                   + "heartbeat_datastores: [ds-beat]\n")
    try:
        with Lab(sys.argv[1], 204, ["--estate", file.name]) as lab:
            lab.pfnvme("host", "nvme", "apply", "--yes", "--quiet")
            for name, rule, words in [("ds-dump", "D-USE-07", "esx01"),
                                      ("ds-scratch", "D-USE-08", "esx01"),
                                      ("ds-log", "D-USE-09", "esx01"),
                                      ("ds-beat", "D-USE-06", "ds-beat"),
                                      ("ds-iso", "D-USE-0", "vm-iso"),
                                      ("ds-disk", "V-FCD-01", "vm-fcd")]:
                source = os.path.join(lab.root, f"{name}.yaml")
                with open(source, "w", encoding="utf-8") as out:
                    out.write(intent(name, [name], "offline"))
                plan = os.path.join(lab.root, f"{name}.plan.json")
                done = lab.pfnvme("plan", "compile", source, "--out", plan, expect=None)
                text = done.stdout + done.stderr
                assert done.returncode == 11, (name, done.returncode, text)
                assert rule in text and words in text, (name, rule, words, text)
    finally:
        os.unlink(file.name)
    print("1 passed, 0 failed")


main()
