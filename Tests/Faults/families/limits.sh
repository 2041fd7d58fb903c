# Limits of the process, set before it starts and under it while it runs: a clear error, or an outage with its reason
# that ends with the limit.
source "$(dirname "$0")/../helpers.sh"
needs prlimit

begin() { # options of create
    fresh "$@"
    replicate "$copy"
    traffic --processes 2 --rate 4000
    expect "$name: in sync first" "in sync*" "$(await "in sync*" 20)"
}

finish() {
    expect "$name: taken back, in sync" "in sync*" "$(await "in sync*" 15)"
    expect "$name: writers came through" "no writer lost" "$(traffic_ended)"
    expect "$name: source and copy" "equal*" "$(equal "$copy")"
    stop "$replicator"
}

# In the middle of a page of the journal: the write is cut short there, and the rest of it refused.
name="file size limit in mid-page"
begin
prlimit --pid "$replicator" --fsize=$((copyBytes - 4096 - (1 << 20) / 2 + 1234)):unlimited
expect "$name: off line, with the reason" "offline (no space left for it)" "$(await "offline (no space*)" 5)"
expect "$name: in full in the log" "*no space left for it: File too large*" "$(grep -m1 -o 'no space left[^)]*' "$log")"
within "$name: writers keep their pace" 3800 4200 "$(pace 1)" "transactions/s"
prlimit --pid "$replicator" --fsize=unlimited
finish

# The copy goes and comes back while the replicator may open nothing.
name="no descriptor free"
begin --journal 8M
limit=$(prlimit --pid "$replicator" --nofile --output=SOFT --noheadings)
mv "$copy" "$copy.away"
expect "$name: off line" "offline*" "$(await "offline*" 5)"
prlimit --pid "$replicator" --nofile=3:
mv "$copy.away" "$copy"
sleep 1.5
expect "$name: off line, with the reason" "offline (the device reported an error)" "$(state)"
expect "$name: in full in the log" "*: Too many open files*" "$(tail -1 "$log" | field event)"
within "$name: writers keep their pace" 3800 4200 "$(pace 1)" "transactions/s"
prlimit --pid "$replicator" --nofile="$limit":
finish

# From too few for the dynamic linker to enough: it runs, or says why not. Whatever the number, nothing traps.
name="few descriptors from the start"
fresh
rm -f "$copy"
ran=0
for count in {4..14}; do
    status=0
    words=$(timeout 0.7 prlimit --nofile="$count" "$TANDEM" replicate "$source" --to "$copy" 2>&1) || status=$?
    answer="$status ${words//$'\n'/ }"
    case $answer in
    "124 "*"in sync"* | "0 "*"in sync"*) ran=$((ran + 1)) ;;
    "2 tandem: "*"(ulimit -n)"* | "124 "*"offline (the device reported an error: Too many open files)"*) ;;
    *) echo "FAILED   $name, $count: $answer" ;;
    esac
done
within "$name: of 11 limits from 4 on, enough to run" 1 10 $ran limits
