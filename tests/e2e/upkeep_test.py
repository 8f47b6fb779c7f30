"""Verbs on hosts and datastores beside any migration, each through to its success and read back by
other means; what verbs print on a terminal, for pipelines and for spreadsheets; passwords by netrc
and from systemd; causes of an error as the host itself shows them."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
import xml.etree.ElementTree as ElementTree
import zipfile

from estates import datastore, estate, host, vm
from judge import no_secrets
from lab import Lab
from soap import Vcenter

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def on_terminal(lab, *args, rows=24, env=None):
    """→ exit code and what a person sees."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 100, 0, 0))
    environ = {k: v for k, v in lab.environ.items() if k != "NO_COLOR"}
    process = subprocess.Popen([os.path.join(lab.bin, "pfnvme"), *args], env={**environ, **(env or {})},
                               stdin=slave, stdout=slave, stderr=slave, close_fds=True)
    os.close(slave)
    seen = b""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if not select.select([master], [], [], 0.5)[0]:
            if process.poll() is not None:
                break
            continue
        try:
            part = os.read(master, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        seen += part
    os.close(master)
    return process.wait(timeout=60), seen.decode("utf-8", "replace")


def terminals(lab):
    inventory = lab.root + "/inventory.db"
    lab.pfnvme("inventory", "collect", "--inventory", inventory, "--quiet")
    run = ("check", "run", "--inventory", inventory, "--only", "N-")
    assert "\x1b[" not in lab.pfnvme(*run, expect=None).stdout
    assert "\x1b[" in lab.pfnvme(*run, "--color", "always", expect=None).stdout
    _, seen = on_terminal(lab, *run)
    assert "\x1b[" in seen, seen
    _, seen = on_terminal(lab, *run, "--color", "never")
    assert "\x1b[" not in seen, seen
    _, seen = on_terminal(lab, *run, env={"NO_COLOR": "1"})
    assert "\x1b[" not in seen, seen
    # Long text goes through the pager, on a terminal only; short text does not.
    pager = lab.root + "/pager"
    with open(pager, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\necho paged \"$1\"\nshift\nhead -n 2 \"$1\"\n")
    os.chmod(pager, 0o700)
    paged = {"PAGER": pager + " -x"}
    _, seen = on_terminal(lab, "check", "list", rows=10, env=paged)
    assert seen.startswith("paged -x") and seen.count("\n") == 3, seen
    _, seen = on_terminal(lab, "check", "list", "--query", "id = V-RDM-01", rows=10, env=paged)
    assert "paged" not in seen and "V-RDM-01" in seen, seen
    _, seen = on_terminal(lab, "check", "list", rows=10, env={"PAGER": "/nowhere/pager"})
    assert "V-RDM-01" in seen, seen
    assert "paged" not in lab.pfnvme("check", "list", env=paged).stdout
    # A bar on a terminal, lines elsewhere.
    code, seen = on_terminal(lab, "datastore", "rename", "ds-01", "ds-one", "--yes")
    assert code == 0 and "\r" in seen.replace("\r\n", "\n") and "1/1 steps" in seen, seen
    plain = lab.pfnvme("datastore", "rename", "ds-one", "ds-01", "--yes")
    assert "\r" not in plain.stderr + plain.stdout, plain.stderr


def groups(lab):
    shown = lab.pfnvme("host", "nvme", "--help").stdout
    assert "host nvme vmk create" in shown and "array" not in shown, shown
    assert lab.pfnvme("help", "host", "nvme").stdout == shown
    assert "there is no verb 'host nvmf'" in lab.pfnvme("host", "nvmf", "--help", expect=64).stderr
    listed = lab.pfnvme("host", "nvme", "vmk", "list", "-o", "csv", "--columns", "host,vmk",
                        "--query", "vmk = vmk0").stdout
    assert listed.splitlines()[0] == "host,vmk" and listed.count("vmk0") == 2, listed
    names = lab.pfnvme("host", "nqn", "list", "-o", "name").stdout.split()
    assert sorted(names) == ["esx01.lab.local", "esx02.lab.local"], names


def passwords(lab):
    """The same passwords from netrc and as systemd would hand them over."""
    machine = re.match(r"https://([^:/]+)", lab.environ["GOVC_URL"]).group(1)
    netrc = lab.root + "/netrc"
    with open(netrc, "w", encoding="utf-8") as file:
        file.write(f"machine {machine} login nobody password wrong\n"
                   f"machine {machine} login {lab.environ['GOVC_USERNAME']} "
                   f"password \"{lab.environ['GOVC_PASSWORD']}\"\n")
    os.chmod(netrc, 0o600)
    folder = lab.root + "/credentials"
    os.mkdir(folder, 0o700)
    with open(folder + "/pf", "w", encoding="utf-8") as file:
        file.write(lab.environ["POWERFLEX_PASSWORD"])
    os.chmod(folder + "/pf", 0o400)
    env = {"GOVC_PASSWORD": "", "POWERFLEX_PASSWORD": "", "NETRC": netrc,
           "CREDENTIALS_DIRECTORY": folder}
    words = ("host", "nqn", "list", "--vcenter-password", "netrc:", "--powerflex-password",
             "systemd-cred:pf")
    assert "esx01" in lab.pfnvme(*words, env=env).stdout
    os.chmod(netrc, 0o644)
    refused = lab.pfnvme(*words, env=env, expect=None)
    assert refused.returncode != 0 and "chmod 600" in refused.stderr, refused.stderr
    os.unlink(netrc)
    os.unlink(folder + "/pf")


def causes(lab):
    """Before onboarding: the tag is missing, and that is what comes first."""
    text = "The object or item referred to could not be found"
    asked = ("explain", text, "--op", "nvme.connect", "--host", "esx01")
    first = lab.pfnvme(*asked).stdout.splitlines()[1]
    assert first.startswith("1. (most likely, observed) vmk1,vmk2 has no NVMe") and \
        "pfnvme host nvme vmk tag --vmks vmk1,vmk2 --host esx01" in first, first
    lab.pfnvme("host", "nvme", "vmk", "tag", "--host", "esx01", "--vmks", "vmk1,vmk2", "--yes",
               "--quiet")
    lab.pfnvme("host", "nvme", "adapter", "add", "--host", "esx01", "--vmnics", "vmnic0", "--yes",
               "--quiet")
    found = json.loads(lab.pfnvme("explain", text + " vmhba99", *asked[2:], "-o", "json").stdout)
    seen = [c for c in found["errors"][0]["causes"] if c["observed"]]
    assert len(seen) == 1 and seen[0]["rank"] == 1 and "vmhba99 is none of" in seen[0]["cause"], found
    assert "(observed)" not in lab.pfnvme("explain", text).stdout
    assert lab.pfnvme("explain", text, "--op", "no.such", expect=64)
    refused = lab.pfnvme("explain", text, "--host", "esx77", expect=1)
    assert "no host 'esx77'" in refused.stderr


def gate(lab):
    """What runs every night."""
    verify = ("host", "nvme", "verify", "-o", "junit")
    suites = ElementTree.fromstring(lab.pfnvme(*verify).stdout)
    assert suites.get("failures") == "0" and len(suites) == 2, ElementTree.tostring(suites)
    cases = suites.findall("./testsuite/testcase")
    assert len(cases) == int(suites.get("tests")) == 10, len(cases)  # 2 hosts, 4 paths each
    lab.pfnvme("host", "nvme", "verify", "--detailed-exitcode")
    lab.pfnvme("host", "nvme", "disconnect", "--host", "esx02", "--address",
               lab.network + ".1.1", "--yes", "--quiet")
    broken = ElementTree.fromstring(lab.pfnvme(*verify, expect=11).stdout)
    failed = [c.get("name") for c in broken.findall(".//testcase") if c.find("failure") is not None]
    assert "host" in failed and any(f"{lab.network}.1.1" in name for name in failed), failed
    assert int(broken.get("failures")) == len(failed), broken.attrib
    lab.pfnvme("host", "nvme", "verify", "--detailed-exitcode", expect=2)
    lab.pfnvme("host", "nvme", "connect", "--host", "esx02", "--yes", "--quiet")
    lab.pfnvme("host", "nvme", "verify")


def sheets_of(path):
    """→ sheet name: rows of cells, as a spreadsheet reads them."""
    out = {}
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        for number, sheet in enumerate(book.iter(MAIN + "sheet"), 1):
            part = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            rows = []
            for row in part.iter(MAIN + "row"):
                cells = {}
                for cell in row.iter(MAIN + "c"):
                    text = "".join(t.text or "" for t in cell.iter(MAIN + "t"))
                    value = cell.find(MAIN + "v")
                    place = re.match(r"[A-Z]+", cell.get("r")).group(0)
                    cells[place] = text if value is None else int(value.text)
                rows.append(cells)
            out[sheet.get("name")] = rows
    return out


def workbooks(lab):
    path = lab.root + "/run.xlsx"
    lab.pfnvme("run", "report", "last", "-f", "xlsx", "--out", path)
    sheets = sheets_of(path)
    assert "units" in sheets and "steps" in sheets and len(sheets) >= 10, sheets.keys()
    csv = lab.pfnvme("run", "report", "last", "-f", "csv", "--table", "steps").stdout
    assert len(sheets["steps"]) == len(csv.strip().splitlines()), sheets["steps"]
    titles = csv.splitlines()[0].split(",")
    assert list(sheets["steps"][0].values()) == titles, titles
    path = lab.root + "/inventory.xlsx"
    lab.pfnvme("inventory", "export", "--live", "--format", "xlsx", "--out", path)
    rows = sheets_of(path)["hosts"]
    place = {name: at for at, name in rows[0].items()}
    assert sorted(r[place["name"]] for r in rows[1:]) == ["esx01.lab.local", "esx02.lab.local"]
    volumes = sheets_of(path)["volumes"]
    size = [at for at, name in volumes[0].items() if name.startswith("size")][0]
    assert all(isinstance(r[size], int) for r in volumes[1:]), volumes


def copies(lab, vcenter):
    """A snapshot is mapped beside its volume: a copy, which gets a signature and a name of its own."""
    run = lambda *args, **more: lab.pfnvme(*args, "--yes", "--quiet", **more)
    run("datastore", "provision", "nv-01", "--size-gib", "8")
    run("array", "volume", "snapshot", "nv-01", "nv-copy")
    run("array", "volume", "map", "nv-copy", "--host", "esx01")
    kind, moid = vcenter.find("/DC1/host/esx-cl01/esx01.lab.local")
    storage = re.search(r'type="HostStorageSystem">([^<]+)<',
                        vcenter.read(kind, moid, "configManager.storageSystem")).group(1)
    for method in ("RescanAllHba", "RescanVmfs"):
        vcenter.call("HostStorageSystem", storage, method)
    before = {d["name"]: d for d in lab.estate()["datastores"]}
    resign = ("datastore", "resignature", "nv-01", "--name", "nv-02")
    dry = lab.pfnvme(*resign, "--dry-run", "--detailed-exitcode", expect=2)
    assert "esxcli storage vmfs snapshot resignature" in dry.stdout, dry.stdout
    assert {d["name"]: d for d in lab.estate()["datastores"]} == before
    run(*resign)
    after = {d["name"]: d for d in lab.estate()["datastores"]}
    assert set(after) == set(before) | {"nv-02"}, after
    uuids = {name: re.search(r"volumes/([^/<]+)", vcenter.read(
        *vcenter.find(f"/DC1/datastore/{name}"), "summary.url")).group(1)
        for name in ("nv-01", "nv-02")}
    assert uuids["nv-01"] != uuids["nv-02"], uuids
    volumes = json.loads(lab.pfnvme("datastore", "list", "-o", "json").stdout)["items"]
    assert {d["name"]: d.get("volume") for d in volumes}["nv-02"] == "nv-copy", volumes
    refused = run(*resign, expect=1)
    assert "no unresolved copy" in refused.stderr or "sees an unresolved copy" in refused.stderr
    run("datastore", "retire", "nv-02", "--remove-volume")
    run("datastore", "retire", "nv-01", "--remove-volume")


def names(lab, vcenter):
    """In maintenance mode a host gets another form of its NVMe name; the module's option is read back."""
    kind, moid = vcenter.find("/DC1/host/esx-cl01/esx02.lab.local")
    modules = re.search(r'type="HostKernelModuleSystem">([^<]+)<',
                        vcenter.read(kind, moid, "configManager.kernelModuleSystem")).group(1)
    option = lambda: vcenter.call("HostKernelModuleSystem", modules,
                                  "QueryConfiguredModuleOptionString", "<name>vmknvme</name>")
    change = ("host", "nqn", "set-format", "--uuid", "--host", "esx02")
    assert "hostnqn_format=0" not in option()
    lab.pfnvme(*change, "--yes", "--quiet", expect=21)  # not in maintenance mode
    vcenter.call(kind, moid, "EnterMaintenanceMode_Task", "<timeout>0</timeout>")
    deadline = time.monotonic() + 30
    while ">true<" not in vcenter.read(kind, moid, "runtime.inMaintenanceMode"):
        assert time.monotonic() < deadline, "esx02 did not enter maintenance mode"
        time.sleep(0.05)
    dry = lab.pfnvme(*change, "--dry-run", "--detailed-exitcode", expect=2)
    assert "vmknvme_hostnqn_format=0" in dry.stdout and "hostnqn_format=0" not in option()
    lab.pfnvme(*change, "--yes", "--quiet")
    assert "vmknvme_hostnqn_format=0" in option(), option()
    lab.pfnvme(*change, "--dry-run", "--detailed-exitcode")  # nothing left to do
    lab.pfnvme("run", "rollback", "last", "--yes", "--quiet")
    assert "vmknvme_hostnqn_format=1" in option(), option()


def single_vm(lab):
    """One VM of a datastore goes, its neighbour stays."""
    refused = lab.pfnvme("migrate", "online", "vm-9", "--yes", expect=64)
    assert "no datastore or VM 'vm-9'" in refused.stderr, refused.stderr
    refused = lab.pfnvme("migrate", "offline", "vm-1", "--yes", expect=64)
    assert "whole datastores" in refused.stderr, refused.stderr
    where = lambda: {v["name"]: v["datastores"] for v in json.loads(lab.pfnvme(
        "inventory", "show", "vms", "--live", "-o", "json").stdout)["items"]}
    before = where()
    dry = lab.pfnvme("migrate", "online", "vm-1", "--dry-run", "--detailed-exitcode", expect=2)
    assert "vm-1" in dry.stdout and "vm-2" not in dry.stdout and where() == before, dry.stdout
    lab.pfnvme("migrate", "online", "vm-1", "--yes", "--quiet")
    after = where()
    assert after["vm-2"] == before["vm-2"] and after["vm-1"] != before["vm-1"], after
    assert all(d["ok"] for d in lab.check(["vm-1"], "nvme"))
    assert all(d["ok"] for d in lab.check(["vm-2"], "sdc"))


def drivers(lab, estate_file, without):
    """The driver is taken off esx02 (the lab comes up again without it); what it left is removed."""
    sdcs = lambda: [h["name"] for h in json.loads(lab.pfnvme(
        "inventory", "show", "sdcs", "--live", "-o", "json").stdout)["items"]]
    retire = ("host", "sdc", "retire", "--host", "esx02")
    told = lab.pfnvme(*retire, "--yes")
    assert "vib remove" in told.stderr and "Nothing to do" in told.stdout, told
    assert len(sdcs()) == 2
    lab.run("pf-lab", "down", "--dir", lab.dir, "--keep")
    with open(estate_file, "w", encoding="utf-8") as file:
        file.write(without)
    lab.run("pf-lab", "up", "--dir", lab.dir, "--network", lab.network, *lab.up_args, timeout=300)
    assert len(sdcs()) == 2  # PowerFlex still has the object
    lab.pfnvme("host", "sdc", "retire", "--host", "esx01", "--yes", expect=11)  # has volumes
    dry = lab.pfnvme(*retire, "--dry-run", "--detailed-exitcode", expect=2)
    assert "removeSdc" in dry.stdout and len(sdcs()) == 2, dry.stdout
    lab.pfnvme(*retire, "--yes", "--quiet")
    assert sdcs() == ["esx01.lab.local"], sdcs()


def main():
    bin_dir = sys.argv[1]
    one = "  - {name: ds-01, volume: vol-ds-01, hosts: [esx01.lab.local]}\n"
    text = estate([host(1), host(2)], [one], [vm("vm-1", "ds-01", "esx01"), vm("vm-2", "ds-01", "esx01")])
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(text)
    try:
        with Lab(bin_dir, 182, ["--estate", file.name]) as lab:
            vcenter = Vcenter(lab)
            groups(lab)
            passwords(lab)
            causes(lab)
            terminals(lab)
            lab.pfnvme("host", "nvme", "apply", "--cluster", "esx-cl01", "--yes", "--quiet")
            gate(lab)
            workbooks(lab)
            copies(lab, vcenter)
            single_vm(lab)
            names(lab, vcenter)
            drivers(lab, file.name, text.replace("  - name: esx02.lab.local\n",
                                                 "  - name: esx02.lab.local\n    sdc: false\n"))
            no_secrets(lab, [lab.state])
    finally:
        os.unlink(file.name)
    print("1 passed, 0 failed")


main()
