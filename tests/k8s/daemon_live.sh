#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A sextantd without a network that follows the API server of rung 71: services come and go by the API, the
# server is stopped, the daemon restarted without it and by kill -9, and in the end all is as the API says.
# The rung sets LIVE_*; SEXTANT_BIN_DIR has the programs.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../../tools/lib.sh"
# shellcheck source=tests/k8s/api_server.sh
source "$root_dir/tests/k8s/api_server.sh"

scratch=$(mktemp -d)
pid=
trap '[[ -z $pid ]] || kill -9 "$pid" 2>/dev/null || true; rm -rf "$scratch"' EXIT
socket=$scratch/s.sock

cat >"$scratch/node.yaml" <<END
runtime: {huge_pages: off}
ports: [{name: fabric0, device: "net_null0,no-rx=1", addresses: ["2001:db8:f::1/64"]}]
introspection: {listen: "off"}
kubernetes:
  source: api
  kubeconfig: $LIVE_KUBECONFIG
  state_file: $scratch/cluster.state
  node_name: node-a
  sids: {plan: contiv, generation: 1}
END

start_daemon() {
    "$SEXTANT_BIN_DIR/sextantd" --config "$scratch/node.yaml" --socket "$socket" >>"$scratch/log" 2>&1 </dev/null &
    pid=$!
    wait_for 20 "the daemon does not answer" readyz 200 503
}
show() { "$SEXTANT_BIN_DIR/sextant" show "$@" --socket "$socket"; }
# readyz STATUS...
readyz() {
    local status
    status=$(curl -s -o "$scratch/readyz" -w '%{http_code}' --unix-socket "$socket" http://x/readyz) || return 1
    [[ " $* " == *" $status "* ]]
}
wait_for() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS > end)); then
            tail -n 20 "$scratch/log"
            cat "$scratch/readyz" 2>/dev/null || true
            show services || true
            die "$what"
        fi
        sleep 0.05
    done
}
# shows TEXT VIEW...: a view has this text.
shows() {
    local text=$1
    shift
    show "$@" >"$scratch/view" && grep -qF -- "$text" "$scratch/view"
}
hides() { ! shows "$@"; }
noticed() { readyz 200 && grep -qF -- "$1" "$scratch/readyz"; }
node_status() {
    api_patch "/api/v1/nodes/$1/status" \
        "{\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"$2\"}]}}"
}

step "a node, by its object"
node_status node-a 2001:db8:f::1
start_daemon
wait_for 20 "not ready" readyz 200
wait_for 10 "no SIDs of this node" shows 7766:db8:f::1 localsids
api POST /api/v1/nodes '{"kind":"Node","apiVersion":"v1","metadata":{"name":"node-b"},"spec":{"podCIDRs":["2001:0:0:2::/64"],"podCIDR":"2001:0:0:2::/64"}}'
node_status node-b 2001:db8:f::2
wait_for 10 "no policy to node-b" shows "node node-b pods" policies

step "a service, by its objects"
discovery=/apis/discovery.k8s.io/v1
api GET "$discovery" 2>/dev/null || discovery=/apis/discovery.k8s.io/v1beta1
slices=$discovery/namespaces/default/endpointslices
# v1beta1 has a topology where v1 has a name.
where='"nodeName":"node-b"'
[[ $discovery != *beta1 ]] || where='"topology":{"kubernetes.io/hostname":"node-b"}'
endpoints() {
    local list='' one
    for one in "$@"; do list+=${list:+,}'{"addresses":["'$one'"],"conditions":{"ready":true},'$where'}'; done
    printf '{"kind":"EndpointSlice","apiVersion":"%s","metadata":{"name":"followed","namespace":"default","labels":{"kubernetes.io/service-name":"followed"}},"addressType":"IPv6","ports":[{"name":"","port":8080,"protocol":"TCP"}],"endpoints":[%s]}' \
        "${discovery#/apis/}" "$list"
}
api POST /api/v1/namespaces/default/services '{"kind":"Service","apiVersion":"v1","metadata":{"name":"followed"},"spec":{"clusterIP":"fd00:10:96::d765","ports":[{"port":80,"protocol":"TCP"}]}}'
wait_for 10 "no service" shows 'NOT PROGRAMMED: no backend is ready' services default/followed
api POST "$slices" "$(endpoints 2001:0:0:2::5)"
wait_for 10 "no backend" shows '<7766:db8:f::2, 6666:0:0:2::5> weight 1' services default/followed
shows 'BSID 5555:10:96::d765' services default/followed || die "no binding SID"
api PUT "$slices/followed" "$(endpoints 2001:0:0:2::5 2001:0:0:2::6)"
wait_for 10 "no second backend" shows '<7766:db8:f::2, 6666:0:0:2::6> weight 1' services default/followed

