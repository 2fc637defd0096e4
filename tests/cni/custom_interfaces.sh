#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Pods with extra interfaces by annotations: made in ADD, all or nothing, by what the runtime hands on
# and by the Pod objects of a folder of manifests; addresses of networks; restart, CHECK, GC, DEL.
#
#   pods a, b, c ---- s
set -euo pipefail
# shellcheck source=tests/cni/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

cni_start
forwarder s
node fabric a b c
wire s:fabric fabric:s
cluster=$scratch/cluster
mkdir "$cluster"
# Readers see a file whole or not at all.
manifest() {
    cat >"$scratch/manifest"
    mv "$scratch/manifest" "$cluster/$1"
}
manifest node.yaml <<'END'
apiVersion: v1
kind: Node
metadata: {name: node3}
spec: {podCIDRs: ["2001:db8:a:3::/64", 10.1.3.0/24]}
status: {addresses: [{type: InternalIP, address: "2001:db8:f::3"}]}
END
manifest networks.yaml <<'END'
apiVersion: contivpp.io/v1
kind: CustomNetwork
metadata: {name: blue, namespace: default}
spec:
  type: L3
  subnetCIDR: "fd10::/48"
  subnetOneNodePrefixLen: 64
  additionalSubnets: [{cidr: 10.50.0.0/16, oneNodePrefixLen: 24}]
---
apiVersion: contivpp.io/v1
kind: CustomNetwork
metadata: {name: green, namespace: default}
spec: {type: L3, subnetCIDR: "fd20::/48", subnetOneNodePrefixLen: 64}
---
apiVersion: contivpp.io/v1
kind: CustomNetwork
metadata: {name: frames, namespace: default}
spec: {type: L2}
END
# pod NAME ANNOTATION...
pod() {
    local name=$1 one
    shift
    {
        echo "{apiVersion: v1, kind: Pod, metadata: {name: $name, namespace: default, annotations: {"
        for one in "$@"; do echo "  $one,"; done
        echo "}}, spec: {nodeName: node3}}"
    } | manifest "pod-$name.yaml"
}
configuration() {
    cat <<CONFIG
ports:
  - {name: fabric, device: "net_af_packet0,iface=fabric", addresses: ["2001:db8:f::3/64"], trusted: true}
kubernetes:
  source: manifests
  path: $cluster
  node_name: node3
  pod_cidrs: ["2001:db8:a::/48", 10.1.0.0/16]
  sids: {plan: locator, block: "fcbb:100::/48"}
CONFIG
}
start() {
    configuration | sextant_start s
    daemon=${pids[-1]}
}
start
mkdir "$scratch/memif"
net() { network s 10.1.3.0/24 2001:db8:a:3::/64 -- memifFolder "\"$scratch/memif\"" "$@"; }
net
# row POD INTERFACE KEY: of the attached interfaces.
row() {
    curl -sS --unix-socket "$scratch/s.sock" http://sextant/v1/pods | /usr/bin/python3 -c '
import json, sys
for pod in json.load(sys.stdin)["pods"]:
    if [pod["name"], pod["ifname"]] == sys.argv[1:3]:
        value = pod[sys.argv[3]]
        print(*value if isinstance(value, list) else [value])' "$@"
}
interfaces_of() { at "$1" ls /sys/class/net | tr '\n' ' '; }

say "interfaces of every type and network"
# Two annotations count together; the order in them does not.
pod a 'contivpp.io/custom-if: "tap2/tap/blue, tap1/tap/stub,veth1/veth/green"' \
    'contivpp.io/custom-if-2: "memif1/memif/stub,memif2/memif,tap3/tap,l2/tap/frames"' \
    'sextant.io/memif-uid: "65534"'
