"""Every verb of the command table, in one lab: what it prints for people and for programs, with its
exit code, is what stands in tests/e2e/golden; the dry run of each that could change something changes
nothing in either system; no password stands in anything that was written, or in any command line.

verbs_test.py BIN GOLDEN [VERB...]; PF_UPDATE_GOLDEN=1 writes the golden files instead."""

import difflib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from estates import datastore, distributed, distributed_host, estate, host, intent, vm
from judge import no_secrets
from lab import Lab
from verb_cases import CHANGING, DRY, OTHER

MAX_LINES = 24
# What an abort, a rollback or a cleanup would do stands in the run's own files.
ASKING = set(CHANGING) - {"run rollback", "run cleanup", "run abort"}
# vim25 methods that only look, or belong to the session that makes them.
READING = re.compile(r"^(Retrieve|Continue|Query|Find|Has|Fetch|Create(ContainerView|Collector|Filter)"
                     r"|Destroy(View|Collector|PropertyFilter|PropertyCollector)|Login|Logout"
                     r"|Discover|WaitForUpdates|VimEsxCLI|ExecuteSoap|CurrentTime)")
READING_REST = re.compile(r"^(GET |POST \S*(login|querySelected|queryByS|queryId|querySystemLimits"
                          r"|querySdcs|queryVolumes|api/session|action=list-)\S*|DELETE /api/session)",
                          re.I)


def shape(value, path="", out=None):
    """The paths of a JSON document with their types: what programs rely on."""
    out = {} if out is None else out
    if isinstance(value, dict):
        for key, item in value.items():
            plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", key) and not re.match(r"(host|vm|datast)"
                                                                                 r"[a-z]*-\d", key)
            shape(item, f"{path}.{key if plain else '*'}", out)
        if not value:
            out.setdefault(path, set()).add("{}")
    elif isinstance(value, list):
        for item in value:
            shape(item, path + "[]", out)
        if not value:
            out.setdefault(path, set()).add("[]")
    else:
        out.setdefault(path, set()).add(
            "null" if value is None else "flag" if isinstance(value, bool)
            else "number" if isinstance(value, (int, float)) else "text")
    return out


def shape_text(document):
    """One line for each object: its fields with their types."""
    lines = {}
    for path, kinds in sorted(shape(document).items()):
        parent, _, leaf = path.rpartition(".")
        lines.setdefault(parent or ".", []).append(f"{leaf}:{'|'.join(sorted(kinds))}")
    return "".join(f"{parent} {{{', '.join(fields)}}}\n" for parent, fields in lines.items())


class Alike:
    """Makes ids, times and places alike, so that two runs print the same."""

    def __init__(self, lab):
        self.rules = [
            (re.escape(lab.root), "ROOT"), (re.escape(lab.dir), "LAB"),
            (re.escape(lab.environ["PF_SYSTEM_NQN"]), "SYSTEM-NQN"),
            (re.escape(lab.network) + r"\.", "NET."),
            (r"\d{8}T\d{9}-[0-9a-f]{6}", "RUN"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "TIME"),
            (r'"version": "\d{4}-\d\d-\d\d"', '"version": "TODAY"'),  # of rates: the day they were made
            (r"\b[0-9A-F]{2}(:[0-9A-F]{2}){19,31}", "FINGERPRINT"),
            (r"\[?\b\d\d:\d\d:\d\d\]?", "CLOCK"), (r"SHA256:[\w+/]{43}", "KEY"),
            (r"\beui\.[0-9a-f]{32}", "EUI"), (r"\b[0-9a-f]{64}\b", "DIGEST"),
            (r"\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", "UUID"),
            (r"\b[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{12}\b", "VMFS"),
            (r"\b[0-9a-f]{16}\b", "ID"), (r"\b[0-9a-f]{12}\b", "DIGEST"), (r"\b(host|datastore|vm|domain-c|group-\w|task)-\d+", r"\1-N"),
            (r"\bpfnvme-[a-z0-9-]{6,}-\S+", "SNAPSHOT"), (r"\bpid \d+", "pid N"),
            (r"\b[\d.]+ [KMGT]iB free", "N free"), (r"\b\d+(\.\d+)? ?(ms|us|s|min|h)\b", "SPAN"),
            (r"\b\d+h\d+(m\d+s)?|\b\d+m\d+s", "SPAN"), (r"127\.\d+\.\d+\.\d+", "ADDRESS"),
        ]

    def __call__(self, text):
        for pattern, name in self.rules:
            text = re.sub(pattern, name, text)
        lines = [re.sub(r" {2,}", "  ", line).rstrip() for line in text.splitlines()]
        if len(lines) > MAX_LINES:
            lines = lines[:MAX_LINES] + ["… (more)"]
        return "".join(line + "\n" for line in lines)

    def output(self, text, document, verb):
        """JSON as its shape, other text as it is."""
        if not document or not text:
            return self(text)
        try:
            parsed = json.loads(text)
            if verb != "apply" and isinstance(parsed, dict) and "isRun" in parsed:
                return "a report, as of apply\n"  # one place to change when reports do
            return shape_text(parsed)
        except json.JSONDecodeError:
            pass
        try:
            return "one a line:\n" + shape_text([json.loads(line) for line in text.splitlines()])
        except json.JSONDecodeError as error:
            raise AssertionError(f"this is not JSON ({error}):\n{text[:500]}") from error


