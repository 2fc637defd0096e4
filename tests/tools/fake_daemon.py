#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A sextantd that answers what a test wants: fake_daemon.py SOCKET

The first path component chooses nothing: every request is answered by the file SOCKET.reply, which is read anew each
time and holds a Python expression: {"PATH": (status, body)}; body is text, bytes, or a dict for JSON. A body that is a
list is sent in chunks; the element None closes the connection at once, "hang" never answers. Requests go to
SOCKET.requests, one line each.
"""
import json
import os
import socket
import sys
import threading
import time
from urllib.parse import urlsplit

path = sys.argv[1]


def body_of(value):
    if isinstance(value, dict):
        value = json.dumps(value)
    return value.encode() if isinstance(value, str) else value


def serve(client):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(65536)
        if not piece:
            return
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    method, target, _ = lines[0].split(" ")
    length = 0
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
    while len(body) < length:
        body += client.recv(65536)
    with open(path + ".requests", "a") as log:
        log.write(f"{method} {target} {body.decode(errors='replace')!r}\n")
    with open(path + ".reply") as file:
        replies = eval(file.read(), {})  # written by the test itself
    reply = replies.get(target) or replies.get(urlsplit(target).path) or (404, {"title": "No such path"})
    status, body = reply
    if body == "hang":
        time.sleep(60)
        return
    if isinstance(body, list):
        client.sendall(f"HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for chunk in body:
            if chunk is None:
                return
            if isinstance(chunk, float):
                time.sleep(chunk)
                continue
            chunk = body_of(chunk)
            client.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        client.sendall(b"0\r\n\r\n")
        return
    body = body_of(body)
    client.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def session(client):
    try:
        serve(client)
    except (BrokenPipeError, ConnectionResetError):
        pass
    finally:
        client.close()


listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
os.chmod(path, 0o600)
listener.listen(16)
while True:
    threading.Thread(target=session, args=(listener.accept()[0],), daemon=True).start()
