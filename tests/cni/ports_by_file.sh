#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A port is added to the configuration file of a running daemon, and taken out again, a few times; a
# flow between two other ports must not lose a packet. A file with a port that cannot be opened
# changes nothing.
#
#   left ====== s ====== right
#               s ------ late
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../smoke/lib.sh"

smoke_start
node left right late
forwarder s
for name in left right late; do wire "s:$name" "$name:s"; done
address left s 2001:db8:1::2/64
address right s 2001:db8:2::2/64
address late s 2001:db8:3::2/64
at left ip -6 route add default via 2001:db8:1::1
at right ip -6 route add default via 2001:db8:2::1
at late ip -6 route add default via 2001:db8:3::1

configuration() {
    cat <<'CONFIG'
ports:
  - {name: left, device: "net_af_packet0,iface=left", addresses: ["2001:db8:1::1/64"]}
  - {name: right, device: "net_af_packet1,iface=right", addresses: ["2001:db8:2::1/64"]}
CONFIG
}
late_port='  - {name: late, device: "net_af_packet2,iface=late", addresses: ["2001:db8:3::1/64"]}'
configuration | sextant_start s
runtime=$(head -n 1 "$scratch/s.yaml")
# reload [LINE]: the configuration with this line more.
reload() {
    { printf '%s\n' "$runtime"; configuration; printf '%s\n' "${1:-}"; } >"$scratch/s.yaml"
    "$bin_dir/sextant" reload --socket "$scratch/s.sock" >"$scratch/reload" 2>&1
}
ports() { sextant_show s ports --json | /usr/bin/python3 -c 'import json, sys; print(*[p["name"] for p in json.load(sys.stdin)["ports"]])'; }
shows() { [[ $(ports) == "$1" ]]; }

ping_ok left 2001:db8:1::2 2001:db8:2::2
at left ping -n -q -i 0.01 -c 400 -W 2 2001:db8:2::2 >"$scratch/witness" 2>&1 &
witness=$!
for round in 1 2 3; do
    reload "$late_port" || fail "round $round: $(<"$scratch/reload")"
    shows "left right late" || fail "round $round: ports are $(ports)"
    ping_ok left 2001:db8:1::2 2001:db8:3::2
    transfer_ok=$(at late ping -q -n -c 2 -i 0.05 -W 3 2001:db8:2::2 | grep -c ' 0% packet loss')
    [[ $transfer_ok == 1 ]] || fail "round $round: no ping from the new port"
    reload || fail "round $round: $(<"$scratch/reload")"
    shows "left right" || fail "round $round: ports are $(ports)"
    # The device is closed a moment later.
    sleep 0.3
done
say "a port came and went three times"

! reload '  - {name: late, device: "net_af_packet2,iface=nowhere"}' || fail "a port without an interface was taken"
grep -q "there is no interface 'nowhere'" "$scratch/reload" || fail "it does not say why: $(<"$scratch/reload")"
shows "left right" || fail "ports are $(ports)"
reload "$late_port" || fail "after a refusal: $(<"$scratch/reload")"
ping_ok left 2001:db8:1::2 2001:db8:3::2
say "a port that cannot be opened is refused, and the next file is taken"

wait "$witness" || fail "the flow between the other ports: $(tail -n 3 "$scratch/witness")"
grep -q '400 packets transmitted, 400 received' "$scratch/witness" ||
    fail "the flow between the other ports: $(tail -n 3 "$scratch/witness")"
say "the flow between the other ports lost nothing: $(grep -o '400 packets.*loss' "$scratch/witness")"