class Processes:
    """Looks at every command line on the machine, over and over, for secrets."""

    def __init__(self, secrets):
        self.secrets = [s.encode() for s in secrets]
        self.found = []
        self.looks = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.stop.wait(0.02):
            self.looks += 1
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{pid}/cmdline", "rb") as file:
                        line = file.read()
                except OSError:
                    continue
                if b"pfnvme" in line and any(s in line for s in self.secrets):
                    self.found.append(line)

    def finish(self):
        self.stop.set()
        self.thread.join()
        assert self.looks > 5 and not self.found, f"a password in a command line: {self.found}"


class Bench:
    def __init__(self, lab, golden, only):
        self.lab = lab
        self.golden = golden
        self.only = only
        self.alike = Alike(lab)
        self.failures = []
        self.names = {"root": lab.root, "net": lab.network, "lab": lab.dir,
                      "vcenter": lab.environ["GOVC_URL"], "user": lab.environ["GOVC_USERNAME"],
                      "powerflex": lab.environ["POWERFLEX_ENDPOINT"],
                      "ca": lab.environ["PF_CA_FILE"]}

    def call(self, verb, args, code, unsaid):
        words = [word.format(**self.names) for word in args + unsaid]
        done = self.lab.pfnvme(*verb.split(), *words, expect=None)
        assert done.returncode == code, (f"{verb} {' '.join(words)}: exit {done.returncode}, not "
                                         f"{code}\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
        text = f"$ pfnvme {verb} {' '.join(args)}".rstrip() + f"\nexit {done.returncode}\n"
        document = "json" in args or "--machine" in args or "--schema" in args
        text += self.alike.output(done.stdout, document, verb)
        # With -o json a refusal is an object too; notes before it are lines.
        errors = self.alike.output(done.stderr, done.stderr.startswith('{"code"'),
                                   verb)
        return text + ("-- errors\n" + errors if errors else "")

    def state(self):
        status = self.lab.status()
        return json.dumps([status["storage"], status["estate"]], sort_keys=True)

    def compare(self, verb, text):
        path = os.path.join(self.golden, verb.replace(" ", "-") + ".txt")
        if os.environ.get("PF_UPDATE_GOLDEN"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return
        assert os.path.exists(path), f"{verb}: no golden file {path}"
        with open(path, encoding="utf-8") as file:
            wanted = file.read()
        assert text == wanted, f"{verb}: not as in its golden file\n" + "".join(
            difflib.unified_diff(wanted.splitlines(True), text.splitlines(True), "golden", "now",
                                 n=1))

    def verb(self, verb, case, extra=(), unsaid=()):
        if self.only and verb not in self.only:
            return
        try:
            text = self.call(verb, case["args"] + extra, case["code"], unsaid)
            if case["second"] is not None:
                text += self.call(verb, case["args"] + extra + case["second"], case["second_code"],
                                  unsaid)
            self.compare(verb, text)
        except AssertionError as error:
            self.failures.append(verb)
            print(f"FAIL  {verb}: {error}", flush=True)

    def dry_run(self, verb, case, connects):
        trace = os.path.join(self.lab.root, "trace-" + verb.replace(" ", "-"))
        before = self.state()
        self.verb(verb, case, DRY, ("--trace", trace) if connects else ())
        try:
            assert self.state() == before, "its dry run changed the lab"
            log = os.path.join(trace, "calls.log")
            for line in open(log, encoding="utf-8") if os.path.exists(log) else ():
                words = line.split()
                rest = words[4:6] if words[4] in ("GET", "POST", "DELETE") else words[2:4]
                reading = (READING_REST.match(" ".join(rest)) if words[1] != "vim25" or rest == words[4:6]
                           else READING.match(words[4]))
                assert reading, f"its dry run called {' '.join(words[1:6])}"
            assert os.path.exists(log) or verb not in ASKING or self.only, "it asked nobody"
        except AssertionError as error:
            self.failures.append(verb)
            print(f"FAIL  {verb}: {error}", flush=True)


def prepare(lab, bench):
    """NVMe/TCP on both hosts, a datastore by NVMe, a volume with a snapshot, a plan, a run."""
    run = lambda *args: lab.pfnvme(*args, "--yes", "--quiet")
    run("host", "nvme", "apply", "--cluster", "esx-cl01")
    run("datastore", "provision", "nv-01", "--size-gib", "8")
    run("array", "volume", "create", "spare", "--size-gib", "8")
    run("array", "volume", "snapshot", "spare", "spare-snap")
    run("array", "volume", "restore", "spare", "spare-snap")
    files = {"intent": intent("weekend", ["ds-01"], "offline"),
             "vInfo.csv": "VM,Powerstate,CPUs,Memory,In Use MiB,Path,Host\n"
                          "app,poweredOn,2,4096,512,[ds-01] app/app.vmx,esx01\n"}
    for name, text in files.items():
        bench.names[name] = os.path.join(lab.root, name if "." in name else name + ".yaml")
        with open(bench.names[name], "w", encoding="utf-8") as file:
            file.write(text)
    bench.names["plan"] = os.path.join(lab.root, "weekend.plan.json")
    lab.pfnvme("plan", "compile", bench.names["intent"], "--out", bench.names["plan"])
    runs = json.loads(lab.pfnvme("run", "list", "-o", "json").stdout)["runs"]
    bench.names["run"] = [r["id"] for r in runs if r["plan"] == "provision-nv-01"][0]


def changes_for_real(lab):
    """The verbs on single objects do what they say, once each; the dry runs have shown the rest."""
    run = lambda *args, **more: lab.pfnvme(*args, "--yes", "--quiet", **more)
    datastores = lambda: {d["name"]: d for d in lab.estate()["datastores"]}
    run("datastore", "unmount", "ds-02")
    assert not datastores()["ds-02"]["hosts"], datastores()["ds-02"]
    lab.pfnvme("datastore", "voma", "ds-02")
    run("datastore", "mount", "ds-02")
    assert len(datastores()["ds-02"]["hosts"]) == 2
    run("datastore", "rename", "ds-02", "ds-two")
    assert "ds-two" in datastores() and "ds-02" not in datastores()
    run("array", "volume", "map", "spare", "--host", "esx01")
    refused = run("array", "volume", "map", "spare", "--host", "esx02", "--protocol", "sdc",
                  expect=11)
    assert "P-PROTO-01" in refused.stderr, refused.stderr
    assert lab.volumes()["spare"] == "NVMe"
    run("array", "volume", "unmap", "spare")
    assert lab.volumes()["spare"] == "none", lab.volumes()
    run("array", "volume", "rm", "spare-snap")
    run("array", "volume", "rm", "spare")
    assert "spare" not in lab.volumes()
    run("array", "sdt", "maintenance", "sdt-1", "--enter")
    assert "InMaintenance" in lab.pfnvme("array", "sdt", "list", "-o", "csv").stdout
    run("array", "sdt", "maintenance", "sdt-1", "--exit")
    assert "InMaintenance" not in lab.pfnvme("array", "sdt", "list", "-o", "csv").stdout
    refused = run("datastore", "retire", "ds-01", expect=21)  # it has a VM
    assert "ds-01" in refused.stderr
    run("datastore", "retire", "nv-01", "--remove-volume")
    assert "nv-01" not in datastores() and "nv-01" not in lab.volumes()
    refused = run("host", "nqn", "set-format", "--uuid", "--host", "esx01", expect=21)
    assert "maintenance mode" in refused.stderr, refused.stderr
    # Confirmed by text; a deadline that is over begins nothing.
    lab.pfnvme("datastore", "rename", "ds-two", "ds-02", "--confirm", "no", "--quiet", expect=16)
    lab.pfnvme("datastore", "rename", "ds-two", "ds-02", "--confirm", "rename", "--deadline",
               "2020-01-01T00:00:00Z", "--quiet", expect=23)
    assert "ds-two" in datastores()
    done = lab.pfnvme("datastore", "rename", "ds-two", "ds-02", "--confirm", "rename", "--progress",
                      "json")
    assert json.loads(done.stderr.splitlines()[-1])["event"] == "unit-done", done.stderr


def no_core_dumps(lab):
    """A process of pfnvme that waits for a password may leave no core."""
    waiting = subprocess.Popen([os.path.join(lab.bin, "pfnvme"), "array", "nqn",
                                "--powerflex-password", "cmd:sleep 60"], env=lab.environ,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + 20
        core = []
        while core[4:6] != ["0", "0"]:  # its first act
            assert time.monotonic() < deadline and waiting.poll() is None, f"a core may be {core}"
            with open(f"/proc/{waiting.pid}/limits", encoding="utf-8") as limits:
                core = [line for line in limits if line.startswith("Max core file")][0].split()
    finally:
        os.killpg(waiting.pid, signal.SIGKILL)  # with what it waits for
        waiting.communicate(timeout=60)


def environment(lab):
    """Other tools' variables: a pinned thumbprint in govc's file, and no way around verification
    beyond this machine."""
    endpoint = lab.environ["GOVC_URL"].split("/")[2]
    shown = lab.pfnvme("trust", "scan", endpoint).stdout.strip()
    hosts = os.path.join(lab.root, "govc_known_hosts")
    with open(hosts, "w", encoding="utf-8") as file:
        file.write(f"{endpoint} {shown}\n")
    alone = {"GOVC_TLS_CA_CERTS": "", "PF_CA_FILE": ""}
    lab.pfnvme("check", "permissions", "--live", env=alone, expect=32)
    lab.pfnvme("check", "permissions", "--live", env={**alone, "GOVC_TLS_KNOWN_HOSTS": hosts})
    lab.pfnvme("check", "permissions", "--live", env={**alone, "GOVC_INSECURE": "true"})
    # User and password in the URL, as govc takes them.
    secret = lab.environ["GOVC_PASSWORD"]
    url = lab.environ["GOVC_URL"].replace("//", f"//{lab.environ['GOVC_USERNAME']}:{secret}@")
    env = {"GOVC_URL": url, "GOVC_USERNAME": "", "GOVC_PASSWORD": ""}
    lab.pfnvme("check", "permissions", "--live", env=env)
    assert secret not in lab.pfnvme("env", env=env).stdout


def main():
    bin_dir, golden, only = sys.argv[1], sys.argv[2], sys.argv[3:]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(estate([host(1), distributed_host(2)],
                          [datastore("ds-01"), datastore("ds-02")],
                          [vm("vm-1", "ds-01", "esx01")]) + distributed([2]))
    try:
        with Lab(bin_dir, 180, ["--estate", file.name]) as lab:
            lab.environ["XDG_CONFIG_HOME"] = os.path.join(lab.root, "config")
            processes = Processes([lab.environ["GOVC_PASSWORD"],
                                   lab.environ["POWERFLEX_PASSWORD"]])
            bench = Bench(lab, golden, only)
            table = json.loads(lab.pfnvme("help", "--machine").stdout)["verbs"]
            changing = {v["words"] for v in table if v["effect"] in ("changes", "continues")}
            assert changing == set(CHANGING), f"verbs without a dry run here: " \
                f"{changing ^ set(CHANGING)}"
            others = {v["words"] for v in table} - changing
            assert others == set(OTHER), f"verbs without a case: {others ^ set(OTHER)}"
            prepare(lab, bench)
            connects = {v["words"] for v in table if v["connects"]}
            lab.pfnvme("inventory", "collect", "--inventory", lab.root + "/before.db", "--quiet")
            for verb, case in CHANGING.items():
                bench.dry_run(verb, case, verb in connects)
            # Every fact that the toolkit can read of both systems is as it was.
            lab.pfnvme("inventory", "diff", lab.root + "/before.db", "--live",
                       "--detailed-exitcode")
            for verb, case in OTHER.items():
                bench.verb(verb, case)
            if not only:
                changes_for_real(lab)
                environment(lab)
                no_core_dumps(lab)
            no_secrets(lab, [lab.state, lab.environ["XDG_CONFIG_HOME"]])
            no_secrets(lab, [lab.root + "/" + name for name in os.listdir(lab.root)
                             if name.startswith("trace-")])
            written = [n for n in os.listdir(lab.root) if os.path.isfile(f"{lab.root}/{n}")]
            for name in written:  # plans, inventories, the bundle
                with open(f"{lab.root}/{name}", "rb") as text:
                    content = text.read()
                for secret in (lab.environ["GOVC_PASSWORD"], lab.environ["POWERFLEX_PASSWORD"]):
                    assert secret.encode() not in content, f"a password stands in {name}"
            processes.finish()
            stale = {n for n in os.listdir(golden)} - {
                v["words"].replace(" ", "-") + ".txt" for v in table}
            assert not stale, f"golden files of no verb: {stale}"
    finally:
        os.unlink(file.name)
    print(f"{len(table) - len(set(bench.failures))} passed, {len(set(bench.failures))} failed")
    return 1 if bench.failures else 0


sys.exit(main())
