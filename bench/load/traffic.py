# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""Cases and their frames: the names, addresses and sizes of bench/support/cases.cpp."""
import dataclasses
import ipaddress
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "packets"))
from encode import ETHERNET, IPIP, IPV6, ROUTING, addr, eth, ipv6, path, srh, udp4, udp6  # noqa: E402

# Who is where: the generator sends to IN_MAC, what is forwarded goes to SINK_MAC.
IN_MAC, OUT_MAC = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
GENERATOR_MAC, SINK_MAC = "02:00:00:00:00:99", "02:00:00:00:00:cc"
IN_ADDRESS, OUT_ADDRESS, SINK_ADDRESS = "2001:db8:a::1", "2001:db8:b::1", "2001:db8:b::2"
OUT_ADDRESS4, SINK_ADDRESS4 = "198.51.100.1", "198.51.100.2"
SOURCE, DESTINATION, DESTINATIONS = "2001:db8::1", "2001:db8:9::1", "2001:db8:9::/48"
SOURCE4, DESTINATION4, DESTINATIONS4 = "192.0.2.1", "10.9.0.1", "10.9.0.0/16"
SEGMENTS = "a4::/16"
NODES = "fcbb::/16"

# A capture stays within the caches.
FLOWS = 256
MAX_FRAMES = 16384

DECAPSULATING = ("End.DX6", "End.DX4", "End.DX2", "End.DT6", "End.DT4", "End.DT46", "End.AS")


@dataclasses.dataclass(frozen=True)
class Case:
    """One row. behavior is an endpoint behavior (with "+PSP"), a headend or "plain"."""
    behavior: str
    inner: str = "IPv6"  # IPv6, IPv4 or L2
    objects: int = 1     # local SIDs, policies or routes that the traffic is spread over
    segments: int = 1    # of a segment list
    lists: int = 1       # per policy
    size: int = 64       # bytes of the inner packet

    def name(self):
        words = [self.behavior, self.inner]
        if self.size != 64:
            words.append(f"{self.size} B")
        if self.objects > 1:
            words.append(f"x{self.objects}")
        if self.is_headend():
            words.append(f"{self.segments} segments" if self.segments > 1 else "1 segment")
        if self.lists > 1:
            words.append(f"{self.lists} lists")
        return " ".join(words)

    def is_headend(self):
        return self.behavior.startswith("H.")

    def is_endpoint(self):
        return self.behavior.startswith(("End", "u"))


# With a peer in one row each; in the order of the tables.
CASES = {case.name(): case for case in (
    Case("plain"),
    Case("plain", "IPv4"),
    Case("plain", objects=100000),
    Case("End"),
    Case("End+PSP"),
    Case("End", objects=10000),
    Case("End.X"),
    Case("End.T"),
    Case("uN"),
    Case("End.DX6"),
    Case("End.DX4", "IPv4"),
    Case("End.DX2", "L2"),
    Case("End.DT6"),
    Case("End.DT4", "IPv4"),
    Case("End.B6.Encaps", segments=2),
    Case("End.AD"),
    Case("End.AS"),
    Case("End.AM"),
    Case("H.Encaps", segments=1),
    Case("H.Encaps", segments=2),
    Case("H.Encaps", segments=3),
    Case("H.Encaps", "IPv4", segments=2),
    Case("H.Encaps", segments=2, lists=8),
    Case("H.Encaps", "IPv4", segments=2, lists=8),
    Case("H.Encaps", objects=1000, segments=2),
    Case("H.Encaps.L2", "L2", segments=2),
    Case("H.Insert", segments=2),
)}


def choose(names, default):
    """The cases whose names contain one of the words; default is a list of names."""
    chosen = [CASES[name] for name in default] if not names else \
        [case for name, case in CASES.items() if any(word in name for word in names)]
    if not chosen:
        raise SystemExit(f"no case matches {names}; there are: {', '.join(CASES)}")
    return chosen


def object_address(number):
    """fcbb:<high>:<low>:ffff::1, what traffic for an object is addressed to."""
    high, low = divmod(number, 0xffff)
    return str(ipaddress.IPv6Address(f"fcbb:{high:x}:{low:x}:ffff::1"))


def object_prefix(number):
    return str(ipaddress.ip_network((object_address(number), 48), strict=False))


def segment_list(case, number=0):
    return [f"a4::{number:x}:{segment + 1:x}" for segment in range(case.segments)]


def _inner(case, flow, destination):
    ports = {"sport": 1024 + flow, "dport": 80}
    if case.inner == "IPv6":
        return udp6(SOURCE, destination, data=bytes(case.size - 48), **ports)
    if case.inner == "IPv4":
        target = DESTINATION4 if case.is_headend() else _vary(DESTINATION4, flow)
        return udp4(SOURCE4, target, data=bytes(case.size - 28), **ports)
    packet = udp4(SOURCE4, DESTINATION4, data=bytes(case.size - 42), **ports)
    return eth("02:00:00:00:00:01", "02:00:00:00:00:02", 0x0800, packet)


def _vary(address, flow):
    """The address with the flow's number at its end; flow 0 has the address itself."""
    packed = addr(address)
    return packed[:-2] + struct.pack("!H", flow) if flow else packed


def frame(case, number=0, flow=0, mac=IN_MAC):
    """One Ethernet frame of the traffic of a case, for object number. Flows differ in the UDP
    source port, and in the destination that is looked up unless that is what is steered."""
    target = object_address(number)
    if case.behavior in ("plain", "uN"):
        target = _vary(target, flow)
    if not case.is_endpoint():
        spread = case.objects > 1 or case.behavior == "plain" or case.inner == "IPv6"
        packet = _inner(case, flow, target if spread else DESTINATION)
        if case.inner == "L2":
            return packet
        return eth(mac, GENERATOR_MAC, 0x86DD if case.inner == "IPv6" else 0x0800, packet)
    inner = _inner(case, flow, _vary(DESTINATION, flow))
    inner_type = {"IPv6": IPV6, "IPv4": IPIP, "L2": ETHERNET}[case.inner]
    base = case.behavior.partition("+")[0]
    if base in DECAPSULATING or base == "uN":
        packet = ipv6(SOURCE, target, inner_type, inner)
    else:
        # With PSP the last segment comes next, so that the SRH is popped.
        left = 1 if case.behavior.endswith("PSP") else 2
        packet = ipv6(SOURCE, target, ROUTING,
                      srh(inner_type, path(target, *(_vary(segment, flow) for segment in
                                            ("a4::1", "a4::2"))), left) + inner)
    return eth(mac, GENERATOR_MAC, 0x86DD, packet)


def frames(case, mac=IN_MAC):
    """Every object and FLOWS flows, as far as MAX_FRAMES go; objects in a scattered order."""
    count = min(max(case.objects, FLOWS), MAX_FRAMES)
    # Odd, so that it visits all objects of a power of two and close to all of any other number.
    stride = 2654435761
    return [frame(case, i * stride % case.objects, i % FLOWS, mac) for i in range(count)]


def write_pcap(file, content):
    """The classic format, Ethernet."""
    with open(file, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for data in content:
            out.write(struct.pack("<IIII", 0, 0, len(data), len(data)) + data)
