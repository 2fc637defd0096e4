# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""Endpoint behaviors, flavors and inner types beyond the reference set (RFC 8986 section 4)."""
from encode import (DEST_OPTIONS, ETHERNET, HBH, IPIP, IPV6, NO_NEXT, ROUTING, UDP, hmac_tlv, icmp4,
                    icmp6, icmp6_error, ipv6, path, srh, udp, udp4, udp6)
from model import NODE6, Node, Vector, get, send
from vectors_reference import FRAME, FRAME_VLAN, OUTER, inner4, inner6, outer

S1, S2 = ["a4::", "a3::", "a2::"], ["a5::", "a4::", "a3::"]
GOOD, BAD = "sid a3::/128 good 1 bad 0", "sid a3::/128 good 0 bad 1"
PADN = bytes([4, 6]) + bytes(6)
SECRET = b"correct horse battery staple"


def end(*flavors, **more):
    node = Node().route("a4::/64", "pg1").route("1234::/64", "pg0")
    return node.sid("a3::", "End", flavors=list(flavors), **more)


def problem(packet, pointer, code=0, src=NODE6, dst=OUTER):
    return get("pg0", icmp6_error(src, dst, 4, code, pointer, packet), label=True)


def bad(reason, sid=BAD, answered=True):
    return [f"drop {reason} 1", sid] + (["icmp_errors 1"] if answered else [])


def vectors():
    yield from end_and_flavors()
    yield from end_failures()
    yield from cross_connects()
    yield from decapsulation()
    yield from decapsulation_failures()
    yield from layer2()
    yield from hmac_sids()