step "what a user must fix is an Event"
api POST /api/v1/namespaces/default/services '{"kind":"Service","apiVersion":"v1","metadata":{"name":"wrong"},"spec":{"clusterIP":"fd00:10:96::bad","externalIPs":["6666::5"],"ports":[{"port":80,"protocol":"TCP"}]}}'
told() {
    OUT=$scratch/events api GET "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=wrong"
    grep -qF '6666::5 is not programmed: it lies in 6666::/16, which is for SIDs' "$scratch/events"
}
wait_for 20 "no Event about an address in the SID space" told
api DELETE /api/v1/namespaces/default/services/wrong

step "how long a change takes, from the API server's answer to the tables"
for ((i = 0; i < 20; ++i)); do
    for count in 1 2; do
        addresses=(2001:0:0:2::5 2001:0:0:2::6)
        before=$(curl -s --unix-socket "$socket" http://x/v1/generation | sed -E 's/.*"number":([0-9]+).*/\1/')
        api PUT "$slices/followed" "$(endpoints "${addresses[@]:0:count}")"
        /usr/bin/python3 - "$socket" "$before" <<'PYTHON'
import http.client, json, socket, sys, time
begin = time.monotonic()
while time.monotonic() < begin + 10:
    connection = http.client.HTTPConnection("x")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(sys.argv[1])
    connection.request("GET", "/v1/generation")
    if json.load(connection.getresponse())["number"] > int(sys.argv[2]):
        print(round((time.monotonic() - begin) * 1000))
        sys.exit(0)
sys.exit("no new generation")
PYTHON
    done
done >"$scratch/times"
sort -n "$scratch/times" | awk '{t[NR] = $1} END {printf "40 changes: median %d ms, slowest %d ms, the start of the clock (some 30 ms) not counted\n", t[int((NR + 1) / 2)], t[NR]}'

step "without the API server nothing changes, and the node says so"
$LIVE_STOP
wait_for 30 "nothing tells that the server is away" noticed 'the state is'
shows '6666:0:0:2::6' services default/followed || die "a service went with the API server"
step "... nor by a restart"
kill "$pid"
wait "$pid" || die "the daemon does not stop well"
start_daemon
wait_for 20 "not ready from the state file" noticed 'the state of the last run is in use'
wait_for 10 "the service was not restored" shows '6666:0:0:2::6' services default/followed

step "with it everything is as it says, after kill -9, too"
"$LIVE_START"
api DELETE "$slices/followed"
wait_for 60 "the backends are still there" shows 'NOT PROGRAMMED: no backend is ready' services default/followed
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
api DELETE /api/v1/namespaces/default/services/followed
start_daemon
wait_for 20 "not ready" readyz 200
wait_for 60 "the service is still there" hides default/followed services
wait_for 10 "no policy to node-b" shows "node node-b pods" policies
api DELETE /api/v1/nodes/node-b
wait_for 10 "node-b is still there" hides node-b policies
kill "$pid"
wait "$pid" || die "the daemon does not stop well"
pid=
echo "followed, restored, and caught up"
