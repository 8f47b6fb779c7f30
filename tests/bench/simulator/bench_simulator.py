#!/usr/bin/env python3
"""A large simulated estate: how long until it serves, how much memory, how long a full read of all
VMs' devices takes, and how long another client waits meanwhile. Prints JSON.

usage: bench_simulator.py BIN_DIR [HOSTS DATASTORES VMS]
"""
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time

ENVELOPE = ('<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Body>%s</Body></Envelope>')
READ = ('<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector'
        '</_this><specSet><propSet><type>VirtualMachine</type><pathSet>name</pathSet><pathSet>'
        'config.hardware.device</pathSet></propSet><objectSet><obj type="ContainerView">%s</obj>'
        '<skip>true</skip><selectSet xsi:type="TraversalSpec"><type>ContainerView</type><path>view'
        '</path></selectSet></objectSet></specSet><options/></RetrievePropertiesEx>')


class Client:
    def __init__(self, address, port, ca, password):
        context = ssl.create_default_context(cafile=ca)
        self.connection = http.client.HTTPSConnection(address, port, context=context)
        self.headers = {"SOAPAction": "urn:vim25/8.0.3.0", "Content-Type": "text/xml"}
        self.call('<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this>'
                  '<userName>administrator@vsphere.local</userName><password>%s</password></Login>'
                  % password)

    def call(self, body):
        self.connection.request("POST", "/sdk", ENVELOPE % body, self.headers)
        response = self.connection.getresponse()
        cookie = response.getheader("Set-Cookie")
        if cookie:
            self.headers["Cookie"] = cookie.split(";")[0]
        text = response.read()
        if response.status != 200:
            raise RuntimeError(text.decode())
        return text


def resident_kib(process_name, state):
    pid = next(p["pid"] for p in state["processes"] if p["name"] == process_name)
    with open("/proc/%d/status" % pid) as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1))


def measure(bin_dir, hosts, datastores, vms, root):
    lab = os.path.join(root, "lab")
    estate = os.path.join(root, "estate.yaml")
    with open(estate, "w") as out:
        out.write("generate: {hosts: %d, datastores: %d, vms: %d}\n" % (hosts, datastores, vms))
    pf_lab = os.path.join(bin_dir, "pf-lab")
    begun = time.monotonic()
    subprocess.run([pf_lab, "up", "--dir", lab, "--network", "127.232", "--estate", estate,
                    "--storage", "none"], check=True, stdout=subprocess.DEVNULL)
    result = {"hosts": hosts, "datastores": datastores, "vms": vms,
              "start_s": round(time.monotonic() - begun, 2)}
    try:
        with open(os.path.join(lab, "state.json")) as text:
            state = json.load(text)
        with open(os.path.join(lab, "secrets/vcenter")) as text:
            password = text.read().strip()
        result["start_rss_mib"] = resident_kib("vsphere", state) // 1024
        ca = os.path.join(lab, "ca.pem")
        reader = Client("127.232.3.1", 8443, ca, password)
        other = Client("127.232.3.1", 8443, ca, password)
        waits, done = [], threading.Event()

        def stand_by():
            while not done.is_set():
                asked = time.monotonic()
                other.call('<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">'
                           'ServiceInstance</_this></CurrentTime>')
                waits.append(time.monotonic() - asked)
                done.wait(0.005)

        bystander = threading.Thread(target=stand_by)
        bystander.start()
        view = re.search(rb'<returnval type="ContainerView">(.*?)<', reader.call(
            '<CreateContainerView xmlns="urn:vim25"><_this type="ViewManager">ViewManager</_this>'
            '<container type="Folder">group-d1</container><type>VirtualMachine</type>'
            '<recursive>true</recursive></CreateContainerView>')).group(1).decode()
        begun, size, objects = time.monotonic(), 0, 0
        text = reader.call(READ % view)
        while True:
            size += len(text)
            objects += text.count(b"<objects>")
            token = re.search(rb"<token>(.*?)</token>", text[:2000])
            if not token:
                break
            text = reader.call(
                '<ContinueRetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">'
                'propertyCollector</_this><token>%s</token></ContinueRetrievePropertiesEx>'
                % token.group(1).decode())
        result["read_s"] = round(time.monotonic() - begun, 2)
        done.set()
        bystander.join()
        waits.sort()
        result.update(read_objects=objects, read_mib=round(size / 2**20, 1),
                      bystander_calls=len(waits),
                      bystander_p50_ms=round(waits[len(waits) // 2] * 1000, 2),
                      bystander_p99_ms=round(waits[len(waits) * 99 // 100] * 1000, 2),
                      bystander_max_ms=round(waits[-1] * 1000, 2),
                      rss_mib=resident_kib("vsphere", state) // 1024)
    finally:
        subprocess.run([pf_lab, "down", "--dir", lab], check=True, stdout=subprocess.DEVNULL)
    return result


if __name__ == "__main__":
    numbers = [int(n) for n in sys.argv[2:5]] or [64, 1000, 20000]
    with tempfile.TemporaryDirectory(prefix="pf-bench-") as folder:
        print(json.dumps(measure(sys.argv[1], *numbers, folder), indent=2))
