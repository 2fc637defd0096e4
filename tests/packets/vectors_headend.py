# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""Headend behaviors, policies, steering and binding SIDs (RFC 8986 section 5, RFC 9256)."""
import struct

from encode import (ETHERNET, IPIP, IPV6, ROUTING, UDP, hmac_tlv, icmp4, icmp6_error, ipv4, ipv6,
                    path, srh, udp, udp4, udp6)
from model import NODE6, Node, Vector, get, send
from vectors_endpoint import SECRET
from vectors_reference import FRAME, LIST, OUTER, inner6, outer, policy_node

DST = "a7::1234"
STEER = [{"prefix": "a7::/64"}]
LIST_NAME = ",".join(LIST)
COUNTED = ["policy p 1", f"list {LIST_NAME} 1", "steering a7::/64 1"]


def plain(hop=64, **more):
    return udp6(OUTER, DST, hop, **more)


def encapsulated(segments, inner, next_header=IPV6, reduced=False, src="a3::", **more):
    """What a headend makes; segments in travel order."""
    left = len(segments) - 1
    if left == 0:
        return ipv6(src, segments[0], next_header, inner, **more)
    wire = path(*segments[1:]) if reduced else path(*segments)
    return ipv6(src, segments[0], ROUTING, srh(next_header, wire, left) + inner, **more)


def vectors():
    yield from reduced()
    yield from outer_header()
    yield from refused()
    yield from inserted()
    yield from policies()
    yield from binding_sids()


def reduced():
    for count in (1, 2, 3, 16):
        segments = [f"a4::{i:x}" for i in range(1, count + 1)]
        yield Vector(f"h_encaps_red_{count}_segments",
                     "H.Encaps.Red leaves the first segment out of the SRH; one needs no SRH.",
                     policy_node(segments, steer=STEER, headend="H.Encaps.Red"),
                     send("pg0", plain()),
                     get("pg1", encapsulated(segments, plain(63), reduced=True), label=True),
                     ["policy p 1"])
    segments = [f"a4::{i:x}" for i in range(1, 17)]
    yield Vector("h_encaps_16_segments", "H.Encaps with 16 segments.",
                 policy_node(segments, steer=STEER), send("pg0", plain()),
                 get("pg1", encapsulated(segments, plain(63)), label=True), ["policy p 1"])
    inner = udp4("123.1.1.1", "7.1.1.123")
    yield Vector("h_encaps_red_v4", "H.Encaps.Red of IPv4.",
                 policy_node(steer=[{"prefix": "7.1.1.0/24"}], headend="H.Encaps.Red"),
                 send("pg0", inner),
                 get("pg1", encapsulated(LIST, udp4("123.1.1.1", "7.1.1.123", 63), IPIP, True),
                     label=True), ["policy p 1", "steering 7.1.1.0/24 1"])
    yield Vector("h_encaps_l2_red", "H.Encaps.L2.Red.",
                 policy_node(steer=[{"interface": "pg0"}], l2=["pg0"], headend="H.Encaps.L2.Red"),
                 send("pg0", FRAME, "eth"),
                 get("pg1", encapsulated(LIST, FRAME, ETHERNET, True), label=True), ["policy p 1"])
    yield Vector("h_encaps_l2_one_segment", "H.Encaps.L2 with one segment has no SRH.",
                 policy_node(["a4::c2"], steer=[{"interface": "pg0"}], l2=["pg0"]),
                 send("pg0", FRAME, "eth"),
                 get("pg1", ipv6("a3::", "a4::c2", ETHERNET, FRAME), label=True), ["policy p 1"])


def outer_header():
    inner = lambda hop: plain(hop, tclass=0xB9, label=0x12345)
    yield Vector("h_encaps_traffic_class_copied", "DSCP and ECN are copied to the outer header.",
                 policy_node(steer=STEER), send("pg0", inner(64)),
                 get("pg1", encapsulated(LIST, inner(63), tclass=0xB9), label=True), COUNTED)
    yield Vector("h_encaps_traffic_class_fixed", "A fixed traffic class; ECN is copied all the same.",
                 policy_node(steer=STEER, traffic_class=0x28), send("pg0", inner(64)),
                 get("pg1", encapsulated(LIST, inner(63), tclass=0x29), label=True), COUNTED)
    yield Vector("h_encaps_source_and_hop_limit", "Source and hop limit of one policy.",
                 policy_node(steer=STEER, source="b1::", hop_limit=17), send("pg0", plain()),
                 get("pg1", encapsulated(LIST, plain(63), src="b1::", hop=17), label=True), COUNTED)
    carried = lambda hop: outer(DST, ["a8::", "a7::1234"], 1, inner6(), hop=hop)
    yield Vector("h_encaps_packet_with_srh", "The packet's own SRH travels inside, untouched.",
                 policy_node(steer=STEER), send("pg0", carried(64)),
                 get("pg1", encapsulated(LIST, carried(63)), label=True), COUNTED)
    tlv = hmac_tlv(7, SECRET, "a3::", path(*LIST))
    keys = {"hmac_keys": [{"id": 7, "secret": SECRET.decode()}]}
    node = policy_node(steer=STEER, hmac_key=7)
    node.sections["domain"] = keys
    yield Vector("h_encaps_hmac", "The headend signs its SRH.", node, send("pg0", plain()),
                 get("pg1", ipv6("a3::", "a4::", ROUTING, srh(IPV6, path(*LIST), 2, tlvs=tlv) +
                                 plain(63)), label=True), ["policy p 1"])


