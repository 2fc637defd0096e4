#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Who answers a TCP connection, and whom it sees.
#
#   tcp_who.py serve NAME PORT                      answers "NAME ADDRESS-OF-CLIENT"
#   tcp_who.py ask SOURCE DESTINATION PORT COUNT    one connection after the other; prints the answers
import ipaddress
import socket
import sys

TIMEOUT_S = 10


def plain(address):
    parsed = ipaddress.ip_address(address)
    return str(getattr(parsed, 'ipv4_mapped', None) or parsed)


def serve(name, port):
    listener = socket.create_server(('::', port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        connection, peer = listener.accept()
        with connection:
            connection.sendall(f'{name} {plain(peer[0])}\n'.encode())


def ask(source, destination, port, count):
    for _ in range(count):
        with socket.create_connection((destination, port), TIMEOUT_S, (source, 0)) as connection:
            answer = b''
            while data := connection.recv(100):
                answer += data
        print(answer.decode().strip(), flush=True)


if sys.argv[1] == 'serve':
    serve(sys.argv[2], int(sys.argv[3]))
else:
    ask(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
