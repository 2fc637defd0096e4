#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# One TCP connection that carries bytes both ways, checked by SHA-256 on each side.
#
#   tcp_peer.py serve [PORT]
#   tcp_peer.py transfer SOURCE DESTINATION BYTES [PORT]
import hashlib
import os
import socket
import struct
import sys
import threading

PORT = 5201
HEADER = struct.Struct('!Q32s')
TIMEOUT_S = 30


def receive_exactly(connection, count):
    parts = []
    while count > 0:
        part = connection.recv(min(count, 1 << 16))
        if not part:
            raise ConnectionError(f'connection closed, {count} bytes missing')
        parts.append(part)
        count -= len(part)
    return b''.join(parts)


def send_message(connection, payload):
    connection.sendall(HEADER.pack(len(payload), hashlib.sha256(payload).digest()) + payload)


def receive_message(connection):
    count, digest = HEADER.unpack(receive_exactly(connection, HEADER.size))
    payload = receive_exactly(connection, count)
    if hashlib.sha256(payload).digest() != digest:
        raise ValueError(f'{count} bytes arrived, but not those that were sent')
    return payload


def answer(connection):
    with connection:
        connection.settimeout(TIMEOUT_S)
        try:
            payload = receive_message(connection)
            send_message(connection, os.urandom(len(payload)))
        except (OSError, ValueError) as error:
            print(f'{connection}: {error}', flush=True)


def serve(port):
    listener = socket.create_server(('::', port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def transfer(source, destination, count, port):
    with socket.create_connection((destination, port), TIMEOUT_S, (source, 0)) as connection:
        send_message(connection, os.urandom(count))
        if len(receive_message(connection)) != count:
            raise ValueError('the answer has another length')
    print(f'{count} bytes each way')


def main(words):
    if words[:1] == ['serve']:
        serve(int(words[1]) if len(words) > 1 else PORT)
    elif words[:1] == ['transfer'] and len(words) >= 4:
        transfer(words[1], words[2], int(words[3]), int(words[4]) if len(words) > 4 else PORT)
    else:
        sys.exit(__doc__ or 'usage: tcp_peer.py serve | transfer SOURCE DESTINATION BYTES')


if __name__ == '__main__':
    try:
        main(sys.argv[1:])
    except (OSError, ValueError) as error:
        sys.exit(f'{error}')
