"""Onboarding part by part and as a whole, NVMe hosts of PowerFlex, provisioning: each verb does what it
says, its dry run changes nothing, and a path in use is never taken away."""

import json
import os
import sys
import tempfile

from estates import datastore, distributed, distributed_host, estate, host, vm
from judge import no_secrets
from lab import Lab


class Bench:
    def __init__(self, lab):
        self.lab = lab

    def state(self):
        """All that a verb of this test may change."""
        shown = {}
        for what, *verb in (("controllers", "host", "nvme", "status"),
                            ("adapters", "host", "nvme", "adapter", "list"),
                            ("vmks", "host", "nvme", "vmk", "list"),
                            ("nvmeHosts", "array", "nvme-host", "list")):
            rows = json.loads(self.lab.pfnvme(*verb, "-o", "json").stdout)[what]
            shown[what] = sorted(rows, key=lambda row: sorted(row.items()))
        shown["volumes"] = self.lab.volumes()
        shown["datastores"] = sorted(d["name"] for d in self.lab.estate()["datastores"])
        return shown

    def change(self, *verb, expect=0):
        """The verb's dry run (nothing changes, there is something to do), then the verb."""
        before = self.state()
        dry = self.lab.pfnvme(*verb, "--dry-run", "--detailed-exitcode", expect=None)
        assert dry.returncode == 2, f"{verb}: dry run says {dry.returncode}\n{dry.stderr}"
        assert "#" in dry.stdout, f"{verb}: no equivalent command\n{dry.stdout}"
        assert self.state() == before, f"{verb}: the dry run changed something"
        refused = self.lab.pfnvme(*verb, "--quiet", expect=16)  # not confirmed, no terminal
        assert "--yes" in refused.stderr
        assert self.state() == before
        done = self.lab.pfnvme(*verb, "--yes", "--quiet", expect=expect)
        after = self.state()
        assert (after == before) == (expect != 0), f"{verb}: {before}\n{after}"
        return done, after

    def nothing(self, *verb):
        """Doing it again finds nothing to do."""
        dry = self.lab.pfnvme(*verb, "--dry-run", "--detailed-exitcode", expect=None)
        assert dry.returncode == 0, f"{verb} again: {dry.stdout}"


def vmkernel_ports(bench):
    """Ports for NVMe over TCP: on a standard and on a distributed switch, fixed and by DHCP."""
    net = bench.lab.network
    create = ("host", "nvme", "vmk", "create")
    standard = (*create, "--host", "esx01", "--portgroup", "Storage-C", "--address",
                net + ".153.1/24")
    ports = lambda name: {v["vmk"]: v for v in bench.state()["vmks"] if v["host"].startswith(name)}
    for words, text in (
            (("--host", "esx01", "--portgroup", "Nowhere", "--dhcp"), "has no port group"),
            (("--host", "esx01", "--portgroup", "Storage-A", "--address", net + ".151.9/24"),
             "carries vmk1"),
            (("--host", "esx01", "--portgroup", "Storage-C", "--address", net + ".151.12/24"),
             "vmk1 of host esx02.lab.local has the address"),
            (("--host", "esx01", "--portgroup", "Storage-C", "--dhcp", "--mtu", "9000"), "has MTU"),
            (("--host", "esx01", "--portgroup", "Storage-C", "--address", net + ".153.0/24"),
             "network"),
            (("--cluster", "esx-cl01", "--portgroup", "Storage-C", "--address", "1.2.3.4/24"),
             "2 hosts are in scope"),
            (("--host", "esx01", "--portgroup", "Storage-C"), "either --address or --dhcp")):
        refused = bench.lab.pfnvme(*create, *words, "--yes", "--quiet", expect=None)
        assert refused.returncode != 0 and text in refused.stderr, (words, refused.stderr)
    before = bench.state()
    _, _ = bench.change(*standard)
    made = ports("esx01")["vmk3"]
    assert made["portgroup"] == "Storage-C" and made["nvmeTcp"] == "tagged", made
    bench.nothing(*standard)
    # Untagged by hand, only the tag is missing; the way back takes the port away.
    run = [r["id"] for r in json.loads(bench.lab.pfnvme("run", "list", "-o", "json").stdout)["runs"]
           if r["plan"] == "vmk"][0]
    bench.change("host", "nvme", "vmk", "untag", "--host", "esx01", "--vmks", "vmk3")
    _, _ = bench.change(*standard)
    assert ports("esx01")["vmk3"]["nvmeTcp"] == "tagged"
    bench.lab.pfnvme("run", "rollback", run, "--yes", "--quiet")
    assert bench.state() == before, bench.state()
    # Distributed: the MTU is the switch's when none is given.
    both = (*create, "--host", "esx02", "--portgroup", "dv-A")
    bench.change(*both, "--address", f"esx02={net}.151.52/24")
    made = ports("esx02")["vmk3"]
    assert made["mtu"] == "9000" and made["portgroup"] == "dv-A", made
    bench.lab.pfnvme("run", "rollback", "last", "--yes", "--quiet")
    bench.change(*both, "--dhcp", "--mtu", "1500")
    made = ports("esx02")["vmk3"]
    assert made["mtu"] == "1500" and made["address"].startswith(net + ".151."), made
    bench.nothing(*both, "--dhcp", "--mtu", "1500")
    bench.lab.pfnvme("run", "rollback", "last", "--yes", "--quiet")
    assert bench.state() == before, bench.state()


