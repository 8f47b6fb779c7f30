"""Bad input and faults: one clear sentence naming the object and the fix, the documented exit code,
and nothing changed."""

import json
import os
import sys
import tempfile

from estates import datastore, estate, host, intent, vm
from lab import Lab

OLD_BUILD = "17867351"  # ESXi 7.0 U2


def one_sentence(done, *words):
    lines = [line for line in done.stderr.strip().splitlines() if line.startswith("pfnvme:")]
    assert len(lines) == 1, f"one error line was expected:\n{done.stderr}"
    for word in words:
        assert word.lower() in lines[0].lower(), f"'{word}' is missing in: {lines[0]}"
    assert "hunter2" not in done.stderr


def fingerprint(lab):
    status = lab.status()
    return json.dumps([status["storage"]["volumes"], status["estate"]], sort_keys=True)


def write(lab, name, text):
    path = os.path.join(lab.root, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def cases(lab):
    apply = ("host", "nvme", "apply", "--cluster", "esx-cl01", "--yes", "--quiet")

    def wrong_password():
        done = lab.pfnvme(*apply, env={"GOVC_PASSWORD": "hunter2"}, expect=30)
        one_sentence(done, lab.environ["GOVC_USERNAME"])
        done = lab.pfnvme(*apply, env={"POWERFLEX_PASSWORD": "hunter2"}, expect=30)
        one_sentence(done, "PowerFlex", lab.environ["POWERFLEX_USERNAME"])

    def untrusted_certificate():
        done = lab.pfnvme(*apply, env={"PF_CA_FILE": "/etc/ssl/certs/ca-certificates.crt"},
                          expect=32)
        one_sentence(done, "certificate", "not trusted")

    def unreachable():
        done = lab.pfnvme(*apply, env={"GOVC_URL": f"https://{lab.network}.9.9:8443/sdk"},
                          expect=31)
        one_sentence(done, f"{lab.network}.9.9")

    def host_below_70u3():
        done = lab.pfnvme(*apply, expect=34)
        one_sentence(done, "esx02", "7.0")

    def vm_with_rdm():
        source = write(lab, "rdm.yaml", intent("rdm", ["ds-rdm"], "online"))
        done = lab.pfnvme("plan", "compile", source, "--out", os.path.join(lab.root, "x.json"),
                          expect=11)
        one_sentence(done, "V-RDM-01", "raw-01")
        assert not os.path.exists(os.path.join(lab.root, "x.json"))

    def edited_plan():
        lab.pfnvme("host", "nvme", "apply", "--host", "esx01.lab.local", "--yes", "--quiet")
        source = write(lab, "ok.yaml", intent("ok", ["ds-one"], "offline"))
        plan = os.path.join(lab.root, "ok.plan.json")
        lab.pfnvme("plan", "compile", source, "--out", plan)
        with open(plan, encoding="utf-8") as file:
            text = file.read()
        edited = write(lab, "edited.plan.json", text.replace('"ds-one"', '"ds-two"'))
        assert text != open(edited, encoding="utf-8").read()
        before = fingerprint(lab)
        done = lab.pfnvme("apply", edited, "--yes", expect=65)
        one_sentence(done, "edited.plan.json")
        assert fingerprint(lab) == before

    def volume_mapped_by_sdc():
        # The volume that the online unit would create and map to NVMe exists, mapped by SDC.
        volumes = lab.volumes()
        assert volumes["vol-ds-two"] == "SDC"
        source = write(lab, "guard.yaml", intent("guard", ["ds-one"], "online").replace(
            "network:", "target:\n  naming: {volume: vol-ds-two}\nnetwork:"))
        plan = os.path.join(lab.root, "guard.plan.json")
        done = lab.pfnvme("plan", "compile", source, "--out", plan, expect=None)
        if done.returncode == 0:
            done = lab.pfnvme("apply", plan, "--yes", "--quiet", expect=None)
        assert done.returncode == 11, done.stderr
        one_sentence(done, "P-PROTO-01", "vol-ds-two")
        assert lab.volumes()["vol-ds-two"] == "SDC"

    return [(wrong_password, True), (untrusted_certificate, True), (unreachable, True),
            (host_below_70u3, True), (vm_with_rdm, True), (edited_plan, False),
            (volume_mapped_by_sdc, True)]


def main():
    bin_dir = sys.argv[1]
    text = estate([host(1), host(2, "7.0.2", OLD_BUILD)],
                  [datastore(n) + "" for n in ("ds-one", "ds-two", "ds-rdm")],
                  [vm("ok-01", "ds-one", "esx01"), vm("ok-02", "ds-two", "esx01"),
                   vm("raw-01", "ds-rdm", "esx01", rdm_volume="vol-raw")])
    # The datastore that gets a valid plan is on the new host alone.
    text = text.replace("{name: ds-one, volume: vol-ds-one}",
                        "{name: ds-one, volume: vol-ds-one, hosts: [esx01.lab.local]}")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(text)
    passed = 0
    failures = []
    try:
        with Lab(bin_dir, 160, ["--estate", file.name]) as lab:
            for case, unchanged in cases(lab):
                before = fingerprint(lab)
                try:
                    case()
                    assert not unchanged or fingerprint(lab) == before, "something was changed"
                    passed += 1
                    print(f"ok    {case.__name__}", flush=True)
                except AssertionError as error:
                    failures.append(case.__name__)
                    print(f"FAIL  {case.__name__}: {error}", flush=True)
    finally:
        os.unlink(file.name)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


sys.exit(main())
