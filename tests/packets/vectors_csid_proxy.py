# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""NEXT-CSID (RFC 9800) and the SR proxies, beyond the reference set."""
from encode import IPIP, IPV6, ROUTING, UDP, eth, icmp6_error, ipv6, srh, udp, udp4, udp6
from encode import ETHERNET, neighbor_advertisement, neighbor_solicitation
from model import NODE6, PEER_MAC, PORT_MAC, Node, Vector, get, send
from vectors_reference import FRAME, NF6, OUTER, inner4, inner6, outer

SID = "1111:2222:aaaa::/48"
HERE = "1111:2222:aaaa::"
CARRIER, SHIFTED = "1111:2222:aaaa:bbbb::", "1111:2222:bbbb::"
GOOD, BAD = f"sid {SID} good 1 bad 0", f"sid {SID} good 0 bad 1"


def vectors():
    yield from micro_segments()
    yield from last_micro_segments()
    yield from dynamic_proxy()
    yield from other_proxies()


def routes():
    return Node().route("1111:2222:bbbb::/48", "pg1").route("a4::/64", "pg1").route(
        "1234::/64", "pg0")


def micro_segments():
    s2 = ["a4::", CARRIER]
    yield Vector("un_end_of_carrier", "uN with no C-SID left takes the next segment of the SRH.",
                 routes().sid(SID, "uN"), send("pg0", outer(HERE, s2, 1, inner6())),
                 get("pg1", outer("a4::", s2, 0, inner6(), hop=63)), GOOD)
    yield Vector("un_end_of_carrier_psp", "uN with PSP at the end of the carrier.",
                 routes().sid(SID, "uN", flavors=["PSP"]), send("pg0", outer(HERE, s2, 1, inner6())),
                 get("pg1", ipv6(OUTER, "a4::", IPV6, inner6(), 63)), GOOD)
    yield Vector("un_psp_shift_keeps_srh", "PSP does nothing while C-SIDs remain.",
                 routes().sid(SID, "uN", flavors=["PSP"]), send("pg0", outer(CARRIER, s2, 1, inner6())),
                 get("pg1", outer(SHIFTED, s2, 1, inner6(), hop=63)), GOOD)
    yield Vector("un_usd", "uN with USD and nothing left decapsulates.",
                 routes().sid(SID, "uN", flavors=["USD"]),
                 send("pg0", ipv6(OUTER, HERE, IPV6, inner6())), get("pg1", inner6(63)), GOOD)
    packet = ipv6(OUTER, CARRIER, IPV6, inner6(), 1)
    yield Vector("un_hop_limit_1", "Hop limit 1 before a shift: Time Exceeded with the old destination.",
                 routes().sid(SID, "uN"), send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 3, 0, 0, packet), label=True),
                 ["drop end_hop_limit_exceeded 1", BAD, "icmp_errors 1"])
    packet = ipv6(OUTER, HERE, UDP, udp(OUTER, HERE))
    yield Vector("un_upper_layer", "uN as a plain destination: upper-layer error.",
                 routes().sid(SID, "uN"), send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 4, 4, 40, packet), label=True),
                 ["drop end_upper_layer_unexpected 1", BAD, "icmp_errors 1"])
    packet = outer(HERE, s2, 3, inner6())
    yield Vector("un_segments_left", "uN at the end of the carrier checks the SRH.",
                 routes().sid(SID, "uN"), send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 4, 0, 43, packet), label=True),
                 ["drop end_srh_malformed 1", BAD, "icmp_errors 1"])
    adjacency = routes().hop(SID, "uA", "pg2")
    yield Vector("ua_shift", "uA leaves by its own next hop.", adjacency,
                 send("pg0", ipv6(OUTER, CARRIER, IPV6, inner6())),
                 get("pg2", ipv6(OUTER, SHIFTED, IPV6, inner6(), 63)), GOOD)
    yield Vector("ua_end_of_carrier", "uA keeps its next hop at the end of the carrier.", adjacency,
                 send("pg0", outer(HERE, s2, 1, inner6())),
                 get("pg2", outer("a4::", s2, 0, inner6(), hop=63)), GOOD)
    node = routes().table("table1").route("1111:2222:bbbb::/48", "pg2", "table1")
    yield Vector("ut_shift", "uT looks the shifted destination up in its own table.",
                 node.sid(SID, "uT", lookup_table="table1"),
                 send("pg0", ipv6(OUTER, CARRIER, IPV6, inner6())),
                 get("pg2", ipv6(OUTER, SHIFTED, IPV6, inner6(), 63)), GOOD)
    wide = "fcbb:bb00:0100:00e1::/64"
    node = Node().route("fcbb:bb00:200::/48", "pg1")
    node.sid(wide, "uN", csid={"block": 32, "node": 16, "function": 16})
    yield Vector("un_node_and_function", "A C-SID of 32 bits: node and function are shifted out.", node,
                 send("pg0", ipv6(OUTER, "fcbb:bb00:100:e1:200:300:400:500", IPV6, inner6())),
                 get("pg1", ipv6(OUTER, "fcbb:bb00:200:300:400:500::", IPV6, inner6(), 63)))


