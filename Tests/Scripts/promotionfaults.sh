#!/usr/bin/env bash
# Each system call of a promotion fails, with EIO and with ENOSPC, once and from there on. What fails must have changed
# nothing that matters: promoting again, the same way, gives every record of the last cut. The copy lies on a disk,
# where a promotion is reads, writes and flushes; strace makes them fail.
#
#   TANDEM=path DIRECTORY=path (on a disk) EVERY=n (only each so manyth of a system call, and the last)
#     promotionfaults.sh
set -euo pipefail
TANDEM=${TANDEM:-.build/release/tandem}
. "$(dirname "$0")/eachcall.sh"
MEMORY=$(mktemp -d /dev/shm/tandem-promotion.XXXXXX)
DISK=$(mktemp -d "${DIRECTORY:-/var/tmp}/tandem-promotion.XXXXXX")
replicator=
trap '[ -z "$replicator" ] || kill -9 "$replicator" 2>/dev/null; rm -rf "$MEMORY" "$DISK"' EXIT
copy=$DISK/copy source=$MEMORY/new
changed=0
CALLS=(pread64 pwrite64 fsync ftruncate fallocate linkat)

# A copy whose journal has something to be replayed.
"$TANDEM" create "$MEMORY/source" --workload exchange --calls 200 --writers 2 --journal 256K >/dev/null
"$TANDEM" replicate "$MEMORY/source" --to "$copy" >"$MEMORY/log" 2>&1 &
replicator=$!
for _ in $(seq 100); do "$TANDEM" status "$MEMORY/source" | grep -q "in sync" && break; sleep 0.1; done
# Killed in mid-traffic: a moment later a sweep would have emptied the journal.
"$TANDEM" load "$MEMORY/source" --processes 1 --rate 100 --seconds 3 >/dev/null 2>&1 &
load=$!
sleep 2
kill -9 "$replicator"
wait "$load"
wait "$replicator" 2>/dev/null || true
replicator=
mv "$copy" "$DISK/before"

digest() { "$TANDEM" audit "$1" 2>&1 | grep '^digest' || true; }

fresh() { rm -f "$source"; cp --sparse=always "$DISK/before" "$copy"; }

# `way` is where it is promoted to: in place, or into memory.
promote() { if [ "$way" = elsewhere ]; then "$@" "$TANDEM" promote "$copy" --to "$source";
    else "$@" "$TANDEM" promote "$copy"; fi; }
promoted() { if [ "$way" = elsewhere ]; then echo "$source"; else echo "$copy"; fi; }

broken() { echo "  $way, $call $when with $error: $1"; failed=$((failed + 1)); }

attempt() {
    fresh
    if promote failing >"$MEMORY/out" 2>&1; then
        [ "$(digest "$(promoted)")" = "$wanted" ] || { broken "promoted, with other records"; return; }
    else
        cmp -s "$copy" "$DISK/before" || changed=$((changed + 1))
        # Where the last flush failed the copy may be a source already.
        if ! promote >"$MEMORY/again" 2>&1 && [ "$way" = elsewhere ]; then
            broken "promoting again fails: $(tail -1 "$MEMORY/again")"
            return
        fi
        [ "$(digest "$(promoted)")" = "$wanted" ] ||
            { broken "promoted again, with other records: $(tail -1 "$MEMORY/again")"; return; }
    fi
    passed=$((passed + 1))
}

for way in place elsewhere; do
    fresh
    promote tracing "$MEMORY/calls" >/dev/null
    wanted=$(digest "$(promoted)")
    [ -n "$wanted" ] || { echo "the promotion without a fault gives nothing"; exit 1; }
    failEach "$MEMORY/calls" "$(printf '%-10s ' "$way")"
done
echo "$changed of the failed promotions had changed the copy, and were repaired by promoting again"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