def end_and_flavors():
    plain = outer("a3::", S1, 1, inner6())
    yield Vector("end_sl_1_keeps_srh", "End without PSP keeps the SRH with Segments Left 0.", end(),
                 send("pg0", plain), get("pg1", outer("a4::", S1, 0, inner6(), hop=63)), GOOD)
    yield Vector("end_psp_sl_2", "PSP does nothing unless Segments Left becomes 0.", end("PSP"),
                 send("pg0", outer("a3::", S2, 2, inner6())),
                 get("pg1", outer("a4::", S2, 1, inner6(), hop=63)), GOOD)
    tlvs = srh(IPV6, S1, 1, tlvs=PADN)
    yield Vector("end_psp_tlv", "PSP removes the SRH with its TLVs.", end("PSP"),
                 send("pg0", ipv6(OUTER, "a3::", ROUTING, tlvs + inner6())),
                 get("pg1", ipv6(OUTER, "a4::", IPV6, inner6(), 63)), GOOD)
    hbh = lambda next_header: bytes([next_header, 0, 1, 4, 0, 0, 0, 0])
    yield Vector("end_psp_hop_by_hop",
                 "PSP behind hop-by-hop options: the header before the SRH names what follows.",
                 end("PSP"),
                 send("pg0", ipv6(OUTER, "a3::", HBH, hbh(ROUTING) + srh(UDP, S1, 1) + udp(OUTER, "a4::"))),
                 get("pg1", ipv6(OUTER, "a4::", HBH, hbh(UDP) + udp(OUTER, "a4::"), 63)), GOOD)
    yield Vector("end_tlv_kept", "End leaves TLVs, tag and flags alone.", end(),
                 send("pg0", ipv6(OUTER, "a3::", ROUTING,
                                  srh(IPV6, S1, 1, tag=0xBEEF, flags=0x20, tlvs=PADN) + inner6())),
                 get("pg1", ipv6(OUTER, "a4::", ROUTING,
                                 srh(IPV6, S1, 0, tag=0xBEEF, flags=0x20, tlvs=PADN) + inner6(), 63)),
                 GOOD)
    reduced = lambda left: srh(IPV6, ["a4::", "a3::c4"], left)
    yield Vector("end_reduced_srh",
                 "Segments Left = Last Entry + 1: a reduced SRH whose first segment was the destination.",
                 Node().route("a3::c4/128", "pg2").sid("a3::", "End"),
                 send("pg0", ipv6(OUTER, "a3::", ROUTING, reduced(2) + inner6())),
                 get("pg2", ipv6(OUTER, "a3::c4", ROUTING, reduced(1) + inner6(), 63)), GOOD)
    yield Vector("end_usd_v6", "USD: the last segment decapsulates IPv6.", end("USD"),
                 send("pg0", outer("a3::", S1, 0, inner6())), get("pg1", inner6(63)), GOOD)
    yield Vector("end_usd_v4_no_srh", "USD without an SRH decapsulates IPv4.",
                 end("USD").route("4.1.1.0/24", "pg2"),
                 send("pg0", ipv6(OUTER, "a3::", IPIP, inner4())), get("pg2", inner4(63)), GOOD)
    yield Vector("end_psp_usp_usd", "All three flavors at the last segment.", end("PSP", "USP", "USD"),
                 send("pg0", outer("a3::", S1, 0, inner6())), get("pg1", inner6(63)), GOOD)
    node = Node().route("a4::/64", "pg1").hop("a3::", "End.X", "pg2", flavors=["USD"])
    yield Vector("end_x_usd", "End.X with USD forwards the inner packet by its own next hop.", node,
                 send("pg0", outer("a3::", S1, 0, inner6())), get("pg2", inner6(63)), GOOD)
    node = Node().route("a4::/64", "pg1").hop("a3::", "End.X", "pg2", flavors=["PSP"])
    yield Vector("end_x_psp", "End.X with PSP.", node, send("pg0", plain),
                 get("pg2", ipv6(OUTER, "a4::", IPV6, inner6(), 63)), GOOD)
    table = lambda: Node().table("table1").route("a4::/64", "pg1").route("a4::/64", "pg2", "table1")
    yield Vector("end_t", "End.T looks the next segment up in its own table.",
                 table().sid("a3::", "End.T", lookup_table="table1"), send("pg0", plain),
                 get("pg2", outer("a4::", S1, 0, inner6(), hop=63)), GOOD)
    yield Vector("end_t_usd", "End.T with USD looks the inner packet up in its own table.",
                 table().sid("a3::", "End.T", lookup_table="table1", flavors=["USD"]),
                 send("pg0", outer("a3::", S1, 0, inner6())), get("pg2", inner6(63)), GOOD)
    node = Node().route("a5::/64", "pg1").sid("a3::", "End").sid("a4::", "End")
    yield Vector("end_twice", "Two SIDs of this node in a row: one pass over the wire, two segments.",
                 node, send("pg0", outer("a3::", S2, 2, inner6())),
                 get("pg1", outer("a5::", S2, 0, inner6(), hop=62)),
                 [GOOD, "sid a4::/128 good 1 bad 0"])


