# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A real kube-apiserver on etcd for tests and benches, with the rights of config/manifests/rbac.yaml for
# sextantd. Both come from the folder KUBEBUILDER_ASSETS, as other projects have it, or from PATH; any
# version of Kubernetes from 1.20. Source it after tools/lib.sh; call api_server_start, and at the end
# api_server_stop.
#
# Sets LIVE_URL, LIVE_PORT, LIVE_CA, LIVE_ADMIN_TOKEN, LIVE_KUBECONFIG, LIVE_NOBODY_KUBECONFIG, and the
# commands LIVE_START, LIVE_STOP and LIVE_COMPACT.

# api_server_missing: says what is not here; fails when nothing is missing.
api_server_missing() {
    PATH=${KUBEBUILDER_ASSETS:+$KUBEBUILDER_ASSETS:}$PATH
    local program
    for program in kube-apiserver etcd curl openssl; do
        command -v "$program" >/dev/null && continue
        echo "$program is not here: set KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd, or PATH"
        return 0
    done
    [[ $(cat /proc/sys/net/ipv6/conf/lo/disable_ipv6 2>/dev/null || echo 1) != 0 ]] || return 1
    echo "no IPv6 on the loopback"
}

k8s_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

# free_port: one that nobody listens on right now.
free_port() {
    /usr/bin/python3 -c 'import socket; s = socket.socket(socket.AF_INET6); s.bind(("::1", 0)); print(s.getsockname()[1])'
}

api_certificates() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test-ca \
        -keyout "$api_state/ca.key" -out "$api_state/ca.crt" -addext basicConstraints=critical,CA:TRUE \
        -addext keyUsage=critical,keyCertSign 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=kube-apiserver \
        -keyout "$api_state/server.key" -out "$api_state/server.csr" 2>/dev/null
    openssl x509 -req -in "$api_state/server.csr" -CA "$api_state/ca.crt" -CAkey "$api_state/ca.key" \
        -CAcreateserial -days 2 -extfile <(echo 'subjectAltName=IP:::1,IP:127.0.0.1,DNS:localhost') \
        -out "$api_state/server.crt" 2>/dev/null
    openssl genrsa -out "$api_state/accounts.key" 2048 2>/dev/null
    cat >"$api_state/tokens.csv" <<END
admin-token,admin,uid-admin,"system:masters"
sextant-token,system:serviceaccount:kube-system:sextant,uid-sextant
nobody-token,nobody,uid-nobody
END
}

# api_kubeconfig NAME [URL]: prints one for the token NAME-token.
api_kubeconfig() {
    cat <<END
apiVersion: v1
kind: Config
current-context: t
clusters: [{name: t, cluster: {server: "${2:-https://[::1]:$LIVE_PORT}", certificate-authority: $LIVE_CA}}]
users: [{name: u, user: {token: $1-token}}]
contexts: [{name: t, context: {cluster: t, user: u}}]
END
}

# The commands: stop NAME ends a process of these, start starts the API server, compact compacts etcd.
api_commands() {
    cat >"$api_state/stop" <<END
#!/bin/bash
cd '$api_state'
END
    cat >>"$api_state/stop" <<'END'
pid=$(cat "$1.pid" 2>/dev/null) || exit 0
kill "$pid" 2>/dev/null || true
for _ in $(seq 50); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
kill -9 "$pid" 2>/dev/null || true
rm -f "$1.pid"
END
    local options=() version
    version=$(kube-apiserver --version | sed -E 's/.*v1\.([0-9]+).*/\1/')
    [[ $version -ge 24 ]] || options+=(--insecure-port=0)
    [[ $version -ge 21 ]] ||
        options+=("--feature-gates=IPv6DualStack=true,EndpointSliceNodeName=true,EndpointSliceTerminatingCondition=true")
    step "kube-apiserver 1.$version on [::1]:$LIVE_PORT"
    # Without the cache of past events, so that compaction is felt at once.
    cat >"$api_state/start" <<END
#!/bin/bash
kube-apiserver --etcd-servers='http://[::1]:$etcd_port' --bind-address=::1 --advertise-address=2001:db8::1 \
    --endpoint-reconciler-type=none --secure-port=$LIVE_PORT ${options[*]} --cert-dir='$api_state/run' \
    --tls-cert-file='$api_state/server.crt' --tls-private-key-file='$api_state/server.key' \
    --token-auth-file='$api_state/tokens.csv' --service-account-key-file='$api_state/accounts.key' \
    --service-account-signing-key-file='$api_state/accounts.key' --authorization-mode=RBAC \
    --service-account-issuer=https://kubernetes.default.svc --disable-admission-plugins=ServiceAccount \
    --watch-cache=false --service-cluster-ip-range=fd00:10:96::/112,10.96.0.0/16 \
    >>'$api_state/api.log' 2>&1 </dev/null &
echo \$! >'$api_state/api.pid'
for _ in \$(seq 1200); do
    curl -sfg -o /dev/null --cacert '$api_state/ca.crt' -H 'Authorization: Bearer admin-token' \
        'https://[::1]:$LIVE_PORT/readyz' && exit 0
    kill -0 "\$(cat '$api_state/api.pid')" 2>/dev/null || break
    sleep 0.1
done
grep -vE "^\\s|^k8s.io|^net/http|^goroutine|^$" "'$api_state'/api.log" | tail -n 20
exit 1
END
    # etcd's own HTTP gateway, so that etcdctl is not needed; bodies are base64 of nothing and of numbers.
    cat >"$api_state/compact" <<END
#!/bin/bash
set -e
revision=\$(curl -sSfg 'http://[::1]:$etcd_port/v3/kv/range' -d '{"key":"AA=="}' |
    sed -E 's/.*"revision":"?([0-9]+).*/\1/')
curl -sSfg -o /dev/null 'http://[::1]:$etcd_port/v3/kv/compaction' -d "{\"revision\":\$revision,\"physical\":true}"
END
    chmod +x "$api_state/stop" "$api_state/start" "$api_state/compact"
}

