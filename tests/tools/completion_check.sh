#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The bash completion, as readline calls it: completion_check.sh SCRIPT SEXTANT SOCKET
set -euo pipefail
# shellcheck disable=SC1090
source "$1"
sextant=$2 socket=$3

# complete_line LINE: what Tab at its end offers, sorted, in one line.
complete_line() {
    COMP_LINE=$1 COMP_POINT=${#1}
    COMPREPLY=()
    _sextant 2>/dev/null
    [[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
}

# expect LINE WORDS
expect() {
    local got
    got=$(complete_line "$1")
    [[ ${got% } == "$2" ]] || {
        echo "completing '$1' gives '$got' instead of '$2'" >&2
        exit 1
    }
}

expect "sextant sho" "show"
expect "sextant show f" "fib"
expect "sextant show lo" "localsids"
expect "sextant nonsense" ""
expect "sextant show fib --loo" "--lookup"
expect "sextant show fib --color " "always auto never"
expect "sextant show fib --color=al" "always"
expect "sextant show localsids --behavior End.DT4" "End.DT4 End.DT46"
expect "sextant show fib --lookup " ""
expect "sextant completion " "--help -h bash fish zsh"
expect "sextant completion f" "fish"
expect "sextant trace --reason parse_no_such" ""
expect "sextant capture --poi" "--point"
expect "sextant capture --point d" "drop"
[[ $(complete_line "sextant trace --reason pars") == parse_* ]]
[[ $(complete_line "sextant ") == *capture*diff*show*top* ]]
[[ $(complete_line "sextant ") != *words* ]]
[[ $(complete_line "sextant diff $1") == "$1 " ]]

# Names from a daemon. The first word is what is asked.
expect "$sextant show ports --socket $socket --name " "${4:-up}"
expect "$sextant show localsids --socket $socket --sid fc00:e::2" "2/128"
expect "$sextant show ports --socket /nowhere --name " ""
