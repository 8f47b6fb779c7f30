"""What keeps a datastore where it is: each is in the estate, and the checks name its rule and object."""

import json
import os
import sys
import tempfile

from estates import datastore, estate, host, vm
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
                   + "heartbeat_datastores: [ds-beat]\n"
                   + "content_libraries: [{name: images, datastore: ds-iso}]\n")
    try:
        with Lab(sys.argv[1], 204, ["--estate", file.name]) as lab:
            done = lab.pfnvme("check", "run", "--live", "-o", "json", expect=None)
            found = {(f["check"], w) for f in json.loads(done.stdout)["findings"]
                     if f["severity"] == "blocker" and f["verdict"] == "violated"
                     for w in ("vm-iso", "vm-fcd", *names) if w in f["object"] + f["message"]}
            for wanted in [("D-USE-03", "vm-iso"), ("D-USE-06", "ds-beat"), ("D-USE-07", "ds-dump"),
                           ("D-USE-08", "ds-scratch"), ("D-USE-09", "ds-log"),
                           ("D-USE-12", "ds-iso"), ("V-FCD-01", "vm-fcd")]:
                assert wanted in found, (wanted, sorted(found))
            # And of those who have nothing of the kind nothing is said.
            for rule, name in [("D-USE-07", "ds-disk"), ("D-USE-08", "ds-disk"),
                               ("D-USE-09", "ds-disk"), ("D-USE-12", "ds-disk"),
                               ("V-FCD-01", "vm-iso")]:
                assert (rule, name) not in found, (rule, name)
    finally:
        os.unlink(file.name)
    print("1 passed, 0 failed")


main()
