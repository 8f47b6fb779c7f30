"""docs/reference/vsphere-coverage.md says what the sources say.

The table is made of the sources: which vim25 methods libvsphere sends (string literals that the
wire tables know as methods), which the simulator answers (its dispatch table), which tests name
the method or the function that sends it; the same for esxcli commands. The test fails when the
table claims what the sources don't say, and when a method that the client sends is not in it; that it
lags behind a simulator that has learnt something is only printed. To write it anew:  python3 tests/conformance/vim25/coverage_test.py SOURCE --update
"""
import pathlib
import re
import sys

GOLDEN = "golden"
CLIENT_TEST = "client"
WIRE_TEST = "wire"


def read(paths):
    return "\n".join(p.read_text(encoding="utf-8") for p in sorted(paths))


def schema_methods(top):
    text = read((top / "libvsphere/wire").glob("schema_*.cpp"))
    owners = {}
    for owner, method in re.findall(r"^call (\w+)\.(\w+) ", text, re.M):
        owners.setdefault(method, []).append(owner)
    return owners


def client_methods(top, known):
    """method -> names of the functions that send it"""
    senders = {}
    for path in sorted((top / "libvsphere").glob("*.cpp")):
        if path.name in ("call_kinds.cpp", "equivalent.cpp"):
            continue  # tables about calls, not calls
        function = ""
        in_table = False
        for line in path.read_text(encoding="utf-8").splitlines():
            start = re.match(r"[A-Za-z].*?\b(\w+)\(", line)
            if start and not line.startswith(("using", "namespace", "constexpr")):
                function = start.group(1)
            if line.startswith("constexpr") and line.rstrip().endswith("{"):
                in_table = True
            if line.startswith("};"):
                in_table = False
            if in_table:
                continue
            for literal in re.findall(r'"(\w+)"', line):
                if literal in known:
                    senders.setdefault(literal, set()).add(function)
    return senders


def methods_without_privilege(top, client):
    """Every call is asked for before a run, so every call has its line in the table."""
    text = read([top / "libvsphere/administration.cpp"])
    listed = set(re.findall(r'Needs\{"(\w+)"', text))
    return sorted(set(client) - listed)


def simulator_methods(top, known):
    text = read((top / "libvsphere/simulator").rglob("*.cpp"))
    return set(re.findall(r'\.add\(\s*(?:"\w+"|\w+),\s*"(\w+)"', text)) & set(known)


def words(text):
    return set(re.findall(r"\w+", text))


def wire_test_sources(top):
    """Tests that speak with the simulator; requests_test.cpp has a scripted server."""
    conformance = (top / "tests/conformance/vim25").glob("*_test.cpp")
    return [p for p in conformance if p.name != "requests_test.cpp"] + list(
        (top / "tests/unit/simulator").glob("*.cpp")
    )


def method_rows(top):
    owners = schema_methods(top)
    client = client_methods(top, owners)
    simulator = simulator_methods(top, owners)
    golden = words(read([top / "tests/conformance/vim25/expected_requests.hpp"]))
    client_tests = words(read((top / "tests/unit/libvsphere").glob("*.cpp")))
    wire_tests = words(read(wire_test_sources(top)))
    rows = []
    for method in sorted(set(client) | simulator, key=str.lower):
        names = {method} | client.get(method, set())
        tested = []
        if method in golden:
            tested.append(GOLDEN)
        if names & client_tests:
            tested.append(CLIENT_TEST)
        if names & wire_tests:
            tested.append(WIRE_TEST)
        rows.append(
            (
                method,
                ", ".join(sorted(set(owners.get(method, ["?"])))),
                "yes" if method in client else "",
                "yes" if method in simulator else "",
                ", ".join(tested),
            )
        )
    return rows


# Readers that serve several commands, and words that the shell spells otherwise.
READERS = {
    "identify": ["nvme controller identify", "nvme namespace identify"],
    "system_maintenance_mode_get": ["system maintenanceMode get"],
    "system_coredump_partition_get": ["system coredump partition get", "system coredump file get"],
    "software_vib_list": ["software vib list", "software vib get"],
}
OLDER_TOOLS = {"getallvms", "esxcfg_volume_list", "esxcfg_mpath_b"}


