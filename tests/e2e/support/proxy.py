"""A pair of TLS proxies between pfnvme and a lab's vCenter and PowerFlex gateway that lose, refuse
and observe calls.

Each proxy ends the client's TLS with a certificate of its own, which the client is told to trust, and
speaks TLS to the real server with the lab's CA. What the client sees are therefore real answers over a
real wire, less the ones that a rule takes away.
"""

import http.client
import http.server
import json
import os
import re
import socket
import ssl
import subprocess
import threading
import urllib.parse

PASS = "pass"                # nothing happens to the call
DROP_BEFORE = "drop-before"  # the connection breaks, the server never saw the call
DROP_AFTER = "drop-after"    # the server did it, the connection breaks before the answer
REFUSE = "refuse"            # an error as the server would give it, nothing done
HANG_BEFORE = "hang-before"  # no answer at all until the client gives up
HANG_AFTER = "hang-after"    # the same, but the server did it

READS = re.compile(
    r"^(Retrieve|Continue|Query|Find|Fetch|Wait|CreateContainerView|CreateFilter|CreatePropertyCollector"
    r"|Destroy(View|PropertyFilter|PropertyCollector|Collector)|CreateCollector|Read|Current|Login|Logout"
    r"|Session|Cancel(WaitForUpdates|Retrieve)|Check|Search|Has|Get|List)")
REST_READS = re.compile(r"/(rest/auth|api/login|api/logout|api/gatewayLogout|action/query|querySelected"
                        r"|api/session)|[?&]action=list-")


class Call:
    """One request as it went over the wire."""

    def __init__(self, system, name, key, mutating):
        self.system = system
        self.name = name
        self.key = key
        self.mutating = mutating
        self.action = PASS

    def __repr__(self):
        return f"{self.system}:{self.name}"


def soap_call(body):
    text = body.decode("utf-8", "replace")
    found = re.search(r"<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)", text)
    name = found.group(1) if found else "?"
    if name == "ExecuteSoap":
        method = re.search(r"<method>([^<]*)", text)
        name = "ExecuteSoap " + (method.group(1) if method else "?")
        last = name.split(".")[-1]
        return name, not re.match(r"(list|get|query|info|FetchCLIInfo)$", last)
    return name, not READS.match(name)


def rest_call(method, path):
    bare = urllib.parse.urlsplit(path).path
    name = re.sub(r"[0-9a-f]{16}", "ID", bare)
    return f"{method} {name}", method not in ("GET", "HEAD") and not REST_READS.search(path)


SOAP_FAULT = (b'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
              b'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
              b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>'
              b"<faultcode>ServerFaultCode</faultcode><faultstring>refused by the test</faultstring>"
              b'<detail><InvalidStateFault xmlns="urn:vim25" xsi:type="InvalidState"/></detail>'
              b"</soapenv:Fault></soapenv:Body></soapenv:Envelope>")
REST_FAULT = json.dumps({"message": "refused by the test", "httpStatusCode": 500,
                         "errorCode": 0}).encode()


class Faults:
    """The rule and the record of both proxies: one lock, so that the order of calls is known."""

    def __init__(self):
        self.lock = threading.Lock()
        self.calls = []
        self.rule = None          # Call → action; None: pass all
        self.on_point = None      # (call, "before" | "after") → None; for kills
        self.released = threading.Event()
        self.hang_seconds = 60

    def decide(self, call):
        with self.lock:
            self.calls.append(call)
            call.action = self.rule(call) if self.rule else PASS
            return call.action

    def reset(self, rule=None, on_point=None):
        with self.lock:
            self.calls = []
            self.rule = rule
            self.on_point = on_point

    def kill_after(self, process, calls):
        """kill -9 when so many more changing calls were made; None: never. The call that is the last
        one has had its effect, and its answer is not delivered."""
        left = [calls]

        def point(call, when):
            if calls is None or when != "after":
                return
            with self.lock:
                left[0] -= 1
                due = left[0] == 0
            if due:
                process.kill()
        with self.lock:
            self.on_point = point

    def mutating(self):
        with self.lock:
            return [c for c in self.calls if c.mutating]


def once_each(action, wanted=lambda call: call.mutating):
    """Takes the first occurrence of every distinct call; the repeats pass."""
    seen = set()

    def rule(call):
        if not wanted(call) or call.key in seen:
            return PASS
        seen.add(call.key)
        return action
    return rule


LOCK_CALLS = ("SetField", "AddCustomFieldDef")


def nth(index, action):
    """The index-th changing call from now on, from 1; and nothing after it. The lock mark is not
    counted: a run goes on without it."""
    count = [0]

    def rule(call):
        if not call.mutating or call.name in LOCK_CALLS:
            return PASS
        count[0] += 1
        return action if count[0] == index else PASS
    return rule


