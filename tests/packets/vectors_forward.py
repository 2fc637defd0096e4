# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""Plain forwarding, neighbors, own addresses, VLANs and the edge of the SR domain."""
import struct

from encode import (IPIP, IPV6, ROUTING, UDP, arp, eth, icmp4, icmp6, icmp6_error, ipv6,
                    neighbor_advertisement, neighbor_solicitation, srh, udp, udp4, udp6)
from model import NODE6, PEER_MAC, PORT_MAC, Node, Vector, get, send
from vectors_reference import OUTER, inner6, outer

DST6, DST4 = "a4::1234", "4.1.1.123"
SRC4 = "123.1.1.1"


def plain6(hop=64, **more):
    return udp6(OUTER, DST6, hop, **more)


def plain4(ttl=64, **more):
    return udp4(SRC4, DST4, ttl, **more)


def routes():
    return Node().route("a4::/64", "pg1").route("4.1.1.0/24", "pg1").route(
        "1234::/64", "pg0").route("123.1.1.0/24", "pg0")


def error6(kind, code, parameter, packet):
    return get("pg0", icmp6_error(NODE6, OUTER, kind, code, parameter, packet), label=True)


def error4(kind, code, packet, parameter=0):
    rest = struct.pack("!I", parameter) + packet[:548]
    return get("pg0", icmp4("192.0.2.1", SRC4, kind, code, rest, tos=0xC0, ident=0))


def vectors():
    yield from forwarding()
    yield from refused()
    yield from malformed()
    yield from neighbors()
    yield from own_addresses()
    yield from vlans()
    yield from edge()


def forwarding():
    yield Vector("forward_v6", "Plain IPv6 forwarding.", routes(), send("pg0", plain6()),
                 get("pg1", plain6(63)))
    yield Vector("forward_v4", "Plain IPv4 forwarding; the checksum follows the TTL.", routes(),
                 send("pg0", plain4()), get("pg1", plain4(63)))
    transit = lambda hop: outer(DST6, ["a5::", DST6], 1, inner6(), hop=hop)
    yield Vector("forward_transit_srh", "An SRH whose segment is elsewhere is not looked at.", routes(),
                 send("pg0", transit(64)), get("pg1", transit(63)))
    padded = plain6() + bytes(20)
    yield Vector("forward_padding", "Padding of a short frame does not travel on.", routes(),
                 send("pg0", padded), get("pg1", plain6(63)))
    yield Vector("forward_longest_prefix", "The longest prefix wins, /128 before all.",
                 routes().route("a4::/127", "pg2").route("a4::1/128", "pg1"),
                 [send("pg0", udp6(OUTER, "a4::")), send("pg0", udp6(OUTER, "a4::1"), at=1),
                  send("pg0", udp6(OUTER, "a4::2"), at=2)],
                 [get("pg2", udp6(OUTER, "a4::", 63)), get("pg1", udp6(OUTER, "a4::1", 63)),
                  get("pg1", udp6(OUTER, "a4::2", 63))])


