#!/usr/bin/env bash
# P4: writers killed at random moments in mid-traffic while the others and the replicator go on; each is followed by a
# successor. At the end: an audit of source and copy, no stuck record, no leaked writer slot.
#
#   TANDEM=path KILLS=n CALLS=n SEED=n killwriters.sh
set -u
TANDEM=${TANDEM:-.build/release/tandem}
KILLS=${KILLS:-2000}
CALLS=${CALLS:-20000}
WRITERS=6
AT_ONCE=3
MEMORY=$(mktemp -d /dev/shm/tandem-kill.XXXXXX)
RANDOM=${SEED:-$$}
source=$MEMORY/source copy=$MEMORY/copy
declare -a pids
# A worker ends when its standard input does, so that none outlives its parent: ours stays open.
mkfifo "$MEMORY/leash"; exec 9<>"$MEMORY/leash"
trap 'kill -9 "${pids[@]}" $replicator 2>/dev/null; rm -rf "$MEMORY"' EXIT

start() { "$TANDEM" load "$source" --worker "$1" --processes $AT_ONCE --seconds 36000 >"$MEMORY/worker.$1" 2>&1 <&9 & \
    pids[$1]=$!; }

"$TANDEM" create "$source" --workload exchange --calls "$CALLS" --writers $WRITERS >/dev/null || exit 2
"$TANDEM" replicate "$source" --to "$copy" >"$MEMORY/replicate.log" 2>&1 & replicator=$!
for worker in $(seq 0 $((AT_ONCE - 1))); do start "$worker"; done
sleep 1
lost=0
for kill in $(seq "$KILLS"); do
    worker=$((RANDOM % AT_ONCE))
    sleep "0.0$((RANDOM % 6))$((RANDOM % 10))"
    # One that has ended by itself was refused a slot or found its shard stuck.
    if ! kill -9 "${pids[$worker]}" 2>/dev/null; then lost=$((lost + 1)); cat "$MEMORY/worker.$worker"; fi
    wait "${pids[$worker]}" 2>/dev/null
    start "$worker"
    [ $((kill % 200)) -eq 0 ] && echo "$kill writers killed, $lost successors refused"
done
sleep 0.5
kill -TERM "${pids[@]}" 2>/dev/null
wait "${pids[@]}" 2>/dev/null
sleep 1
status=0
"$TANDEM" audit "$source" >"$MEMORY/audit" 2>&1 || status=1
tail -2 "$MEMORY/audit"
"$TANDEM" verify "$source" "$copy" >"$MEMORY/verify" 2>&1 || status=1
tail -1 "$MEMORY/verify"
"$TANDEM" audit "$copy" >"$MEMORY/audit.copy" 2>&1 || status=1
tail -1 "$MEMORY/audit.copy"
# Every slot can be had again at once, and every call, trunk and account be changed.
"$TANDEM" load "$source" --processes $WRITERS --seconds 2 >"$MEMORY/all" 2>&1 || { status=1; cat "$MEMORY/all"; }
"$TANDEM" audit "$source" >/dev/null 2>&1 || status=1
recovered=$("$TANDEM" status "$source" --json | tr ',{' '\n\n' \
    | awk -F: '/"recoveries"/ {sum += $2} END {print sum + 0}')
[ $lost -eq 0 ] || status=1
echo "killwriters: $KILLS writers killed, $recovered died inside a transaction and were recovered," \
    "$lost successors refused, all $WRITERS slots free again, $([ $status -eq 0 ] && echo clean || echo FAILED)"
exit $status
