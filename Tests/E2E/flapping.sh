#!/usr/bin/env bash
# The link between two hosts flaps: it is up, and then down, for a tenth of a second to five seconds each, half of the
# cuts without anybody being told; under load. Whenever the copy has settled the writers are frozen, and all of it is
# compared. At the end: what it cost, each with a bar. Needs root, iproute2 and nbdkit.
#
#   TANDEM=path DURATION=seconds SEED=n CALLS=n RATE=n flapping.sh
export TANDEM=$(realpath "${TANDEM:-.build/release/tandem}") SEED=${SEED:-1}
source "$(dirname "$(realpath "$0")")/../Faults/helpers.sh"
DURATION=${DURATION:-600} CALLS=${CALLS:-100000} RATE=${RATE:-5000}
needs root ip nbdkit
source "$here/../E2E/hosts.sh"
make_hosts || { skip "$family" "no network namespaces here"; exit 0; }
trap 'end_hosts; leave' EXIT
source "$here/../E2E/pair.sh"
LEG=flapping
# `make flapping SECONDS=n` hands its own on, and time would begin with it.
SECONDS=0
source "$here/../Soak/growth.sh"
# What fails is looked at where it does.
set +e

acks=$disk/acks links=$disk/links samples=$disk/samples evidence=/tmp/tandem-flapping.$SEED
pids=() failed=0 compares=0 stills=0
# Microseconds: below that the copy has caught up with what it missed.
young=20000
fail() {
    failed=$((failed + 1))
    echo "FAILED   seed $SEED, after $SECONDS s: $*"
}

# MARK: The link

# Draws and cuts by itself, so that nothing that is looked at moves a cut. A line for each: when, and what.
flap() { # seconds
    local end=$(($(now) + $1 * 1000)) kind
    RANDOM=$SEED
    while (($(now) < end)); do
        milliseconds $((100 + RANDOM % 4901))
        kind=silent
        ((RANDOM % 2)) || kind=down
        sever $kind
        echo "$(now) $kind" >>"$links"
        milliseconds $((100 + RANDOM % 4901))
        join
        echo "$(now) up" >>"$links"
    done
}
cuts() { grep -vc up "$links"; }

# MARK: The copy

# A sample. The copy has settled when it is in sync and young while the link is up, and from then on until the next cut:
# of one that nobody has found to be off line yet it is said that it is in sync.
settled= ticked=0 stood=0
sample() {
    local report before after state age at link gap
    before=$(tail -n 1 "$links")
    report=$("$TANDEM" status "$source" --json)
    after=$(tail -n 1 "$links")
    # All of us were stopped, as virtual machines are: what was seen was of before.
    gap=$(($(now) - ticked)) ticked=$(now)
    if ((gap > 2000)); then stills=$((stills + 1)) stood=$ticked; return; fi
    [ "$before" = "$after" ] || return
    read -r at link <<<"$after"
    if [ "$link" != up ]; then settled=; return; fi
    state=$(field state <<<"$report") age=$(field ageMicroseconds <<<"$report")
    [[ $state == "in sync" && $age != null ]] || return
    age=${age%.*}
    if [ "$settled" != "$at" ]; then
        ((age < young)) || return
        settled=$at
        # While nothing here ran nothing could come back.
        ((stood > at)) || echo "settled $(($(now) - at))" >>"$samples"
    fi
    echo "age $age" >>"$samples"
}
# Every record, by two programs; the writers stand still.
compare() {
    local seen before
    freeze || { thaw; return; }
    before=$(commits)
    seen=$(equal "$copy" 60)
    # Somebody else has let them go on.
    if [ "${before% *}" != "$(commits | cut -d' ' -f1)" ]; then thaw; return; fi
    thaw
    ticked=$(now)
    if [[ $seen == equal* ]]; then compares=$((compares + 1)); return; fi
    fail "$seen"
    rm -rf "$evidence"
    cp -r --sparse=always "$memory" "$evidence"
    echo "         the files are kept in $evidence"
}
# Samples, and one comparison for each time that the link is up.
watch() { # condition, to go on
    local compared=
    ticked=$(now)
    while eval "$1" && ((failed < 5)); do
        sample
        if [ "$settled" ] && [ "$settled" != "$compared" ]; then
            compared=$settled
            compare
        fi
        sleep 0.03
    done
}
# The kernel gives up a connection to a silent peer after 20 s. What stays behind it has grown.
quiet() { local end=$((SECONDS + 25)); watch '((SECONDS < end))'; }
flapping() { # seconds
    flap "$1" &
    local flapper=$!
    watch "[ -e /proc/$flapper ]"
    wait "$flapper"
    await "in sync*" 60 >/dev/null
    quiet
}

# MARK: What it cost

