# Past the page cache: a device that fails is noticed by the write itself; one whose blocks are larger than a page is
# written through the page cache, and the reason is said; with --direct on it is refused in words.
source "$(dirname "$0")/../helpers.sh"
needs root losetup
source "$here/device.sh"

loops=()
detach_loops() { for loop in "${loops[@]}"; do losetup -d "$loop" 2>/dev/null || true; done; }
trap 'detach_loops; leave' EXIT

# A block device of the kernel's over a file; in `loop`.
loop_over() { # file, bytes of a sector
    loop=$(losetup -f --show -b "$2" "$1" 2>/dev/null) || { loop=; return 0; }
    loops+=("$loop")
}

# A block device whose writes fail when they are told to: a loop over a file of nbdfuse's.
failing() { # options of replicate
    local name="a failing device${*:+, $*}" words="images past the page cache"
    [[ $* != *--durable* ]] || words="past the page cache"
    fresh
    rm -f "$image" "$memory/fail"
    : >"$memory/nbdkit.log"
    truncate -s $(((copyBytes + 4095) / 4096 * 4096)) "$image"
    rm -f "$memory/requests"
    attach --filter=log --filter=error file "$image" "logfile=$memory/requests" error-pwrite=EIO \
        error-pwrite-rate=100% "error-file=$memory/fail"
    loop_over "$copy" 4096
    [ "$loop" ] || { skip "$name" "no loop device can be had here"; detach; return 0; }
    replicate "$loop" --direct on "$@"
    traffic --processes 2 --rate 2000
    expect "$name: in sync first" "in sync*" "$(await "in sync*" 20)"
    expect "$name: as it was asked for" "*; $words" "$(status driver)"
    [[ $* != *--durable* ]] ||
        within "$name: flushes of the device, one for each cut at least" "$(status cutsCommitted)" 1000000000 \
            "$(grep -c ' Flush ' "$memory/requests")"
    touch "$memory/fail"
    expect "$name: off line, with the reason" "offline (@(the device reported an error|a flush failed*))" \
        "$(await "offline*" 10)"
    within "$name: writers keep their pace" 1900 2100 "$(pace 2)" "transactions/s"
    rm -f "$memory/fail"
    expect "$name: well again" "in sync*" "$(await "in sync*" 20)"
    expect "$name: writers came through" "no writer lost" "$(traffic_ended)"
    expect "$name: source and copy" "equal*" "$(equal "$loop")"
    stop "$replicator"
    expect "$name: the copy is whole" "0 *" "$(answer check "$loop")"
    detach_loops
    loops=()
    detach
}

# Who looks at a device while it is written leaves old pages in its page cache, which nobody believes later.
looked_at() {
    local name="looked at all the while" onlooker
    rm -f "$memory/backing"
    fresh --journal 8M
    truncate -s $(((copyBytes + 4095) / 4096 * 4096)) "$memory/backing"
    loop_over "$memory/backing" 512
    [ "$loop" ] || { skip "$name" "no loop device can be had here"; return 0; }
    # Holds it open, so that its page cache outlives everybody else.
    start bash -c "exec 3<$loop; while :; do dd if=$loop of=/dev/null bs=1M status=none || exit; done"
    onlooker=$last
    replicate "$loop" --durable
    traffic --processes 2 --rate 20000
    expect "$name: in sync" "in sync*" "$(await "in sync*" 20)"
    sleep 3
    expect "$name: writers came through" "no writer lost" "$(traffic_ended)"
    expect "$name: source and copy" "equal*" "$(equal "$loop")"
    stop "$replicator"
    expect "$name: the copy is whole" "0 *" "$(answer check "$loop")"
    expect "$name: … and as its source" "$(digest "$source")" "$(digest "$loop")"
    signal KILL "$onlooker"
    gone "$onlooker" 5 >/dev/null
    detach_loops
    loops=()
    rm -f "$memory/backing"
}

# Blocks of 8 KiB cannot be written in pages of 4.
large_blocks() {
    local name="blocks of 8 KiB" why="its device has blocks of 8192 bytes, a copy pages of 4096"
    rm -f "$memory/backing"
    fresh
    truncate -s $(((copyBytes + 8191) / 8192 * 8192)) "$memory/backing"
    loop_over "$memory/backing" 8192
    [ "$loop" ] || { skip "$name" "this kernel has no such devices"; return 0; }
    expect "$name, insisting" "2 *it cannot be written past the page cache: $why. Leave --direct on away*" \
        "$(answer replicate "$source" --to "$loop" --direct on)"
    replicate "$loop"
    expect "$name: in sync all the same" "in sync*" "$(await "in sync*" 20)"
    expect "$name: and says why" "*; through the page cache: $why" "$(status driver)"
    "$TANDEM" load "$source" --seconds 1 --rate 4000 --json >/dev/null
    expect "$name: source and copy" "0 *" "$(answer verify "$source" "$loop")"
    stop "$replicator"
    expect "$name: the copy is whole" "0 *" "$(answer check "$loop")"
    detach_loops
    loops=()
}

expect "in memory, insisting" "2 *it cannot be written past the page cache: it is in memory*" \
    "$(fresh; answer replicate "$source" --to "$memory/copy" --direct on)"
large_blocks
failing
[ $QUICK ] && exit
failing --durable
looked_at
