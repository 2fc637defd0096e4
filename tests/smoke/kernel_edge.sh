#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A client behind a Linux router, a server behind Sextant, SRv6 between them. On the way there the
# kernel encapsulates and Sextant ends; on the way back Sextant encapsulates and the kernel ends. Flow
# number i is client address ::1i, server address ::1i: the kernel chooses the headend by the
# server's address, Sextant the policy by the client's, so every flow is another pair of behaviors.
# Each one pings and carries 2 MB over TCP in both directions; then the counters of its SIDs and of its
# policy must have seen it.
#
#   client ------------ kernel ==== SRv6 ==== sextant ------------ server
#     2001:db8:1::/64    fcbb:0:1::/48         fcbb:0:2::/48    2001:db8:2::/64
#     10.1.0.0/24        fcbd:0:1::/48 (uSID)  fcbd:0:2::/48    10.2.0.0/24
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

smoke_start
needs_seg6
node client server
router kernel
forwarder sextant
wire client:eth0 kernel:lan 2000
wire kernel:fab sextant:fab 2000
wire sextant:lan server:eth0 2000

# The end hosts. A flow with H.Insert and without PSP leaves the header in the packet: there has to be
# room for it on the last link, so hosts have links of 2000 and send 1500.
for host in client:1 server:2; do
    name=${host%:*} net=${host#*:}
    for i in 11 12 13 14 15 16 17 18 19 20; do
        address "$name" eth0 "2001:db8:$net::$i/64"
    done
    for i in 11 12 13 14; do address "$name" eth0 "10.$net.0.$i/24"; done
    at "$name" ip route add default via "10.$net.0.1" mtu 1500
    at "$name" ip -6 route add default via "2001:db8:$net::1" mtu 1500
    at "$name" sysctl -qw net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.eth0.seg6_enabled=1
done

# The kernel node: its SIDs, and one route per flow.
address kernel lan 2001:db8:1::1/64 10.1.0.1/24
address kernel fab 2001:db8:f::1/64
address kernel lo fcbb:0:1::1/128
at kernel ip sr tunsrc set fcbb:0:1::1
at kernel ip -6 route add fcbb:0:2::/48 via 2001:db8:f::2
at kernel ip -6 route add fcbd:0:2::/48 via 2001:db8:f::2
kernel_sid() {
    local sid=$1
    shift
    at kernel ip -6 route add "$sid" encap seg6local action "$@"
}
kernel_sid fcbb:0:1:1:: End dev fab
kernel_sid fcbb:0:1:2:: End flavors psp dev fab
kernel_sid fcbb:0:1:3:: End.T table 254 dev fab
kernel_sid fcbb:0:1:a:: End.X nh6 2001:db8:1::11 dev lan
kernel_sid fcbb:0:1:d6:: End.DX6 nh6 2001:db8:1::11 dev lan
kernel_sid fcbb:0:1:d7:: End.DT6 table 254 dev fab
kernel_sid fcbb:0:1:44:: End.DX4 nh4 10.1.0.11 dev lan
kernel_sid fcbd:0:1::/48 End flavors next-csid lblen 32 nflen 16 dev fab
kernel_sid fcbd:0:e006::/48 End.DT6 table 254 dev fab
there6() {
    at kernel ip -6 route add "2001:db8:2::$1" encap seg6 mode "$2" segs "$3" dev fab
}
there4() {
    at kernel ip route add "10.2.0.$1/32" encap seg6 mode "$2" segs "$3" dev fab
}
there6 11 encap fcbb:0:2:d7::
there6 12 encap.red fcbb:0:2:d7::
there6 13 encap fcbb:0:2:1::,fcbb:0:2:d7::
there6 14 encap fcbb:0:2:2::,fcbb:0:2:d6::
there6 15 encap.red fcbb:0:2:1::,fcbb:0:2:5::,fcbb:0:2:d8::
there6 16 inline fcbb:0:2:2::
there6 17 inline fcbb:0:2:1::
there6 18 encap.red fcbd:0:2:e006::
there6 19 encap fcbd:0:2::,fcbb:0:2:d7::
there6 20 encap fcbb:0:2:1::,fcbb:0:2:3::
there4 11 encap fcbb:0:2:44::
there4 12 encap.red fcbb:0:2:45::
there4 13 encap fcbb:0:2:1::,fcbb:0:2:d8::
there4 14 encap.red fcbb:0:2:2::,fcbb:0:2:45::

# Sextant: its SIDs, and one policy per flow.
policies() {
    local name headend sids
    echo 'policies:'
    while read -r name headend sids; do
        printf '  - {name: %s, headend: %s, segment_lists: [{segments: [%s]}]}\n' \
            "$name" "$headend" "$sids"
    done <<END
v6-11 H.Encaps "fcbb:0:1:d6::"
v6-12 H.Encaps.Red "fcbb:0:1:d6::"
v6-13 H.Encaps "fcbb:0:1:1::", "fcbb:0:1:d7::"
v6-14 H.Encaps "fcbb:0:1:2::", "fcbb:0:1:d6::"
v6-15 H.Encaps.Red "fcbb:0:1:1::", "fcbb:0:1:3::", "fcbb:0:1:d7::"
v6-16 H.Insert "fcbb:0:1:2::"
v6-17 H.Insert "fcbb:0:1:a::"
v6-18 H.Encaps.Red "fcbd:0:1:e006::"
v6-19 H.Encaps "fcbd:0:1::", "fcbb:0:1:d6::"
v6-20 H.Encaps.Red "fcbb:0:1:1::", "fcbb:0:1:d6::"
v4-11 H.Encaps "fcbb:0:1:44::"
v4-12 H.Encaps.Red "fcbb:0:1:44::"
v4-13 H.Encaps "fcbb:0:1:1::", "fcbb:0:1:44::"
v4-14 H.Encaps.Red "fcbb:0:1:2::", "fcbb:0:1:44::"
END
    echo 'steering:'
    for i in 11 12 13 14 15 16 17 18 19 20; do
        echo "  - {prefix: 2001:db8:1::$i/128, policy: v6-$i}"
    done
    for i in 11 12 13 14; do echo "  - {prefix: 10.1.0.$i/32, policy: v4-$i}"; done
}
sextant_start sextant <<END
node: {name: sextant}
ports:
  - name: fab
    device: "net_af_packet0,iface=fab"
    mtu: 2000
    addresses: ["2001:db8:f::2/64"]
  - name: lan
    device: "net_af_packet1,iface=lan"
    mtu: 2000
    trusted: false
    addresses: ["2001:db8:2::1/64", 10.2.0.1/24]
routes:
  - {prefix: "fcbb:0:1::/48", next_hop: "2001:db8:f::1"}
  - {prefix: "fcbd:0:1::/48", next_hop: "2001:db8:f::1"}
  # H.Insert keeps the client's address as source; errors to it go the plain way.
  - {prefix: "2001:db8:1::/64", next_hop: "2001:db8:f::1"}
encapsulation: {source: "fcbb:0:2::1"}
domain: {sid_space: ["fcbb::/32", "fcbd::/32"]}
local_sids:
  - {sid: "fcbb:0:2:1::", behavior: End}
  - {sid: "fcbb:0:2:2::", behavior: End, flavors: [PSP]}
  - {sid: "fcbb:0:2:3::", behavior: End, flavors: [USD]}
  - {sid: "fcbb:0:2:5::", behavior: End.T, lookup_table: main}
  - {sid: "fcbb:0:2:d6::", behavior: End.DX6, interface: lan, next_hop: "2001:db8:2::11"}
  - {sid: "fcbb:0:2:d7::", behavior: End.DT6, lookup_table: main}
  - {sid: "fcbb:0:2:d8::", behavior: End.DT46, lookup_table: main}
  - {sid: "fcbb:0:2:44::", behavior: End.DX4, interface: lan, next_hop: 10.2.0.11}
  - {sid: "fcbb:0:2:45::", behavior: End.DT4, lookup_table: main}
  - {sid: "fcbd:0:2::/48", behavior: uN}
  - {sid: "fcbd:0:e006::/48", behavior: uDT6, lookup_table: main}
$(policies)
END

serve client server
# At least this many packets each way: three pings, and 2 MB in segments of at most 1500 bytes.
least=1300

# flow FAMILY NUMBER TEXT SID...: the SIDs of Sextant that it passes.
flow() {
    local family=$1 i=$2 text=$3 sid before=()
    shift 3
    say "flow $family-$i: $text"
    for sid in "$@"; do before+=("$(packets_of_sid sextant "$sid")"); done
    local source=2001:db8:1::$i destination=2001:db8:2::$i
    [[ $family == v6 ]] || source=10.1.0.$i destination=10.2.0.$i
    ping_ok client "$source" "$destination"
    transfer client "$source" "$destination"
    transfer server "$destination" "$source" 200000
    local n=0
    for sid in "$@"; do
        expect_sid sextant "$sid" $((before[n] + least))
        n=$((n + 1))
    done
    expect_policy sextant "$family-$i" "$least"
}

flow v6 11 "encap -> End.DT6; H.Encaps -> End.DX6" fcbb:0:2:d7::
flow v6 12 "encap.red -> End.DT6; H.Encaps.Red -> End.DX6" fcbb:0:2:d7::
flow v6 13 "encap -> End, End.DT6; H.Encaps -> End, End.DT6" fcbb:0:2:1:: fcbb:0:2:d7::
flow v6 14 "encap -> End PSP, End.DX6; H.Encaps -> End PSP, End.DX6" fcbb:0:2:2:: fcbb:0:2:d6::
flow v6 15 "encap.red -> End, End.T, End.DT46; H.Encaps.Red -> End, End.T, End.DT6" \
    fcbb:0:2:1:: fcbb:0:2:5:: fcbb:0:2:d8::
flow v6 16 "inline -> End PSP; H.Insert -> End PSP" fcbb:0:2:2::
flow v6 17 "inline -> End; H.Insert -> End.X" fcbb:0:2:1::
flow v6 18 "encap.red -> uN, uDT6; H.Encaps.Red -> uN, End.DT6" fcbd:0:2::/48 fcbd:0:e006::/48
flow v6 19 "encap -> uN at the end of its carrier, End.DT6; the same back" fcbd:0:2::/48 fcbb:0:2:d7::
flow v6 20 "encap -> End, End USD; H.Encaps.Red -> End, End.DX6" fcbb:0:2:1:: fcbb:0:2:3::
flow v4 11 "encap -> End.DX4; H.Encaps -> End.DX4" fcbb:0:2:44::
flow v4 12 "encap.red -> End.DT4; H.Encaps.Red -> End.DX4" fcbb:0:2:45::
flow v4 13 "encap -> End, End.DT46; H.Encaps -> End, End.DX4" fcbb:0:2:1:: fcbb:0:2:d8::
flow v4 14 "encap.red -> End PSP, End.DT4; H.Encaps.Red -> End PSP, End.DX4" \
    fcbb:0:2:2:: fcbb:0:2:45::
say "14 flows, 4.4 MB each"
