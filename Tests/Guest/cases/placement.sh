# Where a source's pages lie and where the replicator runs, by the kernel's own account. Node 0 has processor 0, node 1
# has processor 1, node 2 has memory only.

pages() { # processor's mask, options of create
    local mask=$1; shift
    rm -f "$source"
    taskset "$mask" tandem create "$source" --table calls:240:20000 --writers 2 "$@" >/tmp/create.log 2>&1
    nodes "$source" 2>&1
}

row "create --node 1, from processor 0" "all on node 1" "$(pages 1 --node 1)"
row "create --node 0, from processor 1" "all on node 0" "$(pages 2 --node 0)"
row "create --node auto, from processor 0" "all on node 0" "$(pages 1 --node auto)"
row "create --node auto, from processor 1" "all on node 1" "$(pages 2)"
row "create --node interleave" "evenly on nodes 0 1 2" "$(pages 1 --node interleave)"
row "create --node 7, which is not there: made all the same" "all on node 0" "$(pages 1 --node 7)"
row "… and says so" "there is no memory node 7" "$(grep -o 'there is no memory node 7' /tmp/create.log)"

# Name and allowed processors of each of the replicator's threads.
threads() {
    for task in /proc/$replicator/task/*; do
        echo "$(cat "$task/comm") on $(sed -n 's/^Cpus_allowed_list:\t//p' "$task/status")"
    done | sort | uniq | tr '\n' ',' | sed 's/,$//; s/,/, /g'
}

for processor in 0 1; do
    fresh --table calls:240:20000 --writers 2
    replicate /dev/shm/copy --cpu $processor
    row "replicate --cpu $processor: in sync" "in sync" "$(await 'in sync' 20)"
    row "… only the replicator's thread is pinned" "tandem on 0-1, tandem-copy on $processor" "$(threads)"
    ran=$(for task in /proc/$replicator/task/*; do
        grep -q tandem-copy "$task/comm" && sed 's/.*) //' "$task/stat" | cut -d' ' -f37
    done)
    row "… and ran there" "$processor" "$ran"
    stop
done
fresh --table calls:240:20000 --writers 2
replicate /dev/shm/copy --cpu 7
row "replicate --cpu 7, which is not there: in sync" "in sync" "$(await 'in sync' 20)"
row "… and says so" "not pinned to processor 7" "$(grep -o 'not pinned to processor 7' /tmp/replicate.log)"
stop
