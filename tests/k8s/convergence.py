#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# See bench/convergence, which starts it:
#
#   convergence.py NAME COUNT API-PORT CA TOKEN PATH NEAR.json FAR.json CLIENT NEAR FAR     (network namespaces)
#
# A packet every 0.2 ms, each from a port of its own: a flow stays with its backend.
import ctypes
import http.client
import json
import select
import socket
import ssl
import statistics
import sys
import threading
import time

CLONE_NEWNET = 0x40000000
INTERVAL_S = 0.0002
SOURCES = 200
LONGEST_S = 5
VIP = ('fd00:10:96::80', 80)


def socket_in(netns):
    """A UDP socket of the namespace, whatever this process is in."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open('/proc/self/ns/net') as own, open(f'/run/netns/{netns}') as other:
        if libc.setns(other.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f'setns {netns}')
        try:
            return socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        finally:
            libc.setns(own.fileno(), CLONE_NEWNET)


class Sender(threading.Thread):
    """Packets of ever new flows: the sockets are made anew in turn."""

    def __init__(self, netns):
        super().__init__(daemon=True)
        self.netns = netns

    def run(self):
        sockets = [socket_in(self.netns) for _ in range(SOURCES)]
        at = 0
        while True:
            sockets[at].close()
            sockets[at] = socket_in(self.netns)
            try:
                sockets[at].sendto(b'?', VIP)
            except OSError:
                pass  # unreachable for a moment
            at = (at + 1) % SOURCES
            time.sleep(INTERVAL_S)


def receiver(netns):
    out = socket_in(netns)
    out.setblocking(False)
    out.bind(('::', 8080))
    return out


def drain(sock):
    while True:
        try:
            sock.recv(100)
        except BlockingIOError:
            return


def first_packet(sock, since):
    """Milliseconds until it comes; what waits already was sent the old way."""
    if not select.select([sock], [], [], LONGEST_S)[0]:
        sys.exit(f'no packet on the new path within {LONGEST_S} s')
    return (time.monotonic() - since) * 1000


def main(name, count, port, authority, token, path, near, far, client_ns, near_ns, far_ns):
    context = ssl.create_default_context(cafile=authority)
    api = http.client.HTTPSConnection('::1', int(port), context=context)
    bodies = [open(file).read() for file in (near, far)]
    sockets = [receiver(near_ns), receiver(far_ns)]
    Sender(client_ns).start()
    first_packet(sockets[0], time.monotonic())
    took, answered = [], []
    for i in range(int(count)):
        to = (i + 1) % 2
        drain(sockets[to])
        begin = time.monotonic()
        api.request('PATCH', path, json.dumps({'endpoints': json.loads(bodies[to])['endpoints']}),
                    {'Authorization': f'Bearer {token}', 'Content-Type': 'application/merge-patch+json'})
        answer = api.getresponse()
        answer.read()
        acknowledged = time.monotonic()
        if answer.status != 200:
            sys.exit(f'PATCH: {answer.status}')
        took.append(first_packet(sockets[to], acknowledged))
        answered.append((acknowledged - begin) * 1000)
        time.sleep(0.05)
        for one in sockets:
            drain(one)
    took.sort()
    print(f'{name}: {len(took)} changes, from the answer of the API server to the first packet on the new path: '
          f'median {statistics.median(took):.1f} ms, p99 {took[int(len(took) * 0.99) - 1]:.1f} ms, '
          f'longest {took[-1]:.1f} ms (PATCH itself: median {statistics.median(answered):.1f} ms)', flush=True)


main(*sys.argv[1:])
