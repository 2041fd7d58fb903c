#!/usr/bin/env bash
# P3: the writers' rate with the replicator stopped, with the copy deleted, and with none at all; and their system calls.
# Alternating, as machines are noisy; the medians are compared.
#
#   TANDEM=path SECONDS_EACH=n REPEATS=n freedom.sh
set -u
TANDEM=${TANDEM:-.build/release/tandem}
EACH=${SECONDS_EACH:-5}
REPEATS=${REPEATS:-5}
MEMORY=$(mktemp -d /dev/shm/tandem-free.XXXXXX)
replicator=
trap 'kill -CONT $replicator 2>/dev/null; kill -9 $replicator 2>/dev/null; rm -rf "$MEMORY"' EXIT
# A worker ends when its standard input does: for the traced one it stays open.
mkfifo "$MEMORY/leash"; exec 9<>"$MEMORY/leash"
source=$MEMORY/source copy=$MEMORY/copy

commits() { "$TANDEM" status "$source" --json | tr ',{' '\n\n' | awk -F: '/"commits"/ {sum += $2} END {printf "%d", sum}'; }

# One writer, so that the other processor is free for whoever else wants to run; taskset keeps it where it is.
measure() {
    local before after
    before=$(commits)
    taskset -c 0 "$TANDEM" load "$source" --processes 1 --seconds "$EACH" >/dev/null 2>&1
    after=$(commits)
    echo $(((after - before) / EACH))
}

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

"$TANDEM" create "$source" --workload exchange --calls 200000 --writers 4 >/dev/null || exit 2
measure >/dev/null
: >"$MEMORY/none"; : >"$MEMORY/stopped"; : >"$MEMORY/deleted"
for repeat in $(seq "$REPEATS"); do
    measure >>"$MEMORY/none"
    taskset -c 1 "$TANDEM" replicate "$source" --to "$copy" >"$MEMORY/log" 2>&1 & replicator=$!
    for wait in $(seq 100); do "$TANDEM" status "$source" | grep -q "in sync" && break; sleep 0.1; done
    kill -STOP $replicator
    measure >>"$MEMORY/stopped"
    kill -CONT $replicator
    sleep 0.5
    rm -f "$copy"
    measure >>"$MEMORY/deleted"
    kill -9 $replicator; wait $replicator 2>/dev/null
done
none=$(median <"$MEMORY/none") stopped=$(median <"$MEMORY/stopped") deleted=$(median <"$MEMORY/deleted")
echo "no replicator       $none transactions/s (of $(tr '\n' ' ' <"$MEMORY/none"))"
echo "replicator stopped  $stopped transactions/s (of $(tr '\n' ' ' <"$MEMORY/stopped"))"
echo "copy deleted        $deleted transactions/s (of $(tr '\n' ' ' <"$MEMORY/deleted"))"
awk -v a="$none" -v b="$stopped" -v c="$deleted" 'BEGIN {
    printf "ratios: stopped %.3f, deleted %.3f; the bar is 0.95\n", b / a, c / a; exit !(b / a >= 0.95 && c / a >= 0.95) }'
status=$?
if command -v strace >/dev/null; then
    before=$(commits)
    strace -f -c -o "$MEMORY/strace" taskset -c 0 "$TANDEM" load "$source" --worker 0 --processes 1 --seconds "$EACH" >/dev/null 2>&1 <&9
    made=$(($(commits) - before))
    calls=$(awk '/total$/ {print $4}' "$MEMORY/strace")
    sed -n 1,12p "$MEMORY/strace"
    echo "system calls: ${calls:-?} in all, start and end of the process included, for $made transactions"
fi
exit $status
