#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Kubernetes objects as JSON for the tests.
#
#   objects.py slice API FAMILY NAME SERVICE TARGET-PORT ENDPOINT...
#       An EndpointSlice of discovery.k8s.io/API, FAMILY 4 or 6. ENDPOINT: ADDRESS@NODE[/POD][!terminating]. The
#       port is named "web".
#   objects.py pod NAME NODE
#   objects.py status ADDRESS...            of a pod that runs
import json
import sys


def endpoint(api, text):
    where, _, state = text.partition('!')
    address, _, place = where.partition('@')
    node, _, pod = place.partition('/')
    going = state == 'terminating'
    out = {'addresses': [address],
           'conditions': {'ready': not going, 'serving': True, 'terminating': going}}
    # v1beta1 has a topology where v1 has a name.
    out |= {'topology': {'kubernetes.io/hostname': node}} if api == 'v1beta1' else {'nodeName': node}
    if pod:
        out['targetRef'] = {'kind': 'Pod', 'namespace': 'default', 'name': pod}
    return out


def slice_of(api, family, name, service, port, *endpoints):
    return {'kind': 'EndpointSlice', 'apiVersion': f'discovery.k8s.io/{api}',
            'metadata': {'name': name, 'namespace': 'default',
                         'labels': {'kubernetes.io/service-name': service}},
            'addressType': f'IPv{family}',
            'ports': [{'name': 'web', 'port': int(port), 'protocol': 'TCP'}],
            'endpoints': [endpoint(api, one) for one in endpoints]}


def pod_of(name, node):
    return {'kind': 'Pod', 'apiVersion': 'v1', 'metadata': {'name': name, 'namespace': 'default'},
            'spec': {'nodeName': node, 'containers': [{'name': 'web', 'image': 'web'}]}}


def status_of(*addresses):
    return {'status': {'phase': 'Running', 'podIP': addresses[0], 'podIPs': [{'ip': one} for one in addresses]}}


makers = {'slice': slice_of, 'pod': pod_of, 'status': status_of}
print(json.dumps(makers[sys.argv[1]](*sys.argv[2:])))
