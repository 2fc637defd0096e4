#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Path MTU: hosts send packets of 1500 bytes that do not fit into the fabric once they are
# encapsulated. (a) the way out of the headend is the narrow one: the headend itself must tell the host
# what fits, less what it adds. (b) a link further on is: a router of the fabric, here Linux, tells the
# headend, which must tell the host. Nothing may end in a black hole: TCP completes for IPv6 and IPv4,
# and the host's own route cache shows the path MTU it has learned. Towards the client it is the same with
# the roles exchanged, so each of the two runs tests both kinds.
#
#   client ---------- s1 ===== core ===== s2 ---------- server
#     2001:db8:1::/64    narrow a   narrow b     2001:db8:2::/64
#     10.1.0.0/24        (1400)     (1400)       10.2.0.0/24
#
# Flow 11: H.Encaps with one segment, 40 bytes. Flow 12: H.Encaps with two, 40 + 8 + 32 bytes.
# Flow 13: H.Encaps.Red with two, 40 + 8 + 16 bytes. Flow 14: H.Insert, 8 + 32 bytes.
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

narrow=1400
smoke_start

# one_node NUMBER OTHER MTU
one_node() {
    local n=$1 o=$2 mtu=$3 i
    cat <<END
ports:
  - {name: fab, device: "net_af_packet0,iface=fab", mtu: $mtu, addresses: ["2001:db8:f$n::1/64", "fcbb:0:$n::1/128"]}
  - {name: lan, device: "net_af_packet1,iface=lan", trusted: false, addresses: ["2001:db8:$n::1/64", 10.$n.0.1/24]}
routes:
  - {prefix: "::/0", next_hop: "2001:db8:f$n::2"}
encapsulation: {source: "fcbb:0:$n::1"}
domain: {sid_space: ["fcbb::/16"]}
local_sids:
  - {sid: "fcbb:0:$n:e::", behavior: End, flavors: [PSP]}
  - {sid: "fcbb:0:$n:d7::", behavior: End.DT46, lookup_table: main}
policies:
  - {name: p11, headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:$o:d7::"]}]}
  - {name: p12, headend: H.Encaps, segment_lists: [{segments: ["fcbb:0:$o:e::", "fcbb:0:$o:d7::"]}]}
  - {name: p13, headend: H.Encaps.Red, segment_lists: [{segments: ["fcbb:0:$o:e::", "fcbb:0:$o:d7::"]}]}
  # The router sends its errors about these to the host itself, with its own number: say what fits.
  - {name: p14, headend: H.Insert, path_mtu: $narrow, segment_lists: [{segments: ["fcbb:0:$o:e::"]}]}
steering:
END
    for i in 11 12 13; do
        echo "  - {prefix: 2001:db8:$o::$i/128, policy: p$i}"
        echo "  - {prefix: 10.$o.0.$i/32, policy: p$i}"
    done
    echo "  - {prefix: 2001:db8:$o::14/128, policy: p14}"
}

# build RUN MTU_A MTU_B: the whole picture once more, with its own namespaces.
build() {
    local run=$1 mtu_a=$2 mtu_b=$3 host name n i
    client=client$run server=server$run s1=s1$run s2=s2$run core=core$run
    node "$client" "$server"
    router "$core"
    forwarder "$s1" "$s2"
    wire "$client:eth0" "$s1:lan"
    wire "$s1:fab" "$core:f1" "$mtu_a"
    wire "$core:f2" "$s2:fab" "$mtu_b"
    wire "$s2:lan" "$server:eth0"
    for host in "$client:1" "$server:2"; do
        name=${host%:*} n=${host#*:}
        for i in 11 12 13 14; do address "$name" eth0 "2001:db8:$n::$i/64" "10.$n.0.$i/24"; done
        at "$name" ip route add default via "10.$n.0.1"
        at "$name" ip -6 route add default via "2001:db8:$n::1"
    done
    for n in 1 2; do
        address "$core" "f$n" "2001:db8:f$n::2/64"
        at "$core" ip -6 route add "fcbb:0:$n::/48" via "2001:db8:f$n::1"
        at "$core" ip -6 route add "2001:db8:$n::/64" via "2001:db8:f$n::1"
    done
    one_node 1 2 "$mtu_a" | sextant_start "$s1"
    one_node 2 1 "$mtu_b" | sextant_start "$s2"
    serve "$client" "$server"
}

# learned NODE SOURCE DESTINATION: the path MTU in the host's route cache.
learned() { at "$1" ip route get "$3" from "$2" | sed -n 's/.* mtu \([0-9]*\).*/\1/p' | head -n 1; }

# flow NUMBER OVERHEAD FAMILY SOURCE DESTINATION
flow() {
    local i=$1 overhead=$2 source=$3 destination=$4 pair got
    say "flow $i: $source -> $destination"
    ping_ok "$client" "$source" "$destination"
    transfer "$client" "$source" "$destination" 2000000
    transfer "$server" "$destination" "$source" 1200000
    for pair in "$client $source $destination" "$server $destination $source"; do
        # shellcheck disable=SC2086
        got=$(learned $pair)
        [[ $got == $((narrow - overhead)) ]] ||
            fail "$pair: path MTU ${got:-unknown} in the route cache, $((narrow - overhead)) expected"
    done
    # What just fits goes through unfragmented; one byte more is refused with the right number.
    local headers=48
    [[ $source == *:* ]] || headers=28
    ping_ok "$client" "$source" "$destination" -M 'do' -s $((narrow - overhead - headers))
}

run() {
    flow 11 40 2001:db8:1::11 2001:db8:2::11
    flow 11 40 10.1.0.11 10.2.0.11
    flow 12 80 2001:db8:1::12 2001:db8:2::12
    flow 12 80 10.1.0.12 10.2.0.12
    flow 13 64 2001:db8:1::13 2001:db8:2::13
    flow 13 64 10.1.0.13 10.2.0.13
    flow 14 40 2001:db8:1::14 2001:db8:2::14
}

say "(a) narrow at the way out of the headend"
build a "$narrow" 1500
run
say "(b) narrow behind a router of the fabric"
build b 1500 "$narrow"
run
say "2 x 7 flows, 6.4 MB each"
