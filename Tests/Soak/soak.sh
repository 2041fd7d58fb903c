#!/usr/bin/env bash
# The exchange under traffic and random faults, for as long as you like, and once a second a full comparison: writers
# frozen, every record of the source with every record of the copy, at the same cut. Two exchanges: of the steady one
# the replicator and a writer live all the time, so that what they hold can be seen not to grow; of the rough one
# everything is killed now and then, and the copy takes over.
#
#   TANDEM=path HOURS=h SEED=n RATE=transactions/s, each DIRECTORY=for logs soak.sh
set -euo pipefail
here=$(dirname "$(realpath "$0")")
export TANDEM=$(realpath "${TANDEM:-.build/release/tandem}") SEED=${SEED:-$RANDOM} RATE=${RATE:-1500}
seconds=$(awk -v hours="${HOURS:-1}" 'BEGIN { printf "%d", hours * 3600 }')
((seconds >= 30)) || { echo "soak: HOURS=${HOURS:-1} is less than half a minute"; exit 2; }
for tool in setsid awk; do command -v $tool >/dev/null || { echo "soak: $tool is missing"; exit 2; }; done

export TALLY=$(mktemp -d /tmp/tandem-soak.XXXXXX) SECONDS_MAX=$seconds PARENT=$$
trap 'rm -rf "$TALLY"' EXIT
trap 'echo; echo "soak: told to stop"; touch "$TALLY/stop"' INT TERM HUP

echo "soak: $((seconds / 60)) min, seed $SEED, $RATE transactions/s on each of two exchanges; Ctrl-C ends it well"
legs=()
for leg in steady rough; do
    # In a session of its own: Ctrl-C is for us alone.
    LEG=$leg setsid "$here/leg.sh" </dev/null >"$TALLY/$leg.log" 2>&1 &
    legs+=($!)
done

line() { [ -s "$TALLY/$1" ] && cat "$TALLY/$1" || echo "starting"; }
shown=0
alive() { kill -0 "${legs[0]}" 2>/dev/null || kill -0 "${legs[1]}" 2>/dev/null; }
while alive; do
    sleep 1 || true
    ((++shown % 10)) || printf '%6d s  steady: %s\n          rough: %s\n' $SECONDS "$(line steady)" "$(line rough)"
    # One leg that has ended, well or badly, ends the other.
    kill -0 "${legs[0]}" 2>/dev/null && kill -0 "${legs[1]}" 2>/dev/null || touch "$TALLY/stop"
done
status=0
for leg in "${legs[@]}"; do wait "$leg" || status=1; done
for leg in steady rough; do
    echo
    cat "$TALLY/$leg.log"
done
echo
cat "$TALLY"/steady.sum "$TALLY"/rough.sum 2>/dev/null \
    | awk -v seconds=$SECONDS '{ compares += $1; records += $2; differences += $3; faults += $4 }
    END { printf "soak: %d full comparisons of %d records in all, %d differences, %d faults, %d s\n", compares, \
        records, differences, faults, seconds }'
[ $status -eq 0 ] && echo "soak: clean" || echo "soak: FAILED"
exit $status
