#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two Sextant nodes with a Linux node between them: Sextant encapsulates, the kernel executes one
# endpoint behavior, the other Sextant decapsulates; both ways. Flow number i is client address ::1i
# and server address ::1i, and each has its own policy. Locators fcbb:0:11::/48 and fcbb:0:13::/48
# are unreachable in the kernel's main table and behind End.X alone; fcbb:0:21::/48 and
# fcbb:0:23::/48 are in its table 100 alone.
#
#   client ------------- s1 ====== kernel ====== s3 ------------- server
#     2001:db8:1::/64   node 1     node 2      node 3   2001:db8:3::/64
#     10.1.0.0/24                                       10.3.0.0/24
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

smoke_start
needs_seg6
node client server
router kernel
forwarder s1 s3
wire client:eth0 s1:lan
wire s1:fab kernel:f1 2000
wire kernel:f3 s3:fab 2000
wire s3:lan server:eth0

numbers='11 12 13 14 15 16 17 18'
for host in client:1 server:3; do
    name=${host%:*} n=${host#*:}
    for i in $numbers; do address "$name" eth0 "2001:db8:$n::$i/64" "10.$n.0.$i/24"; done
    at "$name" ip route add default via "10.$n.0.1"
    at "$name" ip -6 route add default via "2001:db8:$n::1"
done

address kernel f1 2001:db8:f1::2/64
address kernel f3 2001:db8:f3::2/64
at kernel ip -6 route add unreachable fcbb::/16
for n in 1 3; do
    at kernel ip -6 route add "fcbb:0:$n::/48" via "2001:db8:f$n::1"
    at kernel ip -6 route add "fcbd:0:$n::/48" via "2001:db8:f$n::1"
    at kernel ip -6 route add "fcbb:0:2$n::/48" via "2001:db8:f$n::1" table 100
    at kernel ip -6 route add "2001:db8:$n::/64" via "2001:db8:f$n::1"
    at kernel ip -6 route add "fcbb:0:2:a$n::" encap seg6local action End.X \
        nh6 "2001:db8:f$n::1" dev "f$n"
    at kernel ip -6 route add "fcbd:0:2:fa0$n::/64" encap seg6local action End.X \
        nh6 "2001:db8:f$n::1" flavors next-csid lblen 32 nflen 32 dev "f$n"
done
at kernel ip -6 route add fcbb:0:2:1:: encap seg6local action End dev f1
at kernel ip -6 route add fcbb:0:2:2:: encap seg6local action End flavors psp dev f1
at kernel ip -6 route add fcbb:0:2:7:: encap seg6local action End.T table 100 dev f1
at kernel ip -6 route add fcbd:0:2::/48 encap seg6local action End \
    flavors next-csid lblen 32 nflen 16 dev f1

# one_node NUMBER OTHER: the configuration of node 1 or 3.
one_node() {
    local n=$1 o=$2 i
    cat <<END
node: {name: s$n}
ports:
  - {name: fab, device: "net_af_packet0,iface=fab", mtu: 2000, addresses: ["2001:db8:f$n::1/64"]}
  - {name: lan, device: "net_af_packet1,iface=lan", trusted: false, addresses: ["2001:db8:$n::1/64", 10.$n.0.1/24]}
routes:
  - {prefix: "fcbb::/16", next_hop: "2001:db8:f$n::2"}
  - {prefix: "fcbd::/16", next_hop: "2001:db8:f$n::2"}
  - {prefix: "2001:db8:$o::/64", next_hop: "2001:db8:f$n::2"}
encapsulation: {source: "fcbb:0:$n::1"}
domain: {sid_space: ["fcbb::/16", "fcbd::/16"]}
local_sids:
  - {sid: "fcbb:0:$n:d7::", behavior: End.DT46, lookup_table: main}
  - {sid: "fcbb:0:1$n:d7::", behavior: End.DT46, lookup_table: main}
  - {sid: "fcbb:0:2$n:d7::", behavior: End.DT46, lookup_table: main}
  - {sid: "fcbb:0:$n:2::", behavior: End, flavors: [PSP, USD]}
  - {sid: "fcbd:0:$n::/48", behavior: uN}
  - {sid: "fcbd:0:e046::/48", behavior: uDT46, lookup_table: main}
policies:
  - {name: p11, headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:2:1::", "fcbb:0:$o:d7::"]}]}
  - {name: p12, headend: H.Encaps.Red, segment_lists: [{segments: ["fcbb:0:2:2::", "fcbb:0:$o:d7::"]}]}
  - {name: p13, headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:2:a$o::", "fcbb:0:1$o:d7::"]}]}
  - {name: p14, headend: H.Encaps.Red, segment_lists: [{segments: ["fcbb:0:2:7::", "fcbb:0:2$o:d7::"]}]}
  - {name: p15, headend: H.Encaps.Red, segment_lists: [{segments: ["fcbd:0:2:$o:e046::"]}]}
  - {name: p16, headend: H.Encaps.Red, segment_lists: [{segments: ["fcbd:0:2:fa0$o:$o:e046::"]}]}
  - {name: p17, headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:2:1::", "fcbb:0:2:2::", "fcbb:0:$o:2::"]}]}
  - {name: p18, headend: H.Insert, segment_lists: [{segments: ["fcbb:0:2:1::", "fcbb:0:$o:2::"]}]}
steering:
END
    for i in $numbers; do
        echo "  - {prefix: 2001:db8:$o::$i/128, policy: p$i}"
        # H.Insert carries IPv6 alone.
        [[ $i == 18 ]] || echo "  - {prefix: 10.$o.0.$i/32, policy: p$i}"
    done
}
one_node 1 3 | sextant_start s1
one_node 3 1 | sextant_start s3

serve client server
least=1300

# flow NUMBER TEXT SID: the SID by its function, as node 3 has it; families as many as it carries.
flow() {
    local i=$1 text=$2 sid=$3 family before source destination
    for family in v6 v4; do
        source=2001:db8:1::$i destination=2001:db8:3::$i
        if [[ $family == v4 ]]; then
            [[ $i != 18 ]] || continue
            source=10.1.0.$i destination=10.3.0.$i
        fi
        say "flow $family-$i: $text"
        before=$(packets_of_sid s3 "$sid")
        ping_ok client "$source" "$destination"
        transfer client "$source" "$destination"
        transfer server "$destination" "$source" 200000
        expect_sid s3 "$sid" $((before + least))
    done
    expect_policy s1 "p$i" "$least"
    expect_policy s3 "p$i" "$least"
}
flow 11 "H.Encaps, End of the kernel" fcbb:0:3:d7::
flow 12 "H.Encaps.Red, End PSP of the kernel" fcbb:0:3:d7::
flow 13 "H.Encaps, End.X of the kernel" fcbb:0:13:d7::
flow 14 "H.Encaps.Red, End.T of the kernel" fcbb:0:23:d7::
flow 15 "H.Encaps.Red, uN of the kernel" fcbd:0:e046::/48
flow 16 "H.Encaps.Red, uA of the kernel" fcbd:0:e046::/48
flow 17 "H.Encaps, End and End PSP of the kernel, USD" fcbb:0:3:2::
flow 18 "H.Insert, End of the kernel, PSP" fcbb:0:3:2::
say "8 policies, both ways"
