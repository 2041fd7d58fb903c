#!/usr/bin/env bash
# Two files change places again and again, as two hosts do: traffic, everything killed, the copy promoted and audited
# with every acknowledged commit, the old source told, demoted, and followed until it is in sync. Each way back is to
# bring what differs, and no more.
#
#   TANDEM=path ROUNDS=n CALLS=n RATE=n SECONDS_EACH=s failovers.sh
set -u
TANDEM=${TANDEM:-.build/release/tandem}
ROUNDS=${ROUNDS:-100} CALLS=${CALLS:-20000} RATE=${RATE:-5000} SECONDS_EACH=${SECONDS_EACH:-1}
WORK=$(mktemp -d /dev/shm/tandem-failovers.XXXXXX)
replicator= load=
trap 'kill -9 ${load:+-- -$load} $replicator 2>/dev/null; rm -rf "$WORK"' EXIT
source=$WORK/a copy=$WORK/b
die() { echo "round $round: $*"; exit 1; }
field() { grep -o "\"$1\":[0-9.]*" | head -1 | cut -d: -f2; }
replicate() {
    : >"$WORK/log" # what the one before has said
    "$TANDEM" replicate "$source" --to "$copy" --json >"$WORK/log" 2>&1 &
    replicator=$!
}
inSync() {
    for _ in $(seq 3000); do
        grep -q '"state":"in sync"' "$WORK/log" && return
        kill -0 "$replicator" 2>/dev/null || break
        sleep 0.01
    done
    die "not in sync: $(tail -1 "$WORK/log")"
}

round=0
"$TANDEM" create "$source" --workload exchange --calls "$CALLS" --writers 4 --journal 16M >/dev/null || die "no source"
replicate
inSync
for round in $(seq "$ROUNDS"); do
    acks=$WORK/acks
    rm -f "$acks"
    setsid "$TANDEM" load "$source" --processes 2 --seconds 60 --rate "$RATE" --acks "$acks" --ack-every 16 \
        >"$WORK/load" 2>&1 &
    load=$!
    sleep "$SECONDS_EACH"
    kill -9 -- -"$load" "$replicator"
    wait "$load" "$replicator" 2>/dev/null
    load= replicator=
    "$TANDEM" promote "$copy" --json >"$WORK/promote" 2>&1 || die "not promoted: $(tail -1 "$WORK/promote")"
    "$TANDEM" audit "$copy" --acks "$acks" >"$WORK/audit" 2>&1 || die "audit: $(head -3 "$WORK/audit")"
    acknowledged=$((${acknowledged:-0} + $(wc -l <"$acks")))
    # It finds out, and only then gives itself up.
    "$TANDEM" demote "$source" >"$WORK/early" 2>&1 && die "demoted although nobody has told it"
    timeout 20 "$TANDEM" replicate "$source" --to "$copy" >"$WORK/told" 2>&1
    [ $? = 1 ] || die "not told: $(tail -1 "$WORK/told")"
    "$TANDEM" demote "$source" --json >"$WORK/demote" 2>&1 || die "not demoted: $(tail -1 "$WORK/demote")"
    held=$source source=$copy copy=$held
    begun=$(date +%s%N)
    replicate
    inSync
    way=$((($(date +%s%N) - begun) / 1000000))
    "$TANDEM" status "$source" --json >"$WORK/status"
    pages=$(field pagesDifferent <"$WORK/status") copies=$(field bulkCopies <"$WORK/status")
    [ "$(field comparisons <"$WORK/status")" -ge 1 ] || die "nothing was compared: $(cat "$WORK/log")"
    echo "$(field milliseconds <"$WORK/promote") $(field milliseconds <"$WORK/demote") $way $pages $copies" \
        >>"$WORK/figures"
done
"$TANDEM" verify "$source" "$copy" >"$WORK/verify" 2>&1 || die "the copy differs: $(tail -2 "$WORK/verify")"
middle() { # column
    sort -n -k"$1" "$WORK/figures" | awk -v c="$1" '{v[NR] = $c} END {print v[int((NR + 1) / 2)] " (most " v[NR] ")"}'
}
echo "$ROUNDS rounds, each audit clean, $acknowledged acknowledged commits; medians:"
printf '  %-28s %s ms\n' "promotion" "$(middle 1)" "demotion" "$(middle 2)" "started to in sync" "$(middle 3)"
printf '  %-28s %s of %s\n' "pages that differed" "$(middle 4)" "$("$TANDEM" status "$source" --json | field pageCount)"
echo "  by images instead of a cut   $(awk '$5 > 0' "$WORK/figures" | wc -l)"
