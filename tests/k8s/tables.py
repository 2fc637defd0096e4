#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# The tables of a daemon as text, one row a line, sorted, without what counts or depends on the order of events:
#
#   tables.py SOCKET
import http.client
import json
import socket
import sys

PAGES = ('localsids', 'policies', 'steering', 'fib', 'services')
LEFT_OUT = {'packets', 'bytes', 'bad_packets', 'bad_bytes', 'id', 'index', 'counters'}


def get(path):
    connection = http.client.HTTPConnection('sextant')
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(sys.argv[1])
    connection.request('GET', path)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        sys.exit(f'{path}: {answer.status} {text}')
    return json.loads(text)


def rows(value):
    """The one list of objects of a page."""
    return next(list_ for list_ in value.values() if isinstance(list_, list))


def plain(value):
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if key not in LEFT_OUT}
    return [plain(one) for one in value] if isinstance(value, list) else value


for page in PAGES:
    lines = [json.dumps(plain(row), sort_keys=True) for row in rows(get(f'/v1/{page}?limit=10000'))]
    for line in sorted(lines):
        print(page, line)
