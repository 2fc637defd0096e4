#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Pods of two nodes, dual stack, over an IPv6 fabric: IPv4 and IPv6 of the pods travel in SRv6 along
# two segments, with packets of the whole MTU that the plugin has chosen.
set -euo pipefail
# shellcheck source=tests/cni/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

cni_start
forwarder s1 s2
wire s1:fabric s2:fabric
# configuration OWN OTHER
configuration() {
    cat <<CONFIG
ports:
  - {name: fabric, device: "net_af_packet0,iface=fabric", addresses: ["2001:db8:f::$1/64"], trusted: true}
encapsulation: {source: "fcbb:$1::1"}
routes:
  - {prefix: "fcbb:$2::/32", next_hop: "2001:db8:f::$2"}
local_sids:
  - {sid: "fcbb:$1::", behavior: End}
  - {sid: "fcbb:$1::46", behavior: End.DT46}
policies:
  - {name: other, headend: H.Encaps, segment_lists: [{segments: ["fcbb:$2::", "fcbb:$2::46"]}]}
steering:
  - {prefix: "2001:db8:1:$2::/64", policy: other}
  - {prefix: "10.1.$2.0/24", policy: other}
domain: {sid_space: ["fcbb::/16"], sources: ["fcbb::/16"]}
CONFIG
}
configuration 1 2 | sextant_start s1
configuration 2 1 | sextant_start s2
node a1 b1 a2
network s1 10.1.1.0/24 2001:db8:1:1::/64
network s2 10.1.2.0/24 2001:db8:1:2::/64
attach s1 a1
attach s1 b1
attach s2 a2
a4=$(address_of a1 4) a6=$(address_of a1 6) b4=$(address_of a2 4) b6=$(address_of a2 6)
reaches a1 "$a4" "$b4"
reaches a1 "$a6" "$b6"
reaches a2 "$b6" "$(address_of b1 6)"
serve a2
transfer a1 "$a4" "$b4" 20000000
transfer a1 "$a6" "$b6" 20000000
expect_sid s2 fcbb:2::46 1000
expect_sid s1 fcbb:1::46 1000
say "ping and TCP between pods of two nodes, IPv4 and IPv6"

mtu=$(at a1 cat /sys/class/net/eth0/mtu)
at a1 ping -q -n -c 1 -W 5 -M "do" -s $((mtu - 28)) "$b4" >/dev/null || fail "no packet of $mtu bytes gets through"
at a1 ping -q -n -c 1 -W 5 -M "do" -s $((mtu - 48)) "$b6" >/dev/null || fail "no packet of $mtu bytes gets through"
say "packets of the whole MTU ($mtu) fit into the fabric's 1500 with two segments"

# A longer list in use makes room in pods that come now (contiv B14): there, back, and there again.
sed -i 's/^  - {name: other, .*/&\n  - {name: long, headend: H.Encaps, segment_lists: [{segments: ["fcbb:2::", "fcbb:1::", "fcbb:2::", "fcbb:2::46"]}]}/;
    s/^steering:/&\n  - {prefix: "'"$b6"'\/128", policy: long}/' "$scratch/s1.yaml"
timeout 10 "$bin_dir/sextant" reload --socket "$scratch/s1.sock" >"$scratch/reload" 2>&1 || fail "reload: $(<"$scratch/reload")"
node c1
attach s1 c1
long_mtu=$(at c1 cat /sys/class/net/eth0/mtu)
((long_mtu == 1500 - 40 - 8 - 4 * 16)) || fail "MTU of a pod beside a list of four segments: $long_mtu"
at c1 ping -q -n -c 1 -W 5 -M "do" -s $((long_mtu - 48)) "$b6" >/dev/null || fail "no packet of $long_mtu bytes gets through"
say "... and with four segments ($long_mtu)"

# A pod is untrusted: it may not speak SRv6 to the fabric itself.
before=$(packets_of_sid s2 fcbb:2::)
! at a1 ping -q -n -c 2 -i 0.05 -W 1 fcbb:2:: >/dev/null 2>&1 || fail "a pod reaches a SID"
[[ $(packets_of_sid s2 fcbb:2::) == "$before" ]] || fail "a packet of a pod to a SID came through"
say "a pod does not reach SIDs"