# The roles of the manifest, for the account of the manifest.
api_grant() {
    /usr/bin/python3 - "$k8s_dir/../../config/manifests/rbac.yaml" >"$api_state/rbac.txt" <<'PYTHON'
import json, sys, yaml
for document in yaml.safe_load_all(open(sys.argv[1])):
    if document["kind"] != "ServiceAccount":
        print(document["kind"].lower() + "s", json.dumps(document))
PYTHON
    local plural document
    while read -r plural document; do
        api POST "/apis/rbac.authorization.k8s.io/v1/$plural" "$document"
    done <"$api_state/rbac.txt"
}

# api METHOD PATH [JSON]: as the administrator; the answer goes to OUT.
api() {
    curl -sSfg -o "${OUT:-/dev/null}" --cacert "$LIVE_CA" -X "$1" -H "Authorization: Bearer $LIVE_ADMIN_TOKEN" \
        -H "Content-Type: ${TYPE:-application/json}" "$LIVE_URL$2" ${3:+-d "$3"}
}
# api_patch PATH JSON: a merge patch.
api_patch() { TYPE=application/merge-patch+json api PATCH "$@"; }

api_server_start() {
    PATH=${KUBEBUILDER_ASSETS:+$KUBEBUILDER_ASSETS:}$PATH
    api_state=$(mktemp -d)
    if [[ -d /dev/shm ]]; then
        rmdir "$api_state"
        api_state=$(mktemp -d -p /dev/shm sextant-kube.XXXXXX)
    fi
    local etcd_port peer_port
    LIVE_PORT=$(free_port)
    etcd_port=$(free_port)
    peer_port=$(free_port)
    export LIVE_PORT LIVE_URL="https://[::1]:$LIVE_PORT" LIVE_CA=$api_state/ca.crt LIVE_ADMIN_TOKEN=admin-token
    export LIVE_KUBECONFIG=$api_state/sextant.kubeconfig LIVE_NOBODY_KUBECONFIG=$api_state/nobody.kubeconfig
    export LIVE_START=$api_state/start LIVE_STOP="$api_state/stop api" LIVE_COMPACT=$api_state/compact
    api_certificates
    api_kubeconfig sextant >"$LIVE_KUBECONFIG"
    api_kubeconfig nobody >"$LIVE_NOBODY_KUBECONFIG"
    api_commands
    etcd --name t --data-dir "$api_state/etcd" --listen-client-urls "http://[::1]:$etcd_port" \
        --advertise-client-urls "http://[::1]:$etcd_port" --listen-peer-urls "http://[::1]:$peer_port" \
        --initial-advertise-peer-urls "http://[::1]:$peer_port" --initial-cluster "t=http://[::1]:$peer_port" \
        >"$api_state/etcd.log" 2>&1 </dev/null &
    echo $! >"$api_state/etcd.pid"
    "$api_state/start" || die "kube-apiserver does not start; see above"
    api_grant
}

api_server_stop() {
    [[ -n ${api_state:-} ]] || return 0
    "$api_state/stop" api
    "$api_state/stop" etcd
    rm -rf "$api_state"
}
