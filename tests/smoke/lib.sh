# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Helpers of the smoke tests: private namespaces, wires between them, sextantd nodes, and checks with
# real sockets. Source it, do not run it. Every name is private to the process: scripts run in
# parallel, and a trap removes everything however the script ends.

# For configurations that come through a pipe: sextant_start runs in this shell then.
shopt -s lastpipe

smoke_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root_dir=$(cd -- "$smoke_dir/../.." && pwd)
bin_dir=${SEXTANT_BIN_DIR:-$root_dir/build/dev/bin}
prefix=sx$$
scratch=
nodes=()     # namespaces
sextants=()  # those with a sextantd
pids=()
cpu=$RANDOM

say() { printf -- '- %s\n' "$*"; }

skip() {
    printf '%s\n' "$*"
    exit 77
}

# fail TEXT...: says what is wrong, then everything that helps to find out why.
fail() {
    trap - ERR
    set +e
    printf 'FAIL: %s\n' "$*"
    local node
    for node in "${sextants[@]}"; do
        printf '\n=== %s: log\n' "$node"
        tail -n 25 "$scratch/$node.log"
        local what
        for what in drops localsids policies ports neighbors; do
            printf '=== %s: show %s\n' "$node" "$what"
            timeout 5 "$bin_dir/sextant" show "$what" --socket "$scratch/$node.sock" 2>&1 |
                head -n 60
        done
    done
    for node in "${nodes[@]}"; do
        [[ " ${sextants[*]} " != *" $node "* ]] || continue
        printf '=== %s: neighbors that failed, counters of the kernel\n' "$node"
        at "$node" ip neighbor show nud failed
        at "$node" nstat -asz 2>/dev/null | awk '$2 > 0 && /Discard|Error|NoRoute|TooBig|TimeExc|Retrans/'
    done
    exit 1
}

clean_up() {
    local status=$? pid node
    trap - EXIT ERR
    trap '' PIPE INT TERM
    set +e
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
    for pid in "${pids[@]}"; do
        # Whoever does not go by itself is not asked twice.
        timeout 5 tail --pid="$pid" -s 0.05 -f /dev/null || kill -9 "$pid"
    done
    for node in "${nodes[@]}"; do ip netns delete "$prefix-$node" 2>/dev/null; done
    [[ -z $scratch ]] || rm -rf "$scratch"
    # What a script has begun by itself.
    ! declare -F at_exit >/dev/null || at_exit
    exit "$status"
}

# smoke_start: checks what every script needs; from here on everything is cleaned up.
smoke_start() {
    local tool
    [[ $(id -u) -eq 0 ]] || skip "needs root for network namespaces"
    for tool in ip ping ethtool sysctl /usr/bin/python3; do
        command -v "$tool" >/dev/null || skip "needs $tool"
    done
    [[ -x $bin_dir/sextantd && -x $bin_dir/sextant ]] ||
        fail "no sextantd and sextant in $bin_dir; run tools/build first"
    scratch=$(mktemp -d)
    trap clean_up EXIT
    trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
    trap 'exit 130' INT TERM PIPE
    ip netns add "$prefix-probe" 2>"$scratch/netns" ||
        skip "no network namespaces here: $(<"$scratch/netns")"
    nodes=(probe)
}

# needs_seg6: the kernel as SRv6 peer.
needs_seg6() {
    at probe ip link set lo up
    at probe ip link add v0 type veth peer name v1
    at probe ip link set v0 up
    at probe ip -6 route add fc00::1 encap seg6local action End dev v0 2>/dev/null ||
        skip "this kernel has no seg6local (CONFIG_IPV6_SEG6_LWTUNNEL)"
}

# at NODE COMMAND...: runs a command in a namespace.
at() {
    local node=$1
    shift
    ip netns exec "$prefix-$node" "$@"
}

# node NAME...: a namespace that is a host or a kernel router.
node() {
    local name
    for name in "$@"; do
        ip netns add "$prefix-$name"
        nodes+=("$name")
        # Duplicate address detection would only cost a second per address.
        at "$name" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
            net.ipv6.conf.default.accept_ra=0 net.ipv4.conf.all.rp_filter=0 \
            net.ipv4.conf.default.rp_filter=0
        at "$name" ip link set lo up
    done
}

# router NAME...: a kernel node that forwards and, as SRv6 node, accepts segment routing headers.
router() {
    local name
    node "$@"
    for name in "$@"; do
        at "$name" sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1 \
            net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.default.seg6_enabled=1 \
            net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_ratelimit=0
    done
}

# forwarder NAME...: a namespace for sextantd. Its kernel sees a copy of what af_packet ports receive
# and must stay silent about it.
forwarder() {
    local name
    for name in "$@"; do
        ip netns add "$prefix-$name"
        nodes+=("$name")
        at "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
        at "$name" ip link set lo up
    done
}

