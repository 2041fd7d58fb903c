# What the families share. Sourced by each; what it makes and starts is gone when the family ends, however it ends.
set -euo pipefail
shopt -s extglob
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
family=$(basename "$0" .sh)
RANDOM=$((SEED + $(cksum <<<"$family" | cut -c 1-5)))

memory=$(mktemp -d /dev/shm/tandem-faults.XXXXXX)
disk=$(mktemp -d "${DIRECTORY:-/var/tmp}/tandem-faults.XXXXXX")
source=$memory/source copy=$memory/copy log=$memory/replicate.log
last= fuse= mounted=() replicator= loader= ended=0
# A worker that is started by itself ends when its standard input does; this one stays open.
mkfifo "$memory/leash"
exec 9<>"$memory/leash"

leave() {
    trap - EXIT
    local process
    for process in $(jobs -pr); do signal CONT "$process"; signal KILL "$process"; done
    # Taken off the shell's list, as it aborts now and then when its server is killed, which is none of our business.
    [ -z "$fuse" ] || ! grep -qs nbdfuse "/proc/$fuse/comm" || signal KILL "$fuse"
    for place in "${mounted[@]}"; do umount -l "$place" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$memory" "$disk"
}
trap leave EXIT
trap 'exit 143' TERM INT HUP

# MARK: Checks

# Holds when what was seen matches the pattern.
expect() { # what, pattern, seen
    # shellcheck disable=SC2053
    if [[ $3 == $2 ]]; then echo "ok       $1: $3"; else echo "FAILED   $1: expected '$2', saw '$3'"; fi
}

# Holds when the number lies in the range.
within() { # what, least, most, seen, unit
    if [[ $4 =~ ^-?[0-9]+$ ]] && (($4 >= $2 && $4 <= $3)); then
        echo "ok       $1: $4 ${5:-}"
    else
        echo "FAILED   $1: expected $2 to $3 ${5:-}, saw '$4'"
    fi
}

skip() { echo "skipped  $1: $2"; }

# The whole family needs these programs, or root.
needs() {
    local need
    for need in "$@"; do
        if [ "$need" = root ]; then
            [ "$(id -u)" = 0 ] || { skip "$family" "it needs root"; exit 0; }
        else
            command -v "$need" >/dev/null || { skip "$family" "$need is not installed"; exit 0; }
        fi
    done
}

# MARK: Processes

# Starts a process that ends with the family; its number is in `last`.
start() {
    "$@" &
    last=$!
}

replicate() { # copy, options
    start "$TANDEM" replicate "$source" --to "$@" --json >>"$log" 2>&1
    replicator=$last
}

signal() { # signal, process
    # Else the shell has something to say when a process is killed.
    [ "$1" != KILL ] || disown "$2" 2>/dev/null || true
    kill "-$1" "$2" 2>/dev/null || true
}

# Tells the process to go, and waits for it; its exit status is in `ended`.
stop() { # process, signal
    ended=0
    signal "${2:-TERM}" "$1"
    wait "$1" 2>/dev/null || ended=$?
    ((ended < 128)) || [ "${2:-}" = KILL ] || echo "FAILED   process $1 ended by signal $((ended - 128))"
}

# A process that is killed while a call of its hangs in a device stays until the device answers.
gone() { # process, seconds
    local end=$((SECONDS + $2 + 1))
    while [ -e "/proc/$1" ] && ((SECONDS < end)); do sleep 0.02; done
    [ -e "/proc/$1" ] && echo "still there" || echo gone
}

traffic() { # options of load: in the background, until `traffic_ended`
    start "$TANDEM" load "$source" --seconds 300 --json "$@" >"$memory/traffic" 2>&1
    loader=$last
}

# Ends the traffic: whether all of its workers came through.
traffic_ended() {
    signal TERM "$loader"
    gone "$loader" 10 >/dev/null
    grep -q '"lost":\[\]' "$memory/traffic" && echo "no writer lost" || tr '\n' ' ' <"$memory/traffic"
}

thaw() { for process in "${pids[@]}"; do signal CONT "$process"; done; }

