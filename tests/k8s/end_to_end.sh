#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Pods, nodes and services of two nodes that follow a real API server, with real HTTP: backends on the other
# node, on the same, and in the nodes' own networks; NodePort from outside; both families; 1,000 connections
# at once; session affinity; scaling under transfers; pods and their own node. See cluster.sh.
set -euo pipefail
# shellcheck source=tests/k8s/cluster.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/cluster.sh"

cluster_start 2
for n in 1 2; do
    cluster_node "$n"
    node_daemon "$n"
done
pod node1 a1 b1 c1
pod node2 a2 b2 c2
for name in a1 b1 c1 a2 b2 c2; do http "$name"; done
http node1
http node2

# get FROM ADDRESS [PORT]: what the server says, "NAME CLIENT".
get() {
    local host=$2
    [[ $host != *:* ]] || host="[$2]"
    at "$1" curl -sgf -m 5 --noproxy '*' "http://$host:${3:-80}/" >"$scratch/got"
}
# answers FROM ADDRESS EXPECTED [PORT]
answers() { get "$1" "$2" "${4:-80}" && [[ $(<"$scratch/got") == "$3" ]]; }
expect() {
    wait_for 10 "$1 -> $2 ${4:-80}: no answer '$3'" answers "$@"
}

say "pods reach pods of the other node, and nodes, with their own addresses"
for family in 6 4; do
    expect a1 "$(address_of a2 $family)" "a2 $(address_of a1 $family)" 8080
    expect a2 "$(address_of b1 $family)" "b1 $(address_of a2 $family)" 8080
done
node_address() { if [[ $2 == 6 ]]; then echo "2001:db8:f::${1#node}"; else echo "192.168.16.${1#node}"; fi; }
for family in 6 4; do
    # The own node and the other one, both ways.
    for host in node1 node2; do
        expect a1 "$(node_address $host $family)" "$host $(address_of a1 $family)" 8080
        expect "$host" "$(address_of a1 $family)" "a1 $(node_address $host $family)" 8080
        ping_ok "$host" "$(node_address $host $family)" "$(address_of a1 $family)"
        ping_ok a1 "$(address_of a1 $family)" "$(node_address $host $family)"
    done
    expect node1 "$(node_address node2 $family)" "node2 $(node_address node1 $family)" 8080
done

say "SIDs have the names of pods and nodes"
# names NODE NAME...: all of them stand among its local SIDs.
names() {
    local name
    sextant_show "$1" localsids >"$scratch/localsids"
    for name in "${@:2}"; do grep -qF "$name" "$scratch/localsids" || return 1; done
}
wait_for 5 "local SIDs without names" names node1 "Pod default/a1" "Pod default/c1" "Node node1"

vip6=fd00:10:96::80 vip4=10.96.0.80
vip() { if [[ $1 == 6 ]]; then echo "$vip6"; else echo "$vip4"; fi; }
# Who answers names the client that it sees: policies at the backend see it, too, and the backend's own address
# and port as the destination (contiv B16).
say "a service: the backend on the other node, on the same one, the client itself"
service web "$vip6" "$vip4"
for backend in a2 b1 a1; do
    endpoints web "$backend"
    for family in 6 4; do
        client=$(address_of a1 $family)
        # Itself it knows by the service's address.
        [[ $backend != a1 ]] || client=$(vip $family)
        expect a1 "$(vip $family)" "$backend $client"
    done
done

say "... in the nodes' own networks: the other node's, and the own one's"
for backend in node2 node1; do
    endpoints web "$backend"
    for family in 6 4; do expect a1 "$(vip $family)" "$backend $(address_of a1 $family)"; done
done

say "... and for a node's own processes, as its kernel routes the service to host0"
for backend in a1 a2 node2; do
    endpoints web "$backend"
    for family in 6 4; do expect node1 "$(vip $family)" "$backend $(node_address node1 $family)"; done
done

