# Writes and flushes fail: once, for a while, for want of space. The copy is off line and says why, the writers go on,
# and when the device is well again the copy is in sync by itself.
source "$(dirname "$0")/../helpers.sh"
source "$here/device.sh"

begin() { # driver, nbdkit's options
    fresh
    rm -f "$image" "$memory/fail"
    : >"$memory/nbdkit.log"
    attach "${@:2}"
    replicate "$copy" --io "$1" $durable
    traffic --processes 2 --rate 2000
    expect "$name: in sync first" "in sync*" "$(await "in sync*" 20)"
}

finish() {
    rm -f "$memory/fail"
    expect "$name: well again" "in sync*" "$(await "in sync*" 10)"
    expect "$name: writers came through" "no writer lost" "$(traffic_ended)"
    expect "$name: source and copy" "equal*" "$(equal "$copy")"
    stop "$replicator"
    detach
}

# Waits for one, and says why.
outages() {
    until grep -q ' offline (' "$log"; do sleep 0.02; done
    sed -n 's/.* offline (\([^)]*\)).*/\1/p' "$log"
}

struck() { grep -c injecting "$memory/nbdkit.log" || true; }

once() { # driver
    local name="one EIO, $1"
    begin "$1" --filter=error file "$image" error-pwrite=EIO error-pwrite-rate=100% "error-file=$memory/fail"
    touch "$memory/fail"
    while [ "$(struck)" = 0 ]; do sleep 0.005; done
    rm "$memory/fail"
    within "$name: struck" 1 50 "$(struck)" writes
    expect "$name: off line meanwhile" "the device reported an error: Input/output error" "$(outages)"
    finish
}

lasting() { # error, driver, what the copy then says
    local name="$1 for a while, $2"
    begin "$2" --filter=error file "$image" "error-pwrite=$1" error-pwrite-rate=100% "error-file=$memory/fail"
    touch "$memory/fail"
    expect "$name: off line, with the reason" "offline ($3)" "$(await "offline*" 5)"
    within "$name: writers keep their pace" 1900 2100 "$(pace 2)" "transactions/s"
    # Tried after 250 ms, 500 ms, 1 s, 2 s …; several writes may be under way each time.
    within "$name: tried less and less often" 2 40 "$(struck)" "writes in two seconds"
    finish
}

# nbdkit's error filter leaves flushes alone: a plugin of shell commands does not.
flush() {
    local name="a flush fails" durable=--durable before
    begin uring eval get_size="stat -c %s $image" \
        pread="dd if=$image skip=\$4 count=\$3 iflag=skip_bytes,count_bytes status=none" \
        pwrite="dd of=$image seek=\$4 conv=notrunc oflag=seek_bytes status=none" can_flush="exit 0" can_write="exit 0" \
        flush="if [ -e $memory/fail ]; then rm $memory/fail; echo 'EIO injecting' >&2; exit 1; fi"
    before=$(status returnsFromZero)
    touch "$memory/fail"
    while [ -e "$memory/fail" ]; do sleep 0.01; done
    expect "$name: off line meanwhile" "a flush failed, so everything is owed again: Input/output error" "$(outages)"
    finish
    within "$name: not believed again, all copied anew" $((before + 1)) $((before + 1)) "$(status returnsFromZero)" \
        "times from zero"
}

durable=
once uring
lasting EIO uring "the device reported an error"
[ $QUICK ] && exit
lasting ENOSPC uring "no space left for it"
lasting EIO pwrite "the device reported an error"
flush
