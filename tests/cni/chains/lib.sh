# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of chains share: two nodes that follow a folder of manifests, pods with extra
# interfaces, and counts of what crosses a function. Source it, do not run it.

# shellcheck source=tests/cni/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"

# chain_start: the nodes n1 and n2. Lines in more_ports[N] go into section ports of node N.
declare -A more_ports=()
chain_start() {
    cluster=$scratch/cluster
    mkdir "$cluster"
    local n
    for n in 1 2; do
        manifest "node$n.yaml" <<END
apiVersion: v1
kind: Node
metadata: {name: n$n}
spec: {podCIDRs: ["2001:db8:a:$n::/64", 10.1.$n.0/24]}
status: {addresses: [{type: InternalIP, address: "2001:db8:f::$n"}]}
END
        sextant_start "n$n" <<END
node: {name: n$n}
ports:
  - {name: fab, device: "net_af_packet0,iface=fab", mtu: 2000, addresses: ["2001:db8:f::$n/64"]}
${more_ports[$n]:-}
kubernetes:
  source: manifests
  path: $cluster
  node_name: n$n
  pod_cidrs: ["2001:db8:a::/48", 10.1.0.0/16]
  sids: {plan: locator, block: "fcbb:100::/48"}
END
        # What a chain of four puts in front must fit into the fabric.
        network "n$n" "10.1.$n.0/24" "2001:db8:a:$n::/64" -- mtu 1500 memifFolder "\"$scratch/memif\""
    done
}

# Readers see a file whole or not at all.
manifest() {
    cat >"$scratch/manifest"
    mv "$scratch/manifest" "$cluster/$1"
}

# The object of a pod: what it wants, or what it has when it is attached (second call).
object() {
    curl -sS --unix-socket "$scratch/$2.sock" http://sextant/v1/pods | /usr/bin/python3 -c '
import json, sys
name, node, wants = sys.argv[1:]
rows = [p for p in json.load(sys.stdin)["pods"] if p["name"] == name]
annotations = {"contivpp.io/custom-if": wants}
status = {}
if rows:
    annotations["sextant.io/interfaces"] = json.dumps([
        {"name": p["ifname"], "network": p["network"], "interface": p["interface"], "addresses": p["addresses"]}
        for p in rows if p["owner"]])
    ips = next(p["addresses"] for p in rows if not p["owner"])
    status = {"phase": "Running", "podIPs": [{"ip": a} for a in ips],
              "conditions": [{"type": "Ready", "status": "True"}]}
print(json.dumps({"apiVersion": "v1", "kind": "Pod", "spec": {"nodeName": node}, "status": status, "metadata": {
    "name": name, "namespace": "default", "labels": {"sf": name}, "annotations": annotations}}))' "$@" |
        manifest "pod-$1.yaml"
}
# pod NAME NODE INTERFACES
pod() {
    node "$1"
    object "$@"
    attach "$2" "$1"
    object "$@"
}
address_in() { # POD INTERFACE 4|6
    at "$1" ip -o "-$3" address show dev "$2" scope global | awk '{sub("/.*", "", $4); print $4}'
}
received() { at "$1" cat "/sys/class/net/$2/statistics/rx_packets"; }
counts() { # FUNCTION...
    local one
    for one in "$@"; do printf '%s %s ' "$(received "$one" in)" "$(received "$one" out)"; done
}
# through FROM SOURCE DESTINATION INTERFACE FUNCTION...: an answer, and every function has seen it.
through() {
    local one before=()
    for one in "${@:5}"; do before+=("$(received "$one" "$4")"); done
    answers "$1" "$2" "$3" || return 1
    for one in "${@:5}"; do
        (($(received "$one" "$4") > before[0])) || return 1
        before=("${before[@]:1}")
    done
}
answers() { at "$1" ping -q -n -c 1 -W 1 -I "$2" "$3"; }
# crosses FROM SOURCE DESTINATION FUNCTION...: 20 echo requests and their answers, each through each
# function exactly once.
crosses() {
    local from=$1 source=$2 destination=$3 before after i one expected=()
    shift 3
    wait_for 15 "no answer through the chain, $source -> $destination" \
        through "$from" "$source" "$destination" in "$@"
    read -ra before <<<"$(counts "$@")"
    at "$from" ping -q -n -c 20 -i 0.01 -W 3 -I "$source" "$destination" >"$scratch/ping" ||
        fail "ping $source -> $destination: $(tail -n 3 "$scratch/ping")"
    for one in "${before[@]}"; do expected+=($((one + 20))); done
    read -ra after <<<"$(counts "$@")"
    [[ ${after[*]} == "${expected[*]}" ]] ||
        fail "$source -> $destination: $* received ${after[*]} packets (in, out), not ${expected[*]}"
}
# in_order FROM SOURCE DESTINATION FIRST SECOND STOP GO: a first function that stops leaves nothing
# to the second.
in_order() {
    local before
    at "$4" bash -c "$6"
    before=$(received "$5" in)
    ! answers "$1" "$2" "$3" >/dev/null 2>&1 || fail "$2 -> $3: packets get past $4"
    [[ $(received "$5" in) == "$before" ]] || fail "$2 -> $3: $5 comes before $4"
    at "$4" bash -c "$7"
    wait_for 5 "$2 -> $3: no answer when $4 goes on" answers "$1" "$2" "$3"
}