say "NodePort from outside, by either node"
service outer fd00:10:96::81 10.96.0.81 ',"type":"NodePort"' ',"nodePort":30080'
for backend in a1 a2 node2 node1; do
    endpoints outer "$backend"
    for host in node1 node2; do
        expect outside "$(node_address $host 6)" "$backend 2001:db8:f::100" 30080
        expect outside "$(node_address $host 4)" "$backend 192.168.16.100" 30080
    done
done

# only_by NAMES: connections to the service end at these, all of them and no others, both families. New ones: a
# change reaches the nodes one after the other.
parallel() { timeout 60 ip netns exec "$prefix-a1" "$k8s_dir/http_peer.py" parallel "$@" >"$scratch/counts"; }
only_by() {
    local family
    for family in 6 4; do
        parallel "$(vip $family)" 80 80 && [[ $(awk '{print $2}' "$scratch/counts" | xargs) == "$1" ]] || return 1
    done
}

say "1,000 connections at once"
endpoints web b1 a2 b2 node2
wait_for 10 "not four backends" only_by "a2 b1 b2 node2"
for family in 6 4; do
    timeout 60 ip netns exec "$prefix-a1" "$k8s_dir/http_peer.py" parallel "$(vip $family)" 80 1000 >"$scratch/counts" 2>&1 ||
        fail "1,000 connections: $(tail -n 3 "$scratch/counts")"
    [[ $(awk '{n += $1} END {print n, NR}' "$scratch/counts") == "1000 4" ]] ||
        fail "1,000 connections to four backends: $(<"$scratch/counts")"
    say "IPv$family: $(paste -sd, "$scratch/counts")"
done

say "session affinity"
service sticky fd00:10:96::82 10.96.0.82 ',"sessionAffinity":"ClientIP"'
endpoints sticky b1 a2 b2 c2
for family in 6 4; do
    address=fd00:10:96::82
    ((family == 6)) || address=10.96.0.82
    one_backend() { parallel "$address" 80 60 && [[ $(wc -l <"$scratch/counts") == 1 ]]; }
    wait_for 10 "one client, several backends: $address" one_backend
done

say "2 -> 5 -> 1 backends during transfers"
streams=()
# transfers NAME SECONDS: 20 connections of each family.
transfers() {
    local family
    for family in 6 4; do
        ip netns exec "$prefix-a1" "$k8s_dir/http_peer.py" stream "$(vip $family)" 80 20 "$2" \
            >"$scratch/stream-$1-$family" 2>&1 &
        streams+=($!)
    done
}
# transferred: waits, and counts what became of them in $scratch/streams.
transferred() {
    local stream
    for stream in "${streams[@]}"; do wait "$stream" || fail "a client of transfers ended with $?"; done
    cat "$scratch"/stream-* | sort | uniq -c >"$scratch/streams"
    say "$(paste -sd, "$scratch/streams" | tr -s ' ')"
}
endpoints web a2 b1
wait_for 10 "the backends are not a2 and b1" only_by "a2 b1"
transfers two 4
sleep 0.5
endpoints web a2 b1 b2 c2 c1
wait_for 3 "the backends are not five" only_by "a2 b1 b2 c1 c2"
transfers five 3
sleep 0.5
# As Kubernetes does it: those that go are terminating first, and keep what they have.
endpoints web a2 'b1!terminating' 'b2!terminating' 'c2!terminating' 'c1!terminating'
wait_for 5 "backends that terminate get connections" only_by a2
transfers one 2
transferred
[[ $(grep -c complete "$scratch/streams") == 5 && $(wc -l <"$scratch/streams") == 5 ]] ||
    fail "not all connections were carried to their end, or not by all five: $(<"$scratch/streams")"

say "... and at once, to those that stay"
endpoints web a2 b1 b2 c2 c1
wait_for 10 "the backends are not five" only_by "a2 b1 b2 c1 c2"
rm "$scratch"/stream-*
streams=()
transfers at-once 2.5
sleep 1
endpoints web a2 b1
transferred
! grep -qE '(a2|b1) broken' "$scratch/streams" || fail "connections to backends that stay broke"
grep -q 'a2 complete' "$scratch/streams" || fail "no connection to a backend that stays"
say "done"
