# Full file systems, for a copy that is there and one that is not yet, with room made while the replicator runs.
source "$(dirname "$0")/../helpers.sh"
needs root

small=$memory/small
mkdir "$small"
mount -t tmpfs -o size=1m tandem-faults "$small" 2>"$memory/mount.log" ||
    { skip "$family" "$(tail -1 "$memory/mount.log")"; exit 0; }
mounted+=("$small")
copy=$small/copy

expect "source on a full file system: refused" \
    "*No space left on device; it needs *, and * free.*Free space there, or choose another place." \
    "$("$TANDEM" create "$small/source" --workload exchange 2>&1)"
expect "source on a full file system: nothing is left of it" "" "$(ls -A "$small")"

name="copy on a full file system"
fresh
replicate "$copy"
traffic --processes 2 --rate 4000
expect "$name: off line, with the reason" "offline (no space left for it: * are needed, * are free there)" \
    "$(await "offline (no*space*)" 5)"
expect "$name: nothing is left of it" "" "$(ls -A "$small")"
within "$name: writers keep their pace" 3800 4200 "$(pace 1)" "transactions/s"
mount -o remount,size=64m "$small"
expect "$name: with room for it, in sync" "in sync*" "$(await "in sync*" 10)"

# All of the copy's space is its own from the beginning: who fills the rest up harms nothing.
name="file system filled beside the copy"
head -c 100M /dev/zero >"$small/rest" 2>/dev/null || true
sleep 1
expect "$name: still in sync" "in sync*" "$(state)"
expect "$name: writers came through" "no writer lost" "$(traffic_ended)"
expect "$name: source and copy" "equal*" "$(equal "$copy")"

# Too much for the journal while nobody follows, and no room for a second copy: it is copied over, and says so.
name="no room for a copy beside the copy"
stop "$replicator"
traffic --processes 2
sleep 2
expect "$name: writers came through" "no writer lost" "$(traffic_ended)"
replicate "$copy"
expect "$name: in sync" "in sync (more has changed than the journal holds)" "$(await "in sync*" 10)"
expect "$name: only the copy is there" "copy rest" "$(ls -A "$small" | tr '\n' ' ' | sed 's/ $//')"
expect "$name: source and copy" "equal*" "$(equal "$copy")"
