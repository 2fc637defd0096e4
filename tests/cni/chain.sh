#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Service function chains through pods of two nodes, by manifests: functions are network namespaces
# with ordinary interfaces that sextant-cni has made by annotations. Each function counts what it
# receives on both of its interfaces: every packet crosses it once in each direction.
#
#   client (n1) -> fw (n2) -> nat (n1) -> server (n2), and back
#   L2: bridges and network stub. L3: routers and CustomNetwork blue, IPv6 and IPv4.
set -euo pipefail
# shellcheck source=tests/cni/chains/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/chains/lib.sh"

cni_start
forwarder n1 n2
wire n1:fab n2:fab 2000
chain_start
manifest blue.yaml <<'END'
apiVersion: contivpp.io/v1
kind: CustomNetwork
metadata: {name: blue, namespace: default}
spec:
  type: L3
  subnetCIDR: "fd10::/48"
  subnetOneNodePrefixLen: 64
  additionalSubnets: [{cidr: 10.50.0.0/16, oneNodePrefixLen: 24}]
END
# chain NAME CLIENT FW NAT SERVER SIDE IN OUT
chain() {
    manifest "chain-$1.yaml" <<END
apiVersion: contivpp.io/v1
kind: ServiceFunctionChain
metadata: {name: $1, namespace: default}
spec:
  bidirectional: true
  chain:
    - {name: client, type: Pod, podSelector: {sf: $2}, interface: $6}
    - {name: fw, type: Pod, podSelector: {sf: $3}, inputInterface: $7, outputInterface: $8}
    - {name: nat, type: Pod, podSelector: {sf: $4}, inputInterface: $7, outputInterface: $8}
    - {name: server, type: Pod, podSelector: {sf: $5}, interface: $6}
END
}
say "frames: bridges, network stub, two interfaces"
pod c2 n1 tap1/tap/stub
pod fw2 n2 in/tap/stub,out/tap/stub
pod nat2 n1 in/tap/stub,out/veth/stub
pod s2 n2 tap1/tap/stub
for function in fw2 nat2; do
    at "$function" sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.in.disable_ipv6=1 \
        net.ipv6.conf.out.disable_ipv6=1
    at "$function" ip link add br0 type bridge mcast_snooping 0
    for side in in out; do at "$function" ip link set "$side" master br0; done
    at "$function" ip link set br0 up
done
for host in c2:1 s2:2; do
    address "${host%:*}" tap1 "fd77::${host#*:}/64" "10.77.0.${host#*:}/24"
done
chain frames c2 fw2 nat2 s2 tap1 in out
crosses c2 fd77::1 fd77::2 fw2 nat2
crosses c2 10.77.0.1 10.77.0.2 fw2 nat2
serve c2 s2
transfer c2 fd77::1 fd77::2 200000
transfer s2 10.77.0.2 10.77.0.1 200000
in_order c2 10.77.0.1 10.77.0.2 fw2 nat2 'ip link set br0 down' 'ip link set br0 up'

say "packets: routers, CustomNetwork, two interfaces"
pod c3 n1 data/tap/blue
pod fw3 n2 in/tap/blue,out/tap/blue
pod nat3 n1 in/tap/blue,out/veth/blue
pod s3 n2 data/tap/blue
for function in fw3 nat3; do
    at "$function" sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1
    for way in c3:in s3:out; do
        at "$function" ip -6 route replace "$(address_in "${way%:*}" data 6)" via fe80::1 dev "${way#*:}"
        at "$function" ip route replace "$(address_in "${way%:*}" data 4)" via 169.254.1.1 dev "${way#*:}" onlink
    done
done
chain packets c3 fw3 nat3 s3 data in out
serve c3 s3
for family in 6 4; do
    source=$(address_in c3 data "$family") destination=$(address_in s3 data "$family")
    crosses c3 "$source" "$destination" fw3 nat3
    transfer c3 "$source" "$destination" 200000
    transfer s3 "$destination" "$source" 200000
done
in_order c3 "$source" "$destination" fw3 nat3 'sysctl -qw net.ipv4.ip_forward=0' 'sysctl -qw net.ipv4.ip_forward=1'

say "done"
