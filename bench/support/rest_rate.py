#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""A fixed rate of requests for the largest list: rest_rate.py PORT PID RATE SECONDS (see rest_load)"""

import http.client
import os
import sys
import threading
import time

PORT, PID, RATE, SECONDS = (int(word) for word in sys.argv[1:5])
CONNECTIONS = 4
TARGET = "/v1/localsids"


def cpu_seconds():
    """By thread name."""
    out = {}
    for task in os.listdir(f"/proc/{PID}/task"):
        with open(f"/proc/{PID}/task/{task}/stat", encoding="ascii") as file:
            name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
        fields = rest.split()
        out[(task, name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return out


def client(took, failed):
    link = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
    interval = CONNECTIONS / RATE
    due = time.monotonic()
    for _ in range(RATE * SECONDS // CONNECTIONS):
        due += interval
        time.sleep(max(0, due - time.monotonic()))
        start = time.monotonic()
        link.request("GET", TARGET)
        reply = link.getresponse()
        reply.read()
        took.append(time.monotonic() - start)
        if reply.status != 200:
            failed.append(reply.status)


took, failed, threads = [], [], []
before, start = cpu_seconds(), time.monotonic()
for _ in range(CONNECTIONS):
    threads.append(threading.Thread(target=client, args=(took, failed)))
    threads[-1].start()
for thread in threads:
    thread.join()
elapsed = time.monotonic() - start
took.sort()
print(f"{TARGET}: {len(took) / elapsed:.0f} requests/s, {len(failed)} failed, "
      f"median {took[len(took) // 2] * 1000:.2f} ms, 99 % {took[len(took) * 99 // 100] * 1000:.2f} ms, "
      f"longest {took[-1] * 1000:.2f} ms")
for key, seconds in cpu_seconds().items():
    used = seconds - before.get(key, 0)
    if used > 0.02 * elapsed:
        print(f"thread {key[1]}: {100 * used / elapsed:.0f} % of a CPU")
