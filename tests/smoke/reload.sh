#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The configuration changes while traffic runs: by SIGHUP, by a changed file, over the socket. Flows that
# a change does not name lose nothing; what is wrong is refused and leaves everything as it was; a restart
# with the same state costs little, and a killed daemon is replaced.
#
#   ha ----- f1 ===== f2 ----- hb
#
# ha -> hb: H.Encaps by f1, End.DT6 at f2. hb -> ha: plain. Only f1 is changed.
set -euo pipefail
# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

reloads=20
# 0.4 s on a machine with a CPU to spare; with four runnable threads per CPU it was 3 s.
max_restart_loss_ms=6000
kills=8
large_sids=5000

smoke_start
command -v curl >/dev/null || skip "needs curl"

ha=2001:db8:a::2 hb=2001:db8:b::2
node ha hb
forwarder f1 f2
wire ha:eth0 f1:host
wire f1:fab1 f2:fab2
wire f2:host hb:eth0
address ha eth0 "$ha/64"
address hb eth0 "$hb/64"
at ha ip -6 route add default via 2001:db8:a::1
at hb ip -6 route add default via 2001:db8:b::1

runtime=$(runtime_yaml)
# f1_config N: of generation N. What the flow from ha to hb uses is the same in all of them.
f1_config() {
    cat <<END
$runtime
ports:
  - name: host
    device: net_af_packet0,iface=host
    addresses: ["2001:db8:a::1/64", "2001:db8:aa:$1::1/64"]
  - {name: fabric, device: "net_af_packet1,iface=fab1", addresses: ["2001:db8:f::1/64"]}
routes:
  - {prefix: "fcbb:2::/32", next_hop: "2001:db8:f::2"}
  - {prefix: "2001:db8:0:$1::/64", next_hop: "2001:db8:f::2"}
  - {prefix: "2001:db8:1::/48", next_hop: "2001:db8:f::$(($1 + 3))"}
local_sids:
  - {sid: "fcbb:1::e", behavior: End, flavors: [PSP]}
  - {sid: "fcbb:1:$1::", behavior: End.DT6}
policies:
  - {name: to-b, segment_lists: [{segments: ["fcbb:2::d6"]}]}
  - name: other
    segment_lists: [{weight: $(($1 % 3 + 1)), segments: ["fcbb:2::e"]}, {segments: ["fcbb:2::f"]}]
steering:
  - {prefix: "2001:db8:b::/48", policy: to-b}
  - {prefix: "2001:db8:$((1000 + $1))::/48", policy: other}
END
}

sextant_start f2 <<END
ports:
  - {name: fabric, device: "net_af_packet0,iface=fab2", addresses: ["2001:db8:f::2/64"]}
  - {name: host, device: "net_af_packet1,iface=host", addresses: ["2001:db8:b::1/64"]}
routes:
  - {prefix: "2001:db8:a::/48", next_hop: "2001:db8:f::1"}
local_sids:
  - {sid: "fcbb:2::d6", behavior: End.DT6}
END

config=$scratch/f1.yaml
socket=$scratch/f1.sock
f1_pid=
# f1_start: the daemon with the configuration as it stands.
f1_start() {
    start_process f1 "$scratch/f1.log" "$bin_dir/sextantd" --config "$config" --socket "$socket"
    f1_pid=${pids[-1]}
    wait_for 10 "f1 does not start" sextant_show f1 ports
}

# api METHOD PATH [CURL OPTION...]: the reply to $scratch/reply, its status printed.
api() {
    curl -s --max-time 10 --unix-socket "$socket" -o "$scratch/reply" -w '%{http_code}' -X "$1" \
        "${@:3}" "http://localhost$2"
}
# reply KEY...: a value out of the last reply.
reply() {
    /usr/bin/python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = value[int(key) if isinstance(value, list) else key]
print(value)' "$scratch/reply" "$@"
}
# generation KEY...: a value of /v1/generation.
generation() {
    [[ $(api GET /v1/generation) == 200 ]] || fail "/v1/generation: $(<"$scratch/reply")"
    reply "$@"
}
expect() { [[ $1 == "$2" ]] || fail "$3: $1 instead of $2: $(<"$scratch/reply")"; }
is() { [[ $(generation "${@:2}") == "$1" ]]; }