# A probe reads a cut whole, as large as what was missed: a journal's length at most. At the server a connection has
# 16 threads, each with a buffer of a request, 1 MiB, and a silent one is there for 20 s beside those that follow: four
# at a time are allowed for. A heap keeps what it once had.
rows() {
    local each process
    local -A most=([replicator]=36864 [standby]=4096 [server]=65536)
    for each in replicator standby server; do
        process=${!each:-}
        [ $each != server ] || process=$(server)
        echo "$each, memory|${most[$each]}|$(least anonymous "$process")|KiB"
        echo "$each, descriptors|0|$(least descriptors "$process")|"
        echo "$each, threads|0|$(least threads "$process")|"
    done
}
counter() { "$TANDEM" status "$source" --json | grep -o "\"$1\":[0-9]*" | head -1 | cut -d: -f2; }
# By the end of the link at the source's host: what it has sent, or received.
carried() { ip netns exec "$A" cat "/sys/class/net/a0/statistics/$1_bytes"; }
lines() { wc -l <"$1"; }
noted=(journalBytes imageBytes bulkCopies returnsByCut returnsByPages returnsFromZero comparisons outages pagesScrubbed)
declare -A first_of
note() {
    local each
    for each in "${noted[@]}"; do first_of[$each]=$(counter $each); done
    first_of[tx]=$(carried tx) first_of[rx]=$(carried rx)
    first_of[log]=$(lines "$log") first_of[standby]=$(lines "$memory/standby.log")
    : >"$samples"
    tail -n 1 "$links" >"$links.new"
    mv "$links.new" "$links"
}
since() { echo $(($(counter "$1") - first_of[$1])); }
# The part of the values that lies below, of those with that name.
share() { # name, per cent
    awk -v n="$1" '$1 == n { print $2 }' "$samples" | sort -n |
        awk -v p="$2" '{ v[NR] = $1 } END { i = int(NR * p / 100 + 0.999); print NR ? v[i < 1 ? 1 : i] : "nothing" }'
}
bar() { # what, seen, most, unit, reason
    local word=ok
    [[ $2 =~ ^[0-9]+$ ]] && (($2 <= $3)) || { word=FAILED; failed=$((failed + 1)); }
    printf '%-8s %-46s %9s, at most %9s %-5s %s\n' $word "$1" "$2" "$3" "$4" "$5"
}

"$TANDEM" create "$source" --workload exchange --calls "$CALLS" --writers 4 --journal 32M >/dev/null
: >"$acks"
echo "$(now) up" >"$links"
serve; follow
for number in 0 1; do
    "$TANDEM" load "$source" --worker $number --processes 2 --rate "$RATE" --seconds 1000000 --acks "$acks" \
        --ack-every 64 <&9 >"$memory/worker.$number" 2>&1 &
    pids[number]=$!
done
seen=$(await "in sync*" 60)
[[ $seen == "in sync"* ]] || fail "the first copy: $seen"
# What is made once, in the first cuts, does not count as growth.
flapping $((DURATION / 10))
measure first >/dev/null
note
before=$(commits)
flapping "$DURATION"

cuts=$(cuts) sent=$(($(carried tx) - first_of[tx])) received=$(($(carried rx) - first_of[rx]))
journal=$(since journalBytes)
seconds=$((DURATION + 25))
echo "flapping: seed $SEED, $DURATION s, $cuts cuts, $(grep -c silent "$links") of them silent; $RATE transactions/s" \
    "asked for, $((($(commits | cut -d' ' -f1) - ${before% *}) / seconds)) committed"
echo "         $compares comparisons of all records, $(grep -c settled "$samples") times settled," \
    "$(grep -c age "$samples") ages, $stills times that everything here stood still"
echo "         $sent bytes sent, $received received, beside $journal of journal and $(since pagesScrubbed) pages" \
    "looked at; $(since outages) outages, $(since returnsByCut) returns by a cut," \
    "$(since comparisons) comparisons by digests"
bar "log lines of the replicator, a cut" $((($(lines "$log") - first_of[log] + cuts - 1) / cuts)) 4 "" \
    "off line, syncing, in sync, and one to spare"
bar "log lines of the standby, a cut" $((($(lines "$memory/standby.log") - first_of[standby] + cuts - 1) / cuts)) 4 "" \
    "its session opened, fenced and over, and one to spare"
bar "megabytes sent" $((sent / 1000000)) $(((journal * 3 / 2 + cuts * 262144) / 1000000)) MB \
    "the journal, half as much for frames, slots and what is sent again; 256 KiB a cut"
bar "megabytes received" $((received / 1000000)) $((seconds * 9)) MB \
    "8 MiB/s of the copy's pages are looked at, and there are answers"
bar "images sent" "$(since imageBytes)" 0 bytes "a cut brings what was missed"
bar "bulk copies" "$(since bulkCopies)" 0 "" "likewise"
bar "returns from zero" "$(since returnsFromZero)" 0 "" "likewise"
bar "returns by pages" "$(since returnsByPages)" 0 "" "the journal holds what is missed in 5 s"
bar "age when settled, median" "$(share age 50)" 5000 us "a cut is due each millisecond"
bar "age when settled, 99 of 100" "$(share age 99)" 100000 us "two processors, four programs, and us"
bar "age when settled, most" "$(share age 100)" 1000000 us "the programs of others, too"
bar "from the link up to settled, median" "$(share settled 50)" 3000 ms \
    "tries are 0.25 to 4 s apart"
bar "from the link up to settled, most" "$(share settled 100)" 5000 ms "the rarest try, and a second"
bar "comparisons that were expected and not made" $((compares > cuts / 4 ? 0 : 1)) 0 "" "a quarter of the cuts' number"

echo "what must not grow             at first       now"
measure || { failed=$((failed + 1)); echo "FAILED   something has grown"; }
for number in 0 1; do
    [ -e "/proc/${pids[number]}" ] || fail "writer $number ended by itself: $(tail -1 "$memory/worker.$number")"
    signal TERM "${pids[number]}"
    gone "${pids[number]}" 60 >/dev/null
done
seen=$(equal "$copy" 60)
expect "source and copy at the end" "equal*" "$seen"
[[ $seen == equal* ]] || failed=$((failed + 1))
seen=$(answer audit "$copy" --acks "$acks")
expect "$(lines "$acks") acknowledged commits" "0 clean: no violation" "$seen"
[ "$seen" = "0 clean: no violation" ] || failed=$((failed + 1))
echo "$failed failed"
((failed == 0))
