# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of the CNI plugin share: a network configuration for each node, and calls as a
# container runtime makes them. Source it, do not run it.

# shellcheck source=tests/smoke/lib.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../smoke/lib.sh"

plugin=$bin_dir/sextant-cni
CNI_PATH=${CNI_PATH:-/usr/lib/cni:/opt/cni/bin}

cni_start() {
    smoke_start
    [[ -x $plugin ]] || fail "no sextant-cni in $bin_dir; run tools/build first"
    local folder
    for folder in ${CNI_PATH//:/ }; do
        [[ ! -x $folder/host-local ]] || return 0
    done
    skip "no host-local in $CNI_PATH (Debian: containernetworking-plugins)"
}

# network NODE SUBNET... [-- KEY VALUE...]: the configuration of a node's pods, out of the example
# that is in config/cni.
network() {
    /usr/bin/python3 - "$root_dir/config/cni/10-sextant.conflist" "$scratch/$1.sock" "$scratch/ipam-$1" "${@:2}" \
        >"$scratch/$1.conf" <<'PYTHON'
import json, sys

example, socket, folder, *rest = sys.argv[1:]
network = json.load(open(example))
at = rest.index("--") if "--" in rest else len(rest)
subnets, extra = rest[:at], rest[at + 1:]
# What a runtime makes of one plugin of a list.
plugin = dict(network["plugins"][0], name=network["name"], cniVersion=network["cniVersion"], socket=socket)
plugin["ipam"] = dict(plugin["ipam"], dataDir=folder, ranges=[[{"subnet": one}] for one in subnets])
for key, value in zip(extra[::2], extra[1::2]):
    plugin[key] = json.loads(value)
json.dump(plugin, sys.stdout)
PYTHON
}

# cni NODE COMMAND POD [IFNAME]: the result, or the error, is in $scratch/cni-POD. The container is
# named after its namespace.
cni() {
    local node=$1 command=$2 pod=$3 ifname=${4:-eth0}
    CNI_COMMAND=$command CNI_CONTAINERID=c0ffee-$pod CNI_NETNS=/run/netns/$prefix-$pod CNI_IFNAME=$ifname \
        CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=$pod" CNI_PATH=$CNI_PATH \
        "$plugin" <"$scratch/$node.conf" >"$scratch/cni-$pod" 2>"$scratch/cni-$pod.err"
}

attach() { cni "$1" ADD "$2" || fail "ADD of $2: $(<"$scratch/cni-$2")"; }
detach() { cni "$1" DEL "$2" || fail "DEL of $2: $(<"$scratch/cni-$2")"; }

# refused CODE TEXT NODE COMMAND POD...: the plugin fails with this code, and says this.
refused() {
    local code=$1 text=$2
    shift 2
    ! cni "$@" || fail "cni $*: it should have failed with $code"
    grep -q "\"code\": $code,\$" "$scratch/cni-$3" || fail "cni $*: no code $code: $(<"$scratch/cni-$3")"
    grep -qF -- "$text" "$scratch/cni-$3" || fail "cni $*: it does not say '$text': $(<"$scratch/cni-$3")"
}

# address_of POD 4|6: what the result of ADD said.
address_of() {
    /usr/bin/python3 - "$scratch/cni-$1" "$2" <<'PYTHON'
import ipaddress, json, sys
for ip in json.load(open(sys.argv[1]))["ips"]:
    address = ipaddress.ip_interface(ip["address"]).ip
    if address.version == int(sys.argv[2]):
        print(address)
PYTHON
}

# pods_of NODE: names of the attached pods, sorted.
pods_of() {
    curl -sS --unix-socket "$scratch/$1.sock" http://sextant/v1/pods |
        /usr/bin/python3 -c 'import json, sys; print(*sorted(p["name"] for p in json.load(sys.stdin)["pods"]))'
}

# reaches NODE SOURCE DESTINATION: three packets come back, one after the other. (With more than one
# under way ping gives the later ones two round trips of the first, which is nothing between pods.)
reaches() {
    local i
    for i in 1 2 3; do
        at "$1" ping -q -n -c 1 -W 5 -I "$2" "$3" >"$scratch/ping" 2>&1 ||
            fail "ping $i, $2 -> $3 from $1: $(tail -n 3 "$scratch/ping")"
    done
}