# state: everything that forwards, without what is counted.
state() {
    local what
    for what in fib localsids policies steering; do
        sextant_show f1 "$what" --json
    done | /usr/bin/python3 -c '
import re, sys
print(re.sub(r"\"(packets|bytes)\": ?\d+", "", sys.stdin.read()))'
}
# drops: packets that f1 has dropped, but for what kernels announce to all routers.
drops() {
    sextant_show f1 drops --json | /usr/bin/python3 -c '
import json, sys
print(sum(d["packets"] for d in json.load(sys.stdin)["drops"] if d["reason"] != "parse_ipv6_multicast"))'
}

# flow_start, flow_end: pings every 10 ms and a TCP connection from ha to hb.
flow_start() {
    ip netns exec "$prefix-ha" ping -n -i 0.01 -I "$ha" "$hb" >"$scratch/flow" 2>&1 &
    ping_pid=$!
    ip netns exec "$prefix-ha" /usr/bin/python3 "$smoke_dir/tcp_steady.py" run "$ha" "$hb" \
        >"$scratch/steady" 2>&1 &
    tcp_pid=$!
    pids+=("$ping_pid" "$tcp_pid")
    sleep 0.5
}
flow_end() {
    sleep 0.3
    kill -INT "$ping_pid"
    wait "$ping_pid" || true
    kill -TERM "$tcp_pid"
    wait "$tcp_pid" || fail "TCP from ha to hb: $(<"$scratch/steady")"
    # The last one that came back ends the count: whatever followed it may be under way still.
    sent=$(sed -n 's/.* icmp_seq=\([0-9]*\) .*/\1/p' "$scratch/flow" | sort -n | tail -n 1)
    received=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$scratch/flow")
    took_ms=$(sed -n 's/.* time \([0-9]*\)ms/\1/p' "$scratch/flow")
}

f1_config 0 >"$config"
sextants+=(f1)
f1_start
start_process hb "$scratch/serve-hb.log" /usr/bin/python3 "$smoke_dir/tcp_steady.py" serve
steady_listens() { [[ -n $(at hb ss -Htln 'sport = :5202') ]]; }
wait_for 5 "no TCP peer at hb" steady_listens
ping_ok ha "$ha" "$hb"

say "$reloads reloads under a ping and a TCP connection that they do not name"
drops_before=$(drops)
flow_start
for ((n = 1; n <= reloads; ++n)); do
    case $((n % 4)) in
    0) # as an editor does it
        f1_config "$n" >"$scratch/.f1.yaml.new"
        mv "$scratch/.f1.yaml.new" "$config"
        ;;
    1) f1_config "$n" >"$config" ;;
    2)
        f1_config "$n" >"$config"
        kill -HUP "$f1_pid"
        ;;
    3)
        f1_config "$n" >"$config"
        expect "$(api POST /v1/reload)" 200 "POST /v1/reload"
        expect "$(reply result)" published "POST /v1/reload"
        ;;
    esac
    wait_for 5 "reload $n is not published" is $((n + 1)) attempts published
    grep -q "fcbb:1:$n::" <<<"$(sextant_show f1 localsids)" || fail "the SID of reload $n is not there"
done
flow_end
[[ $sent -ge 100 && $sent -eq $received ]] || fail "ping: $sent sent, $received came back"
dropped=$(($(drops) - drops_before))
((dropped == 0)) || fail "f1 has dropped $dropped packets during the reloads"
say "ping $received of $sent; TCP: $(<"$scratch/steady")"
expect "$(generation attempts invalid)" 0 "invalid attempts"

say "SIGHUP with the same file is no new generation"
number=$(generation number)
unchanged=$(generation attempts unchanged)
kill -HUP "$f1_pid"
wait_for 5 "SIGHUP does nothing" is $((unchanged + 1)) attempts unchanged
expect "$(generation last trigger)" SIGHUP "the trigger"
expect "$(generation number)" "$number" "the generation"

