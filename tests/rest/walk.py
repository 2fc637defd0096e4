#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""Walks the OpenAPI document of a running sextantd: usage: walk.py PORT SOCKET

Every operation is asked for by TCP and by the Unix socket, with good and with bad parameters, and
its replies are held against its schema.
"""

import http.client
import json
import socket
import sys

import jsonschema

PORT, SOCKET = int(sys.argv[1]), sys.argv[2]
# Paths of the issue that other parts of the daemon add; everything else must be there.
REQUIRED = """/v1/localsids /v1/policies /v1/steering /v1/fib /v1/neighbors /v1/ports /v1/drops
/v1/generation /v1/config /v1/reload /v1/diff /metrics /healthz /readyz /openapi.json""".split()
# What streams, or needs an input of its own to succeed.
NOT_CALLED_WITHOUT_INPUT = {"GET /v1/trace", "GET /v1/capture", "GET /v1/explain", "POST /v1/pods",
                            "DELETE /v1/pods", "GET /v1/pods/check", "POST /v1/pods/gc", "POST /v1/pods/interfaces"}


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(15)
        self.sock.connect(SOCKET)


def connection(unix):
    return UnixConnection("sextant") if unix else http.client.HTTPConnection("127.0.0.1", PORT, timeout=15)


def ask(method, target, unix=False, body=None):
    link = connection(unix)
    link.request(method, target, body=body)
    reply = link.getresponse()
    text = reply.read()
    link.close()
    return reply.status, {k.lower(): v for k, v in reply.getheaders()}, text


def problem(status, headers, text, expected):
    assert status == expected, (status, text)
    assert headers["content-type"] == "application/problem+json", headers
    document = json.loads(text)
    for key in ("type", "title", "status", "detail", "instance"):
        assert document.get(key), (key, document)
    assert document["status"] == expected
    return document


document = json.loads(ask("GET", "/openapi.json")[2])
assert document["openapi"].startswith("3.1."), document["openapi"]
assert document["info"]["title"] and document["info"]["version"]
missing = [path for path in REQUIRED if path not in document["paths"]]
assert not missing, f"not in /openapi.json: {missing}"

operations = 0
ids = set()
for path, item in document["paths"].items():
    assert path.startswith("/"), path
    for method, operation in item.items():
        operations += 1
        verb = method.upper()
        where = f"{verb} {path}"
        assert operation["operationId"] not in ids, where
        ids.add(operation["operationId"])
        names = [p["name"] for p in operation["parameters"]]
        assert len(set(names)) == len(names), where
        for parameter in operation["parameters"]:
            assert parameter["in"] == "query" and parameter["description"], where
            jsonschema.Draft202012Validator.check_schema(parameter["schema"])
        good = operation["responses"]["200"]["content"]
        assert len(good) == 1, where
        (content_type, media), = good.items()
        privileged = operation.get("x-sextant-privileged", False)
        if privileged:
            problem(*ask(verb, path), 403)
        for unix in (False, True):
            if privileged and not unix:
                continue
            problem(*ask(verb, path + "?no_such_parameter=1", unix), 400)
            for parameter in operation["parameters"]:
                if parameter["schema"]["type"] == "integer":
                    text = problem(*ask(verb, f"{path}?{parameter['name']}=x", unix), 400)
                    assert parameter["name"] in text["detail"], text
            status, headers, _ = ask("PATCH", path, unix)
            assert status == 405 and verb in headers["allow"], (where, status, headers)
            if where in NOT_CALLED_WITHOUT_INPUT:
                continue
            body = json.loads(ask("GET", "/v1/config", True)[2])["yaml"] if path == "/v1/diff" else None
            status, headers, text = ask(verb, path, unix, body)
            assert status == 200, (where, status, text)
            assert headers["content-type"] == content_type, (where, headers)
            if "schema" in media:
                jsonschema.validate(json.loads(text), media["schema"])
            if verb == "GET":
                status, head, nothing = ask("HEAD", path, unix)
                assert status == 200 and nothing == b"", where
                assert int(head["content-length"]) > 0, where

for target in ("/", "/v1", "/v1/localsid", "/v1/localsids/", "/v1/../metrics", "/METRICS", "/%2e%2e/etc/passwd"):
    problem(*ask("GET", target), 404)
    problem(*ask("GET", target, True), 404)
for target in ("/v1/fib?x=%zz", "/%", "/v1/fib?lookup=%00"):
    assert ask("GET", target)[0] == 400, target
    assert ask("GET", target, True)[0] == 400, target
print(f"{operations} operations of {len(document['paths'])} paths")