def end_failures():
    packet = outer("a3::", S1, 1, inner6(), hop=1)
    yield Vector("end_hop_limit_1", "Hop limit 1: Time Exceeded about the packet as it was received.",
                 end(), send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 3, 0, 0, packet), label=True),
                 bad("end_hop_limit_exceeded"))
    packet = ipv6(OUTER, "a3::", ROUTING, srh(IPV6, S1, 1, last=5) + inner6())
    yield Vector("end_last_entry_too_large", "Last Entry beyond the header.", end(),
                 send("pg0", packet), problem(packet, 43), bad("end_srh_malformed"))
    packet = ipv6(OUTER, "a3::", ROUTING, srh(IPV6, S1, 1, ext_len=40) + inner6())
    yield Vector("end_srh_beyond_payload", "An SRH longer than the payload is dropped without an answer.",
                 end(), send("pg0", packet), (), bad("parse_extension_malformed", answered=False))
    packet = ipv6(OUTER, "a3::", ROUTING, srh(IPV6, S1, 1) + inner6(), length=30)
    yield Vector("end_payload_length_inside_srh", "A payload length that ends inside of the SRH.",
                 end(), send("pg0", packet), (), bad("parse_extension_malformed", answered=False))
    packet = ipv6(OUTER, "a3::", UDP, udp(OUTER, "a3::"))
    yield Vector("end_no_srh", "A SID that serves no upper layer: Parameter Problem, code 4.", end(),
                 send("pg0", packet), problem(packet, 40, 4), bad("end_upper_layer_unexpected"))
    packet = outer("a3::", S1, 0, inner6())
    yield Vector("end_sl_0", "Segments Left 0 without USD.", end(), send("pg0", packet),
                 problem(packet, 96, 4), bad("end_upper_layer_unexpected"))
    packet = ipv6(OUTER, "a3::", ROUTING, srh(IPV6, S1, 1, routing_type=0) + inner6())
    yield Vector("end_routing_type_0", "Another routing type with segments left.", end(),
                 send("pg0", packet), problem(packet, 42), bad("end_routing_type_unknown"))
    packet = ipv6("fe80::9", "a3::", ROUTING, srh(IPV6, S1, 1) + inner6())
    yield Vector("end_link_local_source", "A link-local source does not leave its link.", end(),
                 send("pg0", packet), (), ["drop forward_link_local 1"])
    packet = ipv6(OUTER, "a3::", ROUTING, srh(IPV6, ["ff02::1", "a3::"], 1) + inner6())
    yield Vector("end_next_segment_multicast", "A multicast address is no segment.", end(),
                 send("pg0", packet), (), bad("end_next_segment_martian", answered=False))
    packet = ipv6(OUTER, "a3::", ROUTING,
                  srh(IPV6, S1, 1, tlvs=bytes([200, 20]) + bytes(6)) + inner6())
    yield Vector("end_tlv_beyond_srh", "A TLV whose length leaves the SRH.", end(),
                 send("pg0", packet), problem(packet, 96), bad("end_srh_malformed"))
    packet = outer("a3::", S1, 1, inner6())
    yield Vector("end_no_route", "No route to the next segment.",
                 Node().route("1234::/64", "pg0").sid("a3::", "End"), send("pg0", packet),
                 get("pg0", icmp6_error(NODE6, OUTER, 1, 0, 0, outer("a4::", S1, 0, inner6(), hop=63)),
                     label=True), ["drop lookup_no_route 1", GOOD, "icmp_errors 1"])
    packet = outer("a3::", S1, 3, inner6(), src="ff02::5")
    yield Vector("end_multicast_source", "A multicast source is never answered.", end(),
                 send("pg0", packet), (), ["drop parse_ipv6_martian 1"])
    quoted = icmp6(OUTER, "a3::", 1, 0, bytes(4) + inner6())
    packet = ipv6(OUTER, "a3::", ROUTING, srh(58, S1, 4) + quoted[40:])
    yield Vector("end_no_error_about_error", "No ICMP error in answer to an ICMP error.", end(),
                 send("pg0", packet), (), bad("end_srh_malformed", answered=False))


def cross_connects():
    dx6 = Node().hop("a3::", "End.DX6", "pg1").route("a4::/64", "pg2")
    yield Vector("end_dx6_no_srh", "End.DX6 without an SRH.", dx6,
                 send("pg0", ipv6(OUTER, "a3::", IPV6, inner6())), get("pg1", inner6(63)), GOOD)
    marked = udp6("4321::1", "a4::1234", tclass=0x02)
    yield Vector("end_dx6_ecn", "Congestion marked outside reaches an inner packet that can carry it.",
                 dx6, send("pg0", ipv6(OUTER, "a3::", IPV6, marked, tclass=0x03)),
                 get("pg1", udp6("4321::1", "a4::1234", 63, tclass=0x03)), GOOD)
    yield Vector("end_dx6_ecn_lost",
                 "Congestion that the inner packet cannot carry: dropped (RFC 6040).", dx6,
                 send("pg0", ipv6(OUTER, "a3::", IPV6, inner6(), tclass=0x03)), (),
                 bad("end_ecn_congestion", answered=False))
    yield Vector("end_dx4_no_srh", "End.DX4 without an SRH.",
                 Node().hop("a3::", "End.DX4", "pg1", family=4),
                 send("pg0", ipv6(OUTER, "a3::", IPIP, inner4())), get("pg1", inner4(63)), GOOD)
    marked = udp4("123.1.1.1", "4.1.1.123", tos=0xB9)
    yield Vector("end_dx4_dscp_kept", "DSCP and ECT of the inner packet stay.",
                 Node().hop("a3::", "End.DX4", "pg1", family=4),
                 send("pg0", ipv6(OUTER, "a3::", IPIP, marked)),
                 get("pg1", udp4("123.1.1.1", "4.1.1.123", 63, tos=0xB9)), GOOD)


