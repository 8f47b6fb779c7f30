"""What must be equal at the end of two runs of the same kind, whatever happened on the way."""

import json
import os
import re

from estates import intent
from soap import Vcenter


def end_state(lab, ds, vm_name, transport):
    """Every object of one datastore with its VM's bytes, as text; names are made alike."""
    status = lab.status()
    stores = [d for d in status["estate"]["datastores"] if d["name"].startswith(ds)]
    machines = [v for v in status["estate"]["vms"] if v["name"] == vm_name]
    assert stores and machines, f"the datastore or the VM of {ds} is not there"
    disks = lab.check([vm_name], transport)
    volumes = {v["name"]: (v["protocol"], v["mappings"])
               for v in status["storage"]["volumes"] if ds in v["name"]}
    # Snapshots carry the plan's tag in their names; how many there are is what counts.
    snapshots = sum(1 for v in status["storage"]["volumes"] if v["name"].startswith("pfnvme-")
                    and "probe" not in v["name"])
    vcenter = Vcenter(lab)
    tags = vcenter.tags(*vcenter.find(f"/DC1/vm/{vm_name}"))
    vcenter.close()
    text = json.dumps({
        "tags": sorted(tags),
        "datastores": sorted((d["name"], d["accessible"], sorted(d["hosts"])) for d in stores),
        "vms": [(v["power"], v["host"], v["vmx"]) for v in machines],
        "disks": [(d["ok"], d["transport"], d["file"], d["bytes"]) for d in disks],
        "volumes": sorted(volumes.items()),
    }, sort_keys=True)
    return text.replace(ds, "DS").replace(vm_name, "VM"), snapshots


def write(lab, name, text):
    path = os.path.join(lab.root, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def compile_plan(lab, ds, use, env=None, together=()):
    """The plan's file, and its points: (unit, step) in order, deferred steps left out."""
    plan = os.path.join(lab.root, f"{ds}.plan.json")
    source = write(lab, f"{ds}.yaml", intent(ds, [ds, *together], use))
    lab.pfnvme("plan", "compile", source, "--out", plan, env=env)
    with open(plan, encoding="utf-8") as file:
        units = json.load(file)["units"]
    return plan, [(unit["id"], step["id"]) for unit in units for step in unit["steps"]
                  if not step.get("deferred")]


def newest_run(lab):
    listed = json.loads(lab.pfnvme("run", "list", "-o", "json").stdout)
    return sorted(listed["runs"], key=lambda r: r["id"])[-1]["id"]


def no_secrets(lab, folders):
    """No password may stand in anything the toolkit wrote."""
    secrets = [lab.environ["GOVC_PASSWORD"], lab.environ["POWERFLEX_PASSWORD"]]
    files = 0
    for top in folders:
        for folder, _, names in os.walk(top):
            for name in names:
                files += 1
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    text = file.read()
                for secret in secrets:
                    assert secret not in text, f"a password stands in {name}"
    assert files, f"nothing was written below {folders}"
    return files


def volume_ids_of(plan):
    with open(plan, encoding="utf-8") as file:
        return set(re.findall(r'"volume":"([0-9a-f]{16})"', file.read()))
