#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Neighbors that are not there. A host that nobody has seen: the client is told "address unreachable"
# (IPv6) or "host unreachable" (IPv4) once the solicitations and ARP requests have gone unanswered; the
# host appears, and traffic flows. A host that was there and goes away: the node notices by probing, the
# client is told again; the host returns with another MAC address, and traffic resumes.
#
#   client ---------- sextant ---------- server
#     2001:db8:1::/64    2001:db8:2::/64
#     10.1.0.0/24        10.2.0.0/24
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

smoke_start
node client server
forwarder sextant
wire client:eth0 sextant:p1
wire sextant:p2 server:eth0
address client eth0 2001:db8:1::9/64 10.1.0.9/24
at client ip route add default via 10.1.0.1
at client ip -6 route add default via 2001:db8:1::1
at server ip -6 route add default via 2001:db8:2::1 dev eth0 2>/dev/null || true
address server eth0 2001:db8:2::8/64 10.2.0.8/24
at server ip route replace default via 10.2.0.1
at server ip -6 route replace default via 2001:db8:2::1

sextant_start sextant <<'END'
ports:
  - {name: p1, device: "net_af_packet0,iface=p1", addresses: ["2001:db8:1::1/64", 10.1.0.1/24]}
  - {name: p2, device: "net_af_packet1,iface=p2", addresses: ["2001:db8:2::1/64", 10.2.0.1/24]}
END

say "own addresses answer"
ping_ok client 2001:db8:1::9 2001:db8:1::1
ping_ok client 2001:db8:1::9 2001:db8:2::1
ping_ok client 10.1.0.9 10.1.0.1
ping_ok client 10.1.0.9 10.2.0.1
ping_ok client 2001:db8:1::9 2001:db8:2::8
ping_ok client 10.1.0.9 10.2.0.8

# told DESTINATION TEXT: one of a few pings is answered with the error.
told() {
    at client ping -n -c 4 -i 1 -W 1 "$1" >"$scratch/told" 2>&1 || true
    grep -q "$2" "$scratch/told"
}
say "a host that was never there"
told 2001:db8:2::9 'From 2001:db8:1::1 .*Address unreachable' ||
    fail "no address unreachable: $(<"$scratch/told")"
told 10.2.0.9 'From 10.1.0.1 .*Host Unreachable' || fail "no host unreachable: $(<"$scratch/told")"
expect_drops sextant neighbor_unresolved 2

say "it appears"
address server eth0 2001:db8:2::9/64 10.2.0.9/24
wait_for 15 "2001:db8:2::9 is still unreachable" at client ping -q -c 1 -W 1 2001:db8:2::9
wait_for 15 "10.2.0.9 is still unreachable" at client ping -q -c 1 -W 1 10.2.0.9
ping_ok client 2001:db8:1::9 2001:db8:2::9
ping_ok client 10.1.0.9 10.2.0.9
serve server
transfer client 2001:db8:1::9 2001:db8:2::9
transfer client 10.1.0.9 10.2.0.9

say "it goes away: probing takes a reachable time of up to 45 s"
for one in 2001:db8:2::9/64 10.2.0.9/24; do at server ip address del "$one" dev eth0; done
wait_for 75 "nobody says that 2001:db8:2::9 is gone" \
    told 2001:db8:2::9 'From 2001:db8:1::1 .*Address unreachable'
wait_for 75 "nobody says that 10.2.0.9 is gone" told 10.2.0.9 'From 10.1.0.1 .*Host Unreachable'

say "it comes back with another MAC address"
at server ip link set eth0 down
at server ip link set eth0 address 02:00:00:00:00:99
at server ip link set eth0 up
for one in 2001:db8:2::9/64 2001:db8:2::8/64; do
    at server ip address replace "$one" dev eth0
done
address server eth0 10.2.0.9/24
at server ip route replace default via 10.2.0.1
at server ip -6 route replace default via 2001:db8:2::1
wait_for 15 "2001:db8:2::9 does not come back" at client ping -q -c 1 -W 1 2001:db8:2::9
wait_for 15 "10.2.0.9 does not come back" at client ping -q -c 1 -W 1 10.2.0.9
transfer client 2001:db8:1::9 2001:db8:2::9
transfer client 10.1.0.9 10.2.0.9
say "gone twice, back twice"