def decapsulation():
    table = lambda behavior: Node().table("table1").route("a4::/64", "pg2", "table1").route(
        "4.1.1.0/24", "pg1", "table1").sid("a3::", behavior, lookup_table="table1")
    yield Vector("end_dt6_no_srh", "End.DT6 without an SRH.", table("End.DT6"),
                 send("pg0", ipv6(OUTER, "a3::", IPV6, inner6())), get("pg2", inner6(63)), GOOD)
    yield Vector("end_dt4_srh", "End.DT4 with a spent SRH.", table("End.DT4"),
                 send("pg0", outer("a3::", S1, 0, inner4(), IPIP)), get("pg1", inner4(63)), GOOD)
    yield Vector("end_dt46", "End.DT46 takes both families; each is routed in table1.",
                 table("End.DT46"),
                 [send("pg0", ipv6(OUTER, "a3::", IPV6, inner6())),
                  send("pg0", outer("a3::", S1, 0, inner4(), IPIP))],
                 [get("pg2", inner6(63)), get("pg1", inner4(63))], "sid a3::/128 good 2 bad 0")
    yield Vector("end_dt46_destination_options", "Extension headers between SRH and inner packet.",
                 table("End.DT46"),
                 send("pg0", outer("a3::", S1, 0, bytes([IPV6, 0, 1, 4, 0, 0, 0, 0]) + inner6(),
                                   DEST_OPTIONS)), get("pg2", inner6(63)), GOOD)


