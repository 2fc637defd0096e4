#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two nodes of a cluster that stands in a folder of manifests, which both follow: pods reach each other
# and a service over SRv6 without a SID, policy or steering rule in the configuration. Objects come and
# go while packets flow; a mistake in a manifest, a reload and a restart change nothing.
#
#   pod1 ---------- s1 ====== s2 ---------- pod2
#     2001:db8:a:1::/64        2001:db8:a:2::/64
#     10.1.1.0/24              10.1.2.0/24
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

smoke_start
node pod1 pod2
forwarder s1 s2
wire s1:fab s2:fab 2000
cluster=$scratch/cluster
mkdir "$cluster"

for n in 1 2; do
    wire "pod$n:eth0" "s$n:pods"
    address "pod$n" eth0 "2001:db8:a:$n::5/64" "10.1.$n.5/24"
    at "pod$n" ip route add default via "10.1.$n.1"
    at "pod$n" ip -6 route add default via "2001:db8:a:$n::1"
done

# Readers see a file whole or not at all.
manifest() {
    cat >"$scratch/manifest"
    mv "$scratch/manifest" "$cluster/$1"
}
cluster_node() {
    manifest "node$1.yaml" <<END
apiVersion: v1
kind: Node
metadata: {name: node$1}
spec: {podCIDRs: ["2001:db8:a:$1::/64", 10.1.$1.0/24]}
status: {addresses: [{type: InternalIP, address: "2001:db8:f::$1"}]}
END
}
service() {
    manifest service.yaml <<END
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec:
  type: ClusterIP
  clusterIP: 10.96.0.10
  clusterIPs: [10.96.0.10, "2001:db8:96::10"]
  ipFamilies: [IPv4, IPv6]
  ports: [{name: web, port: 80, protocol: TCP, targetPort: 5201}]
END
}
# slice FAMILY ADDRESS: on node 2.
slice() {
    manifest "slice-$1.yaml" <<END
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-$1, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: $1
ports: [{name: web, port: 5201, protocol: TCP}]
endpoints: [{addresses: ["$2"], nodeName: node2, conditions: {ready: true}}]
END
}
one_node() {
    local n=$1
    sextant_start "s$n" <<END
node: {name: s$n}
ports:
  - {name: fab, device: "net_af_packet0,iface=fab", mtu: 2000, addresses: ["2001:db8:f::$n/64"]}
  - {name: pods, device: "net_af_packet1,iface=pods", trusted: false, addresses: ["2001:db8:a:$n::1/64", 10.1.$n.1/24]}
kubernetes:
  source: manifests
  path: $cluster
  node_name: node$n
  pod_cidrs: ["2001:db8:a::/48", 10.1.0.0/16]
  sids: {plan: locator, block: "fcbb:100::/48"}
END
}
cluster_node 1
cluster_node 2
one_node 1
one_node 2

# ready NODE
ready() { [[ $(at "$1" curl -s -o /dev/null -w '%{http_code}' --unix-socket "$scratch/$1.sock" http://x/readyz) == 200 ]]; }
for n in 1 2; do wait_for 5 "s$n is not ready" ready "s$n"; done

reaches() { at pod1 ping -q -n -c 1 -W 1 "$1"; }
say "pods reach each other by the Node objects alone"
wait_for 5 "no way from pod to pod" reaches 2001:db8:a:2::5
serve pod1 pod2
ping_ok pod1 2001:db8:a:1::5 2001:db8:a:2::5
ping_ok pod1 10.1.1.5 10.1.2.5
transfer pod1 2001:db8:a:1::5 2001:db8:a:2::5
transfer pod2 10.1.2.5 10.1.1.5
expect_policy s1 "node node2 pods" 10
expect_sid s2 fcbb:100:0:3:46:: 10

say "a service without backends is unreachable"
service
unreachable() {
    at pod1 ping -n -c 1 -W 1 "$1" >"$scratch/told" 2>&1 || true
    grep -qi unreachable "$scratch/told"
}
wait_for 5 "no answer for a service without backends" unreachable 10.96.0.10
wait_for 5 "no answer for a service without backends" unreachable 2001:db8:96::10
# shows TEXT: about the service, on node 1.
shows() {
    sextant_show s1 services default/web >"$scratch/shown"
    grep -qF -- "$1" "$scratch/shown"
}
wait_for 5 "show services does not say why" shows 'NOT PROGRAMMED: no backend is ready'

say "with one, both families"
# connects ADDRESS: to port 80, which nobody listens on: the backend has 5201, and not this address.
connects() { at pod1 /usr/bin/python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], 80), 1).close()' "$1"; }
slice IPv4 10.1.2.5
slice IPv6 2001:db8:a:2::5
wait_for 5 "the service does not come up" connects 10.96.0.10
wait_for 5 "the service does not come up" connects 2001:db8:96::10
transfer pod1 10.1.1.5 10.96.0.10 2000000 80
transfer pod1 2001:db8:a:1::5 2001:db8:96::10 2000000 80
expect_policy s1 default/web/ipv4 10
expect_sid s2 fcbb:100:0:3:d4:0:a01:205 10
expect_sid s2 fcbb:100:0:3:d6::5 10
wait_for 5 "show services hides the segment list" shows '<fcbb:100:0:3:1::, fcbb:100:0:3:d6::5> weight 1'

say "what is wrong changes nothing"
printf 'kind: [\n' | manifest broken.yaml
echo 'apiVersion: v1
kind: Node
metadata: {name: node9}
spec: {podCIDRs: [172.16.0.0/24]}' | manifest node9.yaml
timeout 10 "$bin_dir/sextant" reload --socket "$scratch/s1.sock" >/dev/null
printf 'ports: [\n' >>"$scratch/s1.yaml"
! timeout 10 "$bin_dir/sextant" reload --socket "$scratch/s1.sock" >/dev/null 2>&1 ||
    fail "a broken configuration was taken"
transfer pod1 10.1.1.5 10.96.0.10 2000000 80
transfer pod1 10.1.1.5 10.1.2.5
rm "$cluster/broken.yaml" "$cluster/node9.yaml"

say "a node that goes and comes back"
mv "$cluster/node2.yaml" "$scratch/node2.yaml"
unknown() { ! reaches 10.1.2.5; }
wait_for 5 "node 2 is still there" unknown
wait_for 5 "the service has a backend on no node" unreachable 10.96.0.10
mv "$scratch/node2.yaml" "$cluster/node2.yaml"
wait_for 5 "node 2 does not come back" reaches 10.1.2.5
wait_for 5 "the service does not come back" connects 10.96.0.10
transfer pod1 10.1.1.5 10.96.0.10 2000000 80
say "done"
