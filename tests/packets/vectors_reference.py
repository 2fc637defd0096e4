# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""The packets that VPP's SRv6 tests and the Linux kernel agree on, and the RFC examples beside them."""
from encode import (ETHERNET, IPIP, IPV6, UDP, eth, icmp6_error, ipv6, path, routed6, srh, udp,
                    udp4, udp6)
from model import Node, Vector, get, send

OUTER = "1234::1"
INNER6 = ("4321::1", "a4::1234")
INNER4 = ("123.1.1.1", "4.1.1.123")
NF6 = ("1234::1", "4321::1")
FRAME = eth("00:55:44:33:22:11", "00:11:22:33:44:55", 0x8137, bytes(range(46)))
FRAME_VLAN = eth("00:55:44:33:22:11", "00:11:22:33:44:55", 0x8137, bytes(range(46)), vlan=123)
LIST = ("a4::", "a5::", "a6::c7")


def inner6(hop=64):
    return udp6(*INNER6, hop=hop)


def inner4(ttl=64):
    return udp4(*INNER4, ttl=ttl)


def outer(dst, segments, left, inner, next_header=IPV6, hop=64, src=OUTER):
    """A packet in an SRH; segments on the wire order."""
    return routed6(src, dst, srh(next_header, segments, left), inner, hop=hop)


def policy_node(*lists, steer=(), l2=(), **policy):
    node = Node(l2=l2).route("a4::/64", "pg1").policy("p", *(lists or [LIST]), **policy)
    for match in steer:
        node.steer("p", **match)
    return node