def refused():
    counted = lambda reason: [f"drop {reason} 1", "icmp_errors 1"]
    packet = plain6(1)
    yield Vector("forward_v6_hop_limit_1", "Hop limit 1 in transit.", routes(), send("pg0", packet),
                 error6(3, 0, 0, packet), counted("forward_hop_limit_exceeded"))
    packet = plain4(1)
    yield Vector("forward_v4_ttl_1", "TTL 1 in transit.", routes(), send("pg0", packet),
                 error4(11, 0, packet), counted("forward_hop_limit_exceeded"))
    packet = udp6(OUTER, "a9::1")
    yield Vector("forward_v6_no_route", "No route.", routes(), send("pg0", packet),
                 error6(1, 0, 0, packet), counted("lookup_no_route"))
    packet = udp4(SRC4, "9.1.1.1")
    yield Vector("forward_v4_no_route", "No IPv4 route.", routes(), send("pg0", packet),
                 error4(3, 0, packet), counted("lookup_no_route"))
    node = routes().add("routes", prefix="a9::/64", type="blackhole")
    yield Vector("route_blackhole", "A blackhole route says nothing.", node,
                 send("pg0", udp6(OUTER, "a9::1")), (), ["drop lookup_blackhole 1"])
    packet = udp6(OUTER, "a9::1")
    yield Vector("route_unreachable", "An unreachable route answers.",
                 routes().add("routes", prefix="a9::/64", type="unreachable"), send("pg0", packet),
                 error6(1, 0, 0, packet), counted("lookup_unreachable"))
    small = lambda: Node(ports={"pg1": {"mtu": 1300}}).route("a4::/64", "pg1").route(
        "4.1.1.0/24", "pg1").route("1234::/64", "pg0").route("123.1.1.0/24", "pg0")
    packet = plain6(data=bytes(1400))
    yield Vector("forward_v6_too_big", "Packet Too Big with the MTU of the way out.", small(),
                 send("pg0", packet), error6(2, 0, 1300, packet), counted("forward_packet_too_big"))
    packet = plain4(data=bytes(1400), flags=0x4000)
    yield Vector("forward_v4_too_big", "Fragmentation needed, DF set.", small(), send("pg0", packet),
                 error4(3, 4, packet, 1300), counted("forward_packet_too_big"))
    many = [send("pg0", plain6(1)) for _ in range(5)]
    node = routes()
    node.sections["icmp"] = {"errors_per_second": 10, "error_burst": 2}
    yield Vector("icmp_rate_limit", "Two errors at once, then one more every tenth of a second.", node,
                 many + [send("pg0", plain6(1), at=0.11)], [error6(3, 0, 0, plain6(1))] * 3,
                 ["drop forward_hop_limit_exceeded 6", "icmp_errors 3", "icmp_errors_suppressed 3"])


def malformed():
    def case(slug, title, data, reason, kind="ip"):
        return Vector(slug, title, routes(), send("pg0", data, kind), (), [f"drop {reason} 1"])

    yield case("parse_v6_truncated", "Payload length beyond the frame.", plain6(length=100),
               "parse_ipv6_truncated")
    yield case("parse_v6_header_cut", "A frame that ends inside of the IPv6 header.", plain6()[:39],
               "parse_ipv6_truncated")
    yield case("parse_v6_version", "Version 5 behind ethertype 0x86dd.",
               eth(PORT_MAC["pg0"], PEER_MAC["pg0"], 0x86DD, b"\x50" + plain6()[1:]),
               "parse_ipv6_version", "eth")
    yield case("parse_v6_loopback_source", "::1 on a link.", udp6("::1", DST6), "parse_ipv6_martian")
    yield case("parse_v6_multicast", "Multicast is not forwarded.", udp6(OUTER, "ff0e::1"),
               "parse_ipv6_multicast")
    broken = bytearray(plain4())
    broken[11] ^= 1
    yield case("parse_v4_checksum", "A wrong IPv4 header checksum.", bytes(broken),
               "parse_ipv4_checksum")
    yield case("parse_v4_martian", "127.0.0.1 on a link.", udp4("127.0.0.1", DST4),
               "parse_ipv4_martian")
    yield case("parse_v4_header_length", "A header length of 4 words.", b"\x44" + plain4()[1:],
               "parse_ipv4_version")
    yield case("parse_ethertype", "An ethertype that nobody serves.",
               eth(PORT_MAC["pg0"], PEER_MAC["pg0"], 0x88B5, bytes(46)), "parse_ethertype_unknown",
               "eth")
    yield case("parse_ethernet_truncated", "13 bytes are no frame.", bytes(13),
               "parse_ethernet_truncated", "eth")
    other = eth("02:99:99:99:99:99", PEER_MAC["pg0"], 0x86DD, plain6())
    yield Vector("strict_mac", "With --strict-mac a frame for another station is dropped.", routes(),
                 send("pg0", other, "eth"), (), ["drop parse_ethernet_not_for_us 1"],
                 options=["--strict-mac"])
    yield Vector("lenient_mac", "Without it the frame counts as sent to the port.", routes(),
                 send("pg0", other, "eth"), get("pg1", plain6(63)))


