#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Applies config/crds and config/examples/chains to the API server of tests/k8s/api_server.sh, as kubectl
# would, and checks what the schemas refuse.
import copy, glob, json, os, ssl, sys, time, urllib.error, urllib.request
import yaml

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
URL = os.environ["LIVE_URL"]
CONTEXT = ssl.create_default_context(cafile=os.environ["LIVE_CA"])
GROUP = "/apis/contivpp.io/v1"
PLURALS = {"ServiceFunctionChain": "servicefunctionchains", "ExternalInterface": "externalinterfaces",
           "CustomNetwork": "customnetworks"}


def call(method, path, body=None, kind="application/json"):
    """Status and answer."""
    request = urllib.request.Request(URL + path, method=method,
                                     data=None if body is None else json.dumps(body).encode())
    request.add_header("Authorization", "Bearer " + os.environ["LIVE_ADMIN_TOKEN"])
    request.add_header("Content-Type", kind)
    try:
        with urllib.request.urlopen(request, context=CONTEXT, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read()
        try:
            return error.code, json.loads(text)
        except ValueError:
            return error.code, {"message": text.decode(errors="replace")}


def check(condition, text):
    if not condition:
        sys.exit("FAILED: " + text)


def documents(folder):
    out = []
    for name in sorted(glob.glob(os.path.join(ROOT, folder, "*.yaml"))):
        with open(name) as file:
            out += [(os.path.basename(name), one) for one in yaml.safe_load_all(file)]
    return out


def apply_definitions():
    for name, definition in documents("config/crds"):
        code, answer = call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
        check(code in (201, 409), f"{name}: {answer.get('message')}")
    deadline = time.time() + 15
    waiting = set(PLURALS.values())
    while waiting:
        check(time.time() < deadline, f"not served: {waiting}")
        waiting = {one for one in waiting if call("GET", f"{GROUP}/{one}")[0] != 200}
        time.sleep(0.1)
    # A schema that is not structural is served, but nothing is checked.
    for plural in PLURALS.values():
        _, answer = call("GET", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.contivpp.io")
        wrong = [one for one in answer["status"]["conditions"]
                 if one["type"] == "NonStructuralSchema" and one["status"] == "True"]
        check(not wrong, f"{plural}: {wrong}")


def apply_examples():
    count = 0
    for name, one in documents("config/examples/chains"):
        plural = PLURALS.get(one["kind"])
        if plural is None:
            continue
        path = f"{GROUP}/namespaces/default/{plural}"
        code, answer = call("POST", path, one)
        check(code == 201, f"{name}: {answer.get('message')}")
        # Nothing of it was pruned: all fields are in the schema.
        check(answer["spec"] == one["spec"], f"{name}: stored as {answer['spec']}")
        check(call("DELETE", f"{path}/{one['metadata']['name']}")[0] == 200, f"{name}: DELETE")
        count += 1
    check(count >= 5, f"only {count} examples")


POD = {"type": "Pod", "podSelector": {"sf": "a"}}
PORT = {"node": "n", "vppInterfaceName": "p"}


def chain(*elements):
    return {"chain": list(elements)}


def pod(**fields):
    return chain({**POD, **fields}, POD)


REFUSED = [
    ("ServiceFunctionChain", {}, "chain"),
    ("ServiceFunctionChain", chain(), "chain"),
    ("ServiceFunctionChain", chain(POD), "chain"),
    ("ServiceFunctionChain", chain({"podSelector": {"a": "b"}}, POD), "type"),
    ("ServiceFunctionChain", chain({"type": "Node"}, POD), "type"),
    ("ServiceFunctionChain", chain({"type": "Pod"}, POD), "podSelector"),
    ("ServiceFunctionChain", chain({"type": "Pod", "podSelector": {}}, POD), "podSelector"),
    ("ServiceFunctionChain", chain({"type": "ExternalInterface"}, POD), "ExternalInterface"),
    ("ServiceFunctionChain", pod(podSelector={"a": 1}), "podSelector"),
    ("ServiceFunctionChain", pod(proxy="AX"), "proxy"),
    ("ServiceFunctionChain", pod(weight=-1), "weight"),
    ("ServiceFunctionChain", pod(weight=1001), "weight"),
    ("ServiceFunctionChain", pod(matchExpressions=[{"key": "a"}]), "operator"),
    ("ServiceFunctionChain", pod(matchExpressions=[{"key": "a", "operator": "Is"}]), "operator"),
    ("ServiceFunctionChain", pod(branches=[{"podSelector": {"a": "b"}}]), "weight"),
    ("ServiceFunctionChain", {**pod(), "bidirectional": "yes"}, "bidirectional"),
    ("ServiceFunctionChain", {**pod(), "failOpen": 1}, "failOpen"),
    ("ExternalInterface", {"type": "L2"}, "nodes"),
    ("ExternalInterface", {"type": "L2", "nodes": []}, "nodes"),
    ("ExternalInterface", {"type": "L4", "nodes": [PORT]}, "type"),
    ("ExternalInterface", {"type": "L2", "nodes": [{"node": "n"}]}, "vppInterfaceName"),
    ("ExternalInterface", {"type": "L2", "nodes": [{**PORT, "vlan": 4095}]}, "vlan"),
    ("ExternalInterface", {"type": "L3", "nodes": [{**PORT, "ip": "192.0.2.1"}]}, "ip"),
    ("CustomNetwork", {}, "type"),
    ("CustomNetwork", {"type": "L3"}, "subnetCIDR"),
    ("CustomNetwork", {"type": "L3", "subnetCIDR": "fd10::/48"}, "subnetOneNodePrefixLen"),
    ("CustomNetwork", {"type": "L3", "subnetCIDR": "blue", "subnetOneNodePrefixLen": 64}, "subnetCIDR"),
    ("CustomNetwork", {"type": "L3", "subnetCIDR": "fd10::/48", "subnetOneNodePrefixLen": 129},
     "subnetOneNodePrefixLen"),
]


def refusals():
    for kind, spec, field in REFUSED:
        body = {"apiVersion": "contivpp.io/v1", "kind": kind, "metadata": {"name": "wrong"},
                "spec": copy.deepcopy(spec)}
        code, answer = call("POST", f"{GROUP}/namespaces/default/{PLURALS[kind]}", body)
        check(code == 422, f"{kind} {spec}: {code} {answer.get('message')}")
        check(field in answer["message"], f"{kind} {spec}: no word of {field}: {answer['message']}")


def status_is_apart():
    path = f"{GROUP}/namespaces/default/servicefunctionchains"
    body = {"apiVersion": "contivpp.io/v1", "kind": "ServiceFunctionChain", "metadata": {"name": "s"},
            "spec": pod(), "status": {"paths": 7}}
    code, answer = call("POST", path, body)
    check(code == 201 and "status" not in answer, f"status of a new object: {answer}")
    status = {"status": {"paths": 2, "nodes": ["a"], "conditions": [
        {"type": "Rendered", "status": "True", "reason": "Rendered", "message": "2 paths",
         "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}
    code, answer = call("PATCH", f"{path}/s/status", status, "application/merge-patch+json")
    check(code == 200 and answer["status"] == status["status"], f"status: {code} {answer}")
    check(call("DELETE", f"{path}/s")[0] == 200, "DELETE")


apply_definitions()
apply_examples()
refusals()
status_is_apart()
print(f"definitions, examples, {len(REFUSED)} refusals and the status: as they should be")