def refused():
    node = lambda **more: policy_node(steer=STEER, **more).route("1234::/64", "pg0")
    packet = plain(1)
    yield Vector("h_encaps_hop_limit_1", "Hop limit 1 before encapsulation: Time Exceeded.", node(),
                 send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 3, 0, 0, packet), label=True),
                 ["drop headend_hop_limit_exceeded 1", "icmp_errors 1"])
    packet = plain(data=bytes(1400))
    yield Vector("h_encaps_too_big",
                 "Packet Too Big about the inner flow: path MTU less 96 bytes of encapsulation.",
                 node(path_mtu=1500), send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 2, 0, 1404, packet), label=True),
                 ["drop forward_packet_too_big 1", "icmp_errors 1"])
    packet = udp4("123.1.1.1", "7.1.1.123", data=bytes(1400), flags=0x4000)
    v4 = policy_node(steer=[{"prefix": "7.1.1.0/24"}], path_mtu=1500).route("123.1.1.0/24", "pg0")
    yield Vector("h_encaps_v4_dont_fragment", "Fragmentation needed about the inner IPv4 flow.", v4,
                 send("pg0", packet),
                 get("pg0", icmp4("192.0.2.1", "123.1.1.1", 3, 4,
                                  struct.pack("!HH", 0, 1404) + packet[:548], tos=0xC0, ident=0)),
                 ["drop forward_packet_too_big 1", "icmp_errors 1"])
    yield Vector("h_encaps_ttl_1", "TTL 1 before encapsulation.", v4,
                 send("pg0", udp4("123.1.1.1", "7.1.1.123", 1)),
                 get("pg0", icmp4("192.0.2.1", "123.1.1.1", 11, 0,
                                  bytes(4) + udp4("123.1.1.1", "7.1.1.123", 1), tos=0xC0, ident=0)),
                 ["drop headend_hop_limit_exceeded 1", "icmp_errors 1"])
    # 1500 - 96 leaves 1404 bytes: 20 of header and 1384 of data, which is a multiple of 8.
    whole = udp("123.1.1.1", "7.1.1.123", bytes(range(256)) * 6, family=4)
    piece = lambda data, flags: ipv4("123.1.1.1", "7.1.1.123", UDP, data, 63, flags=flags)
    first, second = piece(whole[:1384], 0x2000), piece(whole[1384:], 1384 // 8)
    yield Vector("h_encaps_v4_fragments",
                 "IPv4 without DF is fragmented before encapsulation.", v4,
                 send("pg0", ipv4("123.1.1.1", "7.1.1.123", UDP, whole)),
                 [get("pg1", encapsulated(LIST, first, IPIP), label=True),
                  get("pg1", encapsulated(LIST, second, IPIP), label=True)], [])


def inserted():
    payload = udp(OUTER, DST)
    insert = lambda **more: policy_node(steer=STEER, headend="H.Insert", **more)
    wire = path(*LIST, DST)
    own = srh(UDP, ["a8::", DST], 1)
    yield Vector("h_insert_packet_with_srh", "H.Insert in front of an SRH, which stays as it is.",
                 insert(), send("pg0", ipv6(OUTER, DST, ROUTING, own + payload)),
                 get("pg1", ipv6(OUTER, "a4::", ROUTING, srh(ROUTING, wire, 3) + own + payload, 63)),
                 COUNTED)
    hbh = lambda next_header: bytes([next_header, 0, 1, 4, 0, 0, 0, 0])
    yield Vector("h_insert_hop_by_hop", "H.Insert behind hop-by-hop options.", insert(),
                 send("pg0", ipv6(OUTER, DST, 0, hbh(UDP) + payload)),
                 get("pg1", ipv6(OUTER, "a4::", 0, hbh(ROUTING) + srh(UDP, wire, 3) + payload, 63)),
                 COUNTED)
    packet = plain(1)
    yield Vector("h_insert_hop_limit_1", "H.Insert checks the hop limit, too.",
                 insert().route("1234::/64", "pg0"), send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 3, 0, 0, packet), label=True),
                 ["drop headend_hop_limit_exceeded 1", "icmp_errors 1"])


