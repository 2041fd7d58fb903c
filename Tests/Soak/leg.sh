#!/usr/bin/env bash
# One exchange of the soak: traffic, a fault now and then, and a full comparison once a second. Started by soak.sh.
source "$(dirname "$0")/../Faults/helpers.sh"
case $LEG in
steady) RANDOM=$((SEED * 2)) ;;
rough) RANDOM=$((SEED * 2 + 1)) ;;
several) RANDOM=$((SEED * 2 + 1001)) ;;
esac

# The copy has a file system of its own where that can be had, so that it can be filled.
folder=$memory/copy roomy=
mkdir "$folder"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=640m tandem-soak "$folder" 2>/dev/null; then
    roomy=yes mounted+=("$folder"); fi
copy=$folder/copy acks=$disk/acks log=$disk/replicate.log
evidence=/tmp/tandem-soak-evidence.$LEG.$SEED
here=$(dirname "$(realpath "$0")")
source "$here/growth.sh"

compares=0 records=0 differences=0 faults=0 missed=0 failures=0
heal= away= until=0 chosen=0 outages=0
declare -A struck=()
pids=()
# Where its copies lie, and what the replicator calls them.
copies=("$copy") targets=("$copy")
source "$here/strikes.sh"
[ "$LEG" != several ] || source "$here/several.sh"

replicate() {
    start "$TANDEM" replicate "$source" "${targets[@]/#/--to=}" --json >>"$log" 2>&1
    replicator=$last
}

fail() {
    failures=$((failures + 1))
    echo "FAILED after $SECONDS s: $*"
}

worker() { # number
    "$TANDEM" load "$source" --worker "$1" --processes 3 --rate "$RATE" --seconds 1000000 \
        --acks "$acks" --ack-every 16 <&9 >"$disk/worker.$1" 2>&1 &
    pids[$1]=$!
}

# Every record of the source with every record of the copy, of one cut, by two programs that share nothing. False when
# there was no such moment.
compare() {
    local report tries before after ours theirs wrong
    [[ $(state) == "in sync"* ]] || return 1
    freeze || { thaw; return 1; }
    for tries in {1..20}; do
        settled && break
    done
    ((tries < 20)) || { thaw; return 1; }
    before=$(commits)
    local each reports=() digests=() place=0
    ours=$(digest "$source")
    for each in "${copies[@]}"; do
        reports+=("$("$TANDEM" verify "$source" "$each" --json 2>&1 || true)")
        digests+=("$(digest "$each")")
    done
    after=$(commits)
    thaw
    [ "${before% *}" = "${after% *}" ] || { fail "the writers were not frozen: $before, $after"; return 1; }
    for each in "${copies[@]}"; do
        report=${reports[place]} theirs=${digests[place]}
        place=$((place + 1))
        wrong=$(grep -o '"sourceEpoch"' <<<"$report" | wc -l)
        if [[ $wrong != 0 || $report != *'"recordsTooHot":0'* || $ours != *" 0" || $ours != "$theirs" ]]; then
            differences=$((differences + 1))
            fail "$each differs: ${report:0:300}; audit: source $ours, copy $theirs"
            # For whoever looks into it, once.
            [ -e "$evidence" ] || cp -r "$memory" "$evidence" 2>/dev/null || true
            return 0
        fi
        records=$((records + $(field recordsCompared <<<"$report")))
    done
    compares=$((compares + 1))
}

# How each copy is that is followed, a line for each. A source that was promoted from the standby's file knows that one
# by its id as well, and nobody follows it by that.
states() {
    "$TANDEM" status "$source" --json 2>&1 | grep -o '"isFollowed":true,[^}]*}' |
        grep -o '"reason":"[^"]*","state":"[^"]*"}' || true
}
# All of them: the first that is not in sync is what is told of.
state() {
    local all; all=$(states)
    { grep -v '"state":"in sync"' <<<"$all" || echo "$all"; } | head -1 |
        sed 's/"reason":"\(.*\)","state":"\(.*\)"}/\2 (\1)/'
}
# In sync, and nothing is on its way to any of them.
settled() {
    local report; report=$("$TANDEM" status "$source" --json)
    (($(grep -o '"reason":"[^"]*","state":"in sync"}' <<<"$report" | wc -l) == ${#copies[@]})) &&
        (($(grep -o '{"ageMicroseconds":0,"cut"' <<<"$report" | wc -l) == ${#copies[@]}))
}

alive() {
    local number
    for number in "${!pids[@]}"; do
        [ -e "/proc/${pids[number]}" ] || [ "$heal" = follow ] || [ "$heal" = take_over ] ||
            { fail "writer $number ended by itself: $(tail -1 "$disk/worker.$number")"; return 1; }
    done
    [ -e "/proc/$replicator" ] || [ "$heal" = succeed ] || [ "$heal" = take_over ] ||
        { fail "the replicator ended by itself: $(tail -1 "$log")"; return 1; }
}

tally() {
    echo "$compares comparisons, $differences differences, $missed seconds without, $faults faults" >"$TALLY/$LEG"
    echo "$compares $records $differences $faults" >"$TALLY/$LEG.sum"
}

# Makes good what is broken, and waits until the copy is in sync and has been compared.
recover() {
    [ -z "$heal" ] || "$heal"
    heal= away=
    local end=$((SECONDS + 30))
    until compare; do
        ((SECONDS < end)) || { fail "not in sync after 30 s: $(state)"; return 1; }
        sleep 0.2
    done
}

# A source of its own for each leg: 20,000 calls, 24 MiB of tables and logs.
"$TANDEM" create "$source" --workload exchange --calls 20000 --writers 4 --journal 8M >/dev/null
: >"$acks"
[ "$LEG" != several ] || serve
replicate
for number in 0 1 2; do worker "$number"; done
recover || exit 1

warm=$((SECONDS + (SECONDS_MAX < 600 ? SECONDS_MAX / 10 : 60)))
next=$(($(now) + 2000)) good=$SECONDS
while [ ! -e "$TALLY/stop" ] && [ -e "/proc/$PARENT" ] && ((SECONDS < SECONDS_MAX && failures < 20)); do
    tick=$(($(now) + 1000))
    alive || break
    if [ -n "$heal" ]; then
        if (($(now) >= until)); then
            "$heal"
            heal= away= next=$(($(now) + 3000 + RANDOM % 12000))
        fi
    elif [ -n "$warm" ] && ((SECONDS >= warm)); then
        recover || break
        measure first
        warm=
    elif (($(now) >= next)) && [[ $(state) == "in sync"* ]]; then
        strike
    fi
    if [ -z "$away" ] && compare; then good=$SECONDS; else missed=$((missed + 1)); fi
    ((SECONDS - good <= 40)) || { fail "not in sync for 40 s: $(state)"; break; }
    tally
    rest=$((tick - $(now)))
    ((rest <= 0)) || milliseconds $rest
done

echo "$LEG: $SECONDS s"
recover || true
tally
echo "  $(cat "$TALLY/$LEG"), each of $((compares ? records / compares : 0)) records"
printf '  faults:'
for kind in "${!struck[@]}"; do printf ' %s %d' "$kind" "${struck[$kind]}"; done
echo
if [ -n "$warm" ]; then
    echo "  too short to see whether anything grows"
else
    echo "  what must not grow         at first       now"
    measure || fail "something has grown"
fi
[ ! -e "$evidence" ] || echo "  the files at the first difference are in $evidence"
# What each process said last: the folders go with the leg.
[ $failures = 0 ] || tail -n 5 "$disk"/*.log "$memory"/*.log 2>/dev/null || true
[ $failures = 0 ]
