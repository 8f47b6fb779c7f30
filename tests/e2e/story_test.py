"""The story of the founding document, end to end, as tools/quickstart runs it."""

import os
import subprocess
import sys

from lab import Lab


def main():
    bin_dir, source = sys.argv[1], sys.argv[2]
    with Lab(bin_dir, 100) as lab:
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
