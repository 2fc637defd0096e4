#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sextant is the node in the middle; Linux encapsulates on one side and ends on the other, both ways.
# Flow number i is client address ::1i and server address ::1i; each chooses another SID of Sextant on
# the way. Where the SID decides about the way, the plain route is wrong on purpose: locators
# fcbb:0:11::/48 and fcbb:0:13::/48 lead into a black hole in table main and are reached by End.X alone,
# fcbb:0:21::/48 and fcbb:0:23::/48 have a route in table te alone.
#
#   client ------------- k1 ====== sextant ====== k3 ------------- server
#     2001:db8:1::/64   node 1      node 2       node 3   2001:db8:3::/64
#     10.1.0.0/24                                         10.3.0.0/24
#
#   SID of node N: fcbb:0:N:<function>::   uSID of node N: fcbd:0:N::/48   local functions: fcbd:0:e...
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

smoke_start
needs_seg6
node client server
router k1 k3
forwarder sextant
wire client:eth0 k1:lan
wire k1:fab sextant:f1 2000
wire sextant:f3 k3:fab 2000
wire k3:lan server:eth0

flows_v6='11 12 13 14 15 16 17 18 19 20 21'
flows_v4='11 12 13'

# side HOST ROUTER NUMBER OTHER: one side of the picture.
side() {
    local host=$1 router=$2 n=$3 other=$4 i
    address "$router" lan "2001:db8:$n::1/64" "10.$n.0.1/24"
    address "$router" fab "2001:db8:f$n::1/64"
    address "$router" lo "fcbb:0:$n::1/128"
    at "$router" ip sr tunsrc set "fcbb:0:$n::1"
    at "$router" ip -6 route add fcbb::/32 via "2001:db8:f$n::2"
    at "$router" ip -6 route add fcbd::/32 via "2001:db8:f$n::2"
    # The three locators of the node: plain, behind End.X, in table te.
    for i in "$n" "1$n" "2$n"; do
        at "$router" ip -6 route add "fcbb:0:$i:d6::" encap seg6local action End.DX6 \
            nh6 "2001:db8:$n::11" dev lan
    done
    at "$router" ip -6 route add "fcbb:0:$n:44::" encap seg6local action End.DX4 \
        nh4 "10.$n.0.11" dev lan
    at "$router" ip -6 route add "fcbb:0:$n:1::" encap seg6local action End dev fab
    at "$router" ip -6 route add "fcbb:0:$n:d7::" encap seg6local action End.DT6 table 254 dev fab
    at "$router" ip -6 route add "fcbd:0:$n::/48" encap seg6local action End \
        flavors next-csid lblen 32 nflen 16 dev fab
    at "$router" ip -6 route add fcbd:0:e006::/48 encap seg6local action End.DT6 table 254 dev fab
    for i in $flows_v6; do address "$host" eth0 "2001:db8:$n::$i/64"; done
    for i in $flows_v4; do address "$host" eth0 "10.$n.0.$i/24"; done
    at "$host" ip route add default via "10.$n.0.1"
    at "$host" ip -6 route add default via "2001:db8:$n::1"

    go() {
        at "$router" ip -6 route add "2001:db8:$other::$1" encap seg6 mode "$2" segs "$3" dev fab
    }
    go 11 encap "fcbb:0:2:1::,fcbb:0:$other:d6::"
    go 12 encap "fcbb:0:2:2::,fcbb:0:$other:d6::"
    go 13 encap "fcbb:0:2:a$other::,fcbb:0:1$other:d6::"
    go 14 encap.red "fcbb:0:2:b$other::,fcbb:0:1$other:d6::"
    go 15 encap "fcbb:0:2:7::,fcbb:0:2$other:d6::"
    go 16 encap.red "fcbb:0:2:8::,fcbb:0:2$other:d6::"
    go 17 encap.red "fcbb:0:2:1::,fcbb:0:2:2::,fcbb:0:2:a$other::,fcbb:0:1$other:d6::"
    go 18 encap.red "fcbd:0:2:$other:e006::"
    go 19 encap "fcbd:0:2::,fcbb:0:$other:d6::"
    go 20 encap.red "fcbd:0:2:fa0$other:$other:e006::"
    # 21: the binding SID of a policy of Sextant that leads on.
    go 21 encap "fcbb:0:2:b6$other::,fcbb:0:$other:d6::"
    for i in 11:1:: 12:2:: 13:"a$other::"; do
        at "$router" ip route add "10.$other.0.${i%%:*}/32" encap seg6 mode encap \
            segs "fcbb:0:2:${i#*:},fcbb:0:$other:44::" dev fab
    done
}
side client k1 1 3
side server k3 3 1

sextant_start sextant <<'END'
node: {name: sextant}
tables:
  - {name: te}
