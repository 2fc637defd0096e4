# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""Builds packets from the RFCs alone: shares no code and no table with the forwarder."""
import hashlib
import hmac
import ipaddress
import struct

HBH, ICMP4, IPIP, TCP, UDP, IPV6, ROUTING, FRAGMENT = 0, 1, 4, 6, 17, 41, 43, 44
SCTP = 132
ICMP6, NO_NEXT, DEST_OPTIONS, ETHERNET = 58, 59, 60, 143


def addr(text):
    """Address in text to its bytes; bytes stay as they are."""
    return text if isinstance(text, bytes) else ipaddress.ip_address(text).packed


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo6(src, dst, protocol, data):
    return addr(src) + addr(dst) + struct.pack("!II", len(data), protocol) + data


def pseudo4(src, dst, protocol, data):
    return addr(src) + addr(dst) + struct.pack("!BBH", 0, protocol, len(data)) + data


def ipv6(src, dst, next_header, payload, hop=64, tclass=0, label=0, length=None):
    """RFC 8200 section 3."""
    first = 6 << 28 | tclass << 20 | label
    length = len(payload) if length is None else length
    return struct.pack("!IHBB", first, length, next_header, hop) + addr(src) + addr(dst) + payload


def ipv4(src, dst, protocol, payload, ttl=64, tos=0, ident=1, flags=0, bad_checksum=False):
    """RFC 791, no options."""

    def header(check):
        return struct.pack("!BBHHHBBH", 0x45, tos, 20 + len(payload), ident, flags, ttl, protocol,
                           check) + addr(src) + addr(dst)

    check = checksum(header(0))
    return header(check ^ 0x5555 if bad_checksum else check) + payload


def srh(next_header, segments, left, last=None, flags=0, tag=0, tlvs=b"", ext_len=None,
        routing_type=4):
    """RFC 8754 section 2. segments as on the wire: segments[0] is the last one of the path."""
    body = b"".join(addr(s) for s in segments) + tlvs
    assert len(body) % 8 == 0
    last = len(segments) - 1 if last is None else last
    ext_len = len(body) // 8 if ext_len is None else ext_len
    return struct.pack("!BBBBBBH", next_header, ext_len, routing_type, left, last, flags,
                       tag) + body


def path(*segments):
    """Segments in travel order to wire order."""
    return list(reversed(segments))


def udp(src, dst, data=b"test", sport=1234, dport=1234, family=6, bad_checksum=False):
    """RFC 768; src and dst are those of the pseudo-header."""
    pseudo = pseudo6 if family == 6 else pseudo4
    head = struct.pack("!HHH", sport, dport, 8 + len(data))
    check = checksum(pseudo(src, dst, UDP, head + b"\0\0" + data)) or 0xFFFF
    if bad_checksum:
        check ^= 0x1111
    return head + struct.pack("!H", check) + data


def tcp(src, dst, data=b"test", sport=1234, dport=1234, family=6, flags=0x18):
    """RFC 9293, no options; src and dst are those of the pseudo-header."""
    pseudo = pseudo6 if family == 6 else pseudo4

    def header(check):
        return struct.pack("!HHIIBBHHH", sport, dport, 1000, 2000, 5 << 4, flags, 512, check, 0)

    return header(checksum(pseudo(src, dst, TCP, header(0) + data))) + data


def crc32c(data):
    """RFC 9260 appendix A."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sctp(data=b"test", sport=1234, dport=1234, tag=7):
    """RFC 9260 section 3: the common header and one DATA chunk."""
    chunk = struct.pack("!BBHIHHI", 0, 3, 16 + len(data), 1, 0, 0, 0) + data
    head = struct.pack("!HHI", sport, dport, tag)
    return head + struct.pack("<I", crc32c(head + bytes(4) + chunk)) + chunk


def udp6(src, dst, hop=64, data=b"test", **more):
    ports = {k: more.pop(k) for k in ("sport", "dport") if k in more}
    return ipv6(src, dst, UDP, udp(src, dst, data, **ports), hop, **more)


def udp4(src, dst, ttl=64, data=b"test", **more):
    ports = {k: more.pop(k) for k in ("sport", "dport") if k in more}
    return ipv4(src, dst, UDP, udp(src, dst, data, family=4, **ports), ttl, **more)


def routed6(src, dst, header, inner, next_header=ROUTING, **more):
    """IPv6 header, a routing header (or other extension headers), and what is inside."""
    return ipv6(src, dst, next_header, header + inner, **more)


def icmp6(src, dst, kind, code, rest, hop=64, final=None, **more):
    """RFC 4443; rest is everything behind the checksum."""
    head = struct.pack("!BB", kind, code)
    check = checksum(pseudo6(src, final or dst, ICMP6, head + b"\0\0" + rest))
    return ipv6(src, dst, ICMP6, head + struct.pack("!H", check) + rest, hop, **more)


def icmp6_error(src, dst, kind, code, parameter, quoted):
    """Quotes as much as fits into 1280 bytes (RFC 4443 section 2.4 c)."""
    return icmp6(src, dst, kind, code, struct.pack("!I", parameter) + quoted[:1280 - 48])


def icmp4(src, dst, kind, code, rest, ttl=64, tos=0, ident=1, flags=0):
    head = struct.pack("!BB", kind, code)
    check = checksum(head + b"\0\0" + rest)
    return ipv4(src, dst, ICMP4, head + struct.pack("!H", check) + rest, ttl, tos, ident, flags)


def eth(dst, src, ethertype, payload, vlan=None):
    tag = b"" if vlan is None else struct.pack("!HH", 0x8100, vlan)
    return mac(dst) + mac(src) + tag + struct.pack("!H", ethertype) + payload


def solicited_node(target):
    """RFC 4291 section 2.7.1."""
    return bytes.fromhex("ff0200000000000000000001ff") + addr(target)[13:]


def neighbor_solicitation(src, target, src_mac, dst=None):
    """RFC 4861 section 4.3, with the source link-layer address option."""
    return icmp6(src, dst or solicited_node(target), 135, 0,
                 bytes(4) + addr(target) + b"\x01\x01" + mac(src_mac), hop=255)


def neighbor_advertisement(src, dst, target, target_mac, flags=0x60):
    """RFC 4861 section 4.4: solicited and override by default."""
    return icmp6(src, dst, 136, 0,
                 bytes([flags, 0, 0, 0]) + addr(target) + b"\x02\x01" + mac(target_mac), hop=255)


def arp(operation, sender_mac, sender_ip, target_mac, target_ip):
    """RFC 826."""
    return struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + mac(sender_mac) + addr(
        sender_ip) + mac(target_mac) + addr(target_ip)


def hmac_tlv(key_id, secret, src, segments, last=None, flags=0, bad=False):
    """RFC 8754 section 2.1.2.1: source, Last Entry, flags, D bit and reserved, key id, segments."""
    last = len(segments) - 1 if last is None else last
    text = addr(src) + struct.pack("!BBHI", last, flags, 0, key_id)
    text += b"".join(addr(s) for s in segments)
    digest = hmac.new(secret, text, hashlib.sha256).digest()
    if bad:
        digest = bytes([digest[0] ^ 1]) + digest[1:]
    return struct.pack("!BBHI", 5, 38, 0, key_id) + digest
