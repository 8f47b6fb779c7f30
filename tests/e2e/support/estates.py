"""Estate files for labs of tests (keys as in libvsphere/simulator/estate.hpp)."""


def host(index, version="7.0.3", build="20036589"):
    nics = "".join(f"      - {{name: vmnic{n}}}\n" for n in range(2))
    storage = "".join(
        f"      - {{name: Storage-{'AB'[n]}, active_nics: [vmnic{n}]}}\n" for n in range(2))
    vmks = "".join(
        f"      - {{name: vmk{n + 1}, portgroup: Storage-{'AB'[n]}, address: 192.168.15{n}.{index}}}\n"
        for n in range(2))
    return (f"  - name: esx{index:02}.lab.local\n"
            f"    version: \"{version}\"\n    build: \"{build}\"\n"
            f"    nics:\n{nics}"
            "    vswitches:\n      - {name: vSwitch0, nics: [vmnic0, vmnic1]}\n"
            f"    portgroups:\n      - {{name: Management Network}}\n{storage}"
            "    vmks:\n      - {name: vmk0, portgroup: Management Network, "
            f"address: 192.168.10.{index}, services: [management]}}\n{vmks}")


def distributed_host(index):
    """Its storage ports are on a distributed switch; `estate` needs DISTRIBUTED for it."""
    nics = "".join(f"      - {{name: vmnic{n}}}\n" for n in range(3))
    vmks = "".join(
        f"      - {{name: vmk{n + 1}, portgroup: dv-{'AB'[n]}, address: 192.168.15{n}.{index}}}\n"
        for n in range(2))
    return (f"  - name: esx{index:02}.lab.local\n    version: \"7.0.3\"\n"
            f"    build: \"20036589\"\n    nics:\n{nics}"
            "    vswitches:\n      - {name: vSwitch0, nics: [vmnic2]}\n"
            "    portgroups:\n      - {name: Management Network}\n"
            "    vmks:\n      - {name: vmk0, portgroup: Management Network, "
            f"address: 192.168.10.{index}, services: [management]}}\n{vmks}")


def distributed(hosts):
    """A switch whose two port groups have one active uplink each, the second one's not the first."""
    listed = ", ".join(f"esx{n:02}.lab.local" for n in hosts)
    return ("dvswitches:\n  - name: dvs-storage\n    mtu: 9000\n    nics: [vmnic0, vmnic1]\n"
            f"    hosts: [{listed}]\n    portgroups:\n"
            "      - {name: dv-A, active_uplinks: [\"Uplink 1\"], standby_uplinks: [\"Uplink 2\"]}\n"
            "      - {name: dv-B, active_uplinks: [\"Uplink 2\"], standby_uplinks: [\"Uplink 1\"]}\n")


def datastore(name):
    return f"  - {{name: {name}, volume: vol-{name}}}\n"


TAG = '    tags: ["backup:nightly"]\n'  # behind a vm()'s text


def vm(name, home, where, disk_mib=1, rdm_volume=None):
    text = (f"  - name: {name}\n    host: {where}.lab.local\n    datastore: {home}\n"
            "    powered_on: true\n    disks:\n"
            f"      - {{size_bytes: {disk_mib << 20}, seed: {sum(map(ord, name))}}}\n")
    if rdm_volume:
        text += (f"      - {{size_bytes: {8 << 30}, rdm: physical, "
                 f"rdm_device: \"volume:{rdm_volume}\"}}\n")
    return text


def spanning_vms(name, home, other, where):
    """A VM on `home` with a disk on `other`, which a VM of `other` shares."""
    shared = "sharing: multi-writer"
    return (vm(name, home, where)
            + f"      - {{size_bytes: {1 << 20}, seed: 77, datastore: {other}, {shared}}}\n"
            + vm(f"{name}-b", other, where)
            + f"      - {{size_bytes: {1 << 20}, shared_with: \"{name}:1\", {shared}}}\n")


def estate(hosts, datastores, vms):
    return ("vcenter_name: vc01.lab.local\ndatacenter: DC1\ncluster: esx-cl01\n"
            f"hosts:\n{''.join(hosts)}datastores:\n{''.join(datastores)}vms:\n{''.join(vms)}")


def intent(name, datastores, use):
    listed = ", ".join(f'"{d}"' for d in datastores)
    return (f"apiVersion: pfnvme/v1\nkind: MigrationIntent\nmetadata: {{name: {name}}}\n"
            f"scope:\n  datastores: {{include: [{listed}]}}\n"
            f"strategy:\n  classify:\n    - {{default: {use}}}\n"
            "  offline: {signature: resign, shutdown: {guest: 1m, then: fail}, "
            "uuid_action: keep, accept_kb: \"Dell 000213232\"}\n"
            "network:\n  paths: {require_min: 4}\n")