def neighbors():
    node = lambda: Node(neighbors=False).route("a4::/64", "pg1").route("4.1.1.0/24", "pg1")
    # RFC 4861 section 7.2.2 allows any address of the interface; the link-local one always exists.
    asked = eth("33:33:ff:00:00:02", PORT_MAC["pg1"], 0x86DD,
                neighbor_solicitation("fe80::ff:fe00:2", "fd00:1::2", PORT_MAC["pg1"]))
    yield Vector("neighbor_unresolved", "An unknown next hop: one solicitation, the packet waits.",
                 node(), send("pg0", plain6()), get("pg1", asked, "eth"),
                 ["drop neighbor_unresolved 1"])
    later = [send("pg0", plain6(), at=t) for t in (0, 0.4, 1.2, 2.2)]
    yield Vector("neighbor_retransmit", "One solicitation per second of the capture, not per packet.",
                 node(), later, [get("pg1", asked, "eth")] * 3, ["drop neighbor_unresolved 4"])
    answer = eth(PORT_MAC["pg1"], PEER_MAC["pg1"], 0x86DD,
                 neighbor_advertisement("fd00:1::2", "fd00:1::1", "fd00:1::2", PEER_MAC["pg1"]))
    yield Vector("neighbor_resolved", "The advertisement releases the packet; the next does not wait.",
                 node(), [send("pg0", plain6()), send("pg1", answer, "eth", at=0.01),
                          send("pg0", plain6(dport=99), at=0.02)],
                 [get("pg1", asked, "eth"), get("pg1", plain6(63)), get("pg1", plain6(63, dport=99))])
    request = eth("ff:ff:ff:ff:ff:ff", PORT_MAC["pg1"], 0x0806,
                  arp(1, PORT_MAC["pg1"], "198.51.100.1", "00:00:00:00:00:00", "198.51.100.2"))
    reply = eth(PORT_MAC["pg1"], PEER_MAC["pg1"], 0x0806,
                arp(2, PEER_MAC["pg1"], "198.51.100.2", PORT_MAC["pg1"], "198.51.100.1"))
    yield Vector("arp_resolved", "ARP: request, reply, and the packet that waited.", node(),
                 [send("pg0", plain4()), send("pg1", reply, "eth", at=0.01)],
                 [get("pg1", request, "eth"), get("pg1", plain4(63))])
    yield Vector("arp_request", "A request for an own address is answered.", Node(),
                 send("pg0", eth("ff:ff:ff:ff:ff:ff", PEER_MAC["pg0"], 0x0806,
                                 arp(1, PEER_MAC["pg0"], "192.0.2.2", "00:00:00:00:00:00",
                                     "192.0.2.1")), "eth"),
                 get("pg0", eth(PEER_MAC["pg0"], PORT_MAC["pg0"], 0x0806,
                                arp(2, PORT_MAC["pg0"], "192.0.2.1", PEER_MAC["pg0"], "192.0.2.2")),
                     "eth"))
    yield Vector("neighbor_solicitation", "A solicitation for an own address is answered.", Node(),
                 send("pg0", eth("33:33:ff:00:00:01", PEER_MAC["pg0"], 0x86DD,
                                 neighbor_solicitation("fd00:0::2", "fd00:0::1", PEER_MAC["pg0"])),
                      "eth"),
                 get("pg0", neighbor_advertisement("fd00:0::1", "fd00:0::2", "fd00:0::1",
                                                   PORT_MAC["pg0"], 0xE0)))
    forged = bytearray(neighbor_solicitation("fd00:0::2", "fd00:0::1", PEER_MAC["pg0"]))
    forged[7] = 254
    yield Vector("neighbor_solicitation_routed", "Hop limit 254: it came over a router and is ignored.",
                 Node(), send("pg0", eth("33:33:ff:00:00:01", PEER_MAC["pg0"], 0x86DD, bytes(forged)),
                              "eth"), (), ["drop neighbor_message_invalid 1"])


