#!/usr/bin/env bash
# Each system call of a demotion fails, with EIO and with ENOSPC, once and from there on. What fails leaves a source as
# it was, or a copy; demoting again goes on from either, and every record is there. The source lies on a disk, where a
# demotion is reads, writes and flushes; strace makes them fail.
#
#   TANDEM=path DIRECTORY=path (on a disk) EVERY=n (only each so manyth of a system call, and the last)
#     demotionfaults.sh
set -euo pipefail
TANDEM=${TANDEM:-.build/release/tandem}
. "$(dirname "$0")/eachcall.sh"
DISK=$(mktemp -d "${DIRECTORY:-/var/tmp}/tandem-demotion.XXXXXX")
trap 'rm -rf "$DISK"' EXIT
source=$DISK/source
sources=0
CALLS=(pread64 pwrite64 fsync ftruncate fallocate)

"$TANDEM" create "$DISK/before" --workload exchange --calls 200 --writers 2 --journal 256K >/dev/null
"$TANDEM" load "$DISK/before" --processes 1 --rate 100 --seconds 1 >/dev/null 2>&1
length=$(stat -c %s "$DISK/before")
digest() { "$TANDEM" audit "$1" 2>&1 | grep '^digest' || true; }
wanted=$(digest "$DISK/before")
[ -n "$wanted" ] || { echo "the source has no digest"; exit 1; }
fresh() { cp --sparse=always "$DISK/before" "$source"; }
demote() { "$@" "$TANDEM" demote "$source" --force; }
broken() { echo "  $call $when with $error: $1"; failed=$((failed + 1)); }

attempt() {
    fresh
    if ! demote failing >"$DISK/out" 2>&1; then
        # A source still, to the last byte that it had; or a copy.
        if "$TANDEM" audit "$source" >"$DISK/audit" 2>&1 && [ "$(stat -c %s "$source")" = "$length" ]; then
            cmp -s "$source" "$DISK/before" || { broken "it is a source, and another one"; return; }
            sources=$((sources + 1))
        fi
        demote >"$DISK/again" 2>&1 || { broken "demoting again fails: $(tail -1 "$DISK/again")"; return; }
    fi
    # By force it is the source again: what no record has lost.
    "$TANDEM" promote "$source" --force >"$DISK/promoted" 2>&1 || { broken "$(tail -1 "$DISK/promoted")"; return; }
    [ "$(digest "$source")" = "$wanted" ] || { broken "it has other records"; return; }
    passed=$((passed + 1))
}

fresh
demote tracing "$DISK/calls" >/dev/null
failEach "$DISK/calls" ""
echo "$sources of the failed demotions left the source as it was, to the byte"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
