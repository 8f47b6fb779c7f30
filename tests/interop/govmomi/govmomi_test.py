#!/usr/bin/env python3
"""govmomi (Debian's golang-github-vmware-govmomi-dev) against a simulated estate."""
import os
import subprocess
import sys


def main():
    go, gopath, source, estate, out = sys.argv[1:]
    program = os.path.join(out, "govmomi-client")
    environ = dict(os.environ, GOPATH=gopath, GO111MODULE="off", GOFLAGS="-p=2",
                   GOCACHE=os.path.join(out, "cache"))
    subprocess.run([go, "build", "-o", program, "."], cwd=source, env=environ, check=True,
                   timeout=540)
    with subprocess.Popen([estate], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as server:
        port = server.stdout.readline().split()[0]
        environ = dict(os.environ, GOVC_URL=f"http://127.0.0.1:{port}/sdk",
                       GOVC_USERNAME="administrator@vsphere.local", GOVC_PASSWORD="VMware1!",
                       GOVC_TLS_CA_CERTS="")
        done = subprocess.run([program], env=environ, timeout=150, check=False)
        server.stdin.close()
        server.wait(30)
    sys.exit(done.returncode)


main()
