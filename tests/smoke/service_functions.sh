#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Service functions that know nothing of SRv6, behind the proxies of s2: a Linux router (IPv6 and IPv4),
# a Linux bridge (frames). Each counts what passes it, by its own interfaces. The way there is through the
# function; the way back too for End.AD (a second SID with the sides exchanged), else straight.
#
#   client ------ s1 ====== s2 ------ server          flow 11 End.AD   router ad, both ways
#     2001:db8:1::/64   in | | out  2001:db8:2::/64   flow 12 End.AS   router as
#     10.1.0.0/24     function      10.2.0.0/24       flow 13 End.AM   router am, IPv6 alone
#   left -------- s1 ====== s2 ------ right           frames: End.AD   bridge l2, both ways
#     2001:db8:a::/64 on both sides, 10.10.0.0/24
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

smoke_start
node client server left right l2
router ad as am
forwarder s1 s2
wire client:eth0 s1:lan
wire left:eth0 s1:wire
wire s1:fab s2:fab 2000
wire s2:lan server:eth0
wire s2:wire right:eth0
for function in ad as l2; do
    wire "s2:${function}in" "$function:in"
    wire "s2:${function}out" "$function:out"
done
# End.AM leaves the routing header in the packet: its function needs the larger MTU.
wire s2:amin am:in 2000
wire s2:amout am:out 2000

for host in client:1 server:2; do
    IFS=: read -r name n <<<"$host"
    for i in 11 12 13; do address "$name" eth0 "2001:db8:$n::$i/64" "10.$n.0.$i/24"; done
    at "$name" ip route add default via "10.$n.0.1"
    at "$name" ip -6 route add default via "2001:db8:$n::1"
done
address left eth0 2001:db8:a::1/64 10.10.0.1/24
address right eth0 2001:db8:a::2/64 10.10.0.2/24