def vectors():
    end = Node().route("a4::/64", "pg1").sid("a3::", "End")
    s3 = ["a5::", "a4::", "a3::"]
    yield Vector("end_sl_2_to_1", "End with Segments Left 2: the next segment becomes the destination.",
                 end, send("pg0", outer("a3::", s3, 2, inner6())),
                 get("pg1", outer("a4::", s3, 1, inner6(), hop=63)), "sid a3::/128 good 1 bad 0")

    s3 = ["a4::", "a3::", "a2::"]
    yield Vector("end_psp_sl_1", "End with PSP and Segments Left 1: the SRH is removed.",
                 Node().route("a4::/64", "pg1").sid("a3::", "End", flavors=["PSP"]),
                 send("pg0", outer("a3::", s3, 1, inner6())),
                 get("pg1", ipv6(OUTER, "a4::", IPV6, inner6(), 63)), "sid a3::/128 good 1 bad 0")

    s3 = ["a4::", "a3::c4", "a2::"]
    node = Node().add("routes", prefix="a4::/64", next_hops=[
        {"next_hop": "fd00:1::2", "interface": "pg1"},
        {"next_hop": "fd00:2::2", "interface": "pg2"}]).hop("a3::c4", "End.X", "pg1")
    yield Vector("end_x_sl_1", "End.X leaves by its own next hop although the route is ECMP.", node,
                 send("pg0", outer("a3::c4", s3, 1, inner6())),
                 get("pg1", outer("a4::", s3, 0, inner6(), hop=63)), "sid a3::c4/128 good 1 bad 0")

    s3 = ["a3::c4", "a2::", "a1::"]
    yield Vector("end_dx6_srh", "End.DX6 with a spent SRH.", Node().hop("a3::c4", "End.DX6", "pg1"),
                 send("pg0", outer("a3::c4", s3, 0, inner6())), get("pg1", inner6(63)),
                 "sid a3::c4/128 good 1 bad 0")
    tables = Node().table("table1").route("a4::/64", "pg2", "table1").route("a4::/64", "pg1")
    yield Vector("end_dt6_srh", "End.DT6: the inner packet is routed in table1, not in main.",
                 tables.sid("a3::c4", "End.DT6", lookup_table="table1"),
                 send("pg0", outer("a3::c4", s3, 0, inner6())), get("pg2", inner6(63)),
                 "sid a3::c4/128 good 1 bad 0")
    yield Vector("end_dx4_srh", "End.DX4 with a spent SRH.",
                 Node().hop("a3::c4", "End.DX4", "pg1", family=4),
                 send("pg0", outer("a3::c4", s3, 0, inner4(), IPIP)), get("pg1", inner4(63)),
                 "sid a3::c4/128 good 1 bad 0")
    tables = Node().table("table1").route("4.1.1.0/24", "pg2", "table1").route("4.1.1.0/24", "pg1")
    yield Vector("end_dt4_no_srh", "End.DT4 without an SRH, in table1.",
                 tables.sid("a3::c4", "End.DT4", lookup_table="table1"),
                 send("pg0", ipv6(OUTER, "a3::c4", IPIP, inner4())), get("pg2", inner4(63)),
                 "sid a3::c4/128 good 1 bad 0")

    dx2 = Node(l2=["pg1"]).sid("a3::c4", "End.DX2", interface="pg1")
    good = "sid a3::c4/128 good 1 bad 0"
    yield Vector("end_dx2_srh", "End.DX2 with a spent SRH: the frame leaves as it is.", dx2,
                 send("pg0", outer("a3::c4", s3, 0, FRAME, ETHERNET)), get("pg1", FRAME, "eth"), good)
    yield Vector("end_dx2_no_srh", "End.DX2 without an SRH.", dx2,
                 send("pg0", ipv6(OUTER, "a3::c4", ETHERNET, FRAME)), get("pg1", FRAME, "eth"), good)
    yield Vector("end_dx2_vlan", "End.DX2 keeps the VLAN tag of the frame.", dx2,
                 send("pg0", ipv6(OUTER, "a3::c4", ETHERNET, FRAME_VLAN)),
                 get("pg1", FRAME_VLAN, "eth"), good)

    wire = path(*LIST)
    counted = ["policy p 1", "list a4::,a5::,a6::c7 1"]
    yield Vector("h_encaps_v6", "H.Encaps of an IPv6 packet.",
                 policy_node(steer=[{"prefix": "a7::/64"}]),
                 send("pg0", udp6(OUTER, "a7::1234")),
                 get("pg1", outer("a4::", wire, 2, udp6(OUTER, "a7::1234", 63), src="a3::"), label=True),
                 counted + ["steering a7::/64 1"])
    yield Vector("h_encaps_v4", "H.Encaps of an IPv4 packet.",
                 policy_node(steer=[{"prefix": "7.1.1.0/24"}]),
                 send("pg0", udp4("123.1.1.1", "7.1.1.123")),
                 get("pg1", outer("a4::", wire, 2, udp4("123.1.1.1", "7.1.1.123", 63), IPIP,
                                  src="a3::"), label=True), counted + ["steering 7.1.1.0/24 1"])
    yield Vector("h_encaps_l2", "H.Encaps.L2: every frame of pg0, its VLAN tag included.",
                 policy_node(steer=[{"interface": "pg0"}], l2=["pg0"]),
                 send("pg0", FRAME_VLAN, "eth"),
                 get("pg1", outer("a4::", wire, 2, FRAME_VLAN, ETHERNET, src="a3::"), label=True),
                 counted + ["steering interface pg0 1"])
    yield Vector("h_encaps_one_segment", "One segment needs no SRH.",
                 policy_node(["a4::"], steer=[{"prefix": "a7::/64"}]),
                 send("pg0", udp6(OUTER, "a7::1234")),
                 get("pg1", ipv6("a3::", "a4::", IPV6, udp6(OUTER, "a7::1234", 63)), label=True),
                 ["policy p 1", "list a4:: 1"])
    payload = udp(OUTER, "a7::1234")
    yield Vector("h_insert_v6", "H.Insert: the old destination becomes the last segment.",
                 policy_node(steer=[{"prefix": "a7::/64"}], headend="H.Insert"),
                 send("pg0", ipv6(OUTER, "a7::1234", UDP, payload)),
                 get("pg1", outer("a4::", path(*LIST, "a7::1234"), 3, payload, UDP, hop=63)), counted)
    yield from proxies()
    yield from micro_sids()
    yield from errors()