say "a ConfigMap's ..data is exchanged"
mkdir "$scratch/..1" "$scratch/..2"
cp "$config" "$scratch/..1/f1.yaml"
f1_config 30 >"$scratch/..2/f1.yaml"
ln -s ..1 "$scratch/..data"
ln -s ..data/f1.yaml "$scratch/link"
mv "$scratch/link" "$config"
wait_for 5 "the link is not noticed" is $((unchanged + 2)) attempts unchanged
ln -s ..2 "$scratch/..data_tmp"
mv -T "$scratch/..data_tmp" "$scratch/..data"
wait_for 5 "the exchanged link is not noticed" is $((reloads + 2)) attempts published
rm "$config"
f1_config 30 >"$config"
wait_for 5 "the plain file is not noticed" is $((unchanged + 3)) attempts unchanged

say "a diff changes nothing and names what would change"
state >"$scratch/before"
f1_config 31 >"$scratch/candidate"
expect "$(api POST /v1/diff --data-binary "@$scratch/candidate")" 200 "POST /v1/diff"
expect "$(reply changes local_sids added 0 name)" "fcbb:1:31::/128 in main" "the added SID"
expect "$(api POST /v1/diff --data-binary "@$config")" 200 "POST /v1/diff"
expect "$(reply changes)" "{}" "a diff with what runs"
expect "$(api POST /v1/diff --data-binary "nonsense: 1")" 422 "a diff with nonsense"
state >"$scratch/after"
cmp -s "$scratch/before" "$scratch/after" || fail "a diff has changed the state"

say "what is wrong is refused, and nothing changes"
number=$(generation number)
invalid=0
# refused TEXT: the configuration as it stands is not taken over, for that reason.
refused() {
    expect "$(api POST /v1/reload)" 422 "the reload"
    [[ $(reply detail) == *"$1"* ]] || fail "nothing about '$1': $(reply detail)"
    expect "$(generation number)" "$number" "the generation"
    expect "$(generation last result)" invalid "the last attempt"
    [[ $(generation notice) == *"generation $number still runs: "* ]] || fail "no notice of '$1'"
    grep -qF -- "$1" "$scratch/f1.log" || fail "nothing about '$1' in the log"
    state >"$scratch/after"
    cmp -s "$scratch/before" "$scratch/after" || fail "a refused file has changed the state: $1"
    invalid=$((invalid + 1))
}
flow_start
{ f1_config 32; echo 'rutes: []'; } >"$config"
refused "did you mean \"routes\""
f1_config 32 | sed 's/End.DT6/End.DT7/' >"$config"
refused "local_sids[1].behavior"
f1_config 32 | sed 's/policy: other/policy: nobody/' >"$config"
refused "steering[1].policy"
head -c 300 /dev/urandom >"$config"
refused "f1.yaml:"
: >"$config"
refused "ports: missing"
rm "$config"
refused "cannot be opened"
f1_config 32 | sed 's/iface=host/iface=other/' >"$config"
refused "ports[0].device"
f1_config 32 | sed 's/lcores: \[/lcores: [99, /' >"$config"
refused "runtime.lcores"
flow_end
[[ $sent -eq $received ]] || fail "ping: $sent sent, $received came back"
say "$invalid bad files; ping $received of $sent"

say "a storm of signals and writes is a few attempts"
flow_start
published=$(generation attempts published)
for ((n = 100; n < 400; ++n)); do
    f1_config $((n % 90)) >"$scratch/.f1.yaml.new"
    mv "$scratch/.f1.yaml.new" "$config"
    kill -HUP "$f1_pid"
done
sleep 1.5
flow_end
more=$(($(generation attempts published) - published))
((more >= 1 && more <= 30)) || fail "300 changed files became $more generations"
expect "$(generation last result)" published "the last attempt"
[[ $sent -eq $received ]] || fail "ping: $sent sent, $received came back"
say "300 changed files became $more generations; ping $received of $sent"

