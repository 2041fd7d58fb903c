# A device that takes its time for every write: cuts grow and become fewer, the copy's age stays bounded and is shown,
# nobody waits. One whose flush takes longer than any write may is not taken for one that hangs.
source "$(dirname "$0")/../helpers.sh"
source "$here/device.sh"

# The greatest age in milliseconds, and anything but "in sync", over so many seconds.
oldest() {
    local end=$((SECONDS + $1)) report age most=0
    while ((SECONDS < end)); do
        report=$("$TANDEM" status "$source" --json)
        [ "$(field state <<<"$report")" = "in sync" ] || { state; return; }
        age=$(field ageMicroseconds <<<"$report")
        age=${age%.*}
        ((age / 1000 <= most)) || most=$((age / 1000))
    done
    echo $most
}

name="50 ms a write"
# The device takes some 2.6 MB/s of one cut, the traffic makes 0.7. The journal is large, as one that is full is applied
# record by record.
fresh --journal 64M
attach --filter=delay file "$image" wdelay=50ms
replicate "$copy"
expect "$name: in sync" "in sync*" "$(await "in sync*" 60)"
traffic --processes 2 --rate 1000
before=$(status cutsCommitted)
# A cut takes 50 ms or more, and waits for the one before it.
within "$name: the copy is as old as a few writes take" 50 1000 "$(oldest 4)" ms
within "$name: cuts grow and become fewer" 10 100 $(($(status cutsCommitted) - before)) \
    "in four seconds, and 4,000 transactions"
within "$name: writers keep their pace" 950 1050 "$(pace 2)" "transactions/s"
expect "$name: writers came through" "no writer lost" "$(traffic_ended)"
expect "$name: source and copy" "equal*" "$(equal "$copy")"
stop "$replicator"
detach
[ $QUICK ] && exit

# The cache takes writes at once, and the flush then brings some 70 blocks to the device, 50 ms each.
name="a flush of four seconds"
fresh
rm "$image"
attach --filter=cache --filter=delay file "$image" cache=writeback wdelay=50ms
clock=$(now)
replicate "$copy"
expect "$name: in sync" "in sync (first copy)" "$(await "in sync*" 60)"
within "$name: took that long" 2500 20000 "$(took)" ms
expect "$name: no outage" 0 "$(status outages)"
expect "$name: source and copy" "equal*" "$(equal "$copy")"
stop "$replicator"
detach
