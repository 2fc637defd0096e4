# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""What a vector consists of, and the text files that it becomes."""
import textwrap
from pathlib import Path

PORTS = ("pg0", "pg1", "pg2")
PORT_MAC = {name: f"02:00:00:00:00:{i + 1:02x}" for i, name in enumerate(PORTS)}
PEER_MAC = {name: f"02:aa:00:00:00:{i:02x}" for i, name in enumerate(PORTS)}
PEER6 = {name: f"fd00:{i}::2" for i, name in enumerate(PORTS)}
PEER4 = {"pg0": "192.0.2.2", "pg1": "198.51.100.2", "pg2": "203.0.113.2"}
OWN6 = {name: [f"fd00:{i}::1/64"] for i, name in enumerate(PORTS)}
OWN4 = {name: PEER4[name][:-1] + "1/24" for name in PORTS}
# The node's own address in all vectors; errors come from it.
NODE6 = "a3::ffff"


def scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f'"{text}"' if set(text) & set(":,[]{} ") else text


def flow(value):
    """YAML in flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return scalar(value)


class Node:
    """The configuration of the node, three ports with a known neighbor behind each."""

    def __init__(self, l2=(), ports=None, neighbors=True, **sections):
        self.sections = {"ports": [], "tables": [], "routes": [], "neighbors": []}
        for name in PORTS:
            port = {"name": name}
            if name not in l2:
                port["addresses"] = OWN6[name] + [OWN4[name]]
                if name == "pg0":
                    port["addresses"] = [NODE6 + "/128"] + port["addresses"]
                if neighbors:
                    for peer in (PEER6[name], PEER4[name]):
                        self.add("neighbors", interface=name, address=peer, mac=PEER_MAC[name])
            port.update((ports or {}).get(name, {}))
            self.sections["ports"].append(port)
        self.sections["encapsulation"] = {"source": "a3::"}
        self.sections.update(sections)

    def add(self, section, **values):
        self.sections.setdefault(section, []).append(values)
        return self

    def table(self, name):
        return self.add("tables", name=name)

    def route(self, prefix, port, table=None, **more):
        hop = (PEER6 if ":" in prefix else PEER4)[port]
        where = {"table": table} if table else {}
        return self.add("routes", prefix=prefix, **where, next_hop=hop, interface=port, **more)

    def sid(self, sid, behavior, **arguments):
        return self.add("local_sids", sid=sid, behavior=behavior, **arguments)

    def hop(self, sid, behavior, port, family=6, **arguments):
        """A SID whose argument is the neighbor behind a port."""
        peer = (PEER6 if family == 6 else PEER4)[port]
        return self.sid(sid, behavior, interface=port, next_hop=peer, **arguments)

    def policy(self, name, *lists, **arguments):
        segment_lists = [{"segments": list(segments)} for segments in lists]
        return self.add("policies", name=name, **arguments, segment_lists=segment_lists)

    def steer(self, policy, **match):
        return self.add("steering", **match, policy=policy)

    def text(self):
        lines = []
        for name, value in self.sections.items():
            if isinstance(value, dict):
                lines.append(f"{name}: {flow(value)}")
            elif value:
                lines.append(f"{name}:")
                lines += [f"  - {flow(item)}" for item in value]
        return "\n".join(lines) + "\n"


class Packet:
    """kind "ip": data starts at the IP header; "eth": at the Ethernet header."""

    def __init__(self, port, data, kind="ip", at=0.0, mac=None, mask=()):
        self.port, self.data, self.kind, self.at, self.mac, self.mask = (port, data, kind, at, mac,
                                                                         tuple(mask))

    def hex(self):
        digits = list(self.data.hex())
        for start, end in self.mask:
            digits[2 * start if isinstance(start, int) else int(2 * start):int(2 * end)] = "?" * int(
                2 * (end - start))
        return "".join(digits)


# The flow label of the first header: 20 bits in half bytes.
LABEL = (1.5, 4)


def send(port, data, kind="ip", at=0.0):
    return Packet(port, data, kind, at)


def get(port, data, kind="ip", label=False, mask=(), mac=None):
    """label: the flow label of the first header is the product's choice."""
    mask = tuple(mask) + ((LABEL,) if label else ())
    return Packet(port, data, kind, mask=mask, mac=mac or PEER_MAC[port])


def block(packet, incoming):
    head = f"{packet.at:.6f} {packet.port} {packet.kind}" if incoming else (
        f"{packet.port} eth" if packet.kind == "eth" else f"{packet.port} ip {packet.mac}")
    digits = packet.hex()
    words = [digits[i:i + 8] for i in range(0, len(digits), 8)]
    lines = [" ".join(words[i:i + 4]) for i in range(0, len(words), 4)]
    return head + "\n" + "".join(f"    {line}\n" for line in lines)


class Vector:
    """One directory. counters: lines of counters.txt."""

    def __init__(self, slug, title, node, sends, gets=(), counters=(), options=()):
        self.slug, self.title, self.node = slug, title, node
        self.sends = sends if isinstance(sends, (list, tuple)) else [sends]
        self.gets = gets if isinstance(gets, (list, tuple)) else [gets]
        self.counters = [counters] if isinstance(counters, str) else list(counters)
        self.options = options

    def comment(self):
        return "".join(f"# {line}\n" for line in textwrap.wrap(self.title, 96))

    def files(self):
        files = {
            "config.yaml": self.comment() + self.node.text(),
            "in.txt": self.comment() + "".join(block(p, True) for p in self.sends),
            "out.txt": self.comment() + "".join(block(p, False) for p in self.gets),
            "counters.txt": self.comment() + "".join(f"{line}\n" for line in self.counters),
        }
        if self.options:
            files["options.txt"] = " ".join(self.options) + "\n"
        return files

    def write(self, root: Path):
        folder = root / self.slug
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files().items():
            (folder / name).write_text(text)