say "a restart with the same state"
flow_start
now_ms() { echo $(($(date +%s%N) / 1000000)); }
code=0
begin_ms=$(now_ms)
kill -TERM "$f1_pid"
wait "$f1_pid" || code=$?
[[ $code -eq 0 ]] || fail "sextantd ended with $code after SIGTERM"
[[ ! -e $socket ]] || fail "the socket is left behind"
stopped_ms=$(now_ms)
f1_start
started_ms=$(now_ms)
flow_end
lost_ms=$(((sent - received) * took_ms / sent))
say "stop $((stopped_ms - begin_ms)) ms, start $((started_ms - stopped_ms)) ms," \
    "lost $((sent - received)) of $sent pings: $lost_ms ms; TCP: $(<"$scratch/steady")"
((lost_ms <= max_restart_loss_ms)) || fail "a restart costs $lost_ms ms, more than $max_restart_loss_ms"

say "killed in the middle of a change, $kills times at other moments"
# large_config N: the SIDs of N are other ones than those of its neighbors, so that a change has much to
# read, compile and publish.
large_config() {
    f1_config "$1" | awk -v n="$1" -v sids="$large_sids" '{ print } /^local_sids:/ {
        for (i = 0; i < sids; ++i) printf "  - {sid: \"fcbb:1:8%03d:%x::\", behavior: End}\n", n, i }'
}
large_config 40 >"$scratch/large.0"
large_config 41 >"$scratch/large.1"
# exchange N: the file becomes one of the two as a whole.
exchange() {
    cp "$scratch/large.$(($1 % 2))" "$scratch/.f1.yaml.new"
    mv "$scratch/.f1.yaml.new" "$config"
}
exchange 0
expect "$(api POST /v1/reload)" 200 "POST /v1/reload"
begin_ms=$(now_ms)
exchange 1
expect "$(api POST /v1/reload)" 200 "POST /v1/reload"
change_ms=$(($(now_ms) - begin_ms))
for ((n = 0; n < kills; ++n)); do
    exchange "$n"
    kill -HUP "$f1_pid"
    sleep "$(printf '0.%03d' $((change_ms * n / kills)))"
    kill -KILL "$f1_pid"
    wait "$f1_pid" 2>/dev/null || true
    [[ -S $socket ]] || fail "a killed daemon cannot remove its socket; where is it?"
    f1_start
    expect "$(generation number)" 1 "the generation after the start"
    sids=$(sextant_show f1 localsids --json | grep -c "fcbb:1:80$((40 + n % 2)):") || true
    expect "$sids" "$large_sids" "SIDs of the file that was there"
    ping_ok ha "$ha" "$hb"
done
say "a change took $change_ms ms"

if [[ -c /dev/net/tun ]]; then
    say "a tap that was there before keeps its addresses and routes over a restart"
    at f1 ip tuntap add dev keep0 mode tap multi_queue
    at f1 sysctl -qw net.ipv6.conf.keep0.disable_ipv6=0
    at f1 ip link set keep0 up
    kill -TERM "$f1_pid"
    wait "$f1_pid"
    f1_config 40 | sed '/name: fabric, device/a\
  - {name: kept, device: "net_tap0,iface=keep0", addresses: ["2001:db8:c::1/64"]}' >"$config"
    f1_start
    at f1 ip address add 2001:db8:c::2/64 dev keep0 nodad
    at f1 ip -6 route add 2001:db8:c1::/64 via 2001:db8:c::1
    ping_ok ha "$ha" 2001:db8:c::1
    kill -TERM "$f1_pid"
    wait "$f1_pid" || fail "sextantd with a tap ended with $?"
    grep -q 2001:db8:c::2 <<<"$(at f1 ip -6 address show dev keep0)" || fail "the tap has lost its address"
    grep -q 2001:db8:c1::/64 <<<"$(at f1 ip -6 route)" || fail "the tap has lost its route"
    f1_start
    ping_ok ha "$ha" "$hb"
    wait_for 5 "the tap does not answer after the restart" at f1 ping -q -c 1 -W 1 2001:db8:c::1
fi

say "passed: $reloads reloads without loss, $invalid bad files refused, a restart cost $lost_ms ms"