# Routers: towards the server by out, towards the client by in.
number=0
for function in ad as am; do
    number=$((number + 1))
    for side in in:1 out:2; do
        net=$number${side#*:}
        address "$function" "${side%:*}" "2001:db8:e$net::2/64" "10.200.$net.2/24"
    done
    at "$function" ip -6 route add default via "2001:db8:e${number}2::1"
    at "$function" ip route add default via "10.200.${number}2.1"
    at "$function" ip -6 route add 2001:db8:1::/64 via "2001:db8:e${number}1::1"
    at "$function" ip route add 10.1.0.0/24 via "10.200.${number}1.1"
done
# The bridge itself has nothing to say: what it sent would be no packet of any chain.
at l2 sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
at l2 ip link add br0 type bridge mcast_snooping 0
at l2 ip link set in master br0
at l2 ip link set out master br0
at l2 ip link set br0 up

sextant_start s1 <<'END'
ports:
  - {name: fab, device: "net_af_packet0,iface=fab", mtu: 2000, addresses: ["2001:db8:f::1/64"]}
  - {name: lan, device: "net_af_packet1,iface=lan", trusted: false, addresses: ["2001:db8:1::1/64", 10.1.0.1/24]}
  - {name: wire, device: "net_af_packet2,iface=wire"}
routes:
  - {prefix: "fcbb:0:2::/48", next_hop: "2001:db8:f::2"}
encapsulation: {source: "2001:db8:f::1"}
domain: {sid_space: ["fcbb::/16"]}
local_sids:
  - {sid: "fcbb:0:1:d7::", behavior: End.DT46, lookup_table: main}
  - {sid: "fcbb:0:1:d2::", behavior: End.DX2, interface: wire}
policies:
  - {name: ad6, headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:2:ad6::", "fcbb:0:2:d7::"]}]}
  - {name: ad4, headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:2:ad4::", "fcbb:0:2:d7::"]}]}
  - {name: as6, headend: H.Encaps.Red, segment_lists: [{segments: ["fcbb:0:2:a56::", "fcbb:0:2:d7::"]}]}
  - {name: as4, headend: H.Encaps.Red, segment_lists: [{segments: ["fcbb:0:2:a54::", "fcbb:0:2:d7::"]}]}
  - {name: am6, headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:2:a36::", "fcbb:0:2:d7::"]}]}
  - {name: wire, headend: H.Encaps.L2, segment_lists: [{segments: ["fcbb:0:2:ad2::", "fcbb:0:2:d2::"]}]}
steering:
  - {prefix: "2001:db8:2::11/128", policy: ad6}
  - {prefix: "10.2.0.11/32", policy: ad4}
  - {prefix: "2001:db8:2::12/128", policy: as6}
  - {prefix: "10.2.0.12/32", policy: as4}
  - {prefix: "2001:db8:2::13/128", policy: am6}
  - {interface: wire, policy: wire}
END
{
    cat <<'END'
ports:
  - {name: fab, device: "net_af_packet0,iface=fab", mtu: 2000, addresses: ["2001:db8:f::2/64"]}
  - {name: lan, device: "net_af_packet1,iface=lan", trusted: false, addresses: ["2001:db8:2::1/64", 10.2.0.1/24]}
  - {name: wire, device: "net_af_packet2,iface=wire"}
  - {name: l2in, device: "net_af_packet3,iface=l2in"}
  - {name: l2out, device: "net_af_packet4,iface=l2out"}
  - {name: amin, device: "net_af_packet5,iface=amin", mtu: 2000, addresses: ["2001:db8:e31::1/64"]}
  - {name: amout, device: "net_af_packet6,iface=amout", mtu: 2000, addresses: ["2001:db8:e32::1/64"]}
END
    n=7
    for port in adin:11 adout:12 asin:21 asout:22; do
        net=${port#*:}
        echo "  - {name: ${port%:*}, device: \"net_af_packet$n,iface=${port%:*}\"," \
            "trusted: false, addresses: [\"2001:db8:e$net::1/64\", 10.200.$net.1/24]}"
        n=$((n + 1))
    done
    cat <<'END'
routes:
  - {prefix: "fcbb:0:1::/48", next_hop: "2001:db8:f::1"}
encapsulation: {source: "2001:db8:f::2"}
domain: {sid_space: ["fcbb::/16"]}
local_sids:
  - {sid: "fcbb:0:2:d7::", behavior: End.DT46, lookup_table: main}
  - {sid: "fcbb:0:2:d2::", behavior: End.DX2, interface: wire}
  - {sid: "fcbb:0:2:ad6::", behavior: End.AD, inner: ipv6, interface: adin, next_hop: "2001:db8:e11::2", return_interface: adout}
  - {sid: "fcbb:0:2:ad4::", behavior: End.AD, inner: ipv4, interface: adin, next_hop: 10.200.11.2, return_interface: adout}
  - {sid: "fcbb:0:2:bd6::", behavior: End.AD, inner: ipv6, interface: adout, next_hop: "2001:db8:e12::2", return_interface: adin}
  - {sid: "fcbb:0:2:bd4::", behavior: End.AD, inner: ipv4, interface: adout, next_hop: 10.200.12.2, return_interface: adin}
  - {sid: "fcbb:0:2:a56::", behavior: End.AS, inner: ipv6, interface: asin, next_hop: "2001:db8:e21::2", return_interface: asout, source: "2001:db8:f::1", segments: ["fcbb:0:2:a56::", "fcbb:0:2:d7::"]}
  - {sid: "fcbb:0:2:a54::", behavior: End.AS, inner: ipv4, interface: asin, next_hop: 10.200.21.2, return_interface: asout, source: "2001:db8:f::1", segments: ["fcbb:0:2:a54::", "fcbb:0:2:d7::"]}
  - {sid: "fcbb:0:2:a36::", behavior: End.AM, inner: ipv6, interface: amin, next_hop: "2001:db8:e31::2", return_interface: amout}
  - {sid: "fcbb:0:2:ad2::", behavior: End.AD, inner: ethernet, interface: l2in, return_interface: l2out}
  - {sid: "fcbb:0:2:bd2::", behavior: End.AD, inner: ethernet, interface: l2out, return_interface: l2in}
policies:
  - {name: straight, headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:1:d7::"]}]}
  - {name: ad6, headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:2:bd6::", "fcbb:0:1:d7::"]}]}
  - {name: ad4, headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:2:bd4::", "fcbb:0:1:d7::"]}]}
  - {name: wire, headend: H.Encaps.L2, segment_lists: [{segments: ["fcbb:0:2:bd2::", "fcbb:0:1:d2::"]}]}
steering:
  - {prefix: "2001:db8:1::/64", policy: straight}
  - {prefix: "10.1.0.0/24", policy: straight}
  - {prefix: "2001:db8:1::11/128", policy: ad6}
  - {prefix: "10.1.0.11/32", policy: ad4}
  - {interface: wire, policy: wire}
END
} | sextant_start s2

serve client server left right
least=1300

received() { at "$1" cat "/sys/class/net/$2/statistics/rx_packets"; }

# flow NUMBER TEXT FUNCTION SOURCE DESTINATION SID [SID OF THE WAY BACK]
flow() {
    local i=$1 text=$2 function=$3 source=$4 destination=$5 sid=$6 back=${7-}
    local from=client to=server seen
    [[ $i != frames ]] || from=left to=right
    say "flow $i: $text, $source -> $destination"
    seen=$(received "$function" in)
    ping_ok "$from" "$source" "$destination"
    transfer "$from" "$source" "$destination"
    transfer "$to" "$destination" "$source" 200000
    expect_sid s2 "$sid" "$least"
    [[ -z $back ]] || expect_sid s2 "$back" "$least"
    (($(received "$function" in) >= seen + least)) || fail "the function $function was passed by"
}
flow 11 "End.AD" ad 2001:db8:1::11 2001:db8:2::11 fcbb:0:2:ad6:: fcbb:0:2:bd6::
flow 11 "End.AD" ad 10.1.0.11 10.2.0.11 fcbb:0:2:ad4:: fcbb:0:2:bd4::
flow 12 "End.AS" as 2001:db8:1::12 2001:db8:2::12 fcbb:0:2:a56::
flow 12 "End.AS" as 10.1.0.12 10.2.0.12 fcbb:0:2:a54::
flow 13 "End.AM" am 2001:db8:1::13 2001:db8:2::13 fcbb:0:2:a36::
flow frames "End.AD, frames" l2 2001:db8:a::1 2001:db8:a::2 fcbb:0:2:ad2:: fcbb:0:2:bd2::
flow frames "End.AD, frames" l2 10.10.0.1 10.10.0.2 fcbb:0:2:ad2:: fcbb:0:2:bd2::

say "a function that drops: nothing gets past it"
at ad sysctl -qw net.ipv6.conf.all.forwarding=0
! at client ping -q -n -c 2 -i 0.1 -W 1 -I 2001:db8:1::11 2001:db8:2::11 >/dev/null 2>&1 ||
    fail "packets get past a function that does not forward"
say "7 flows, 4.4 MB each"
