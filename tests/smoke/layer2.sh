#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ethernet over SRv6. First with Linux as the peer: it encapsulates the frames of a route (l2encap,
# l2encap.red) for End.DX2 of Sextant, and ends with End.DX2 what Sextant's H.Encaps.L2 made of every
# frame of a port. Linux routes and does not bridge, so client and server know each other's MAC address
# beforehand, and the server has that of the kernel's port. Then two Sextant nodes, which carry the
# whole segment: ARP and neighbor discovery of the hosts included.
#
#   client ---- kernel ==== sextant ---- server       left ---- s1 ==== s2 ---- right
#     2001:db8:9::/64 on both sides                    2001:db8:a::/64 on both sides
#     10.9.0.0/24                                      10.10.0.0/24
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

smoke_start
needs_seg6
node client server left right
router kernel
forwarder sextant s1 s2
wire client:eth0 kernel:lan
wire kernel:fab sextant:fab 2000
wire sextant:lan server:eth0
wire left:eth0 s1:lan
wire s1:fab s2:fab 2000
wire s2:lan right:eth0

say "the kernel as peer"
kernel_mac=$(mac_of kernel lan)
client_mac=$(mac_of client eth0)
at server ip link set eth0 address "$kernel_mac"
for i in 11 12; do
    address client eth0 "2001:db8:9::1$i/64" "10.9.0.1$i/24"
    address server eth0 "2001:db8:9::2$i/64" "10.9.0.2$i/24"
    at client ip neighbor add "2001:db8:9::2$i" lladdr "$kernel_mac" dev eth0
    at client ip neighbor add "10.9.0.2$i" lladdr "$kernel_mac" dev eth0
    at server ip neighbor add "2001:db8:9::1$i" lladdr "$client_mac" dev eth0
    at server ip neighbor add "10.9.0.1$i" lladdr "$client_mac" dev eth0
done
address kernel fab 2001:db8:f::1/64
address kernel lo fcbb:0:1::1/128
at kernel ip sr tunsrc set fcbb:0:1::1
at kernel ip -6 route add fcbb:0:2::/48 via 2001:db8:f::2
at kernel ip -6 route add fcbb:0:1:1:: encap seg6local action End dev fab
at kernel ip -6 route add fcbb:0:1:d2:: encap seg6local action End.DX2 oif lan dev fab
for i in "11 l2encap fcbb:0:2:1::,fcbb:0:2:d2::" "12 l2encap.red fcbb:0:2:d2::"; do
    read -r number mode segments <<<"$i"
    at kernel ip -6 route add "2001:db8:9::2$number" encap seg6 mode "$mode" segs "$segments" dev fab
    at kernel ip route add "10.9.0.2$number/32" encap seg6 mode "$mode" segs "$segments" dev fab
done

sextant_start sextant <<'END'
ports:
  - {name: fab, device: "net_af_packet0,iface=fab", mtu: 2000, addresses: ["2001:db8:f::2/64"]}
  - {name: lan, device: "net_af_packet1,iface=lan"}
routes:
  - {prefix: "fcbb:0:1::/48", next_hop: "2001:db8:f::1"}
encapsulation: {source: "fcbb:0:2::1"}
local_sids:
  - {sid: "fcbb:0:2:1::", behavior: End}
  - {sid: "fcbb:0:2:d2::", behavior: End.DX2, interface: lan}
policies:
  - {name: wire, headend: H.Encaps.L2, segment_lists: [{segments: ["fcbb:0:1:1::", "fcbb:0:1:d2::"]}]}
steering:
  - {interface: lan, policy: wire}
END

serve client server left right
least=1300
for i in 11 12; do
    for pair in "2001:db8:9::1$i 2001:db8:9::2$i" "10.9.0.1$i 10.9.0.2$i"; do
        read -r source destination <<<"$pair"
        say "$source -> $destination"
        ping_ok client "$source" "$destination"
        transfer client "$source" "$destination"
        transfer server "$destination" "$source" 200000
    done
done
expect_sid sextant fcbb:0:2:d2:: $((4 * least))
expect_sid sextant fcbb:0:2:1:: $((2 * least))
expect_policy sextant wire $((4 * least))

say "a wire between two Sextant nodes"
pair_node() {
    local n=$1 o=$2 headend=$3
    cat <<END
ports:
  - {name: fab, device: "net_af_packet0,iface=fab", mtu: 2000, addresses: ["2001:db8:f::$n/64"]}
  - {name: lan, device: "net_af_packet1,iface=lan"}
routes:
  - {prefix: "fcbb:0:$o::/48", next_hop: "2001:db8:f::$o"}
encapsulation: {source: "fcbb:0:$n::1"}
local_sids:
  - {sid: "fcbb:0:$n:1::", behavior: End}
  - {sid: "fcbb:0:$n:d2::", behavior: End.DX2, interface: lan}
policies:
  - {name: wire, headend: $headend, segment_lists: [{segments: ["fcbb:0:$o:1::", "fcbb:0:$o:d2::"]}]}
steering:
  - {interface: lan, policy: wire}
END
}
pair_node 1 2 H.Encaps.L2 | sextant_start s1
pair_node 2 1 H.Encaps.L2.Red | sextant_start s2
address left eth0 2001:db8:a::1/64 10.10.0.1/24
address right eth0 2001:db8:a::2/64 10.10.0.2/24
for pair in "2001:db8:a::1 2001:db8:a::2" "10.10.0.1 10.10.0.2"; do
    read -r source destination <<<"$pair"
    say "$source -> $destination"
    ping_ok left "$source" "$destination"
    transfer left "$source" "$destination"
    transfer right "$destination" "$source" 200000
done
expect_sid s1 fcbb:0:1:d2:: $((2 * least))
expect_sid s2 fcbb:0:2:d2:: $((2 * least))
say "frames of both families, both ways"
