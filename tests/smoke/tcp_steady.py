#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# One TCP connection with a small message every few milliseconds, each of which comes back.
#
#   tcp_steady.py serve [PORT]
#   tcp_steady.py run SOURCE DESTINATION [PORT]     until SIGTERM; then says what it saw
import signal
import socket
import struct
import sys
import time

PORT = 5202
INTERVAL_S = 0.005
TIMEOUT_S = 20
SIZE = 64
# struct tcp_info: tcpi_total_retrans
TOTAL_RETRANS = slice(100, 104)


def serve(port):
    listener = socket.create_server(('::', port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data)


def run(source, destination, port):
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    connection = socket.create_connection((destination, port), TIMEOUT_S, (source, 0))
    connection.settimeout(TIMEOUT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    messages, longest_s = 0, 0.0
    while not stop:
        sent = struct.pack('!Q', messages) * (SIZE // 8)
        start = time.monotonic()
        connection.sendall(sent)
        back = b''
        while len(back) < SIZE:
            part = connection.recv(SIZE - len(back))
            if not part:
                sys.exit('the connection was closed')
            back += part
        longest_s = max(longest_s, time.monotonic() - start)
        if back != sent:
            sys.exit(f'message {messages} came back as another one')
        messages += 1
        time.sleep(INTERVAL_S)
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    print(f'{messages} messages, {struct.unpack("=I", info[TOTAL_RETRANS])[0]} retransmissions, '
          f'longest round trip {longest_s * 1000:.0f} ms')


if sys.argv[1] == 'serve':
    serve(int(sys.argv[2]) if len(sys.argv) > 2 else PORT)
else:
    run(sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else PORT)
