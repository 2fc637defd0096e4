#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything goes wrong at once: tests/k8s/chaos.sh [ROUNDS]
# While 500 services are created and deleted again, connections to the API server break at random, the server
# is killed, etcd compacted (410) and the server started again, and one of two daemons killed (-9) and
# started again. Packets between pods, and by a service, do not stop. In the end the tables of each daemon are
# those of one that starts anew on the same cluster, and nothing has leaked. More rounds are a soak.
set -euo pipefail
# shellcheck source=tests/k8s/cluster.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cluster.sh"

rounds=${1:-2}
total=500
kept=25
declare -A daemon
cluster_start 2
for n in 1 2; do
    cluster_node "$n"
    node_daemon "$n"
    daemon[$n]=${pids[-1]}
done
pod node1 a1 b1
pod node2 a2
for name in b1 a2; do
    start_process "$name" "$scratch/steady-$name" /usr/bin/python3 "$smoke_dir/tcp_steady.py" serve 8080
    wait_for 5 "the TCP peer of $name does not listen" listens_on "$name" 8080
done
service web fd00:10:96::80 10.96.0.80
endpoints web b1

# Two connections: by the service to a pod of the node that stays; to a pod of the other one, which the service
# cannot promise to keep: who translates its answers is killed.
can_connect() { at a1 /usr/bin/python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1).close()' "$@"; }
steady=()
steady() {
    wait_for 10 "no way to $1" can_connect "$1" "$2"
    sleep 0.2
    start_process a1 "$scratch/steady.$1" /usr/bin/python3 "$smoke_dir/tcp_steady.py" run "$(address_of a1 6)" "$1" "$2"
    steady+=("${pids[-1]}")
}
steady fd00:10:96::80 80
steady "$(address_of a2 6)" 8080

# By it node2 comes back without the API server.
state_file() { [[ -s $scratch/node2.state ]] && grep -q 'a2' "$scratch/node2.state"; }
wait_for 15 "node2 writes no state file" state_file

storm() { /usr/bin/python3 "$k8s_dir/storm.py" "$1" "$slice_api" "$2" "$3" "$(address_of a1 6)@node1" "$(address_of a2 6)@node2"; }
settled() {
    local n
    for n in 1 2; do
        is_ready "node$n" || return 1
        [[ $(sextant_show "node$n" services --json | grep -o '"name":' | wc -l) -gt 0 ]] || return 1
        curl -s --unix-socket "$scratch/node$n.sock" 'http://x/v1/services?limit=10000' >"$scratch/services"
        [[ $(grep -o 'default/storm-[0-9]*"' "$scratch/services" | sort -u | wc -l) == "$1" ]] || return 1
    done
}
metric() { curl -s --unix-socket "$scratch/$1.sock" http://x/metrics | awk -v name="$2" 'index($0, name) == 1 {n += $NF} END {print n + 0}'; }
# resources N: "RSS-in-KB FDs" of a daemon.
resources() {
    printf '%s %s' "$(awk '/^VmRSS/ {print $2}' "/proc/${daemon[$1]}/status")" \
        "$(find "/proc/${daemon[$1]}/fd" -mindepth 1 2>/dev/null | wc -l)"
}

for ((round = 1; round <= rounds; ++round)); do
    begin=$SECONDS
    touch "$scratch/cut"
    storm create 0 "$total" &
    creating=$!
    sleep 1
    if ((round == 1 || round % 5 == 0)); then
        # shellcheck disable=SC2086
        $LIVE_STOP
        "$LIVE_COMPACT"
        kill -9 "${daemon[2]}"
        sleep 0.5
        # Its pods, and what it knew of the cluster, are in files: the server is still away.
        node_daemon 2
        daemon[2]=${pids[-1]}
        "$LIVE_START"
    fi
    wait "$creating" || fail "services could not be created"
    storm delete "$kept" $((total - kept))
    rm "$scratch/cut"
    wait_for 60 "round $round: the nodes do not come to the state of the cluster" settled "$kept"
    sleep 0.5
    say "round $round in $((SECONDS - begin)) s: node1 has $(resources 1) (KB, descriptors), node2 $(resources 2); node1 met" \
        "410 $(metric node1 sextant_kubernetes_gone_total) times, $(metric node1 sextant_kubernetes_failures_total) requests failed"
    ((round > 1)) || first=$(resources 1)
    ((round == rounds)) || storm delete 0 "$kept"
done
(($(metric node1 sextant_kubernetes_gone_total) > 0)) || fail "410 was never met"
(($(metric node1 sextant_kubernetes_failures_total) >= 5)) || fail "no connection to the API server broke"

say "nothing leaks"
read -r first_kb first_fds <<<"$first"
read -r last_kb last_fds <<<"$(resources 1)"
((last_kb <= first_kb + 16384)) || fail "RSS of node1 grows: $first_kb KB, then $last_kb KB"
((last_fds <= first_fds + 8)) || fail "descriptors of node1: $first_fds, then $last_fds"

for pid in "${steady[@]}"; do
    kill "$pid" 2>/dev/null || fail "a connection broke: $(tail -n 3 "$scratch"/steady.*)"
    wait "$pid" || fail "a connection broke: $(tail -n 3 "$scratch"/steady.*)"
done
say "TCP went on: $(cat "$scratch"/steady.* | paste -sd';')"

say "the tables are those of a daemon that starts anew"
for n in 1 2; do
    "$k8s_dir/tables.py" "$scratch/node$n.sock" >"$scratch/survivor"
    (($(wc -l <"$scratch/survivor") > 100)) || fail "there are not even 100 rows: $(<"$scratch/survivor")"
    kill "${daemon[$n]}"
    wait "${daemon[$n]}" || fail "node$n does not stop well"
    rm -f "$scratch/node$n.state"
    node_daemon "$n"
    the_same() { "$k8s_dir/tables.py" "$scratch/node$n.sock" >"$scratch/anew" && cmp -s "$scratch/survivor" "$scratch/anew"; }
    # Pods are attached again beside it.
    end=$((SECONDS + 10))
    until the_same || ((SECONDS > end)); do sleep 0.1; done
    the_same || fail "node$n: $(diff "$scratch/survivor" "$scratch/anew" | head -n 20)"
    say "node$n: $(wc -l <"$scratch/anew") rows"
done
