#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A port is unplugged under load: the others go on, what should leave by it is dropped under its own
# name, and traffic resumes when the interface is there again. Then kill -9 under load, and a start
# as if nothing had been.
#
#   left ====== s ------ right
#               s ------ other     the flow left <-> other must not notice
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

smoke_start
node left right other
forwarder s

plug_right() {
    wire s:right right:s
    address right s 2001:db8:2::2/64
    at right ip -6 route replace default via 2001:db8:2::1
}
wire s:left left:s
wire s:other other:s
address left s 2001:db8:1::2/64
address other s 2001:db8:3::2/64
at left ip -6 route add default via 2001:db8:1::1
at other ip -6 route add default via 2001:db8:3::1
plug_right

configuration() {
    cat <<'CONFIG'
ports:
  - {name: left, device: "net_af_packet0,iface=left", addresses: ["2001:db8:1::1/64"]}
  - {name: right, device: "net_af_packet1,iface=right", addresses: ["2001:db8:2::1/64"]}
  - {name: other, device: "net_af_packet2,iface=other", addresses: ["2001:db8:3::1/64"]}
CONFIG
}
configuration | sextant_start s
daemon=${pids[-1]}
to_right() { at left ping -q -n -c 1 -W 1 2001:db8:2::2; }
present() {
    sextant_show s ports --json |
        /usr/bin/python3 -c 'import json, sys; print(*[p["present"] for p in json.load(sys.stdin)["ports"]])'
}
shows() { [[ $(present) == "$1" ]]; }
logged() { grep -qF -- "$1" "$scratch/s.log"; }

ping_ok left 2001:db8:1::2 2001:db8:2::2
ping_ok left 2001:db8:1::2 2001:db8:3::2
say "both flows run"

# A witness: the exact number that come back is compared.
at left ping -n -i 0.01 -c 900 -W 2 2001:db8:3::2 >"$scratch/witness" 2>&1 &
witness=$!
start_process left "$scratch/load" ping -q -n -f 2001:db8:2::2

mac_before=$(mac_of s right)
for round in 1 2 3; do
    at s ip link delete right
    wait_for 5 "the port is still shown as present (round $round)" shows "True False True"
    logged "port 'right'" || fail "nothing in the log about the port"
    before=$(drops_of s tx_port_down)
    sleep 0.5
    after=$(drops_of s tx_port_down)
    ((after > before)) || fail "no packet was dropped as tx_port_down: $before, $after"
    plug_right
    wait_for 5 "the port does not come back (round $round)" shows "True True True"
    wait_for 5 "no traffic to the port that is back (round $round)" to_right
    [[ $(mac_of s right) == "$mac_before" ]] || fail "the port came back with another MAC address"
    say "unplugged and back, $((after - before)) packets dropped as tx_port_down in half a second"
done
[[ $(grep -c 'is gone' "$scratch/s.log") -eq 3 ]] || fail "not one line for each time it went"
[[ $(grep -c 'forwards again' "$scratch/s.log") -eq 3 ]] || fail "not one line for each time it came"
wait "$witness" || true
grep -q ' 900 received' "$scratch/witness" ||
    fail "the flow beside lost packets: $(tail -n 3 "$scratch/witness")"
say "the flow beside lost none of 900"

kill -9 "$daemon"
wait_for 5 "sextantd outlives kill -9" bash -c "! kill -0 $daemon 2>/dev/null"
configuration | sextant_start s
ping_ok left 2001:db8:1::2 2001:db8:2::2
ping_ok left 2001:db8:1::2 2001:db8:3::2
say "killed under load and started again"
