#!/usr/bin/env bash
# P2 under fire: two writer processes and a replicator, all killed at a random moment; the copy is checked, promoted to
# a new source, and audited with every acknowledged commit. On memory, then on a disk file with --durable.
#
#   TANDEM=path ROUNDS=n CALLS=n DIRECTORY=path SEED=n fire.sh
set -u
TANDEM=${TANDEM:-.build/release/tandem}
ROUNDS=${ROUNDS:-200}
CALLS=${CALLS:-20000}
MEMORY=$(mktemp -d /dev/shm/tandem-fire.XXXXXX)
DISK=$(mktemp -d "${DIRECTORY:-/var/tmp}/tandem-fire.XXXXXX")
RANDOM=${SEED:-$$}
trap 'kill -9 $(jobs -p) 2>/dev/null; rm -rf "$MEMORY" "$DISK"' EXIT

source=$MEMORY/source
violations=0 promoted=0 unready=0 acknowledged=0 outran=0

fail() { echo "round $1 on $2: $3"; violations=$((violations + 1)); }

strike() { # seconds until then, the load's group, replicator
    sleep "$1"
    kill -9 -- "-$2" "$3" 2>/dev/null
    wait 2>/dev/null
}

takeOver() { # number, kind, copy, options of the audit
    local number=$1 kind=$2 copy=$3; shift 3
    "$TANDEM" promote "$copy" --to "$source.new" >"$MEMORY/promote.log" 2>&1 ||
        { fail "$number" "$kind" "$(tail -1 "$MEMORY/promote.log")"; return 1; }
    "$TANDEM" audit "$source.new" "$@" >"$MEMORY/audit.log" 2>&1 ||
        { fail "$number" "$kind" "$(head -3 "$MEMORY/audit.log")"; return 1; }
}

round() { # number, kind, copy, options
    local number=$1 kind=$2 copy=$3; shift 3
    local acks=$MEMORY/acks
    rm -rf "$MEMORY"/* "$DISK"/*
    "$TANDEM" create "$source" --workload exchange --calls "$CALLS" --writers 4 >/dev/null ||
        { fail "$number" "$kind" "create"; return; }
    "$TANDEM" replicate "$source" --to "$copy" "$@" >"$MEMORY/replicate.log" 2>&1 &
    local replicator=$!
    setsid "$TANDEM" load "$source" --processes 2 --seconds 60 --acks "$acks" --ack-every 64 >/dev/null 2>&1 &
    local load=$!
    strike "$((RANDOM % 2)).$((4 + RANDOM % 6))$((RANDOM % 10))" $load "$replicator"
    local count=0
    [ -f "$acks" ] && count=$(wc -l <"$acks")
    if ! "$TANDEM" check "$copy" >"$MEMORY/check.log" 2>&1; then
        # Killed before the first copy was whole: nobody has been promised anything.
        unready=$((unready + 1))
        [ "$count" -eq 0 ] || fail "$number" "$kind" \
            "not promotable, with $count acknowledged commits: $(tail -1 "$MEMORY/check.log")"
        return
    fi
    local with=()
    [ "$count" -gt 0 ] && with=(--acks "$acks")
    takeOver "$number" "$kind" "$copy" "${with[@]}" || return
    promoted=$((promoted + 1))
    acknowledged=$((acknowledged + count))
}

# Writers outrun the copy, whose journal holds none of its cuts: then it is never in sync for long, and nobody is
# acknowledged anything, but two seconds later there is a whole copy, at whatever moment all are killed.
outrun() { # number
    rm -rf "$MEMORY"/*
    "$TANDEM" create "$source" --workload exchange --calls 400000 --writers 4 --journal 1MiB >/dev/null ||
        { fail "$1" outrun "create"; return; }
    "$TANDEM" replicate "$source" --to "$MEMORY/copy" >"$MEMORY/replicate.log" 2>&1 &
    local replicator=$!
    setsid "$TANDEM" load "$source" --processes 2 --seconds 60 >/dev/null 2>&1 &
    local load=$!
    strike "$((2 + RANDOM % 3)).$((RANDOM % 10))" $load "$replicator"
    "$TANDEM" check "$MEMORY/copy" >"$MEMORY/check.log" 2>&1 ||
        { fail "$1" outrun "not promotable: $(tail -1 "$MEMORY/check.log")"; return; }
    takeOver "$1" outrun "$MEMORY/copy" || return
    outran=$((outran + 1))
}

outrunRounds=$(((ROUNDS + 9) / 10))
for number in $(seq 1 "$outrunRounds"); do outrun "$number"; done

for kind in memory disk; do
    wanted=$((promoted + ROUNDS)) number=0
    # A round that was killed before the first copy was whole shows nothing of P2, and is followed by another.
    while [ $((promoted + violations)) -lt "$wanted" ] && [ $number -lt $((3 * ROUNDS)) ]; do
        number=$((number + 1))
        if [ $kind = memory ]; then round "$number" memory "$MEMORY/copy"
        else round "$number" disk "$DISK/copy" --durable; fi
        [ $((number % 20)) -eq 0 ] && echo \
            "$kind: $number rounds, $promoted promoted and audited, $unready before the first whole copy," \
            "$violations violations"
    done
done
echo "fire: $promoted rounds promoted and audited with $acknowledged acknowledged commits," \
    "$unready more killed before the first whole copy, $outran where writers outran the copy, $violations violations"
[ $violations -eq 0 ] && [ $promoted -ge $((2 * ROUNDS)) ] && [ $outran -eq $outrunRounds ]
