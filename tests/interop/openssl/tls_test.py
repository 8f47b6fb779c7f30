#!/usr/bin/env python3
"""TLS 1.3 with a pre-shared key: `openssl s_client` against pf-sdt.

usage: tls_test.py PF-SDT
The keys are derived here, by the RFCs and the NVMe/TCP specification, not by the code under test.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import zlib

HOST = "nqn.2014-08.local:nvme:esxi-1"
SUBSYSTEM = "nqn.1988-11.com.dell:powerflex:00:1250de83018c2d0f"
ICREQ = struct.pack("<BBBBIHBBI", 0, 0, 128, 0, 128, 0, 0, 0, 0).ljust(128, b"\0")
KEY = bytes(range(32))


def digest(kind, key, text):
    return hmac.new(key, text, kind).digest()


def expand(kind, key, label, context, length):
    prk = digest(kind, bytes(kind().digest_size), key)
    label = b"tls13 " + label
    info = struct.pack(">HB", length, len(label)) + label + bytes([len(context)]) + context
    return digest(kind, prk, info + b"\1")[:length]


def psk(kind, number, key, version, host=HOST, subsystem=SUBSYSTEM):
    """Identity and TLS PSK."""
    length = kind().digest_size
    retained = expand(kind, key, b"HostNQN", host.encode(), length)
    identity = f"NVMe{version}R{number:02} {host} {subsystem}"
    context = identity.encode()
    if version == 1:
        text = f"{host} {subsystem} NVMe-over-Fabrics".encode()
        proof = base64.b64encode(digest(kind, retained, text)).decode()
        identity += " " + proof
        context = f"{number:02} {proof}".encode()
    return identity, expand(kind, retained, b"nvme-tls-psk", context, length)


def configured(number, key):
    text = base64.b64encode(key + struct.pack("<I", zlib.crc32(key))).decode()
    return f"NVMeTLSkey-1:{number:02}:{text}:"


class Target:
    def __init__(self, program, folder, number, key):
        secret = folder / "psk"
        secret.write_text(configured(number, key) + "\n")
        secret.chmod(0o600)
        ready = folder / "ready"
        ready.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [program, "--ram-device", "16MiB", "--listen", "127.0.0.1", "--nvme-port", "0",
             "--discovery-port", "0", "--tls-port", "0", "--allow-host", HOST, "--tls-psk",
             f"file:{secret}", "--subsystem-nqn", SUBSYSTEM, "--ready-file", str(ready),
             "--log-level", "error"])
        end = time.monotonic() + 20
        while not ready.exists():
            assert self.process.poll() is None and time.monotonic() < end, "pf-sdt does not start"
            time.sleep(0.02)
        self.at = json.loads(ready.read_text())["tls"][0]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        ended = self.process.wait(10)
        assert kind is not None or ended == 0, "pf-sdt did not survive"


def der(tag, content):
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def session(key):
    """The key as a session in PEM: s_client takes keys for SHA-384 in this form only."""
    suite = b"\x13\x02" if len(key) == 48 else b"\x13\x01"
    content = der(0x30, der(2, b"\1") + der(2, b"\3\4") + der(4, suite) + der(4, b"") + der(4, key))
    text = base64.encodebytes(content).decode()
    return f"-----BEGIN SSL SESSION PARAMETERS-----\n{text}-----END SSL SESSION PARAMETERS-----\n"


def talk(at, identity, key, *options):
    """What the target answers to an ICReq; None when there is no session."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(session(key))
        file.flush()
        return exchange(["openssl", "s_client", "-connect", at, "-quiet", "-psk_identity",
                         identity, "-psk_session", file.name, *options])


def exchange(command):
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
    try:
        client.stdin.write(ICREQ)
        client.stdin.flush()
        answer = client.stdout.read(128)
    except BrokenPipeError:
        answer = b""
    finally:
        client.stdin.close()
        client.terminate()
        client.wait(10)
        client.stdout.close()
    return answer or None


def check(name, good):
    print(("ok    " if good else "FAIL  ") + name)
    if not good:
        sys.exit(1)


def is_icresp(answer):
    return answer is not None and len(answer) == 128 and answer[:8] == struct.pack(
        "<BBBBI", 1, 0, 128, 0, 128)


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for kind, number, key, suite in (
                (hashlib.sha256, 1, KEY, "TLS_AES_128_GCM_SHA256"),
                (hashlib.sha384, 2, KEY + KEY[:16], "TLS_AES_256_GCM_SHA384")):
            with Target(program, folder, number, key) as target:
                for version in (1, 0):
                    identity, secret = psk(kind, number, key, version)
                    check(f"{suite}, identity of version {version}",
                          is_icresp(talk(target.at, identity, secret, "-ciphersuites", suite)))
                    check("the client offers every suite",
                          is_icresp(talk(target.at, identity, secret)))
                identity, secret = psk(kind, number, key, 1)
                other, _ = psk(kind, number, bytes(len(key)), 1)
                check("wrong key", talk(target.at, identity, bytes(len(secret))) is None)
                check("identity of another key", talk(target.at, other, secret) is None)
                check("identity of another host", talk(
                    target.at, *psk(kind, number, key, 1, host=HOST + "x")) is None)
                check("no identity of NVMe", talk(target.at, "Client_identity", secret) is None)
                check("TLS 1.2", talk(target.at, identity, secret, "-tls1_2") is None)
                check("a suite that is not allowed", talk(
                    target.at, identity, secret, "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256")
                    is None)
                check("and again with the right one", is_icresp(talk(target.at, identity, secret)))


main()
