#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A service with two backends on another node, without Kubernetes: the virtual IP stays the destination
# across the fabric, and becomes that of the backend on its node, port 80 -> 8080. Real TCP for IPv6 and
# IPv4: new connections reach both backends with the client's own address; a backend reaches itself;
# path MTU in both directions; connections live on while their backend drains.
#
#   client ---------- s1 ===== s2 ---------- a  2001:db8:2:a::5, 10.2.1.5
#     2001:db8:1::5      fabric     \------- b  2001:db8:2:b::5, 10.2.2.5
#     10.1.0.5           (1450)
#
# Virtual IPs 2096::1 and 10.96.0.1. Port 80: who answers, and whom it sees. Port 81: bytes both ways.
# Port 82: a message every 5 ms.
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

vip6=2096::1 vip4=10.96.0.1
fabric_mtu=1450
smoke_start

node client a b
forwarder s1 s2
wire client:eth0 s1:lan
wire s1:fab s2:fab "$fabric_mtu"
wire s2:pa a:eth0
wire s2:pb b:eth0
address client eth0 2001:db8:1::5/64 10.1.0.5/24
address a eth0 2001:db8:2:a::5/64 10.2.1.5/24
address b eth0 2001:db8:2:b::5/64 10.2.2.5/24
for host in "client 2001:db8:1::1 10.1.0.1" "a 2001:db8:2:a::1 10.2.1.1" "b 2001:db8:2:b::1 10.2.2.1"; do
    # shellcheck disable=SC2086
    set -- $host
    at "$1" ip -6 route add default via "$2"
    at "$1" ip route add default via "$3"
done

# policies DRAINS: one list per backend; DRAINS (a, b or nobody) gets no new connections.
policies() {
    local family host
    echo "policies:"
    for family in 6 4; do
        echo "  - name: web$family"
        echo "    sticky: true"
        echo "    segment_lists:"
        for host in a b; do
            echo "      - {segments: [\"fcbb:0:2:$family$host::\"], draining: $([[ $host == "$1" ]] && echo true || echo false)}"
        done
    done
}
steering() {
    local port
    for port in 80 81 82; do
        echo "  - {destination: \"$vip6\", protocol: tcp, port: $port, policy: web6}"
        echo "  - {destination: $vip4, protocol: tcp, port: $port, policy: web4}"
    done
}

# s1_config DRAINS: the client's node.
s1_config() {
    cat <<END
ports:
  - {name: fab, device: "net_af_packet0,iface=fab", mtu: $fabric_mtu, addresses: ["2001:db8:f::1/64", "fcbb:0:1::1/128"]}
  - {name: lan, device: "net_af_packet1,iface=lan", trusted: false, addresses: ["2001:db8:1::1/64", 10.1.0.1/24]}
routes:
  - {prefix: "fcbb:0:2::/48", next_hop: "2001:db8:f::2"}
encapsulation: {source: "fcbb:0:1::1"}
local_sids:
  - {sid: "fcbb:0:1:d::", behavior: End.DT46}
$(policies "$1")
steering:
$(steering)
END
}

