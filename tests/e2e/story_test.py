"""The story of the founding document, end to end, as tools/quickstart runs it."""

import os
import subprocess
import sys

from lab import Lab


def other_clients_agree(lab):
    """The same facts by the other two ways an administrator has: scli, and esxcli over SSH."""
    nqn = lab.run("scli", "--query_properties", "--object_type", "SYSTEM", "--properties", "NQN",
                  "--flat_list", "--all_objects").stdout
    assert lab.environ["PF_SYSTEM_NQN"] in nqn, nqn
    env = lab.environ
    for endpoint in env["PF_ESXI_LIST"].split():
        address = endpoint.rsplit(":", 1)[0]
        shown = subprocess.run(
            ["ssh", "-F", "none", "-o", f"UserKnownHostsFile={env['PF_SSH_KNOWN_HOSTS']}",
             "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
             "-i", env["PF_SSH_KEY"], "-p", env["PF_SSH_PORT"], f"{env['PF_SSH_USER']}@{address}",
             "esxcli nvme info get"], check=True, timeout=60, text=True, stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL).stdout
        number = address.rsplit(".", 1)[1]
        assert f":nvme:esx{int(number):02}" in shown, shown


def main():
    bin_dir, source = sys.argv[1], sys.argv[2]
    with Lab(bin_dir, 100) as lab:
        other_clients_agree(lab)
        # vCenter itself is asked for every privilege that the modes need.
        granted = lab.run("pfnvme", "check", "permissions", "--live").stdout
        assert "Datastore.AllocateSpace" in granted, granted
        out = os.path.join(lab.root, "story")
        subprocess.run([os.path.join(source, "tools/story"), "--bin", bin_dir, "--lab", lab.dir,
                        "--out", out], check=True, timeout=800, env=lab.environ,
                       stdin=subprocess.DEVNULL)
        for report in ("weekend-dry-run", "weekend", "second", "onboarding"):
            names = os.listdir(os.path.join(out, report))
            for kind in (".html", ".json"):
                assert any(n.endswith(kind) for n in names), f"{report} has no {kind} report"
        # No password may stand in anything the toolkit wrote.
        secrets = [lab.environ["GOVC_PASSWORD"], lab.environ["POWERFLEX_PASSWORD"]]
        for folder, _, files in os.walk(out):
            for name in files:
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    text = file.read()
                for secret in secrets:
                    assert secret not in text, f"a password stands in {name}"
    print("1 passed, 0 failed")


main()
