#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Looking at packets of a running node: trace, capture and explain tell the same story as the traffic.
#
#   a ------ s1 ------ b        2001:db8:1::/64, 2001:db8:2::/64; 2001:db8:9::/48 is a blackhole
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

smoke_start
node a b
forwarder s1
wire a:eth0 s1:left
wire b:eth0 s1:right
address a eth0 2001:db8:1::2/64
address b eth0 2001:db8:2::2/64
at a ip -6 route add default via 2001:db8:1::1
at b ip -6 route add default via 2001:db8:2::1
sextant_start s1 <<'END'
ports:
  - {name: left, device: "net_af_packet0,iface=left", addresses: ["2001:db8:1::1/64"]}
  - {name: right, device: "net_af_packet1,iface=right", addresses: ["2001:db8:2::1/64"]}
routes:
  - {prefix: "2001:db8:9::/48", type: blackhole}
END
ping_ok a 2001:db8:1::2 2001:db8:2::2

tool() { timeout 30 "$bin_dir/sextant" "$@" --socket "$scratch/s1.sock"; }
# expect_text FILE TEXT...
expect_text() {
    local file=$1 text
    shift
    for text in "$@"; do
        grep -qF -- "$text" "$file" || fail "nothing about '$text' in: $(cat "$file")"
    done
}
# while_pinging DESTINATION COMMAND...: the command looks at echo requests from a.
while_pinging() {
    local destination=$1 pinger status=0
    shift
    ip netns exec "$prefix-a" ping -q -n -i 0.05 "$destination" >/dev/null 2>&1 &
    pinger=$!
    "$@" || status=$?
    kill "$pinger"
    wait "$pinger" 2>/dev/null || true
    return "$status"
}

say "trace: a packet that is forwarded, and one that is not"
while_pinging 2001:db8:2::2 tool trace --port left --dst 2001:db8:2::2 --timeout 10 >"$scratch/out"
expect_text "$scratch/out" "received on interface left" "learned neighbor" "leaves by port right"
while_pinging 2001:db8:9::1 tool trace --reason lookup_blackhole --timeout 10 >"$scratch/out"
expect_text "$scratch/out" "2001:db8:9::/48" "lookup_blackhole"
! tool trace --port nowhere >"$scratch/out" 2>&1 || fail "a port that does not exist was traced"
expect_text "$scratch/out" "nowhere"

say "capture: what leaves, and what is dropped, with its reason"
while_pinging 2001:db8:2::2 tool capture --point egress --port right --packets 3 --seconds 10 \
    -w "$scratch/egress.pcapng" >"$scratch/out" 2>&1
(($(tcpdump -n -r "$scratch/egress.pcapng" 2>/dev/null | grep -c 'echo request') == 3)) ||
    fail "not 3 echo requests in the capture: $(tcpdump -n -r "$scratch/egress.pcapng" 2>&1)"
while_pinging 2001:db8:9::1 tool capture --point drop --reason lookup_blackhole --packets 2 --seconds 10 \
    -w "$scratch/drop.pcapng" >"$scratch/out" 2>&1
grep -qa lookup_blackhole "$scratch/drop.pcapng" || fail "no reason in the capture of drops"
! while_pinging 2001:db8:2::2 tool capture --point ingress --packets 100 --seconds 5 -w /dev/full \
    >"$scratch/out" 2>&1 || fail "a capture into a full disk was no error"
expect_text "$scratch/out" "No space left"

say "explain: the same decisions, and nothing is sent or counted"
before=$(drops_of s1 lookup_blackhole)
tool explain --from left --src 2001:db8:1::2 --dst 2001:db8:2::2 --proto tcp --dport 80 >"$scratch/out"
expect_text "$scratch/out" "learned neighbor" "out by port right" "TCP"
tool explain --from left --src 2001:db8:1::2 --dst 2001:db8:9::1 >"$scratch/out"
expect_text "$scratch/out" "lookup_blackhole"
(($(drops_of s1 lookup_blackhole) == before)) || fail "explain has counted"

ping_ok a 2001:db8:1::2 2001:db8:2::2
say "3 ways to look at a packet agree"