# translations POD ADDRESS6 ADDRESS4
translations() {
    local rule port target
    for rule in 80:8080 81:5201 82:5202; do
        port=${rule%:*} target=${rule#*:}
        echo "  - {interface: $1, address: \"$vip6\", protocol: tcp, port: $port, target: \"$2\", target_port: $target}"
        echo "  - {interface: $1, address: $vip4, protocol: tcp, port: $port, target: $3, target_port: $target}"
    done
}

s1_config nobody | sextant_start s1
sextant_start s2 <<END
ports:
  - {name: fab, device: "net_af_packet0,iface=fab", mtu: $fabric_mtu, addresses: ["2001:db8:f::2/64", "fcbb:0:2::1/128"]}
  - {name: pa, device: "net_af_packet1,iface=pa", trusted: false, addresses: ["2001:db8:2:a::1/64", 10.2.1.1/24]}
  - {name: pb, device: "net_af_packet2,iface=pb", trusted: false, addresses: ["2001:db8:2:b::1/64", 10.2.2.1/24]}
routes:
  - {prefix: "fcbb:0:1::/48", next_hop: "2001:db8:f::1"}
encapsulation: {source: "fcbb:0:2::1"}
local_sids:
  - {sid: "fcbb:0:2:6a::", behavior: End.DX6, next_hop: "2001:db8:2:a::5"}
  - {sid: "fcbb:0:2:6b::", behavior: End.DX6, next_hop: "2001:db8:2:b::5"}
  - {sid: "fcbb:0:2:4a::", behavior: End.DX4, next_hop: 10.2.1.5}
  - {sid: "fcbb:0:2:4b::", behavior: End.DX4, next_hop: 10.2.2.5}
$(policies nobody)
  - {name: back, segment_lists: [{segments: ["fcbb:0:1:d::"]}]}
steering:
  - {prefix: "2001:db8:1::/64", policy: back}
  - {prefix: 10.1.0.0/24, policy: back}
$(steering)
service_translations:
$(translations pa 2001:db8:2:a::5 10.2.1.5)
$(translations pb 2001:db8:2:b::5 10.2.2.5)
END

who=$smoke_dir/tcp_who.py
for pod in a b; do
    start_process "$pod" "$scratch/who-$pod.log" /usr/bin/python3 "$who" serve "$pod" 8080
    start_process "$pod" "$scratch/steady-$pod.log" /usr/bin/python3 "$smoke_dir/tcp_steady.py" serve
done
serve a b

# all_told: every steady connection has said how it was.
all_told() { [[ $(grep -l 'messages,' "$scratch"/steady.* | wc -l) == "${#steady[@]}" ]]; }

# ask NODE SOURCE DESTINATION COUNT: "NAME PEER" of each connection.
ask() {
    timeout 30 ip netns exec "$prefix-$1" /usr/bin/python3 "$who" ask "$2" "$3" 80 "$4"
}

say "new connections reach both backends, and these see the client"
for pair in "2001:db8:1::5 $vip6" "10.1.0.5 $vip4"; do
    # shellcheck disable=SC2086
    set -- $pair
    ask client "$1" "$2" 60 >"$scratch/answers" || fail "$1 -> $2: $(tail -n 1 "$scratch/answers")"
    for pod in a b; do
        grep -qx "$pod $1" "$scratch/answers" || fail "no answer of $pod to $1: $(sort "$scratch/answers" | uniq -c)"
    done
    [[ $(grep -cx "[ab] $1" "$scratch/answers") == 60 ]] || fail "not all saw $1: $(sort "$scratch/answers" | uniq -c)"
done

say "a backend is a client, too, even its own"
for pair in "2001:db8:2:a::5 $vip6" "10.2.1.5 $vip4"; do
    # shellcheck disable=SC2086
    set -- $pair
    ask a "$1" "$2" 40 >"$scratch/answers" || fail "$1 -> $2: $(tail -n 1 "$scratch/answers")"
    grep -qx "a $2" "$scratch/answers" || fail "a does not reach itself by $2: $(sort "$scratch/answers" | uniq -c)"
    grep -qx "b $1" "$scratch/answers" || fail "a does not reach b by $2: $(sort "$scratch/answers" | uniq -c)"
done

say "path MTU: both directions complete, and both hosts learn it"
for pair in "2001:db8:1::5 $vip6" "10.1.0.5 $vip4"; do
    # shellcheck disable=SC2086
    set -- $pair
    for _ in 1 2 3 4; do transfer client "$1" "$2" 1000000 81; done
done
sextant_show s2 connections >"$scratch/connections" || fail "show connections takes too long"
grep -q "established\|closed" "$scratch/connections" || fail "no connections: $(<"$scratch/connections")"

say "connections live on while their backend drains, and new ones go elsewhere"
steady=()
for pair in "2001:db8:1::5 $vip6" "10.1.0.5 $vip4"; do
    # shellcheck disable=SC2086
    set -- $pair
    for i in 1 2 3 4 5 6; do
        start_process client "$scratch/steady.$1.$i" /usr/bin/python3 "$smoke_dir/tcp_steady.py" run "$1" "$2" 82
        steady+=("${pids[-1]}")
    done
done
sleep 1
{
    head -n 1 "$scratch/s1.yaml"  # runtime stays
    s1_config a
} >"$scratch/s1.new"
mv "$scratch/s1.new" "$scratch/s1.yaml"
timeout 10 "$bin_dir/sextant" reload --socket "$scratch/s1.sock" >"$scratch/reload" || fail "reload: $(<"$scratch/reload")"
for pair in "2001:db8:1::5 $vip6" "10.1.0.5 $vip4"; do
    # shellcheck disable=SC2086
    set -- $pair
    ask client "$1" "$2" 20 >"$scratch/answers"
    [[ $(grep -cx "b $1" "$scratch/answers") == 20 ]] || fail "a drains and gets connections: $(sort "$scratch/answers" | uniq -c)"
done
sleep 1
for pid in "${steady[@]}"; do
    kill -0 "$pid" 2>/dev/null || fail "a connection ended: $(tail -qn 1 "$scratch"/steady.*)"
    kill "$pid"
done
wait_for 5 "steady connections do not end" all_told
expect_sid s2 fcbb:0:2:6a:: 100
expect_sid s2 fcbb:0:2:4b:: 100
say "2 families, 200 connections, 8 transfers, 12 connections over a drain"