def esxcli_rows(top):
    readers = {}
    for name in ("esxcli_types.hpp", "esxcli_more_types.hpp"):
        text = (top / "libvsphere" / name).read_text(encoding="utf-8")
        for function, parameter in re.findall(r"(\w+)\(const EsxcliOutput& (\w+)\)", text):
            for command in READERS.get(parameter, [parameter.replace("_", " ")]):
                readers.setdefault(command, set()).add(function)
    simulator = set()
    text = read((top / "libvsphere/simulator/esxcli").glob("*.cpp"))
    for space, name in re.findall(r'\{\s*"([a-zA-Z0-9]+(?:\.[a-zA-Z0-9]+)*)",\s*"(\w+)",\s*"', text):
        simulator.add(space.replace(".", " ") + " " + name)
    reader_tests = words(read((top / "tests/unit/libvsphere").glob("esxcli*.cpp")))
    wire_text = read(wire_test_sources(top))
    rows = []
    for command in sorted(set(readers) | simulator):
        tested = []
        if readers.get(command, set()) & reader_tests:
            tested.append(CLIENT_TEST)
        if command in wire_text:
            tested.append(WIRE_TEST)
        rows.append(
            (
                command,
                ", ".join(sorted(readers.get(command, []))),
                "yes" if command in simulator else "",
                ", ".join(tested),
            )
        )
    return rows


def table(header, rows):
    out = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    out += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(out) + "\n"


def document(top):
    methods = method_rows(top)
    commands = esxcli_rows(top)
    count = lambda rows, at: sum(1 for row in rows if row[at])
    return (
        "# Coverage of the vSphere side\n\n"
        "Made of the sources by `tests/conformance/vim25/coverage_test.py`, which fails when this "
        "file claims what the\nsources don't say (`--update` writes it anew). Tested: `golden` = the envelope "
        "equals that of a trusted client; `client` = named in\nthe client's unit tests, itself or "
        "the function that sends or reads it; `wire` = named in tests that speak with the\n"
        "simulator.\n\n"
        f"## vim25 methods: client {count(methods, 2)}, simulator {count(methods, 3)}\n\n"
        + table(("method", "receiver", "client", "simulator", "tested"), methods)
        + f"\n## esxcli commands: typed readers {count(commands, 1)}, simulator "
        f"{count(commands, 2)}\n\n"
        + table(("command", "reader", "simulator", "tested"), commands)
        + "\nCommands without a reader can still be run; their fields are read by name.\n"
    )


def claims(text):
    """method or command -> the set of (column, word) that its row claims"""
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("| ") or len(cells) < 4:
            continue
        rows[cells[0]] = {
            (len(cells), at, word) for at, cell in enumerate(cells[1:]) for word in words(cell)
        }
    return rows


def lies(have, want, sent):
    """What the table claims and the sources do not say; methods that the client sends unlisted."""
    out = []
    for name in sorted(have):
        for _, _, word in sorted(have[name] - want.get(name, set())):
            out.append(f"{name}: the table says {word}, the sources don't")
    out += [f"{name}: sent by libvsphere and not listed" for name in sorted(sent - set(have))]
    return out


def main():
    top = pathlib.Path(sys.argv[1])
    path = top / "docs/reference/vsphere-coverage.md"
    want = document(top)
    if "--update" in sys.argv:
        path.write_text(want, encoding="utf-8")
        return 0
    have = path.read_text(encoding="utf-8") if path.exists() else ""
    # The finders must find: an empty list would agree with an empty table.
    methods, commands = method_rows(top), esxcli_rows(top)
    assert sum(1 for row in methods if row[2]) > 60, "hardly any client method was found"
    assert sum(1 for row in methods if row[3]) > 60, "hardly any simulator method was found"
    assert sum(1 for row in commands if row[1]) > 30, "hardly any esxcli reader was found"
    assert sum(1 for row in commands if row[2]) > 20, "hardly any simulated command was found"
    untested = [row[0] for row in methods if row[2] and not row[4]]
    if untested:
        print("sent by libvsphere and named in no test:", ", ".join(untested))
        return 1
    unasked = methods_without_privilege(top, [row[0] for row in methods if row[2]])
    if unasked:
        print("sent by libvsphere, but without a privilege in its table:", ", ".join(unasked))
        return 1
    wrong = lies(claims(have), claims(want), {row[0] for row in methods if row[2]})
    for line in wrong:
        print(line)
    if wrong:
        print(f"{path} differs from the sources; write it anew with --update")
        return 1
    if have != want:
        print(f"{path} knows less than the sources; --update adds it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