attach s a
[[ $(interfaces_of a) == "eth0 l2 lo tap1 tap2 tap3 veth1 " ]] || fail "a has $(interfaces_of a)"
[[ $(row a tap1 addresses) == "" && $(row a tap1 table) == "network stub" ]] || fail "tap1: $(row a tap1 addresses)"
[[ $(row a l2 addresses) == "" ]] || fail "l2: $(row a l2 addresses)"
[[ $(row a tap2 addresses) == fd10::3:*" "10.50.3.* && $(row a tap2 table) == "network default/blue" ]] ||
    fail "tap2: $(row a tap2 addresses) in $(row a tap2 table)"
[[ $(row a veth1 addresses) == fd20::3:* && $(row a veth1 table) == "network default/green" ]] ||
    fail "veth1: $(row a veth1 addresses)"
[[ $(row a tap3 addresses) == 10.1.3.*" "2001:db8:a:3:* && $(row a tap3 table) == main ]] ||
    fail "tap3: $(row a tap3 addresses)"
blue=$(row a tap2 addresses)
[[ $(at a ip -o address show dev tap2) == *"${blue%% *}/128"* ]] || fail "tap2 has no address in the pod"
[[ -z $(at a ip -o address show dev tap1) ]] || fail "tap1 has an address in the pod"
[[ $(at a cat /sys/class/net/tap1/flags) == 0x1003 ]] || fail "tap1 is not up"

say "MAC addresses follow from container and name"
expected=$(/usr/bin/python3 - c0ffee-a/tap1 <<'PYTHON'
import sys
hash = 0x811c9dc5
for byte in sys.argv[1].encode():
    hash = (hash ^ byte) * 0x01000193 & 0xffffffff
print("02:fe:" + ":".join("%02x" % b for b in hash.to_bytes(4, "little")))
PYTHON
)
[[ $(mac_of a tap1) == "$expected" ]] || fail "tap1 has $(mac_of a tap1), not $expected"

say "memif sockets: one of the pod, which keeps others out"
socket=$scratch/memif/c0ffee-a/memif.sock
[[ -S $socket && $(row a memif1 host_link) == "$socket" && $(row a memif2 host_link) == "$socket" ]] ||
    fail "memif: no $socket"
