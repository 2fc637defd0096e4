#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# One counter out of the JSON of `sextant show ... --json` on the standard input: pick.py KIND NAME, with
# KIND sid or sid-bad (localsids), policy (policies), drop (drops) or port (ports, received). Packets; an
# error when there is no such object.
import ipaddress
import json
import sys


def find(kind, name, data):
    if kind in ('sid', 'sid-bad'):
        wanted = ipaddress.ip_network(name)
        for row in data['localsids']:
            if ipaddress.ip_network(row['sid']) == wanted:
                return row['good' if kind == 'sid' else 'bad']
    elif kind == 'policy':
        for row in data['policies']:
            if row['name'] == name:
                return row
    elif kind == 'drop':
        for row in data['drops']:
            if row['reason'] == name:
                return row
    elif kind == 'port':
        for row in data['ports']:
            if row['name'] == name:
                return row['rx']
    sys.exit(f'no {kind} {name}')


print(find(sys.argv[1], sys.argv[2], json.load(sys.stdin))['packets'])