def decapsulation_failures():
    node = lambda behavior: Node().table("table1").route("1234::/64", "pg0").route(
        "a4::/64", "pg2", "table1").route("4321::/64", "pg2", "table1").route(
            "4.1.1.0/24", "pg1", "table1").sid("a3::", behavior, lookup_table="table1")
    packet = ipv6(OUTER, "a3::", IPIP, inner4())
    yield Vector("end_dt6_inner_v4", "End.DT6 does not take IPv4.", node("End.DT6"),
                 send("pg0", packet), problem(packet, 40, 4), bad("end_upper_layer_unexpected"))
    packet = outer("a3::", S1, 0, inner6())
    yield Vector("end_dt4_inner_v6", "End.DT4 does not take IPv6; the pointer is behind the SRH.",
                 node("End.DT4"), send("pg0", packet), problem(packet, 96, 4),
                 bad("end_upper_layer_unexpected"))
    packet = ipv6(OUTER, "a3::", UDP, udp(OUTER, "a3::"))
    yield Vector("end_dt46_udp", "End.DT46 takes no UDP.", node("End.DT46"), send("pg0", packet),
                 problem(packet, 40, 4), bad("end_upper_layer_unexpected"))
    packet = ipv6(OUTER, "a3::", NO_NEXT, b"")
    yield Vector("end_dt46_no_next_header", "End.DT46 with nothing inside.", node("End.DT46"),
                 send("pg0", packet), problem(packet, 40, 4), bad("end_upper_layer_unexpected"))
    malformed = bad("end_inner_malformed", answered=False)
    yield Vector("end_dt6_inner_truncated", "The inner packet is longer than the outer payload.",
                 node("End.DT6"), send("pg0", ipv6(OUTER, "a3::", IPV6, inner6()[:-1])), (), malformed)
    yield Vector("end_dt6_inner_version", "Version 4 behind next header 41.", node("End.DT6"),
                 send("pg0", ipv6(OUTER, "a3::", IPV6, b"\x45" + inner6()[1:])), (), malformed)
    broken = bytearray(inner4())
    broken[10] ^= 0xFF
    yield Vector("end_dt4_inner_checksum", "The inner IPv4 header checksum is wrong.",
                 node("End.DT4"), send("pg0", ipv6(OUTER, "a3::", IPIP, bytes(broken))), (), malformed)
    packet = outer("a3::", ["a4::", "a3::"], 1, inner4(), IPIP)
    yield Vector("end_dt4_segments_left", "End.DT4 with Segments Left 1.", node("End.DT4"),
                 send("pg0", packet), problem(packet, 43), bad("end_segments_left_nonzero"))
    yield Vector("end_dt6_inner_no_route", "No route for the inner packet in table1; nobody to answer.",
                 Node().table("table1").route("a4::/64", "pg1").sid("a3::", "End.DT6",
                                                                    lookup_table="table1"),
                 send("pg0", ipv6(OUTER, "a3::", IPV6, inner6())), (),
                 ["drop lookup_no_route 2", GOOD, "icmp_errors 1"])
    yield Vector("end_dt6_inner_hop_limit_1",
                 "Time Exceeded about the inner packet goes to the inner source, by table1.",
                 node("End.DT6"), send("pg0", ipv6(OUTER, "a3::", IPV6, inner6(1))),
                 get("pg2", icmp6_error(NODE6, "4321::1", 3, 0, 0, inner6(1)), label=True),
                 ["drop forward_hop_limit_exceeded 1", GOOD, "icmp_errors 1"])
    yield Vector("end_dx4_inner_ttl_1", "Time Exceeded about an inner IPv4 packet.",
                 Node().route("123.1.1.0/24", "pg2").hop("a3::", "End.DX4", "pg1", family=4),
                 send("pg0", ipv6(OUTER, "a3::", IPIP, inner4(1))),
                 get("pg2", icmp4("192.0.2.1", "123.1.1.1", 11, 0, bytes(4) + inner4(1), tos=0xC0,
                                  ident=0)),
                 ["drop forward_hop_limit_exceeded 1", GOOD, "icmp_errors 1"])


