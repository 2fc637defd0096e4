#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two Sextant nodes, as a host sees them: each hop that decrements a hop limit to nothing says so, hosts
# cannot reach SIDs or send segment routing headers (and that is counted), closed ports are refused,
# and what the forwarder does not serve itself goes to a process of the kernel behind the exception tap.
#
#   client ---------- s1 ====== s2 ---------- server
#     2001:db8:1::/64  |            2001:db8:2::/64
#     10.1.0.0/24    host0          10.2.0.0/24
#                    (tap: kernel of the namespace of s1, with the addresses of s1)
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

[[ -c /dev/net/tun ]] || skip "no /dev/net/tun: modprobe tun"
smoke_start
needs_seg6
node client server
forwarder s1 s2
wire client:eth0 s1:lan
wire s1:fab s2:fab 2000
wire s2:lan server:eth0
address client eth0 2001:db8:1::9/64 10.1.0.9/24
address server eth0 2001:db8:2::9/64 10.2.0.9/24
at client ip route add default via 10.1.0.1
at client ip -6 route add default via 2001:db8:1::1
at server ip route add default via 10.2.0.1
at server ip -6 route add default via 2001:db8:2::1

# one_node NUMBER OTHER PORTS: PORTS go in front.
one_node() {
    local n=$1 o=$2
    cat <<END
node: {name: s$n}
ports:
$3
  - {name: fab, device: "net_af_packet0,iface=fab", mtu: 2000, addresses: ["2001:db8:f::$n/64", "fcbb:0:$n::1/128"]}
  - {name: lan, device: "net_af_packet1,iface=lan", trusted: false, addresses: ["2001:db8:$n::1/64", 10.$n.0.1/24]}
routes:
  - {prefix: "fcbb:0:$o::/48", next_hop: "2001:db8:f::$o"}
encapsulation: {source: "fcbb:0:$n::1"}
domain: {sid_space: ["fcbb::/16"]}
local_sids:
  - {sid: "fcbb:0:$n:1::", behavior: End}
  - {sid: "fcbb:0:$n:d7::", behavior: End.DT46, lookup_table: main}
policies:
  - {name: over, headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:$o:1::", "fcbb:0:$o:d7::"]}]}
steering:
  - {prefix: "2001:db8:$o::/64", policy: over}
  - {prefix: "10.$o.0.0/24", policy: over}
END
}
{
    one_node 1 2 '  - {name: host, device: "net_tap0,iface=host0", addresses: ["fe80::2/64", 169.254.77.1/30]}'
    echo 'tables: [{name: main, exception: host}]'
} | sextant_start s1
one_node 2 1 '' | sextant_start s2

say "there and back"
serve client server
ping_ok client 2001:db8:1::9 2001:db8:2::9
ping_ok client 10.1.0.9 10.2.0.9
transfer client 2001:db8:1::9 2001:db8:2::9
transfer client 10.1.0.9 10.2.0.9
transfer server 2001:db8:2::9 2001:db8:1::9
transfer server 10.2.0.9 10.1.0.9

# hop DESTINATION TTL FROM: who says that the hop limit is used up.
hop() {
    at client ping -n -c 3 -i 0.2 -W 1 -t "$2" "$1" >"$scratch/hop" 2>&1 || true
    grep -qE "From $3 .*(Time exceeded|Time to live exceeded)" "$scratch/hop" ||
        fail "hop limit $2 to $1: no answer from $3: $(<"$scratch/hop")"
}
say "each hop answers"
hop 2001:db8:2::9 1 2001:db8:1::1
hop 2001:db8:2::9 2 2001:db8:f::2
hop 10.2.0.9 1 10.1.0.1
hop 10.2.0.9 2 10.2.0.1
at client ping -q -n -c 1 -W 2 -t 3 2001:db8:2::9 >/dev/null || fail "hop limit 3 does not arrive"
at client ping -q -n -c 1 -W 2 -t 3 10.2.0.9 >/dev/null || fail "TTL 3 does not arrive"
expect_drops s1 headend_hop_limit_exceeded 2

say "the edge of the domain"
before=$(packets_of_sid s2 fcbb:0:2:d7::)
! at client ping -q -n -c 2 -i 0.1 -W 1 fcbb:0:2:d7:: >/dev/null 2>&1 ||
    fail "a host reaches a SID of the far node"
! at client ping -q -n -c 2 -i 0.1 -W 1 fcbb:0:1:1:: >/dev/null 2>&1 ||
    fail "a host reaches a SID of its own node"
expect_drops s1 edge_sid_from_untrusted 4
at client ip -6 route add 2001:db8:2::77 encap seg6 mode inline segs 2001:db8:2::9 dev eth0
! at client ping -q -n -c 2 -i 0.1 -W 1 2001:db8:2::77 >/dev/null 2>&1 ||
    fail "a host may send a segment routing header"
expect_drops s1 edge_srh_from_untrusted 2
(($(packets_of_sid s2 fcbb:0:2:d7::) == before)) || fail "something came through to s2"

say "a port that nobody serves"
at client /usr/bin/python3 - <<'END' || fail "a closed port of s2 does not refuse"
import socket
for destination, family in (('2001:db8:2::1', socket.AF_INET6), ('10.2.0.1', socket.AF_INET)):
    probe = socket.socket(family, socket.SOCK_DGRAM)
    probe.settimeout(3)
    probe.connect((destination, 9))
    probe.send(b'?')
    try:
        probe.recv(1)
        raise SystemExit('answered')
    except ConnectionRefusedError:
        pass
END

say "the exception path"
at s1 sysctl -qw net.ipv6.conf.host0.disable_ipv6=0 net.ipv6.conf.host0.accept_dad=0
at s1 ip link set host0 up
at s1 ethtool -K host0 tx off gso off tso off >/dev/null 2>&1 || true
address s1 host0 2001:db8:1::1/128 10.1.0.1/32
at s1 ip -6 route add default via fe80::2 dev host0
at s1 ip route add default via 169.254.77.1 dev host0 onlink
serve s1
ping_ok client 2001:db8:1::9 2001:db8:1::1
transfer client 2001:db8:1::9 2001:db8:1::1
transfer client 10.1.0.9 10.1.0.1
say "... and from the far side, over SRv6"
transfer server 2001:db8:2::9 2001:db8:1::1
transfer server 10.2.0.9 10.1.0.1
say "done"
