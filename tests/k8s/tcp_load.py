#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# TCP as fast as it goes, in one direction.
#
#   tcp_load.py serve PORT
#   tcp_load.py run ADDRESS PORT
import socket
import sys
import threading


def sink(connection):
    while connection.recv(1 << 20):
        pass


if sys.argv[1] == 'serve':
    listener = socket.create_server(('::', int(sys.argv[2])), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        threading.Thread(target=sink, args=(listener.accept()[0],), daemon=True).start()
connection = socket.create_connection((sys.argv[2], int(sys.argv[3])), 10)
while True:
    connection.sendall(bytes(1 << 20))
