#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A chain between external interfaces of two nodes, VLANs of a device of the kernel and of a port of
# the configuration, in a CustomNetwork; its function is a router of one interface.
#
#   left ---- n1 ====== n2 ---- right
set -euo pipefail
# shellcheck source=tests/cni/chains/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/chains/lib.sh"

cni_start
forwarder n1 n2
node left right
wire n1:fab n2:fab 2000
wire left:eth0 n1:left
wire right:eth0 n2:right
more_ports[2]='  - {name: right, device: "net_af_packet1,iface=right", trusted: false}'
chain_start
manifest objects.yaml <<'END'
apiVersion: contivpp.io/v1
kind: CustomNetwork
metadata: {name: blue, namespace: default}
spec: {type: L3, subnetCIDR: 10.50.0.0/16, subnetOneNodePrefixLen: 24}
---
apiVersion: contivpp.io/v1
kind: ExternalInterface
metadata: {name: south, namespace: default}
spec: {type: L3, network: blue, nodes: [{node: n1, vppInterfaceName: left, vlan: 300, ip: 10.60.1.1/24}]}
---
apiVersion: contivpp.io/v1
kind: ExternalInterface
metadata: {name: north, namespace: default}
spec: {type: L3, network: blue, nodes: [{node: n2, vppInterfaceName: right, vlan: 300, ip: 10.60.2.1/24}]}
END
# vlan HOST ID ADDRESS...
vlan() {
    start_process "$1" "$scratch/vlan-$1-$2.log" "$(dirname -- "${BASH_SOURCE[0]}")/chains/vlan_peer.py" eth0 "v$2" "$2"
    wait_for 5 "no VLAN $2 at $1" at "$1" ip link show "v$2"
    at "$1" ip link set "v$2" mtu 1400 up
    address "$1" "v$2" "${@:3}"
}
vlan left 300 10.60.1.10/24
vlan right 300 10.60.2.10/24
at left ip route add 10.60.2.0/24 via 10.60.1.1
at right ip route add 10.60.1.0/24 via 10.60.2.1
# chain NAME START FUNCTION END INPUT OUTPUT
chain() {
    manifest "chain-$1.yaml" <<END
apiVersion: contivpp.io/v1
kind: ServiceFunctionChain
metadata: {name: $1, namespace: default}
spec:
  bidirectional: true
  chain:
    - {type: ExternalInterface, interface: $2}
    - {type: Pod, podSelector: {sf: $3}, inputInterface: $5, outputInterface: $6}
    - {type: ExternalInterface, interface: $4}
END
}
# twice FROM SOURCE DESTINATION FUNCTION: 20 requests and answers cross its one interface.
twice() {
    local before after
    wait_for 15 "no answer through the chain, $2 -> $3" through "$1" "$2" "$3" io "$4"
    before=$(received "$4" io)
    at "$1" ping -q -n -c 20 -i 0.01 -W 3 -I "$2" "$3" >"$scratch/ping" || fail "ping $2 -> $3: $(<"$scratch/ping")"
    after=$(received "$4" io)
    ((after == before + 40)) || fail "$2 -> $3: $4 received $((after - before)) packets, not 40"
}
serve left right

say "packets: L3 ends with VLAN, a router of one interface"
pod router n1 io/tap/blue
at router sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.io.send_redirects=0
at router ip route replace 10.60.0.0/16 via 169.254.1.1 dev io onlink
chain packets south router north io io
twice left 10.60.1.10 10.60.2.10 router
transfer left 10.60.1.10 10.60.2.10 200000
transfer right 10.60.2.10 10.60.1.10 200000

say "done"
