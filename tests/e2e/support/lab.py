"""A lab of its own for a test: brought up in a temporary folder on a free /16 of loopback."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile


class CommandFailed(AssertionError):
    pass


def free_network(start):
    """First two bytes of a loopback range on which no lab listens."""
    for n in range(start, 250):
        with socket.socket() as probe:
            try:
                probe.bind((f"127.{n}.1.1", 6611))
                return f"127.{n}"
            except OSError:
                continue
    raise RuntimeError("no free loopback network")


class Lab:
    def __init__(self, bin_dir, first_network, up_args=()):
        self.bin = bin_dir
        self.root = tempfile.mkdtemp(prefix="pf-e2e-")
        self.dir = os.path.join(self.root, "lab")
        self.state = os.path.join(self.root, "state")
        self.network = free_network(first_network)
        self.up_args = list(up_args)
        self.environ = dict(os.environ)
        self.environ["XDG_STATE_HOME"] = self.state
        self.environ["NO_COLOR"] = "1"
        self.watches = []

    def __enter__(self):
        try:
            self.run("pf-lab", "up", "--dir", self.dir, "--network", self.network, *self.up_args,
                     timeout=300)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        exports = self.run("pf-lab", "env", "--dir", self.dir).stdout
        for name, value in re.findall(r"^export (\w+)='(.*)'$", exports, re.M):
            self.environ[name] = value
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.print_logs()
        for watch in self.watches:
            watch.abandon()
        subprocess.run([os.path.join(self.bin, "pf-lab"), "down", "--dir", self.dir], timeout=120,
                       stdout=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def print_logs(self):
        folder = os.path.join(self.dir, "log")
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as log:
                lines = log.readlines()[-15:]
            print(f"--- {name}\n" + "".join(lines), flush=True)

    def run(self, program, *args, expect=0, timeout=180, env=None):
        environ = dict(self.environ)
        environ.update(env or {})
        done = subprocess.run([os.path.join(self.bin, program), *args], text=True, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ,
                              stdin=subprocess.DEVNULL, check=False)
        if expect is not None and done.returncode != expect:
            raise CommandFailed(
                f"{program} {' '.join(args)}\nexit {done.returncode}, expected {expect}\n"
                f"stdout:\n{done.stdout[-4000:]}\nstderr:\n{done.stderr[-4000:]}")
        return done

    def pfnvme(self, *args, **more):
        return self.run("pfnvme", *args, **more)

    def status(self):
        done = self.run("pf-lab", "status", "--dir", self.dir, "--output", "json", expect=None)
        return json.loads(done.stdout)

    def volumes(self):
        return {v["name"]: v["protocol"] for v in self.status()["storage"]["volumes"]}

    def estate(self):
        return self.status()["estate"]

    def check(self, vms, transport, expect=0):
        args = []
        for vm in vms:
            args += ["--vm", vm]
        done = self.run("pf-lab", "check", "--dir", self.dir, "--output", "json", *args,
                        "--transport", transport, expect=expect, timeout=300)
        return json.loads(done.stdout)

    def fault(self, what, process):
        self.run("pf-lab", "fault", "--dir", self.dir, what, process)

    def watch(self):
        self.watches.append(Watch(self))
        return self.watches[-1]


class Watch:
    """The outside look at the mappings: fails if a volume was mapped by both protocols."""

    def __init__(self, lab):
        self.process = subprocess.Popen(
            [os.path.join(lab.bin, "pf-lab"), "watch", "--dir", lab.dir, "--interval", "5ms"],
            text=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=lab.environ)

    def abandon(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate(timeout=60)

    def finish(self):
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=60)
        if self.process.returncode != 0:
            raise CommandFailed(f"the watch found a volume mapped by both protocols:\n{out}")
        states = int(re.search(r"watched (\d+) states", out).group(1))
        if states < 2:
            raise CommandFailed(f"the watch saw nothing change:\n{out}")
        return out
