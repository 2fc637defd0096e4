# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Helpers shared by the scripts in tools/ and tests/rungs/. Source it, do not run it.

# The root of the checkout, whatever the working directory is.
# shellcheck disable=SC2034
root_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

# die TEXT...: one clear line on stderr, then exit 1.
die() {
    printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2
    exit 1
}

# step TEXT...: a progress line.
step() {
    printf -- '--- %s\n' "$*"
}

# skip REASON...: ends a rung as skipped; the reason is the last line of its output.
skip() {
    printf '%s\n' "$*"
    exit 77
}

# need_root WHAT: root, or one sentence that says for what.
need_root() {
    [[ $(id -u) -eq 0 ]] || die "needs root to $1; run it as root or with sudo"
}

# need_value OPTION VALUE...: an option must not be the last word.
need_value() {
    [[ $# -ge 2 ]] || die "$1 needs a value"
}

is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Prints those of the packages that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        is_installed "$package" || printf '%s\n' "$package"
    done
}

# True when apt knows a version of the package that it could install.
is_available() {
    local candidate
    candidate=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p')
    [[ -n $candidate && $candidate != '(none)' ]]
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# Updates apt's lists when they do not know every one of the packages (as on a fresh machine), once.
update_lists_for() {
    local package
    for package in "$@"; do
        if ! is_available "$package"; then
            step "apt-get update (no candidate for $package)"
            apt_get update || die "apt-get update failed; check the network and /etc/apt/sources.list"
            return
        fi
    done
}

# install_packages PACKAGE...: installs what is missing; does not touch apt when nothing is.
install_packages() {
    local missing
    command -v dpkg-query >/dev/null || die "only Debian is supported: install by hand: $*"
    mapfile -t missing < <(missing_packages "$@")
    [[ ${#missing[@]} -gt 0 ]] || return 0
    need_root "install ${missing[*]}"
    update_lists_for "${missing[@]}"
    step "installing ${missing[*]}"
    # A mirror may have dropped the version that old lists name: then update and try once more.
    apt_get install --no-install-recommends "${missing[@]}" ||
        { apt_get update && apt_get install --no-install-recommends "${missing[@]}"; } ||
        die "could not install ${missing[*]}"
}

# install_optional_packages PACKAGE...: as far as they exist in this release and we are root; the
# rungs that need one of them skip when it is not there.
install_optional_packages() {
    local missing package wanted=()
    mapfile -t missing < <(missing_packages "$@")
    [[ ${#missing[@]} -gt 0 ]] || return 0
    if [[ $(id -u) -ne 0 ]]; then
        step "not root: going on without ${missing[*]}"
        return 0
    fi
    update_lists_for "${missing[@]}"
    for package in "${missing[@]}"; do
        if is_available "$package"; then
            wanted+=("$package")
        else
            step "$package does not exist in this release: going on without"
        fi
    done
    [[ ${#wanted[@]} -eq 0 ]] || install_packages "${wanted[@]}"
}

# project_files PATTERN...: files of the project, tracked or new but not ignored, NUL-terminated.
project_files() {
    if git -C "$root_dir" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        local file
        git -C "$root_dir" ls-files -z --cached --others --exclude-standard -- "$@" |
            while IFS= read -r -d '' file; do
                # Tracked, but deleted in the work tree.
                [[ -e $root_dir/$file ]] && printf '%s\0' "$file"
            done
    else
        local pattern names=()
        for pattern in "$@"; do
            names+=(-o -path "./$pattern")
        done
        (cd "$root_dir" && find . -path ./build -prune -o -type f \( "${names[@]:1}" \) -printf '%P\0')
    fi
}

# True when clang 14 and its libFuzzer are here (packages clang-14, libclang-rt-14-dev).
clang_can_fuzz() {
    local probe status=0
    command -v clang++-14 >/dev/null || return 1
    probe=$(mktemp -d)
    echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' >"$probe/probe.cpp"
    clang++-14 -fsanitize=fuzzer,address,undefined -o "$probe/probe" "$probe/probe.cpp" 2>/dev/null || status=1
    rm -rf "$probe"
    return "$status"
}