# wire NODE:INTERFACE NODE:INTERFACE [MTU]: a veth pair. Offloads are off: with them the kernel sends
# TCP segments of 64 KB with checksums that the receiver is meant to trust unseen, and a packet that
# leaves over SRv6 would carry them to somebody who does not.
wire() {
    local a=${1%%:*} a_if=${1#*:} b=${2%%:*} b_if=${2#*:} mtu=${3:-1500} end
    ip link add "$a_if" netns "$prefix-$a" mtu "$mtu" type veth \
        peer name "$b_if" netns "$prefix-$b" mtu "$mtu"
    for end in "$a $a_if" "$b $b_if"; do
        # shellcheck disable=SC2086
        set -- $end
        at "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null
        at "$1" ip link set "$2" up
    done
}

# address NODE INTERFACE ADDRESS...
address() {
    local node=$1 interface=$2 one
    shift 2
    for one in "$@"; do at "$node" ip address add "$one" dev "$interface"; done
}

mac_of() { at "$1" cat "/sys/class/net/$2/address"; }

# start_process NODE LOG COMMAND...: in the background, until the end.
start_process() {
    local node=$1 log=$2
    shift 2
    # Not by at(): the process itself must be the child, to be ended later.
    ip netns exec "$prefix-$node" "$@" >"$log" 2>&1 </dev/null &
    pids+=($!)
}

# runtime_yaml: the section runtime for one node; the nodes of all scripts spread over the CPUs.
runtime_yaml() {
    local allowed
    mapfile -t allowed < <(/usr/bin/python3 -c 'import os; print(*sorted(os.sched_getaffinity(0)), sep="\n")')
    cpu=$((cpu + 1))
    printf 'runtime: {lcores: [%d], huge_pages: off}\n' "${allowed[cpu % ${#allowed[@]}]}"
}

# sextant_start NODE <CONFIGURATION: the daemon in its namespace, ready when this returns.
sextant_start() {
    local node=$1
    {
        runtime_yaml
        cat
    } >"$scratch/$node.yaml"
    sextants+=("$node")
    start_process "$node" "$scratch/$node.log" \
        "$bin_dir/sextantd" --config "$scratch/$node.yaml" --socket "$scratch/$node.sock"
    local pid=${pids[-1]} tries
    for ((tries = 0; tries < 200; ++tries)); do
        ! sextant_show "$node" ports >/dev/null 2>&1 || return 0
        kill -0 "$pid" 2>/dev/null || fail "sextantd of $node ended"
        sleep 0.05
    done
    fail "sextantd of $node is not ready after 10 s"
}

# sextant_show NODE WHAT...
sextant_show() {
    local node=$1
    shift
    timeout 10 "$bin_dir/sextant" show "$@" --socket "$scratch/$node.sock"
}

# Counters by name, out of the JSON of the tool.
packets_of_sid() { sextant_show "$1" localsids --json | "$smoke_dir/pick.py" sid "$2"; }
errors_of_sid() { sextant_show "$1" localsids --json | "$smoke_dir/pick.py" sid-bad "$2"; }
packets_of_policy() { sextant_show "$1" policies --json | "$smoke_dir/pick.py" policy "$2"; }
drops_of() { sextant_show "$1" drops --json | "$smoke_dir/pick.py" drop "$2"; }

# expect_sid NODE SID AT_LEAST: the SID has processed packets, and none wrongly.
expect_sid() {
    local got bad
    got=$(packets_of_sid "$1" "$2")
    bad=$(errors_of_sid "$1" "$2")
    ((got >= $3)) || fail "local SID $2 of $1 has processed $got packets; at least $3 were sent"
    ((bad == 0)) || fail "local SID $2 of $1 has refused $bad packets"
}

expect_policy() {
    local got
    got=$(packets_of_policy "$1" "$2")
    ((got >= $3)) || fail "policy $2 of $1 has carried $got packets; at least $3 were sent"
}

# expect_drops NODE REASON AT_LEAST
expect_drops() {
    local got
    got=$(drops_of "$1" "$2")
    ((got >= $3)) || fail "$1 has dropped $got packets as $2; at least $3 were expected"
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((SECONDS <= end)) || fail "$what"
        sleep 0.1
    done
}

# ping_ok NODE SOURCE DESTINATION [OPTION...]: three of three come back. The first one may wait for
# neighbors.
ping_ok() {
    local node=$1 source=$2 destination=$3
    shift 3
    at "$node" ping -q -n -c 3 -i 0.05 -W 3 -I "$source" "$@" "$destination" >"$scratch/ping" 2>&1 ||
        fail "ping $source -> $destination from $node: $(tail -n 3 "$scratch/ping")"
    grep -q ' 0% packet loss' "$scratch/ping" ||
        fail "ping $source -> $destination from $node: $(tail -n 3 "$scratch/ping")"
}

# serve NODE...: the TCP peer in a namespace, for transfer.
serve() {
    local name
    for name in "$@"; do
        start_process "$name" "$scratch/serve-$name.log" /usr/bin/python3 "$smoke_dir/tcp_peer.py" serve
        wait_for 5 "the TCP peer of $name does not listen" listens "$name"
    done
}
listens() { [[ -n $(at "$1" ss -Htln 'sport = :5201') ]]; }

# transfer NODE SOURCE DESTINATION [BYTES [PORT]]: that many bytes each way over one TCP connection,
# both checked by their digests.
transfer() {
    local node=$1 source=$2 destination=$3 bytes=${4:-2000000} port=${5:-5201}
    timeout 40 ip netns exec "$prefix-$node" /usr/bin/python3 "$smoke_dir/tcp_peer.py" transfer \
        "$source" "$destination" "$bytes" "$port" >"$scratch/transfer" 2>&1 ||
        fail "TCP $source -> $destination from $node, $bytes bytes: $(tail -n 2 "$scratch/transfer")"
}
