# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Nodes of a cluster in network namespaces, for tests and benches against a real API server: each is a
# sextantd with the kernel of its namespace as the node's host behind an exception tap, on one fabric; pods are
# namespaces attached by sextant-cni. Source it, do not run it; the variables of api_server.sh must be set.
#
#   pods -- sextantd of node1 -- fabric -- sextantd of node2 -- pods        outside: a host on the fabric
#            | host0                          | host0
#           kernel of the namespace          kernel of the namespace

# shellcheck source=tools/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../../tools/lib.sh"
# shellcheck source=tests/cni/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../cni/lib.sh"
# shellcheck source=tests/k8s/api_server.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/api_server.sh"

declare -A home_of  # node of a pod

# cluster_start NUMBER: namespaces and wires of node1 to nodeNUMBER, and the way to the API server.
cluster_start() {
    local n
    [[ -c /dev/net/tun ]] || skip "no /dev/net/tun: modprobe tun"
    command -v bridge >/dev/null || skip "no bridge (package iproute2)"
    cni_start
    router switch
    at switch ip link add br0 type bridge
    at switch ip link set br0 mtu 1600 up
    node outside
    wire "outside:eth0" "switch:outside" 1600
    at switch ip link set outside master br0
    address outside eth0 2001:db8:f::100/64 192.168.16.100/24
    local names=()
    for ((n = 1; n <= $1; ++n)); do
        forwarder "node$n"
        names+=("$prefix-node$n")
        wire "node$n:fab" "switch:node$n" 1600
        at switch ip link set "node$n" master br0
        host_stack "$n"
    done
    /usr/bin/python3 "$k8s_dir/relay.py" "$LIVE_PORT" "$scratch/cut" "${names[@]}" >"$scratch/relay.log" 2>&1 </dev/null &
    pids+=($!)
    api_kubeconfig sextant "https://127.0.0.1:$LIVE_PORT" >"$scratch/kubeconfig"
    OUT=$scratch/discovery api GET /apis/discovery.k8s.io
    slice_api=v1
    grep -q '"version": "v1"' "$scratch/discovery" || slice_api=v1beta1
    slices=/apis/discovery.k8s.io/$slice_api/namespaces/default/endpointslices
}

# host_stack N: the kernel of a node. It has the node's addresses behind the tap, and must not answer what it
# sees on the fabric: no ARP, and no packets whose way back is another one.
host_stack() {
    local at_node="node$1"
    at "$at_node" sysctl -qw net.ipv4.conf.fab.rp_filter=1
    at "$at_node" ip link set fab arp off
    at "$at_node" ip tuntap add dev host0 mode tap multi_queue
    at "$at_node" sysctl -qw net.ipv6.conf.host0.disable_ipv6=0 net.ipv6.conf.host0.accept_dad=0 \
        net.ipv6.conf.host0.accept_ra=0
    at "$at_node" ethtool -K host0 tx off gso off tso off >/dev/null 2>&1 || true
    at "$at_node" ip link set host0 up
    address "$at_node" host0 "2001:db8:f::$1/128" "192.168.16.$1/32"
    at "$at_node" ip -6 route add default via fe80::2 dev host0
    at "$at_node" ip route add default via 169.254.77.1 dev host0 onlink
}

# cluster_node N: its object, pods' subnets, and a daemon that is ready.
cluster_node() {
    api POST /api/v1/nodes "$(printf '{"kind":"Node","apiVersion":"v1","metadata":{"name":"node%s"},"spec":{"podCIDR":"2001:db8:a:%s::/64","podCIDRs":["2001:db8:a:%s::/64","10.1.%s.0/24"]}}' "$1" "$1" "$1" "$1")"
    api_patch "/api/v1/nodes/node$1/status" "$(printf '{"status":{"addresses":[{"type":"InternalIP","address":"2001:db8:f::%s"},{"type":"InternalIP","address":"192.168.16.%s"}]}}' "$1" "$1")"
    network "node$1" "10.1.$1.0/24" "2001:db8:a:$1::/64"
}
# node_daemon N [TEXT]: TEXT goes into section kubernetes.
node_daemon() {
    sextant_start "node$1" <<END
node: {name: node$1}
tables:
  - {name: main, exception: kernel0}
ports:
  - {name: fab, device: "net_af_packet0,iface=fab", mtu: 1600, addresses: ["2001:db8:f::$1/64", 192.168.16.$1/24]}
  - {name: kernel0, device: "net_tap0,iface=host0", addresses: ["fe80::2/64", 169.254.77.1/30]}
kubernetes:
  source: api
  kubeconfig: $scratch/kubeconfig
  node_name: node$1
  state_file: $scratch/node$1.state
  pod_cidrs: ["2001:db8:a::/48", 10.1.0.0/16]
  sids: {plan: locator, block: "fcbb:100::/48"}
$(printf '%s' "${2:-}")
END
    wait_for 15 "node$1 is not ready" is_ready "node$1"
}
is_ready() { [[ $(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$scratch/$1.sock" http://x/readyz) == 200 ]]; }

# pod NODE NAME...: an object, attached by the plugin, which runs then.
pod() {
    local on=$1 name
    shift
    node "$@"
    for name in "$@"; do
        home_of[$name]=$on
        api POST /api/v1/namespaces/default/pods "$("$k8s_dir/objects.py" pod "$name" "$on")"
        attach "$on" "$name"
        api_patch "/api/v1/namespaces/default/pods/$name/status" \
            "$("$k8s_dir/objects.py" status "$(address_of "$name" 6)" "$(address_of "$name" 4)")"
    done
}

# http NAME [PORT]: a server in a pod or at a node.
http() {
    start_process "$1" "$scratch/http-$1.log" /usr/bin/python3 "$k8s_dir/http_peer.py" serve "$1" "${2:-8080}"
    wait_for 10 "the HTTP server of $1 does not listen" listens_on "$1" "${2:-8080}"
}
listens_on() { [[ -n $(at "$1" ss -Htln "sport = :$2") ]]; }

# service NAME VIP6 VIP4 [SPEC]: port 80, "web". SPEC: more members of JSON.
service() {
    api POST /api/v1/namespaces/default/services "$(printf '{"kind":"Service","apiVersion":"v1","metadata":{"name":"%s"},"spec":{"clusterIP":"%s","clusterIPs":["%s","%s"],"ipFamilyPolicy":"RequireDualStack","ipFamilies":["IPv6","IPv4"],"ports":[{"name":"web","port":80,"targetPort":8080,"protocol":"TCP"%s}]%s}}' "$1" "$2" "$2" "$3" "${5:-}" "${4:-}")"
}

# endpoints SERVICE POD[!terminating]...: its slices, both families. A pod that is node1, ... is the host.
endpoints() {
    local service=$1 one name family list address
    shift
    for family in 6 4; do
        list=()
        for one in "$@"; do
            name=${one%!*}
            if [[ $name == node* ]]; then
                address=2001:db8:f::${name#node}
                ((family == 6)) || address=192.168.16.${name#node}
                list+=("$address@$name")
            else
                address=$(address_of "$name" "$family")
                list+=("$address@${home_of[$name]}/$name${one#"$name"}")
            fi
        done
        "$k8s_dir/objects.py" slice "$slice_api" "$family" "$service-$family" "$service" 8080 "${list[@]}" >"$scratch/slice"
        api PUT "$slices/$service-$family" "@$scratch/slice" 2>/dev/null ||
            api POST "$slices" "@$scratch/slice"
    done
}
