# The power goes while the name of a copy's file is only in the cache: who renamed a rebuilt copy was killed before it
# had flushed the directory. On a file system without a journal, where the flush of a file takes no name with it.

# A copy in sync, then its bytes in a new file that has taken its name: what a replicator leaves that is killed in that
# moment.
renamed() { # options of replicate
    fresh --workload exchange --calls 400 --writers 4 --journal 1M
    dmsetup create disk --table "0 262144 linear /dev/ram0 0"
    mke2fs /dev/mapper/disk >/dev/null
    mkdir -p /tmp/disk /tmp/rest
    mount -t ext2 /dev/mapper/disk /tmp/disk
    replicate /tmp/disk/copy "$@"
    await 'in sync' 60 >/tmp/begun
    stop
    sync
    cp /tmp/disk/copy /tmp/disk/copy.rebuild
    sync /tmp/disk/copy.rebuild
    mv /tmp/disk/copy.rebuild /tmp/disk/copy
}

# What the medium has now, on another disk.
cut_power() {
    dd if=/dev/ram0 of=/dev/ram1 bs=1M count=128 2>/dev/null
    mount -t ext2 -o ro /dev/ram1 /tmp/rest
}

go_on() { # options of replicate: a successor, and what it says is on the copy
    replicate /tmp/disk/copy "$@"
    row "a name in the cache${1:+, $1}: in sync again" "in sync" "$(await 'in sync' 60)"
    load 2 --processes 2 --rate 1000
    await 'in sync' 60 >/tmp/begun
    promised=$(tandem status "$source" --json | number cut)
}

gone() { umount /tmp/rest /tmp/disk; dmsetup remove disk; }

kept() {
    tandem check /tmp/rest/copy --json >/tmp/check 2>&1
    local cut=$(number cut </tmp/check)
    if [ -z "$cut" ]; then tail -1 /tmp/check; elif [ "$cut" -ge "$promised" ]; then echo yes
    else echo "no, cut $cut of $promised"; fi
}

# Nobody writes back by himself, which would hide it.
echo 0 >/proc/sys/vm/dirty_writeback_centisecs

renamed --durable
go_on --durable
stop KILL
cut_power
row "… power cut: the copy of that name has what was promised" yes "$(kept)"
gone

# What must be able to fail: without --durable no name is flushed, and with all of the file's bytes on the medium it is
# the old file's.
renamed
go_on
stop KILL
sync -d /tmp/disk/copy
cut_power
row "… power cut after its bytes alone were flushed: it has not" no "$(kept | cut -d, -f1)"
gone

# A promotion: the old source must find that it was promoted, whatever becomes of the promoted host's power.
renamed
tandem promote /tmp/disk/copy --to /dev/shm/promoted --json >/tmp/promoted 2>&1
cut_power
tandem check /tmp/rest/copy --json >/tmp/check 2>&1
generation() { sed -n 's/.*"generation":"\([^"]*\)".*/\1/p'; }
row "a name in the cache, promoted, power cut: it is the new generation's" "$(generation </tmp/promoted)" \
    "$(generation </tmp/check)"
gone
echo 500 >/proc/sys/vm/dirty_writeback_centisecs