def last_micro_segments():
    node = lambda behavior: routes().table("table1").route("a4::/64", "pg2", "table1").route(
        "4.1.1.0/24", "pg2", "table1").sid(SID, behavior, lookup_table="table1")
    yield Vector("udt6", "uDT6 as the last C-SID.", node("uDT6"),
                 send("pg0", ipv6(OUTER, HERE, IPV6, inner6())), get("pg2", inner6(63)), GOOD)
    yield Vector("udt4", "uDT4 as the last C-SID.", node("uDT4"),
                 send("pg0", ipv6(OUTER, HERE, IPIP, inner4())), get("pg2", inner4(63)), GOOD)
    yield Vector("udt46", "uDT46 as the last C-SID, behind a spent SRH.", node("uDT46"),
                 send("pg0", outer(HERE, ["a4::", "a3::"], 0, inner4(), IPIP)),
                 get("pg2", inner4(63)), GOOD)
    yield Vector("udt6_argument", "uDT6 with C-SIDs behind it.", node("uDT6"),
                 send("pg0", ipv6(OUTER, CARRIER, IPV6, inner6())), (),
                 ["drop end_argument_nonzero 1", BAD])
    yield Vector("udx6", "uDX6.", routes().hop(SID, "uDX6", "pg2"),
                 send("pg0", ipv6(OUTER, HERE, IPV6, inner6())), get("pg2", inner6(63)), GOOD)
    yield Vector("udx4", "uDX4.", routes().hop(SID, "uDX4", "pg2", family=4),
                 send("pg0", ipv6(OUTER, HERE, IPIP, inner4())), get("pg2", inner4(63)), GOOD)
    yield Vector("udx2", "uDX2.", Node(l2=["pg2"]).sid(SID, "uDX2", interface="pg2"),
                 send("pg0", ipv6(OUTER, HERE, ETHERNET, FRAME)), get("pg2", FRAME, "eth"), GOOD)


def nf(hop=64):
    return udp6(*NF6, hop=hop)


def dynamic_proxy():
    s3 = ["a3::", "a2::a6", "a1::"]
    good, bad = "sid a2::a6/128 good 1 bad 0", "sid a2::a6/128 good 0 bad 1"
    node = Node().route("a3::/64", "pg0").hop("a2::a6", "End.AD", "pg1", inner="ipv6",
                                              return_interface="pg2")
    to_nf = send("pg0", outer("a2::a6", s3, 1, nf(), src="a0::"))
    yield Vector("end_ad_two_interfaces", "End.AD with a second interface for the way back.", node,
                 [to_nf, send("pg2", nf(63), at=0.001)],
                 [get("pg1", nf(63)),
                  get("pg0", outer("a3::", s3, 0, nf(62), hop=63, src="a0::"))])
    one = Node().route("a3::/64", "pg0").route("1234::/64", "pg0").hop("a2::a6", "End.AD", "pg1",
                                                                       inner="ipv6")
    yield Vector("end_ad_unknown_flow", "The function sends a flow that never went to it.", one,
                 send("pg1", nf()), (), ["drop proxy_flow_unknown 1", bad])
    flow_b = lambda hop: udp6("1234::2", "4321::1", hop)
    s3b = ["a3::b", "a2::a6", "a1::"]
    yield Vector("end_ad_two_flows", "Two flows with different headers come back in the other order.",
                 one, [to_nf, send("pg0", outer("a2::a6", s3b, 1, flow_b(64), src="a0::b")),
                       send("pg1", flow_b(63), at=0.001), send("pg1", nf(63), at=0.001)],
                 [get("pg1", nf(63)), get("pg1", flow_b(63)),
                  get("pg0", outer("a3::b", s3b, 0, flow_b(62), hop=63, src="a0::b")),
                  get("pg0", outer("a3::", s3, 0, nf(62), hop=63, src="a0::"))])
    packet = outer("a2::a6", s3, 0, nf())
    yield Vector("end_ad_last_segment",
                 "End.AD as the last segment: nothing to return to, an upper-layer error.", one,
                 send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 4, 4, 96, packet), label=True),
                 ["drop proxy_last_segment 1", bad, "icmp_errors 1"])
    packet = outer("a2::a6", s3, 1, inner4(), IPIP)
    yield Vector("end_ad_wrong_inner", "IPv4 inside of an End.AD for IPv6: upper-layer error.", one,
                 send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 4, 4, 96, packet), label=True),
                 ["drop end_upper_layer_unexpected 1", bad, "icmp_errors 1"])
    packet = outer("a2::a6", s3, 1, nf(), hop=1)
    yield Vector("end_ad_hop_limit_1", "End.AD with hop limit 1.", one, send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 3, 0, 0, packet), label=True),
                 ["drop end_hop_limit_exceeded 1", bad, "icmp_errors 1"])
    asked = neighbor_solicitation("fd00:1::2", "fd00:1::1", PEER_MAC["pg1"])
    answer = neighbor_advertisement("fd00:1::1", "fd00:1::2", "fd00:1::1", PORT_MAC["pg1"], 0xE0)
    yield Vector("end_ad_neighbor_discovery", "Neighbor discovery of the function is not swallowed.",
                 one, send("pg1", eth("33:33:ff:00:00:01", PEER_MAC["pg1"], 0x86DD, asked), "eth"),
                 get("pg1", answer))
    s4 = ["a3::", "a2::a4", "a1::"]
    v4 = lambda ttl: udp4("123.1.1.1", "124.1.1.1", ttl)
    node = Node().route("a3::/64", "pg0").hop("a2::a4", "End.AD", "pg1", family=4, inner="ipv4")
    yield Vector("end_ad_v4_from_function", "End.AD for IPv4, both directions.", node,
                 [send("pg0", outer("a2::a4", s4, 1, v4(64), IPIP, src="a0::")),
                  send("pg1", v4(63), at=0.001)],
                 [get("pg1", v4(63)),
                  get("pg0", outer("a3::", s4, 0, v4(62), IPIP, hop=63, src="a0::"))])


