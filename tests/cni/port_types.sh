#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Pods by veth and memif beside one by tap: veth carries TCP to the tap, memif has its socket, and all
# of them go without a trace.
set -euo pipefail
# shellcheck source=tests/cni/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

cni_start
forwarder s
node fabric tap veth mem
wire s:fabric fabric:s
configuration() {
    cat <<'CONFIG'
ports:
  - {name: fabric, device: "net_af_packet0,iface=fabric", addresses: ["2001:db8:f::1/64"], trusted: true}
CONFIG
}
configuration | sextant_start s
daemon=${pids[-1]}
network s 10.1.1.0/24 2001:db8:1:1::/64
attach s tap
network s 10.1.1.0/24 2001:db8:1:1::/64 -- port '"veth"'
attach s veth
tap4=$(address_of tap 4) tap6=$(address_of tap 6) veth4=$(address_of veth 4) veth6=$(address_of veth 6)
reaches veth "$veth4" "$tap4"
reaches veth "$veth6" "$tap6"
serve tap veth
transfer veth "$veth4" "$tap4"
transfer tap "$tap6" "$veth6"
say "veth: ping and TCP to a pod by tap, IPv4 and IPv6"

kill -9 "$daemon"
tail --pid="$daemon" -s 0.02 -f /dev/null
configuration | sextant_start s
both_back() { [[ $(pods_of s) == "tap veth" ]]; }
wait_for 5 "the pods are not attached again" both_back
transfer veth "$veth4" "$tap4"
transfer tap "$tap6" "$veth6"
say "veth: after kill -9 and a start"

mkdir "$scratch/memif"
network s 10.1.1.0/24 2001:db8:1:1::/64 -- port '"memif"' memifFolder "\"$scratch/memif\""
attach s mem
[[ -S $scratch/memif/c0ffee-mem/memif.sock ]] || fail "memif: no socket in $scratch/memif"
detach s mem
gone() { [[ ! -e $scratch/memif/c0ffee-mem/memif.sock ]]; }
wait_for 5 "memif: the socket stays" gone
say "memif: a socket comes and goes"

detach s veth
detach s tap
[[ -z $(pods_of s) ]] || fail "attached are: $(pods_of s)"
links=$(at s ip -o link | grep -c ': sx' || true)
[[ $links == 0 ]] || fail "veth ends are left: $(at s ip -o link)"
for pod in tap veth; do
    ! at "$pod" ip link show eth0 >/dev/null 2>&1 || fail "eth0 of $pod is left"
done
say "nothing is left"
