#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Pods of one node, attached by sextant-cni as a container runtime would: traffic between them, the
# daemon killed and started again under TCP connections, and everything that can go wrong on the way.
set -euo pipefail
# shellcheck source=tests/cni/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

cni_start
forwarder s
node fabric
wire s:fabric fabric:s
configuration() {
    cat <<'CONFIG'
ports:
  - {name: fabric, device: "net_af_packet0,iface=fabric", addresses: ["2001:db8:f::1/64"], trusted: true}
CONFIG
}
kill_daemon() {
    kill -9 "$daemon"
    tail --pid="$daemon" -s 0.02 -f /dev/null
}
configuration | sextant_start s
daemon=${pids[-1]}
network s 10.1.1.0/24 2001:db8:1:1::/64

node a b
attach s a
attach s b
[[ $(pods_of s) == "a b" ]] || fail "attached are: $(pods_of s)"
a4=$(address_of a 4) a6=$(address_of a 6) b4=$(address_of b 4) b6=$(address_of b 6)
say "two pods: $a4 $a6 and $b4 $b6"
reaches a "$a4" "$b4"
reaches a "$a6" "$b6"
serve b
transfer a "$a4" "$b4"
transfer a "$a6" "$b6"
say "ping and TCP between them, IPv4 and IPv6"

mtu=$(at a cat /sys/class/net/eth0/mtu)
((mtu == 1500 - 40 - 8 - 2 * 16)) || fail "MTU of a pod is $mtu"
at a ping -q -n -c 1 -W 5 -M "do" -s $((mtu - 28)) "$b4" >/dev/null || fail "no packet of $mtu bytes gets through"
say "packets of the whole MTU ($mtu)"

# CHECK, with the result of ADD as runtimes keep it.
check() {
    /usr/bin/python3 - "$scratch/$1.conf" "$scratch/$1-$2.result" >"$scratch/check.conf" <<'PYTHON'
import json, sys
config = json.load(open(sys.argv[1]))
config["prevResult"] = json.load(open(sys.argv[2]))
json.dump(config, sys.stdout)
PYTHON
}
cp "$scratch/cni-a" "$scratch/s-a.result"
check s a
cp "$scratch/check.conf" "$scratch/with-result.conf"
cni with-result CHECK a || fail "CHECK of a: $(<"$scratch/cni-a")"
at a ip address del "$a6/128" dev eth0
refused 100 "does not have the address $a6" with-result CHECK a
at a ip address add "$a6/128" dev eth0 nodad
cni with-result CHECK a || fail "CHECK of a: $(<"$scratch/cni-a")"
refused 7 "prevResult is missing" s CHECK a
say "CHECK"

# Nothing is left of what fails.
ipam_count() { find "$scratch/ipam-s" -name '*.*.*.*' -o -name '*:*' | grep -cv lock || true; }
before=$(ipam_count)
refused 100 "network namespace" s ADD nowhere
node taken
at taken ip link add eth0 type veth peer name other
refused 100 "is taken" s ADD taken
refused 999 "duplicate allocation" s ADD a
[[ $(ipam_count) == "$before" ]] || fail "addresses are not given back: $before, now $(ipam_count)"
[[ $(pods_of s) == "a b" ]] || fail "attached are: $(pods_of s)"
reaches a "$a4" "$b4"
say "ADD that fails leaves nothing: no namespace, a name that is taken, the same pod again"

# DEL: again, of what never was, without a namespace.
node gone
attach s gone
ip netns delete "$prefix-gone"
detach s gone
detach s gone
detach s nowhere
[[ $(ipam_count) == "$before" ]] || fail "addresses are not given back: $before, now $(ipam_count)"
say "DEL without a namespace, and again"

# The daemon is killed under a TCP connection, which goes on when it is back.
start_process b "$scratch/steady-b" /usr/bin/python3 "$smoke_dir/tcp_steady.py" serve
steady_listens() { [[ -n $(at b ss -Htln 'sport = :5202') ]]; }
steady_connected() { [[ -n $(at a ss -Htn 'dport = :5202') ]]; }
wait_for 10 "the TCP peer of b does not listen" steady_listens
start_process a "$scratch/steady-a" /usr/bin/python3 "$smoke_dir/tcp_steady.py" run "$a6" "$b6"
steady=${pids[-1]}
wait_for 10 "no TCP connection from a to b" steady_connected
sleep 0.5
kill_daemon
refused 11 "does not answer" s ADD taken
configuration | sextant_start s
daemon=${pids[-1]}
both_back() { [[ $(pods_of s) == "a b" ]]; }
wait_for 5 "the pods are not attached again" both_back
reaches a "$a4" "$b4"
reaches a "$a6" "$b6"
sleep 1
kill -0 "$steady" || fail "the TCP connection broke: $(<"$scratch/steady-a")"
kill "$steady"
wait "$steady" || fail "the TCP connection broke: $(<"$scratch/steady-a")"
transfer a "$a4" "$b4"
say "kill -9 and a start: the pods work again, and so does their TCP connection: $(<"$scratch/steady-a")"

# One whose namespace went meanwhile is forgotten.
attach_and_lose() {
    node lost
    attach s lost
    kill_daemon
    ip netns delete "$prefix-lost"
    configuration | sextant_start s
    daemon=${pids[-1]}
}
attach_and_lose
wait_for 5 "the pods are not attached again" both_back
detach s lost
say "a pod that went while the daemon was away is forgotten"

# A runtime that lost its list: GC.
/usr/bin/python3 - "$scratch/s.conf" "$prefix" >"$scratch/gc.conf" <<'PYTHON'
import json, sys
config = json.load(open(sys.argv[1]))
config["cniVersion"] = "1.1.0"
config["cni.dev/valid-attachments"] = [{"containerID": "c0ffee-a", "ifname": "eth0"}]
json.dump(config, sys.stdout)
PYTHON
cni gc GC a || fail "GC: $(<"$scratch/cni-a")"
[[ $(pods_of s) == "a" ]] || fail "after GC attached are: $(pods_of s)"
cni gc STATUS a || fail "STATUS: $(<"$scratch/cni-a")"
say "GC and STATUS"
cni s DEL b
attach s b
b4=$(address_of b 4)
reaches a "$a4" "$b4"

# Many at once.
many=()
for ((i = 0; i < 50; ++i)); do many+=("m$i"); done
node "${many[@]}"
for pod in "${many[@]}"; do
    cni s ADD "$pod" &
    adds+=($!)
done
for add in "${adds[@]}"; do wait "$add" || fail "one of 50 ADDs failed: $(cat "$scratch"/cni-m*)"; done
[[ $(pods_of s | wc -w) == 52 ]] || fail "attached are: $(pods_of s)"
for pod in m0 m17 m49; do
    reaches a "$a4" "$(address_of "$pod" 4)"
    reaches "$pod" "$(address_of "$pod" 6)" "$a6"
done
for pod in "${many[@]}"; do detach s "$pod"; done
[[ $(pods_of s) == "a b" ]] || fail "attached are: $(pods_of s)"
reaches a "$a4" "$b4"
say "50 pods at once, and away again"