def other_proxies():
    static = dict(source="a2::", segments=["a1::", "a2::a6", "a3::", "a4::9"])
    v4 = lambda ttl: udp4("123.1.1.1", "124.1.1.1", ttl)
    node = Node().route("a3::/64", "pg0").hop("a2::a6", "End.AS", "pg1", family=4, inner="ipv4",
                                              **static)
    wire = ["a4::9", "a3::", "a2::a6", "a1::"]
    back = lambda inner, nh: ipv6("a2::", "a3::", ROUTING, srh(nh, wire, 1) + inner)
    alone = lambda inner, nh: ipv6("a2::", "a3::", ROUTING, srh(nh, ["a4::9", "a3::"], 1) + inner)
    yield Vector("end_as_v4", "End.AS for IPv4, both directions; two segments remain.", node,
                 [send("pg0", ipv6("a0::", "a2::a6", IPIP, v4(64))), send("pg1", v4(63), at=0.001)],
                 [get("pg1", v4(63)), get("pg0", alone(v4(62), IPIP), label=True)])
    node = Node(l2=["pg1"]).route("a3::/64", "pg0").sid("a2::a6", "End.AS", inner="ethernet",
                                                        interface="pg1", **static)
    yield Vector("end_as_l2", "End.AS for frames, both directions.", node,
                 [send("pg0", ipv6("a0::", "a2::a6", ETHERNET, FRAME)),
                  send("pg1", FRAME, "eth", at=0.001)],
                 [get("pg1", FRAME, "eth"), get("pg0", alone(FRAME, ETHERNET), label=True)])
    node = Node().route("1234::/64", "pg0").route("a3::/64", "pg0").hop(
        "a2::a6", "End.AS", "pg1", inner="ipv6", **static)
    packet = ipv6(OUTER, "a2::a6", UDP, udp(OUTER, "a2::a6"))
    yield Vector("end_as_upper_layer", "End.AS with nothing to hand to the function.", node,
                 send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 4, 4, 40, packet), label=True),
                 ["drop end_upper_layer_unexpected 1", "sid a2::a6/128 good 0 bad 1", "icmp_errors 1"])
    s4 = ["a3::", "a2::", "a1::a6", "a0::"]
    payload = udp(OUTER, "a3::")
    node = Node().route("a2::/64", "pg0").route("1234::/64", "pg0").hop("a1::a6", "End.AM", "pg1",
                                                                        inner="ipv6")
    yield Vector("end_am_from_function",
                 "End.AM: the active segment becomes the destination again; the SRH stays.", node,
                 [send("pg0", outer("a1::a6", s4, 2, payload, UDP)),
                  send("pg1", outer("a3::", s4, 1, payload, UDP, hop=63), at=0.001)],
                 [get("pg1", outer("a3::", s4, 1, payload, UDP, hop=63)),
                  get("pg0", outer("a2::", s4, 1, payload, UDP, hop=62))])
    packet = ipv6(OUTER, "a1::a6", UDP, udp(OUTER, "a1::a6"))
    yield Vector("end_am_no_srh", "End.AM needs an SRH.", node, send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 4, 4, 40, packet), label=True),
                 ["drop end_srh_missing 1", "sid a1::a6/128 good 0 bad 1", "icmp_errors 1"])