def layer2():
    vlans = Node(l2=["pg1", "pg2"]).add("vlan_tables", name="v", entries=[
        {"vlan": 123, "interface": "pg1"}, {"vlan": 0, "interface": "pg2"}])
    vlans.sid("a3::", "End.DX2V", vlan_table="v")
    yield Vector("end_dx2v", "End.DX2V: the VLAN id of the frame chooses the interface.", vlans,
                 [send("pg0", ipv6(OUTER, "a3::", ETHERNET, FRAME_VLAN)),
                  send("pg0", outer("a3::", S1, 0, FRAME, ETHERNET))],
                 [get("pg1", FRAME_VLAN, "eth"), get("pg2", FRAME, "eth")],
                 "sid a3::/128 good 2 bad 0")
    other = FRAME_VLAN[:14] + b"\x00\x7c" + FRAME_VLAN[16:]
    yield Vector("end_dx2v_unknown_vlan", "A VLAN id without an interface.", vlans,
                 send("pg0", ipv6(OUTER, "a3::", ETHERNET, other)), (),
                 bad("end_vlan_unknown", answered=False))
    dx2 = Node(l2=["pg1"]).sid("a3::", "End.DX2", interface="pg1").route("1234::/64", "pg0")
    yield Vector("end_dx2_truncated_frame", "A frame shorter than an Ethernet header.", dx2,
                 send("pg0", ipv6(OUTER, "a3::", ETHERNET, FRAME[:13])), (),
                 bad("end_inner_malformed", answered=False))
    packet = ipv6(OUTER, "a3::", IPV6, inner6())
    yield Vector("end_dx2_inner_v6", "End.DX2 takes frames only.", dx2, send("pg0", packet),
                 problem(packet, 40, 4), bad("end_upper_layer_unexpected"))
    yield Vector("end_dx2_return_direction", "Frames that come back on the interface are not ours.",
                 dx2, send("pg1", FRAME, "eth"), (), ["drop parse_interface_l2_only 1"])
    bridge = lambda: Node(l2=["pg1", "pg2"]).add(
        "bridges", name="b", members=["pg1", "pg2"],
        macs=[{"mac": "00:55:44:33:22:11", "interface": "pg2"}])
    yield Vector("end_dt2u_known", "End.DT2U sends to the member that has the address.",
                 bridge().sid("a3::", "End.DT2U", bridge="b"),
                 send("pg0", ipv6(OUTER, "a3::", ETHERNET, FRAME)), get("pg2", FRAME, "eth"), GOOD)
    unknown = b"\x00\x55\x44\x33\x22\x99" + FRAME[6:]
    flooded = [get("pg1", unknown, "eth"), get("pg2", unknown, "eth")]
    yield Vector("end_dt2u_unknown", "End.DT2U floods an unknown address to all members.",
                 bridge().sid("a3::", "End.DT2U", bridge="b"),
                 send("pg0", ipv6(OUTER, "a3::", ETHERNET, unknown)), flooded, GOOD)
    yield Vector("end_dt2m", "End.DT2M floods to all members.",
                 bridge().sid("a3::", "End.DT2M", bridge="b"),
                 send("pg0", outer("a3::", S1, 0, unknown, ETHERNET)), flooded, GOOD)
    remote = Node(l2=["pg1", "pg2"]).route("a4::/64", "pg0").policy("far", ["a4::d2"]).add(
        "bridges", name="b", members=["pg1", "pg2"], remotes=["far"], learning=False)
    yield Vector("bridge_flood", "A broadcast on a member reaches the other member and the remote.",
                 remote, send("pg1", b"\xff" * 6 + FRAME[6:], "eth"),
                 [get("pg2", b"\xff" * 6 + FRAME[6:], "eth"),
                  get("pg0", ipv6("a3::", "a4::d2", ETHERNET, b"\xff" * 6 + FRAME[6:]), label=True)],
                 "policy far 1")


def hmac_sids():
    keys = {"sid_space": ["a3::/64"], "hmac_keys": [{"id": 7, "secret": SECRET.decode()}]}
    node = Node(domain=keys).route("a4::/64", "pg1").route("1234::/64", "pg0")
    node.sid("a3::", "End", hmac="required")
    signed = lambda left, **more: srh(IPV6, S1, left, tlvs=hmac_tlv(7, SECRET, OUTER, S1, **more))
    yield Vector("end_hmac_good", "A SID that requires an HMAC accepts the right one.", node,
                 send("pg0", ipv6(OUTER, "a3::", ROUTING, signed(1) + inner6())),
                 get("pg1", ipv6(OUTER, "a4::", ROUTING, signed(0) + inner6(), 63)), GOOD)
    packet = ipv6(OUTER, "a3::", ROUTING, signed(1, bad=True) + inner6())
    yield Vector("end_hmac_wrong", "A wrong MAC: Parameter Problem that points at the TLV.", node,
                 send("pg0", packet), problem(packet, 40 + 56), bad("end_hmac_invalid"))
    unknown = srh(IPV6, S1, 1, tlvs=hmac_tlv(8, SECRET, OUTER, S1))
    packet = ipv6(OUTER, "a3::", ROUTING, unknown + inner6())
    yield Vector("end_hmac_unknown_key", "An HMAC with a key id that this node does not know.", node,
                 send("pg0", packet), problem(packet, 40 + 56), bad("end_hmac_invalid"))
    packet = outer("a3::", S1, 1, inner6())
    yield Vector("end_hmac_missing",
                 "No HMAC TLV where one is required; the pointer is where the TLV would stand.", node,
                 send("pg0", packet), problem(packet, 40 + 56), bad("end_hmac_missing"))
