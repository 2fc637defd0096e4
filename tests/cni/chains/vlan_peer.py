#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# vlan_peer.py DEVICE TAP ID: what arrives on DEVICE with this VLAN id comes out of TAP without a tag, and the
# other way round: a VLAN interface for kernels that have none.
import fcntl
import os
import select
import socket
import struct
import sys

SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 0x0002, 0x1000
VLAN_VALID = 1 << 4

device, name, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
tap = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(tap, TUNSETIFF, struct.pack('16sH22x', name.encode(), IFF_TAP | IFF_NO_PI))
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind((device, 0))
wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
while True:
    for ready in select.select([tap, wire], [], [])[0]:
        if ready is tap:
            frame = os.read(tap, 65536)
            wire.send(frame[:12] + struct.pack('!HH', 0x8100, number) + frame[12:])
            continue
        frame, control, _, address = wire.recvmsg(65536, socket.CMSG_SPACE(20))
        if address[2] == PACKET_OUTGOING:
            continue
        for level, kind, data in control:
            # The kernel has taken the tag out of the frame.
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tci, _ = struct.unpack('IIIHHHH', data[:20])
                if status & VLAN_VALID and tci & 0xfff == number:
                    os.write(tap, frame)
