# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Debian packages by purpose. Source it, do not run it.

# To configure and build.
build_packages=(
    catch2
    ccache
    cmake
    dpdk
    g++
    libboost-dev
    libboost-system-dev
    libcli11-dev
    libcpprest-dev
    libdpdk-dev
    libfmt-dev
    libnuma-dev
    libpcap-dev
    libssl-dev
    libyaml-cpp-dev
    ninja-build
    nlohmann-json3-dev
    pkg-config
)

# To run the tests. python3-* belong to /usr/bin/python3, which is the one that scripts call.
test_packages=(
    binutils
    curl
    ethtool
    fish
    git
    groff-base
    iproute2
    iputils-ping
    mandoc
    openssl
    procps
    python3
    python3-jsonschema
    python3-yaml
    tcpdump
    util-linux
    valgrind
    zsh
)

# To run tools/quickstart once it is built.
run_packages=(
    ethtool
    iproute2
    iputils-ping
    procps
    python3
    tcpdump
)

# Used where the release has them; what needs them is skipped otherwise.
optional_packages=(
    clang-14
    clang-format-14
    containernetworking-plugins
    dpdk-dev
    libclang-rt-14-dev
    llvm-14
    prometheus
    shellcheck
    wrk
)
