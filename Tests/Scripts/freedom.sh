#!/usr/bin/env bash
# P3: the writers' rate with the replicator stopped, with the copy deleted, and with none at all; and their system
# calls. One load runs throughout. Machines are noisy, so each phase is compared with those without a replicator right
# before and right after it, and the median of these ratios counts.
#
#   TANDEM=path SECONDS_EACH=n REPEATS=n freedom.sh
set -u
TANDEM=${TANDEM:-.build/release/tandem}
EACH=${SECONDS_EACH:-5}
REPEATS=${REPEATS:-5}
MEMORY=$(mktemp -d /dev/shm/tandem-free.XXXXXX)
replicator= load=
trap 'kill -CONT $replicator 2>/dev/null; kill -9 $replicator $load 2>/dev/null; wait 2>/dev/null; rm -rf "$MEMORY"' \
    EXIT
# A worker ends when its standard input does: for the traced one it stays open.
mkfifo "$MEMORY/leash"; exec 9<>"$MEMORY/leash"
source=$MEMORY/source copy=$MEMORY/copy

commits() { "$TANDEM" status "$source" --json | tr ',{' '\n\n' \
    | awk -F: '/"commits"/ {sum += $2} END {printf "%d", sum}'; }

# Transactions a second, now.
measure() {
    local before start
    before=$(commits) start=$(date +%s%N)
    sleep "$EACH"
    awk -v made=$(($(commits) - before)) -v ns=$(($(date +%s%N) - start)) 'BEGIN {printf "%d\n", made / ns * 1e9}'
}

follow() {
    taskset -c 1 "$TANDEM" replicate "$source" --to "$copy" >>"$MEMORY/log" 2>&1 & replicator=$!
    for _ in $(seq 300); do "$TANDEM" status "$source" | grep -q "in sync" && return; sleep 0.1; done
    echo "the copy does not get in sync:"; tail -3 "$MEMORY/log"; exit 2
}

leave() { kill -CONT $replicator; kill -9 $replicator; wait $replicator 2>/dev/null; }

"$TANDEM" create "$source" --workload exchange --calls 200000 --writers 4 >/dev/null || exit 2
# On one processor, so that the other is free for whoever else wants to run.
taskset -c 0 "$TANDEM" load "$source" --processes 2 --seconds 86400 >/dev/null 2>&1 & load=$!
sleep 2
: >"$MEMORY/log"
before=$(measure)
echo "transactions/s: no replicator, stopped, none, copy deleted, none"
for _ in $(seq "$REPEATS"); do
    follow
    kill -STOP $replicator
    stopped=$(measure)
    leave
    between=$(measure)
    follow
    rm -f "$copy"
    sleep 1
    deleted=$(measure)
    leave
    after=$(measure)
    echo "  $before $stopped $between $deleted $after"
    awk -v a="$before" -v s="$stopped" -v b="$between" 'BEGIN {print s / ((a + b) / 2)}' >>"$MEMORY/stopped"
    awk -v a="$between" -v s="$deleted" -v b="$after" 'BEGIN {print s / ((a + b) / 2)}' >>"$MEMORY/deleted"
    before=$after
done
kill -9 $load; wait $load 2>/dev/null; load=
median() {
    sort -n "$1" | awk '{v[NR] = $1} END {m = int((NR + 1) / 2); print (NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2)}'; }
awk -v s="$(median "$MEMORY/stopped")" -v d="$(median "$MEMORY/deleted")" 'BEGIN {
    printf "of the rate without a replicator: stopped %.3f, deleted %.3f; the bar is 0.95\n", s, d;
    exit !(s >= 0.95 && d >= 0.95) }'
status=$?
if command -v strace >/dev/null; then
    before=$(commits)
    strace -f -c -o "$MEMORY/strace" taskset -c 0 "$TANDEM" load "$source" --worker 0 --processes 1 \
        --seconds "$EACH" >/dev/null 2>&1 <&9
    made=$(($(commits) - before))
    calls=$(awk '/total$/ {print $4}' "$MEMORY/strace")
    sed -n 1,12p "$MEMORY/strace"
    echo "system calls: ${calls:-?} in all, start and end of the process included, for $made transactions"
    # A system call in a hundred transactions would already be one on the write path.
    [ "${calls:-$made}" -lt $((made / 100)) ] || status=1
fi
exit $status
