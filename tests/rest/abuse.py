#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""Ill-mannered clients against a running sextantd: usage: abuse.py PORT PID

While they do their worst, a well-mannered one must be served, and the daemon's memory stay bounded.
"""

import http.client
import os
import socket
import sys
import time

PORT, PID = int(sys.argv[1]), int(sys.argv[2])
LONGEST = 1.0  # seconds that a good client may wait on a busy machine


def connect():
    s = socket.create_connection(("127.0.0.1", PORT), timeout=20)
    return s


def status(data):
    s = connect()
    try:
        s.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass
    try:
        reply = s.makefile("rb").readline()
    except ConnectionResetError:
        return 0
    finally:
        s.close()
    return int(reply.split()[1]) if reply.startswith(b"HTTP/1.1 ") else 0


def served():
    start = time.monotonic()
    link = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
    link.request("GET", "/v1/localsids?limit=10")
    reply = link.getresponse()
    reply.read()
    link.close()
    took = time.monotonic() - start
    assert reply.status == 200, reply.status
    assert took < LONGEST, f"a good client waited {took:.2f} s"


def memory_mb():
    with open(f"/proc/{PID}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def descriptors():
    return len(os.listdir(f"/proc/{PID}/fd"))


GET = b"GET /v1/localsids HTTP/1.1\r\nHost: x\r\n"
before = memory_mb()
fds = descriptors()

for bad in (b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET\r\n\r\n", b"\x00" * 64 + b"\r\n\r\n",
            b"GET / HTTP/1.1 x\r\n\r\n", GET + b"A\r\n\r\n", GET + b": x\r\n\r\n",
            GET + b"Content-Length: -1\r\n\r\n", GET + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
            GET + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            GET + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"):
    got = status(bad)
    assert got in (400, 413), (bad, got)
assert status(GET + b"X: " + b"x" * 200_000 + b"\r\n\r\n") == 431
assert status(GET + b"".join(b"X%d: y\r\n" % i for i in range(20_000)) + b"\r\n") == 431
assert status(b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n") == 431
assert status(GET + b"Content-Length: 4000000000\r\n\r\n") == 413
assert status(GET + b"Content-Length: 99999999999999999999999\r\n\r\n") == 400
assert status(GET + b"Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n" + b"x" * 2_000_000) == 413
assert status(b"GET http://other/v1/localsids HTTP/1.1\r\nHost: x\r\n\r\n") == 400
served()

# Half requests, closed at every byte.
whole = GET + b"Accept: */*\r\n\r\n"
for length in range(0, len(whole), 3):
    s = connect()
    s.sendall(whole[:length])
    s.close()
served()

# Slow clients: a header that never ends, a byte at a time; and silent ones.
slow = [connect() for _ in range(60)]
for s in slow:
    s.sendall(b"GET /v1/loc")
served()
# Stuck ones: they ask for much, again and again, and never read.
stuck = []
for _ in range(30):
    s = connect()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.setblocking(False)
    try:
        s.send(b"GET /v1/localsids?limit=10000 HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
    except BlockingIOError:
        pass
    stuck.append(s)
for _ in range(20):
    served()
    for s in slow:
        try:
            s.send(b"a")
        except OSError:
            pass
    time.sleep(0.1)
grown = memory_mb() - before
assert grown < 300, f"{grown:.0f} MB more"

# All places taken: who comes then is told so, and when places are free again everything goes on.
crowd = []
refused = 0
for _ in range(200):
    s = connect()
    crowd.append(s)
time.sleep(0.5)
for s in crowd:
    s.setblocking(False)
    try:
        if b" 503 " in s.recv(100):
            refused += 1
    except (BlockingIOError, ConnectionResetError):
        pass
assert refused > 0, "200 connections more, and nobody was refused"
for s in crowd + stuck:
    s.close()
time.sleep(0.5)

# The slow ones are cut off after 10 s, although they send a byte now and then.
deadline = time.monotonic() + 20
alive = slow
while alive and time.monotonic() < deadline:
    still = []
    for s in alive:
        s.settimeout(0.01)
        try:
            s.send(b"a")
            if s.recv(100) == b"":
                continue
            still.append(s)
        except socket.timeout:
            still.append(s)
        except OSError:
            continue
    alive = still
    time.sleep(0.2)
assert not alive, f"{len(alive)} slow clients are still connected"
served()
for _ in range(50):
    if descriptors() <= fds + 2:
        break
    time.sleep(0.1)
assert descriptors() <= fds + 2, f"{descriptors()} descriptors instead of {fds}"
print(f"memory: {before:.0f} MB before, {memory_mb():.0f} MB after")