def own_addresses():
    echo = struct.pack("!HH", 0x77, 1) + b"sextant"
    yield Vector("echo_v6", "An echo request to an own address.", routes(),
                 send("pg0", icmp6(OUTER, NODE6, 128, 0, echo)),
                 get("pg0", icmp6(NODE6, OUTER, 129, 0, echo), label=True))
    yield Vector("echo_v4", "An IPv4 echo request to an own address.", routes(),
                 send("pg0", icmp4(SRC4, "192.0.2.1", 8, 0, echo)),
                 get("pg0", icmp4("192.0.2.1", SRC4, 0, 0, echo), mask=[(1, 2), (4, 8), (10, 12)]))
    broken = bytearray(icmp6(OUTER, NODE6, 128, 0, echo))
    broken[-1] ^= 1
    yield Vector("echo_v6_checksum", "An echo request with a wrong checksum.", routes(),
                 send("pg0", bytes(broken)), (), ["drop local_icmp_malformed 1"])
    packet = udp6(OUTER, NODE6)
    yield Vector("local_udp_v6", "UDP to an own address: port unreachable.", routes(),
                 send("pg0", packet), error6(1, 4, 0, packet),
                 ["drop local_protocol_unserved 1", "icmp_errors 1"])
    packet = outer(NODE6, ["a4::", NODE6], 1, inner6())
    yield Vector("local_srh_not_sid", "An own address that is no SID refuses segments left.", routes(),
                 send("pg0", packet), error6(4, 0, 42, packet),
                 ["drop local_srh_not_sid 1", "icmp_errors 1"])


def vlans():
    node = Node(ports={"pg0": {"vlans": [{"id": 100}]},
                       "pg1": {"vlans": [{"id": 200, "addresses": ["fd00:c8::1/64"]}]}})
    node.add("neighbors", interface="pg1.200", address="fd00:c8::2", mac="02:aa:00:00:c8:02")
    node.add("routes", prefix="a4::/64", next_hop="fd00:c8::2", interface="pg1.200")
    tagged = lambda vlan: eth(PORT_MAC["pg0"], PEER_MAC["pg0"], 0x86DD, plain6(), vlan=vlan)
    yield Vector("vlan_to_vlan", "From one sub-interface to another: the tag changes.", node,
                 send("pg0", tagged(100), "eth"),
                 get("pg1", eth("02:aa:00:00:c8:02", PORT_MAC["pg1"], 0x86DD, plain6(63), vlan=200),
                     "eth"))
    yield Vector("vlan_unknown", "A VLAN that the port does not have.", node,
                 send("pg0", tagged(101), "eth"), (), ["drop parse_vlan_unknown 1"])


def edge():
    node = lambda **port: Node(ports={"pg2": {"trusted": False, **port}},
                               domain={"sid_space": ["a3::/32"]}).route("a4::/64", "pg1").sid(
                                   "a3::", "End.DT6", lookup_table="main")
    packet = ipv6("5::5", "a3::", IPV6, inner6())
    yield Vector("edge_sid", "From an untrusted port nothing reaches the SID space.", node(),
                 send("pg2", packet), (), ["drop edge_sid_from_untrusted 1"])
    yield Vector("edge_sid_elsewhere", "Not even a SID of another node.", node(),
                 send("pg2", udp6("5::5", "a3:0:9::1")), (), ["drop edge_sid_from_untrusted 1"])
    yield Vector("edge_srh", "From an untrusted port no SRH comes in, wherever it leads.", node(),
                 send("pg2", ipv6("5::5", DST6, ROUTING, srh(UDP, ["a5::", DST6], 1) +
                                  udp("5::5", "a5::"))), (), ["drop edge_srh_from_untrusted 1"])
    yield Vector("edge_plain", "Plain traffic passes.", node(), send("pg2", udp6("5::5", DST6)),
                 get("pg1", udp6("5::5", DST6, 63)))
    yield Vector("edge_allowed_sid", "A SID that the configuration opens for this port.",
                 node(allowed_sids=["a3::/128"]), send("pg2", packet), get("pg1", inner6(63)),
                 "sid a3::/128 good 1 bad 0")
    sources = Node(domain={"sources": ["1234::/64"]}).route("a4::/64", "pg1").sid(
        "a3::", "End.DT6", lookup_table="main")
    yield Vector("edge_source_in_domain", "A source of the domain may address SIDs.", sources,
                 send("pg0", ipv6(OUTER, "a3::", IPV6, inner6())), get("pg1", inner6(63)))
    yield Vector("edge_source_outside", "Another source may not, even on a trusted port.", sources,
                 send("pg0", ipv6("1235::1", "a3::", IPV6, inner6())), (),
                 ["drop edge_source_not_in_domain 1", "sid a3::/128 good 0 bad 1"])
