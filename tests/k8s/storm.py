#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Services and EndpointSlices by the hundred; whatever the API server does, in the end all have come or gone.
#
#   storm.py create|delete SLICE-API FIRST COUNT ADDRESS@NODE...
#
# LIVE_PORT, LIVE_CA and LIVE_ADMIN_TOKEN say where. Each service has one to all of the addresses.
import http.client
import json
import os
import ssl
import sys
import threading
import time

THREADS = 8
LONGEST_S = 120
CORE = '/api/v1/namespaces/default/services'


class Api:
    def __init__(self):
        self.context = ssl.create_default_context(cafile=os.environ['LIVE_CA'])
        self.connection = None

    def ask(self, method, path, body, accepted):
        """Until the server has taken it: connections break, and the server goes away."""
        end = time.monotonic() + LONGEST_S
        while True:
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPSConnection(
                        '::1', int(os.environ['LIVE_PORT']), context=self.context, timeout=10)
                self.connection.request(method, path, json.dumps(body) if body else None,
                                        {'Authorization': 'Bearer ' + os.environ['LIVE_ADMIN_TOKEN'],
                                         'Content-Type': 'application/json'})
                answer = self.connection.getresponse()
                text = answer.read().decode()
                if answer.status in accepted:
                    return
                problem = f'{answer.status} {text}'
            except (OSError, http.client.HTTPException) as error:
                self.connection = None
                problem = repr(error)
            if time.monotonic() > end:
                sys.exit(f'{method} {path}: {problem}')
            time.sleep(0.5)


def slice_of(slice_api, number, endpoints):
    made = []
    for text in endpoints[:1 + number % len(endpoints)]:
        address, _, node = text.partition('@')
        where = {'topology': {'kubernetes.io/hostname': node}} if slice_api == 'v1beta1' else {'nodeName': node}
        made.append({'addresses': [address], 'conditions': {'ready': True}} | where)
    return {'kind': 'EndpointSlice', 'apiVersion': f'discovery.k8s.io/{slice_api}',
            'metadata': {'name': f'storm-{number}', 'labels': {'kubernetes.io/service-name': f'storm-{number}'}},
            'addressType': 'IPv6', 'ports': [{'name': '', 'port': 8080, 'protocol': 'TCP'}], 'endpoints': made}


def work(what, slice_api, numbers, endpoints):
    api = Api()
    slices = f'/apis/discovery.k8s.io/{slice_api}/namespaces/default/endpointslices'
    for number in numbers:
        name = f'storm-{number}'
        if what == 'create':
            api.ask('POST', CORE, {'kind': 'Service', 'apiVersion': 'v1', 'metadata': {'name': name},
                                   'spec': {'ports': [{'port': 80, 'targetPort': 8080}]}}, (201, 409))
            api.ask('POST', slices, slice_of(slice_api, number, endpoints), (201, 409))
        else:
            api.ask('DELETE', f'{CORE}/{name}', None, (200, 404))
            api.ask('DELETE', f'{slices}/{name}', None, (200, 404))


what, slice_api, first, count, *endpoints = sys.argv[1:]
numbers = range(int(first), int(first) + int(count))
threads = [threading.Thread(target=work, args=(what, slice_api, numbers[i::THREADS], endpoints))
           for i in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