[[ $(stat -c '%a %u' "${socket%/*}") == "700 65534" && $(stat -c %u "$socket") == 65534 ]] ||
    fail "memif: $(stat -c '%a %u %n' "${socket%/*}" "$socket")"

say "traffic in a network, and none into another one"
pod b 'contivpp.io/custom-if: "tap1/tap/blue"'
attach s b
other=$(row b tap1 addresses)
reaches a "${blue%% *}" "${other%% *}"
reaches a "${blue##* }" "${other##* }"
! at a ping -q -n -c 1 -W 0.3 -I "$(row a veth1 addresses)" "${other%% *}" >/dev/null 2>&1 ||
    fail "network green reaches network blue"
reaches b "$(address_of b 4)" "$(address_of a 4)"

say "what is wrong with an annotation is said, and nothing is left"
ipam_count() { find "$scratch/ipam-s" -name '*.*.*.*' -o -name '*:*' | grep -cv lock || true; }
before=$(ipam_count)
# wrong ANNOTATION CODE TEXT
wrong() {
    pod c "contivpp.io/custom-if: \"$1\""
    # The folder is read a little later.
    sleep 0.3
    refused "$2" "$3" s ADD c
    [[ $(ipam_count) == "$before" ]] || fail "$1: addresses are not given back"
    [[ $(interfaces_of c) == "lo " ]] || fail "$1: the pod has $(interfaces_of c)"
    [[ $(pods_of s) == "a a a a a a a a b b" ]] || fail "$1: attached are $(pods_of s)"
}
wrong tap1 7 "entry 'tap1': is not name/type or name/type/network"
wrong tap1/tun 7 "type 'tun' is none of tap, veth and memif"
wrong tap1/tap,tap1/veth 7 "interface tap1 stands twice"
wrong a-name-with-16-cs/tap 7 "1 to 15 letters"
wrong tap1/tap/nowhere 7 "there is no CustomNetwork default/nowhere"
wrong tap1/tap,eth0/tap/stub 7 "the name is taken by another interface"
at c ip link add tap2 type veth peer name other
interfaces_before=$(interfaces_of c)
pod c 'contivpp.io/custom-if: "tap1/tap,tap2/tap/stub"'
sleep 0.3
refused 100 "the name tap2 is taken" s ADD c
[[ $(ipam_count) == "$before" && $(interfaces_of c) == "$interfaces_before" ]] ||
    fail "a name that is taken: $(ipam_count) addresses instead of $before, $(interfaces_of c)"
at c ip link delete tap2

say "annotations that the runtime hands on need no cluster"
rm "$cluster/pod-c.yaml"
sleep 0.3
net runtimeConfig '{"io.kubernetes.cri.pod-annotations": {"contivpp.io/custom-if": "x1/tap/stub"}}'
attach s c
[[ $(interfaces_of c) == "eth0 lo x1 " ]] || fail "c has $(interfaces_of c)"
detach s c
net

say "CHECK looks at all of them"
cp "$scratch/cni-a" "$scratch/a.result"
cni s ADD c
cp "$scratch/a.result" "$scratch/cni-a"
detach s c
# with_result POD
with_result() {
    /usr/bin/python3 - "$scratch/s.conf" "$scratch/$1.result" >"$scratch/with-result.conf" <<'PYTHON'
import json, sys
config = json.load(open(sys.argv[1]))
config["prevResult"] = json.load(open(sys.argv[2]))
json.dump(config, sys.stdout)
PYTHON
}
with_result a
cni with-result CHECK a || fail "CHECK of a: $(<"$scratch/cni-a")"
at a ip link set tap1 down
refused 100 "tap1 is down" with-result CHECK a
at a ip link set tap1 up

say "a daemon that is killed finds all of them again"
kill -9 "$daemon"
tail --pid="$daemon" -s 0.02 -f /dev/null
start
all_back() { [[ $(pods_of s) == "a a a a a a a a b b" ]]; }
wait_for 10 "not all interfaces are attached again" all_back
[[ $(row a tap2 addresses) == "$blue" && -S $socket ]] || fail "tap2 has $(row a tap2 addresses) now"
reaches a "${blue%% *}" "${other%% *}"
cni with-result CHECK a || fail "CHECK of a: $(<"$scratch/cni-a")"

say "the same pod gets the same addresses again"
detach s a
[[ $(interfaces_of a) == "lo " ]] || fail "a still has $(interfaces_of a)"
[[ ! -e ${socket%/*} ]] || fail "the folder of the memif socket stays"
attach s a
[[ $(row a tap2 addresses) == "$blue" ]] || fail "tap2 has $(row a tap2 addresses), not $blue"
reaches a "${blue%% *}" "${other%% *}"

say "GC keeps what belongs to a valid pod, DEL needs nothing to be there"
/usr/bin/python3 - "$scratch/s.conf" >"$scratch/gc.conf" <<'PYTHON'
import json, sys
config = json.load(open(sys.argv[1]))
config["cniVersion"] = "1.1.0"
config["cni.dev/valid-attachments"] = [{"containerID": "c0ffee-b", "ifname": "eth0"}]
json.dump(config, sys.stdout)
PYTHON
cni gc GC b || fail "GC: $(<"$scratch/cni-b")"
[[ $(pods_of s) == "b b" ]] || fail "after GC attached are: $(pods_of s)"
cni with-result DEL a || fail "DEL of a: $(<"$scratch/cni-a")"
ip netns delete "$prefix-b"
detach s b
detach s b
[[ $(ipam_count) == 0 ]] || fail "$(ipam_count) addresses are left"
[[ -z $(pods_of s) ]] || fail "attached are: $(pods_of s)"
[[ $(curl -sS --unix-socket "$scratch/s.sock" http://sextant/v1/interfaces | grep -c '"network default') == 0 ]] ||
    fail "an interface is left in a network"
