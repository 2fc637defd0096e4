# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""Service backends behind pg1: virtual IP and port become those of the backend, and back."""
import struct

from encode import (DEST_OPTIONS, FRAGMENT, IPV6, SCTP, TCP, UDP, icmp4, icmp6_error, ipv4, ipv6,
                    sctp, tcp, udp)
from model import PEER4, PEER6, Node, Vector, get, send

VIP6, VIP4 = "2096::d765", "10.96.0.10"
POD6, POD4 = PEER6["pg1"], PEER4["pg1"]
CLIENT6, CLIENT4 = "1234::7", "123.1.1.7"
PORT, TARGET, CPORT = 80, 8080, 40000


def node():
    made = Node().route("1234::/64", "pg0").route("123.1.1.0/24", "pg0")
    made.route(VIP6 + "/128", "pg1").route(VIP4 + "/32", "pg1")
    for protocol in ("tcp", "udp", "sctp"):
        for vip, pod in ((VIP6, POD6), (VIP4, POD4)):
            made.add("service_translations", interface="pg1", address=vip, protocol=protocol,
                     port=PORT, target=pod, target_port=TARGET)
    return made


def packet(protocol, src, sport, dst, dport, hop=64, data=b"some bytes"):
    family = 6 if ":" in src else 4
    if protocol == SCTP:
        inner = sctp(data, sport, dport)
    else:
        inner = (tcp if protocol == TCP else udp)(src, dst, data, sport, dport, family)
    if family == 6:
        return ipv6(src, dst, protocol, inner, hop)
    return ipv4(src, dst, protocol, inner, hop)


def ends(family):
    return (CLIENT6, VIP6, POD6) if family == 6 else (CLIENT4, VIP4, POD4)


def vectors():
    for name, protocol in (("tcp", TCP), ("udp", UDP), ("sctp", SCTP)):
        for family in (6, 4):
            client, vip, pod = ends(family)
            yield Vector(
                f"translate_{name}_v{family}", "A request to a virtual IP, and its answer.", node(),
                [send("pg0", packet(protocol, client, CPORT, vip, PORT)),
                 send("pg1", packet(protocol, pod, TARGET, client, CPORT), at=1)],
                [get("pg0", packet(protocol, vip, PORT, client, CPORT, 63)),
                 get("pg1", packet(protocol, client, CPORT, pod, TARGET, 63))])
    for family in (6, 4):
        client, vip, pod = ends(family)
        yield Vector(
            f"translate_hairpin_v{family}", "A backend reaches itself: it sees the virtual IP.",
            node(), [send("pg1", packet(TCP, pod, CPORT, vip, PORT)),
                     send("pg1", packet(TCP, pod, TARGET, vip, CPORT), at=1)],
            [get("pg1", packet(TCP, vip, CPORT, pod, TARGET, 63)),
             get("pg1", packet(TCP, vip, PORT, pod, CPORT, 63))])
    yield from errors()
    yield from fragments()
    yield Vector(
        "translate_srv6", "By End.DX6 to the backend; another port of the virtual IP as it is.",
        node().hop("a6::6", "End.DX6", "pg1"),
        [send("pg0", ipv6(CLIENT6, "a6::6", IPV6, packet(TCP, CLIENT6, CPORT, VIP6, PORT))),
         send("pg0", ipv6(CLIENT6, "a6::6", IPV6, packet(TCP, CLIENT6, CPORT, VIP6, 81)), at=1)],
        [get("pg1", packet(TCP, CLIENT6, CPORT, POD6, TARGET, 63)),
         get("pg1", packet(TCP, CLIENT6, CPORT, VIP6, 81, 63))])
    cut = ipv6(CLIENT6, VIP6, DEST_OPTIONS, struct.pack("!BB6x", TCP, 0) + bytes(19))
    yield Vector("translate_cut_off", "A TCP header that ends too early.", node(), send("pg0", cut),
                 counters="drop translate_malformed 1")


def errors():
    request = lambda to, port: packet(TCP, CLIENT6, CPORT, to, port)
    reply = lambda src, port: packet(TCP, src, port, CLIENT6, CPORT)
    yield Vector(
        "translate_error_v6", "Errors about both directions reach those who can do something.", node(),
        [send("pg0", request(VIP6, PORT)),
         send("pg0", icmp6_error("1234::1", VIP6, 2, 0, 1280, reply(VIP6, PORT)), at=1),
         send("pg1", icmp6_error(POD6, CLIENT6, 1, 4, 0, request(POD6, TARGET)), at=2)],
        [get("pg0", hop(icmp6_error(VIP6, CLIENT6, 1, 4, 0, request(VIP6, PORT)))),
         get("pg1", hop(request(POD6, TARGET))),
         get("pg1", hop(icmp6_error("1234::1", POD6, 2, 0, 1280, reply(POD6, TARGET))))])
    request4 = lambda to, port: packet(UDP, CLIENT4, CPORT, to, port)
    unreachable = lambda src, to, port, ttl: icmp4(src, CLIENT4, 3, 3,
                                                   bytes(4) + request4(to, port)[:28], ttl)
    yield Vector(
        "translate_error_v4", "A closed port: the backend says so, in the name of the virtual IP.",
        node(), [send("pg0", request4(VIP4, PORT)),
                 send("pg1", unreachable(POD4, POD4, TARGET, 64), at=1)],
        [get("pg0", unreachable(VIP4, VIP4, PORT, 63)),
         get("pg1", packet(UDP, CLIENT4, CPORT, POD4, TARGET, 63))])
    yield Vector("translate_error_unknown", "An error about a connection that there is not.", node(),
                 send("pg0", icmp6_error("1234::1", VIP6, 2, 0, 1280, reply(VIP6, PORT))),
                 counters="drop translate_flow_unknown 1")


def hop(data):
    """Forwarded once, IPv6."""
    return data[:7] + bytes([data[7] - 1]) + data[8:]


def fragments():
    whole = lambda dst, port: udp(CLIENT6, dst, bytes(range(64)), CPORT, port)

    def piece(dst, port, offset, count, hop_limit=64, ident=9):
        data = whole(dst, port)
        more = offset + count < len(data)
        head = struct.pack("!BBHI", UDP, 0, offset | more, ident)
        return ipv6(CLIENT6, dst, FRAGMENT, head + data[offset:offset + count], hop_limit)

    yield Vector(
        "translate_fragments", "Later fragments follow the first one; one without is dropped.", node(),
        [send("pg0", piece(VIP6, PORT, 0, 40)), send("pg0", piece(VIP6, PORT, 40, 40), at=1),
         send("pg0", piece(VIP6, PORT, 40, 40, ident=10), at=2)],
        [get("pg1", piece(POD6, TARGET, 0, 40, 63)), get("pg1", piece(POD6, TARGET, 40, 40, 63))],
        "drop translate_fragment_unknown 1")