def proxies():
    def nf(hop):
        return udp6(*NF6, hop=hop)

    node = Node().route("a3::/64", "pg0").hop("a2::a6", "End.AS", "pg1", inner="ipv6", source="a2::",
                                              segments=["a1::", "a2::a6", "a3::"], segments_done=2)
    good = "sid a2::a6/128 good 1 bad 0"
    to_nf = ipv6("a0::", "a2::a6", IPV6, nf(64))
    yield Vector("end_as_v6_to_function", "End.AS: the function gets the inner packet.", node,
                 send("pg0", to_nf), get("pg1", nf(63)), good)
    yield Vector("end_as_v6_from_function",
                 "End.AS: what the function returns gets the configured header; one remaining "
                 "segment needs no SRH.", node,
                 send("pg1", nf(63)),
                 get("pg0", ipv6("a2::", "a3::", IPV6, nf(62)), label=True))

    s3 = ["a3::", "a2::a6", "a1::"]
    node = Node().route("a3::/64", "pg0").hop("a2::a6", "End.AD", "pg1", inner="ipv6")
    to_nf = send("pg0", outer("a2::a6", s3, 1, nf(64), src="a0::"))
    yield Vector("end_ad_v6_to_function", "End.AD keeps the outer header and hands on the inner packet.",
                 node, to_nf, get("pg1", nf(63)), good)
    yield Vector("end_ad_v6_from_function", "End.AD puts the kept header back, one segment further.",
                 node, [to_nf, send("pg1", nf(63), at=0.001)],
                 [get("pg1", nf(63)), get("pg0", outer("a3::", s3, 0, nf(62), hop=63, src="a0::"))])
    s4 = ["a3::", "a2::a4", "a1::"]
    yield Vector("end_ad_v4_to_function", "End.AD for IPv4 inside.",
                 Node().hop("a2::a4", "End.AD", "pg1", family=4, inner="ipv4"),
                 send("pg0", outer("a2::a4", s4, 1, udp4("123.1.1.1", "124.1.1.1"), IPIP, src="a0::")),
                 get("pg1", udp4("123.1.1.1", "124.1.1.1", 63)), "sid a2::a4/128 good 1 bad 0")
    node = Node(l2=["pg1"]).route("a3::/64", "pg0").sid("a2::a6", "End.AD", inner="ethernet",
                                                        interface="pg1")
    to_nf = send("pg0", outer("a2::a6", s3, 1, FRAME, ETHERNET, src="a0::"))
    yield Vector("end_ad_l2_to_function", "End.AD for frames.", node, to_nf, get("pg1", FRAME, "eth"),
                 good)
    yield Vector("end_ad_l2_from_function", "End.AD for frames, both directions.", node,
                 [to_nf, send("pg1", FRAME, "eth", at=0.001)],
                 [get("pg1", FRAME, "eth"),
                  get("pg0", outer("a3::", s3, 0, FRAME, ETHERNET, hop=63, src="a0::"))])
    s4 = ["a3::", "a2::", "a1::a6", "a0::"]
    payload = udp(OUTER, "a3::")
    yield Vector("end_am_to_function",
                 "End.AM: the destination becomes the last segment, the SRH stays.",
                 Node().hop("a1::a6", "End.AM", "pg1", inner="ipv6"),
                 send("pg0", outer("a1::a6", s4, 2, payload, UDP)),
                 get("pg1", outer("a3::", s4, 1, payload, UDP, hop=63)), "sid a1::a6/128 good 1 bad 0")


def micro_sids():
    node = Node().route("1111:2222:bbbb::/48", "pg1").sid("1111:2222:aaaa::/48", "uN")
    before, after = "1111:2222:aaaa:bbbb:cccc:dddd:eeee:ffff", "1111:2222:bbbb:cccc:dddd:eeee:ffff:0"
    good = "sid 1111:2222:aaaa::/48 good 1 bad 0"
    yield Vector("un_shift", "uN: the next C-SID moves up.", node,
                 send("pg0", ipv6(OUTER, before, IPV6, inner6())),
                 get("pg1", ipv6(OUTER, after, IPV6, inner6(), 63)), good)
    s3 = ["a5::", "a4::", before]
    yield Vector("un_shift_srh", "uN with an SRH: Segments Left does not change while C-SIDs remain.",
                 node, send("pg0", outer(before, s3, 1, inner6())),
                 get("pg1", outer(after, s3, 1, inner6(), hop=63)), good)


def errors():
    s2 = ["a4::", "a3::"]
    node = Node().route("1234::/64", "pg0").sid("a3::", "End")
    packet = outer("a3::", s2, 3, inner6())
    yield Vector("end_segments_left_too_large",
                 "Segments Left above Last Entry + 1: Parameter Problem that points at Segments Left.",
                 node, send("pg0", packet),
                 get("pg0", icmp6_error("a3::ffff", OUTER, 4, 0, 43, packet), label=True),
                 ["drop end_srh_malformed 1", "sid a3::/128 good 0 bad 1", "icmp_errors 1"])
    s2 = ["a4::", "a3::c4"]
    node = Node().route("1234::/64", "pg0").sid("a3::c4", "End.DT6", lookup_table="main")
    packet = outer("a3::c4", s2, 1, inner6())
    yield Vector("end_dt6_segments_left",
                 "End.DT6 must be the last segment: Parameter Problem that points at Segments Left.",
                 node, send("pg0", packet),
                 get("pg0", icmp6_error("a3::ffff", OUTER, 4, 0, 43, packet), label=True),
                 ["drop end_segments_left_nonzero 1", "sid a3::c4/128 good 0 bad 1", "icmp_errors 1"])
