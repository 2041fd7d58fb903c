#!/usr/bin/env bash
# The exchange under traffic and random faults, for as long as you like, and once a second a full comparison: writers
# frozen, every record of the source with every record of the copy, at the same cut. Three exchanges: of the steady one
# the replicator and a writer live all the time, so that what they hold can be seen not to grow; of the rough one
# everything is killed now and then, and the copy takes over; the third has several copies, one in memory, one on a disk
# and one at a standby that is 5 ms away, each of which may fail, and whichever is newest takes over.
#
#   TANDEM=path HOURS=h SEED=n RATE=transactions/s, each DIRECTORY=for logs LEGS="steady rough several" soak.sh
set -euo pipefail
here=$(dirname "$(realpath "$0")")
export TANDEM=$(realpath "${TANDEM:-.build/release/tandem}") SEED=${SEED:-$RANDOM} RATE=${RATE:-1500}
seconds=$(awk -v hours="${HOURS:-1}" 'BEGIN { printf "%d", hours * 3600 }')
((seconds >= 30)) || { echo "soak: HOURS=${HOURS:-1} is less than half a minute"; exit 2; }
for tool in setsid awk; do command -v $tool >/dev/null || { echo "soak: $tool is missing"; exit 2; }; done

export TALLY=$(mktemp -d /tmp/tandem-soak.XXXXXX) SECONDS_MAX=$seconds PARENT=$$
trap 'rm -rf "$TALLY"' EXIT
trap 'echo; echo "soak: told to stop"; touch "$TALLY/stop"' INT TERM HUP

read -ra names <<<"${LEGS:-steady rough several}"
if ! command -v nbdkit >/dev/null; then
    echo "soak: without several copies, as nbdkit is missing"
    names=("${names[@]/several/}")
fi
echo "soak: $((seconds / 60)) min, seed $SEED, $RATE transactions/s on each exchange: ${names[*]}; Ctrl-C ends it well"
legs=()
for leg in ${names[*]}; do
    # In a session of its own: Ctrl-C is for us alone.
    LEG=$leg setsid "$here/leg.sh" </dev/null >"$TALLY/$leg.log" 2>&1 &
    legs+=($!)
done

line() { [ -s "$TALLY/$1" ] && cat "$TALLY/$1" || echo "starting"; }
shown=0
running() {
    local leg count=0
    for leg in "${legs[@]}"; do ! kill -0 "$leg" 2>/dev/null || ((++count)); done
    echo $count
}
while (($(running) > 0)); do
    sleep 1 || true
    if ((++shown % 10 == 0)); then
        printf '%6d s\n' $SECONDS
        for leg in ${names[*]}; do printf '          %s: %s\n' "$leg" "$(line "$leg")"; done
    fi
    # One leg that has ended, well or badly, ends the others.
    (($(running) == ${#legs[@]})) || touch "$TALLY/stop"
done
status=0
for leg in "${legs[@]}"; do wait "$leg" || status=1; done
for leg in ${names[*]}; do
    echo
    cat "$TALLY/$leg.log"
done
echo
cat "$TALLY"/*.sum 2>/dev/null \
    | awk -v seconds=$SECONDS '{ compares += $1; records += $2; differences += $3; faults += $4 }
    END { printf "soak: %d full comparisons of %d records in all, %d differences, %d faults, %d s\n", compares, \
        records, differences, faults, seconds }'
[ $status -eq 0 ] && echo "soak: clean" || echo "soak: FAILED"
exit $status