def one_new(seen, action):
    """The first changing call that is not in `seen`, and only that one."""
    taken = [False]

    def rule(call):
        if not call.mutating or call.name in LOCK_CALLS or taken[0] or call.key in seen:
            return PASS
        taken[0] = True
        seen.add(call.key)
        return action
    return rule


class Proxy:
    def __init__(self, system, target, upstream_ca, certificate, faults):
        url = urllib.parse.urlsplit(target)
        self.system = system
        self.host, self.port = url.hostname, url.port
        self.faults = faults
        self.upstream = ssl.create_default_context(cafile=upstream_ca)
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 120

            def setup(self):
                super().setup()
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.server_side = None

            def finish(self):
                if self.server_side:
                    self.server_side.close()
                try:
                    super().finish()
                except OSError:
                    pass

            def log_message(self, *args):
                pass

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass  # the client went away: a kill, or a dropped connection

            def break_off(self):
                self.close_connection = True
                try:
                    self.connection.unwrap()
                except (OSError, ValueError):
                    pass
                self.connection.close()

            def forward(self, body):
                for attempt in (1, 2):
                    if self.server_side is None:
                        self.server_side = http.client.HTTPSConnection(
                            proxy.host, proxy.port, context=proxy.upstream, timeout=120)
                    try:
                        headers = {k: v for k, v in self.headers.items()
                                   if k.lower() not in ("host", "connection", "expect")}
                        headers["Host"] = f"{proxy.host}:{proxy.port}"
                        self.server_side.request(self.command, self.path, body, headers)
                        answer = self.server_side.getresponse()
                        return answer, answer.read()
                    except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                        self.server_side.close()
                        self.server_side = None
                        if attempt == 2:
                            raise

            def answer(self, status, headers, body):
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            def one(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else b""
                soap = proxy.system == "vcenter" and not self.path.startswith("/api/")
                if soap and self.command == "POST":
                    name, mutating = soap_call(body)
                else:
                    name, mutating = rest_call(self.command, self.path)
                # The envelope's header differs from call to call (operation id).
                content = body[max(body.find(b"Body>"), 0):]
                call = Call(proxy.system, name, (name, self.path, content), mutating)
                action = proxy.faults.decide(call)
                point = proxy.faults.on_point
                if point and mutating:
                    point(call, "before")
                if action == DROP_BEFORE:
                    return self.break_off()
                if action == HANG_BEFORE:
                    proxy.faults.released.wait(proxy.faults.hang_seconds)
                    return self.break_off()
                if action == REFUSE:
                    kind = "text/xml" if soap else "application/json"
                    fault = SOAP_FAULT if soap else REST_FAULT
                    return self.answer(500, [("Content-Type", kind)], fault)
                answer, text = self.forward(body)
                if point and mutating:
                    point(call, "after")
                if action == DROP_AFTER:
                    return self.break_off()
                if action == HANG_AFTER:
                    proxy.faults.released.wait(proxy.faults.hang_seconds)
                    return self.break_off()
                return self.answer(answer.status, answer.getheaders(), text)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = one

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self):
                # The handshake belongs to the connection's thread, not to the accepting one.
                sock, address = self.socket.accept()
                return context.wrap_socket(sock, server_side=True,
                                           do_handshake_on_connect=False), address

            def handle_error(self, request, client_address):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        self.url = f"https://127.0.0.1:{self.server.server_port}{url.path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=10)


class FaultyWire:
    """Both proxies in front of a lab; `environ` is what pfnvme has to be started with."""

    def __init__(self, lab):
        certificate = os.path.join(lab.root, "proxy.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=proxy",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate + ".key",
                        "-out", certificate], check=True, capture_output=True, timeout=60)
        with open(certificate, "a", encoding="ascii") as out, \
                open(certificate + ".key", encoding="ascii") as key:
            out.write(key.read())
        self.faults = Faults()
        ca = lab.environ["PF_CA_FILE"]
        self.proxies = [Proxy("vcenter", lab.environ["GOVC_URL"], ca, certificate, self.faults),
                        Proxy("powerflex", lab.environ["POWERFLEX_ENDPOINT"], ca, certificate,
                              self.faults)]
        self.environ = {"GOVC_URL": self.proxies[0].url, "POWERFLEX_ENDPOINT": self.proxies[1].url,
                        "PF_CA_FILE": certificate, "GOVC_TLS_CA_CERTS": certificate}

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.faults.released.set()
        for proxy in self.proxies:
            proxy.close()