def policies():
    spray = Node().route("a4::/64", "pg1").route("b4::/64", "pg2")
    spray.policy("p", ["a4::1", "a5::"], ["b4::1", "b5::"], spray=True).steer("p", prefix="a7::/64")
    yield Vector("policy_spray", "Spray: one copy for every segment list.", spray,
                 send("pg0", plain()),
                 [get("pg1", encapsulated(["a4::1", "a5::"], plain(63)), label=True),
                  get("pg2", encapsulated(["b4::1", "b5::"], plain(63)), label=True)],
                 ["policy p 1", "list a4::1,a5:: 1", "list b4::1,b5:: 1"])
    paths = lambda *rest: {"candidate_paths": [
        {"preference": 200, "segment_lists": [{"segments": ["c4::"]}]}] + list(rest)}
    fallback = {"preference": 100, "segment_lists": [{"segments": ["a4::"]}]}
    node = Node().route("a4::/64", "pg1").add("policies", name="p", **paths(fallback))
    yield Vector("policy_candidate_path",
                 "The path of higher preference has no route to its first segment: the other is active.",
                 node.steer("p", prefix="a7::/64"), send("pg0", plain()),
                 get("pg1", ipv6("a3::", "a4::", IPV6, plain(63)), label=True), ["policy p 1"])
    node = Node().route("a7::/32", "pg2").add("policies", name="p", **paths())
    yield Vector("policy_invalid", "No valid path: traffic takes the plain route.",
                 node.steer("p", prefix="a7::/64"), send("pg0", plain()), get("pg2", plain(63)))
    node = Node().route("a7::/32", "pg2").add("policies", name="p", drop_upon_invalid=True, **paths())
    yield Vector("policy_drop_upon_invalid", "No valid path and drop upon invalid.",
                 node.steer("p", prefix="a7::/64"), send("pg0", plain()), (),
                 ["drop headend_policy_invalid 1"])
    node = Node().route("a4::/64", "pg1").route("a7::/64", "pg2").policy("p", ["a4::"])
    node.steer("p", destination=DST, protocol="udp", port=53)
    yield Vector("steering_by_port", "Steering by protocol and destination port; the rest is routed.",
                 node, [send("pg0", plain(dport=53)), send("pg0", plain(dport=54), at=1)],
                 [get("pg1", ipv6("a3::", "a4::", IPV6, plain(63, dport=53)), label=True),
                  get("pg2", plain(63, dport=54))], ["policy p 1"])
    node = Node().table("blue").route("a4::/64", "pg1", "blue").policy("p", LIST, table="blue")
    yield Vector("policy_egress_table", "The first segment is looked up in the policy's own table.",
                 node.steer("p", prefix="a7::/64"), send("pg0", plain()),
                 get("pg1", encapsulated(LIST, plain(63)), label=True), COUNTED)


def binding_sids():
    s2 = ["a9::", "b3::1"]
    before = outer("b3::1", s2, 1, inner6())
    inner = outer("a9::", s2, 0, inner6(), hop=63)
    good, bad = "sid b3::1/128 good 1 bad 0", "sid b3::1/128 good 0 bad 1"
    node = lambda **more: Node().route("a4::/64", "pg1").route("1234::/64", "pg0").policy(
        "p", LIST, binding_sid="b3::1", **more)
    yield Vector("end_b6_encaps", "End.B6.Encaps: next segment, then the policy's own header.",
                 node(binding_sid_behavior="End.B6.Encaps"), send("pg0", before),
                 get("pg1", encapsulated(LIST, inner), label=True), [good] + COUNTED[:2])
    yield Vector("end_b6_encaps_red", "End.B6.Encaps.Red: the same with a reduced list.",
                 node(binding_sid_behavior="End.B6.Encaps.Red", headend="H.Encaps.Red"),
                 send("pg0", before), get("pg1", encapsulated(LIST, inner, reduced=True), label=True),
                 [good] + COUNTED[:2])
    inserted_srh = srh(ROUTING, path(*LIST), 2)
    yield Vector("end_b6_insert", "End.B6.Insert: the received SRH is not advanced.",
                 node(binding_sid_behavior="End.B6.Insert", headend="H.Insert"), send("pg0", before),
                 get("pg1", ipv6(OUTER, "a4::", ROUTING, inserted_srh + srh(IPV6, s2, 1) + inner6(),
                                 63)), [good] + COUNTED[:1])
    packet = outer("b3::1", s2, 1, inner6(), hop=1)
    yield Vector("end_b6_encaps_hop_limit_1", "A binding SID with hop limit 1.",
                 node(binding_sid_behavior="End.B6.Encaps"), send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 3, 0, 0, packet), label=True),
                 ["drop end_hop_limit_exceeded 1", bad, "icmp_errors 1"])
    packet = outer("b3::1", s2, 3, inner6())
    yield Vector("end_b6_encaps_segments_left", "A binding SID with Segments Left out of range.",
                 node(binding_sid_behavior="End.B6.Encaps"), send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 4, 0, 43, packet), label=True),
                 ["drop end_srh_malformed 1", bad, "icmp_errors 1"])