ports:
  - name: f1
    device: "net_af_packet0,iface=f1"
    mtu: 2000
    addresses: ["2001:db8:f1::2/64"]
  - name: f3
    device: "net_af_packet1,iface=f3"
    mtu: 2000
    addresses: ["2001:db8:f3::2/64"]
routes:
  - {prefix: "fcbb:0:1::/48", next_hop: "2001:db8:f1::1"}
  - {prefix: "fcbb:0:3::/48", next_hop: "2001:db8:f3::1"}
  - {prefix: "fcbd:0:1::/48", next_hop: "2001:db8:f1::1"}
  - {prefix: "fcbd:0:3::/48", next_hop: "2001:db8:f3::1"}
  - {prefix: "fcbb:0:11::/48", type: blackhole}
  - {prefix: "fcbb:0:13::/48", type: blackhole}
  - {table: te, prefix: "fcbb:0:21::/48", interface: f1, next_hop: "2001:db8:f1::1"}
  - {table: te, prefix: "fcbb:0:23::/48", interface: f3, next_hop: "2001:db8:f3::1"}
encapsulation: {source: "fcbb:0:2::1"}
local_sids:
  - {sid: "fcbb:0:2:1::", behavior: End}
  - {sid: "fcbb:0:2:2::", behavior: End, flavors: [PSP]}
  - {sid: "fcbb:0:2:7::", behavior: End.T, lookup_table: te}
  - {sid: "fcbb:0:2:8::", behavior: End.T, lookup_table: te, flavors: [PSP]}
  - {sid: "fcbb:0:2:a1::", behavior: End.X, interface: f1, next_hop: "2001:db8:f1::1"}
  - {sid: "fcbb:0:2:a3::", behavior: End.X, interface: f3, next_hop: "2001:db8:f3::1"}
  - {sid: "fcbb:0:2:b1::", behavior: End.X, interface: f1, next_hop: "2001:db8:f1::1", flavors: [PSP]}
  - {sid: "fcbb:0:2:b3::", behavior: End.X, interface: f3, next_hop: "2001:db8:f3::1", flavors: [PSP]}
  - {sid: "fcbd:0:2::/48", behavior: uN}
  - {sid: "fcbd:0:2:fa01::/64", behavior: uA, csid: {block: 32, node: 16, function: 16}, interface: f1, next_hop: "2001:db8:f1::1"}
  - {sid: "fcbd:0:2:fa03::/64", behavior: uA, csid: {block: 32, node: 16, function: 16}, interface: f3, next_hop: "2001:db8:f3::1"}
policies:
  - {name: to-1, binding_sid: "fcbb:0:2:b61::", headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:1:1::", "fcbb:0:1:d7::"]}]}
  - {name: to-3, binding_sid: "fcbb:0:2:b63::", headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:3:1::", "fcbb:0:3:d7::"]}]}
END

serve client server
least=1300

# flow FAMILY NUMBER TEXT SID...
flow() {
    local family=$1 i=$2 text=$3 sid before=() n=0
    shift 3
    say "flow $family-$i: $text"
    for sid in "$@"; do before+=("$(packets_of_sid sextant "$sid")"); done
    local source=2001:db8:1::$i destination=2001:db8:3::$i
    [[ $family == v6 ]] || source=10.1.0.$i destination=10.3.0.$i
    ping_ok client "$source" "$destination"
    transfer client "$source" "$destination"
    transfer server "$destination" "$source" 200000
    for sid in "$@"; do
        expect_sid sextant "$sid" $((before[n] + least))
        n=$((n + 1))
    done
}

flow v6 11 "End" fcbb:0:2:1::
flow v6 12 "End PSP" fcbb:0:2:2::
flow v6 13 "End.X" fcbb:0:2:a1:: fcbb:0:2:a3::
flow v6 14 "End.X PSP" fcbb:0:2:b1:: fcbb:0:2:b3::
flow v6 15 "End.T" fcbb:0:2:7::
flow v6 16 "End.T PSP" fcbb:0:2:8::
flow v6 17 "End, End PSP, End.X, all of one node" fcbb:0:2:1:: fcbb:0:2:2:: fcbb:0:2:a3::
flow v6 18 "uN" fcbd:0:2::/48
flow v6 19 "uN at the end of its carrier" fcbd:0:2::/48
flow v6 20 "uA" fcbd:0:2:fa01::/64 fcbd:0:2:fa03::/64
flow v6 21 "End.B6.Encaps" fcbb:0:2:b61:: fcbb:0:2:b63::
flow v4 11 "End" fcbb:0:2:1::
flow v4 12 "End PSP" fcbb:0:2:2::
flow v4 13 "End.X" fcbb:0:2:a1:: fcbb:0:2:a3::
say "ping to SIDs, from inside of the domain"
ping_ok k1 fcbb:0:1::1 fcbb:0:2:1::
ping_ok k3 fcbb:0:3::1 fcbb:0:2:a1::
say "14 flows, 4.4 MB each"
