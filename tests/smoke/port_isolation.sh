#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A port sees the frames of its own interface and no others, from its first packet on: the packet
# socket of net_af_packet hears the whole namespace until the driver has bound it.
#
#   busy ====== s1 ------ quiet      busy floods while s1 starts, quiet has no address and says nothing
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

smoke_start
node busy quiet
forwarder s1 s2 s3
at quiet sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1

packets_received() { sextant_show "$1" ports --json | "$smoke_dir/pick.py" port "$2"; }
receives_more() { (($(packets_received "$1" "$2") > $3)); }

address_of_s=2001:db8:1::1
for s in s1 s2 s3; do
    wire "busy:to$s" "$s:untrusted"
    wire "quiet:to$s" "$s:quiet"
    address busy "to$s" "2001:db8:1::2/64"
    at busy ip -6 neighbor replace "$address_of_s" lladdr 02:00:00:00:00:01 dev "to$s" nud permanent
    start_process busy "$scratch/flood-$s" ping -q -n -f -I "to$s" "$address_of_s"
done
for s in s1 s2 s3; do
    sextant_start "$s" <<'END'
ports:
  - {name: untrusted, device: "net_af_packet0,iface=untrusted", trusted: false, addresses: ["2001:db8:1::1/64"]}
  - {name: quiet, device: "net_af_packet1,iface=quiet"}
END
    got=$(packets_received "$s" untrusted)
    wait_for 5 "port untrusted of $s has received nothing" receives_more "$s" untrusted "$got"
    got=$(packets_received "$s" quiet)
    ((got == 0)) || fail "port quiet of $s has received $got packets; nobody sent any"
done
say "3 starts under a flood on the interface beside"