def main():
    bin_dir = sys.argv[1]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        spare = host(1).replace("portgroups:\n", "portgroups:\n      - {name: Storage-C, "
                                "active_nics: [vmnic0]}\n")
        file.write(estate([spare, distributed_host(2)], [datastore("ds-01")],
                          [vm("vm-1", "ds-01", "esx01")]) + distributed([2]))
    try:
        with Lab(bin_dir, 175, ["--estate", file.name]) as lab:
            bench = Bench(lab)
            one = ("--host", "esx01")
            # One host, part by part.
            bench.change("host", "nvme", "vmk", "tag", *one, "--vmks", "vmk1,vmk2")
            bench.change("host", "nvme", "vmk", "untag", *one, "--vmks", "vmk1,vmk2")
            bench.change("host", "nvme", "adapter", "add", *one, "--vmnics", "vmnic0")
            bench.change("host", "nvme", "adapter", "rm", *one, "--vmnics", "vmnic0")
            bench.change("array", "nvme-host", "add", *one)
            bench.nothing("array", "nvme-host", "add", *one)
            bench.change("array", "nvme-host", "rename", "esx01", "alpha")
            bench.change("array", "nvme-host", "sync", *one)  # back to the host's own name
            bench.change("array", "nvme-host", "rm", "esx01")
            vmkernel_ports(bench)
            # The whole cluster at once; nothing is left of the probe volumes.
            _, state = bench.change("host", "nvme", "apply", "--cluster", "esx-cl01")
            bench.nothing("host", "nvme", "apply", "--cluster", "esx-cl01")
            assert [c["state"] for c in state["controllers"]] == ["online"] * 8, state["controllers"]
            assert state["volumes"] == {"vol-ds-01": "SDC"}, state["volumes"]
            lab.pfnvme("host", "nvme", "verify")
            lab.pfnvme("run", "verify")
            # A datastore on new paths; then its last path stays, and the rest of that run with it.
            _, state = bench.change("datastore", "provision", "new-ds", "--size-gib", "8")
            assert "new-ds" in state["datastores"]
            assert state["volumes"]["new-ds"].lower() == "nvme", state["volumes"]
            refused, _ = bench.change("host", "nvme", "disconnect", *one, expect=21)
            assert "last path" in refused.stderr, refused.stderr
            assert lab.pfnvme("host", "nvme", "discover", *one).stdout.count(
                lab.environ["PF_SYSTEM_NQN"]) >= 3
            lab.pfnvme("host", "nvme", "reconnect", *one, "--yes", "--quiet")
            lab.pfnvme("run", "rollback", "last", "--yes", "--quiet")  # takes nothing away
            lab.pfnvme("host", "nvme", "verify")
            # A host that holds no volume by NVMe may be forgotten.
            provision = [r["id"] for r in json.loads(lab.pfnvme("run", "list", "-o", "json").stdout)
                         ["runs"] if r["plan"] == "provision-new-ds"][0]
            lab.pfnvme("run", "rollback", provision, "--yes", "--quiet")
            assert "new-ds" not in lab.volumes()
            _, state = bench.change("host", "nvme", "forget", *one)
            assert not [c for c in state["controllers"] if c["host"].startswith("esx01")]
            lab.pfnvme("host", "nvme", "verify", expect=11)
            no_secrets(lab, [lab.state])
    finally:
        os.unlink(file.name)
    print("1 passed, 0 failed")


main()