# Stops all writers, whose processes are in `pids`, each between two transactions: their slots say so. Nothing in the
# source moves then.
freeze() {
    local tries process report
    for tries in {1..50}; do
        for process in "${pids[@]}"; do signal STOP "$process"; done
        for process in "${pids[@]}"; do
            # A stop is not there before the kernel says so.
            while [[ -e /proc/$process && $(<"/proc/$process/stat") != *") T "* ]]; do :; done 2>/dev/null
        done
        report=$("$TANDEM" status "$source" --json)
        [[ $report =~ \"state\":\"(active|committing|committed)\" ]] || return 0
        thaw
        sleep "0.00$((1 + RANDOM % 9))"
    done
    return 1
}

# A sleep of so many.
milliseconds() { sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"; }
# Milliseconds since `clock` was set.
clock=0
now() { echo $((${EPOCHREALTIME/./} / 1000)); }
took() { echo $(($(now) - clock)); }

# MARK: What is said of the copy

# The first field of that name in the JSON on standard input.
field() {
    awk -v name="\"$1\":" '{ at = index($0, name) } at {
        text = substr($0, at + length(name))
        if (sub(/^"/, "", text)) sub(/".*/, "", text); else sub(/[],}].*/, "", text)
        print text; exit }'
}

status() { "$TANDEM" status "$source" --json 2>&1 | field "$1"; }
state() { "$TANDEM" status "$source" --json 2>&1 |
    { read -r now; echo "$(field state <<<"$now") ($(field reason <<<"$now"))"; }; }

# Waits until the copy's state and reason match: what they are then, or what they are instead after so many seconds.
await() { # pattern, seconds
    local end=$((SECONDS + $2 + 1)) seen
    # shellcheck disable=SC2053
    while seen=$(state); [[ $seen != $1 ]] && ((SECONDS < end)); do sleep 0.02; done
    echo "$seen"
}

# Committed transactions of all writers, and when that was, in nanoseconds.
commits() {
    "$TANDEM" status "$source" --json | awk '{ match($0, /"readAt":[0-9]*/); at = substr($0, RSTART + 9, RLENGTH - 9)
    while (match($0, /"commits":[0-9]*/)) { sum += substr($0, RSTART + 10, RLENGTH - 10);
        $0 = substr($0, RSTART + RLENGTH) }
    printf "%d %s\n", sum, at }'; }

# Transactions a second that are committed now, over so many seconds.
pace() {
    local before after
    read -ra before <<<"$(commits)"
    sleep "$1"
    read -ra after <<<"$(commits)"
    echo $(((after[0] - before[0]) * 1000000000 / (after[1] - before[1])))
}

# What a command of ours answers: its exit status and its last line.
answer() {
    local status=0 words
    words=$("$TANDEM" "$@" 2>&1) || status=$?
    echo "$status $(tail -1 <<<"$words")"
}

# MARK: Source and copy

copyBytes=0
fresh() { # options of create: a source without a copy, small enough that everything about it is quick
    rm -f "$source" "$copy"
    : >"$log"
    copyBytes=$("$TANDEM" create "$source" --workload exchange --calls 4000 --writers 4 --journal 1M --json "$@" \
        | field copyBytes)
}

digest() { "$TANDEM" audit "$1" --json "${@:2}" 2>&1 |
    { read -r report; echo "$(field digest <<<"$report") $(field violationCount <<<"$report")"; } || true; }

# Without traffic: waits until everything is on the copy, and compares all of it, by `verify` and by the audit, which
# shares nothing with it.
equal() { # copy, seconds
    local end=$((SECONDS + ${2:-20})) report ours theirs
    while report=$("$TANDEM" status "$source" --json); [ "$(field state <<<"$report")" != "in sync" ] \
        || [ "$(field ageMicroseconds <<<"$report")" != 0 ]; do
        if ((SECONDS > end)); then echo "not settled: $(state)"; return; fi
        sleep 0.02
    done
    report=$("$TANDEM" verify "$source" "$1" --json 2>&1) || { echo "verify: ${report:0:300}"; return; }
    [[ $report == *'"differences":[]'* && $(field recordsTooHot <<<"$report") = 0 ]] ||
        { echo "verify: ${report:0:300}"; return; }
    ours=$(digest "$source") theirs=$(digest "$1")
    [[ $ours == *" 0" && $ours == "$theirs" ]] || { echo "audit: source $ours, copy $theirs"; return; }
    echo "equal, $(field recordsCompared <<<"$report") records"
}
