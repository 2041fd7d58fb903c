# The copy's device fails for a while, in each of dm-flakey's ways, with traffic going on.

set_table() {
    dmsetup suspend --noflush flaky
    dmsetup reload flaky --table "$1"
    dmsetup resume flaky
}

begin() { # options of replicate: a copy in sync on a device that is whole
    fresh --workload exchange --calls 4000 --writers 4 --journal 1M
    sectors=$(($(number copyBytes </tmp/create.log) / 512))
    blank /dev/ram0
    dmsetup create flaky --table "0 $sectors linear /dev/ram0 0"
    replicate /dev/mapper/flaky "$@"
    await 'in sync' 60 >/tmp/begun
    load 12 --processes 2 --rate 2000 &
    loader=$!
    sleep 1
}

finish() { # case
    set_table "0 $sectors linear /dev/ram0 0"
    row "$1: whole again, in sync" "in sync" "$(await 'in sync' 60)"
    wait $loader
    row "… writers went on" "0, none lost" "$?, $(sed 's/.*"lost":\[\].*/none lost/' "$traffic")"
    row "… and verify and audits" "no difference" "$(equal /dev/mapper/flaky)"
    stop
    dmsetup remove flaky
}

for durable in "" --durable; do
    begin $durable
    set_table "0 $sectors flakey /dev/ram0 0 0 3600 1 error_writes"
    row "writes fail${durable:+, $durable}: offline" offline "$(await offline 20)"
    finish "writes fail${durable:+, $durable}"
done

begin
set_table "0 $sectors flakey /dev/ram0 0 0 3600"
row "nothing can be read or written: offline" offline "$(await offline 20)"
finish "nothing can be read or written"

begin --durable
set_table "0 $sectors flakey /dev/ram0 0 1 1"
sleep 8
row "a second up, a second down: offline at least twice" yes \
    "$([ "$(grep -c 'offline (' /tmp/replicate.log)" -ge 2 ] && echo yes || cat /tmp/replicate.log)"
finish "a second up, a second down"

# A device that drops writes and says that they are there, until it is read again: nothing can be noticed before that.
# The copy is then an older cut, whole, and its replicator sees that it is not the one that was acknowledged.
begin --durable
set_table "0 $sectors flakey /dev/ram0 0 0 3600 1 drop_writes"
wait $loader
stop
dmsetup suspend flaky
echo 3 >/proc/sys/vm/drop_caches
dmsetup resume flaky
set_table "0 $sectors linear /dev/ram0 0"
tandem check /dev/mapper/flaky --json >/tmp/check 2>&1
row "writes dropped in silence: what is there is whole" "0, clean: no violation" \
    "$?, $(tandem audit /dev/mapper/flaky | tail -1)"
row "… and older" yes \
    "$([ "$(number cut </tmp/check)" -lt "$(tandem status "$source" --json | number cut)" ] && echo yes)"
replicate /dev/mapper/flaky --durable
load 2 --processes 2 --rate 2000 &
loader=$!
finish "writes dropped in silence"
row "… after everything was copied anew" 1 \
    "$(grep -c 'the copy holds a cut that this source does not know): ' /tmp/replicate.log)"

# A flush that fails is told once: here to dd, in the place of a replicator that is killed in that moment. The cache
# goes on showing what is not on the device, two state slots of zeros. (Somebody holds the device open, as its last
# close would empty its cache.)
unheard() { # what becomes of it, options of replicate
    local outcome=$1; shift
    begin "$@"
    wait $loader
    stop
    sleep 1000 </dev/mapper/flaky &
    holder=$!
    set_table "0 $sectors flakey /dev/ram0 0 0 3600 1 error_writes"
    dd if=/dev/zero of=/dev/mapper/flaky bs=4096 seek=2 count=2 conv=notrunc,fsync 2>/dev/null && note "no flush failed"
    set_table "0 $sectors linear /dev/ram0 0"
    replicate /dev/mapper/flaky "$@"
    row "a failed flush that nobody has heard of${1:+, $1}: $outcome" "$outcome" "$(await "$outcome" 60)"
    kill $holder
}

unheard 'in sync' --durable
row "… what it missed came as one cut" yes \
    "$(grep -q 'in sync (what it missed travels as one cut)' /tmp/replicate.log && echo yes)"
load 2 --processes 2 --rate 2000 &
loader=$!
finish "a failed flush that nobody has heard of"

# What must be able to fail: without --durable nothing is said of what a device keeps, and the cache is believed.
unheard refused
stop
dmsetup remove flaky
