# A memory node that is full, and one that is taken away. Node 2 has 128 MiB and no processors.

follow() {
    replicate /dev/shm/copy
    row "$1: replicated" "in sync" "$(await 'in sync' 60)"
    load 4 --processes 2 --rate 2000 &
    loader=$!
}

finish() {
    wait $loader
    row "$1: writers went on" "0" $?
    row "… and verify and audits" "no difference" "$(equal /dev/shm/copy)"
    stop
}

fresh --workload exchange --calls 500000 --writers 2 --journal 1M --node 2
note "a source of $(($(stat -c %s "$source") >> 20)) MiB on a node of 128 MiB: $(nodes "$source")"
row "node full: as many pages there as it has, the rest elsewhere" "on two nodes" \
    "$(nodes "$source" | grep -q '2: [0-9]' && nodes "$source" | grep -Eq '[01]: [0-9]' && echo 'on two nodes')"
follow "node full"
finish "node full"

fresh --workload exchange --calls 4000 --writers 2 --journal 1M --node 2
row "before the node goes" "all on node 2" "$(nodes "$source")"
follow "node going"
for block in /sys/devices/system/node/node2/memory*/state; do echo offline >"$block" || note "$block stays"; done
row "node gone" "offline" "$(cat /sys/devices/system/node/node2/memory*/state 2>&1 | sort -u)"
row "… its pages are elsewhere" "none on node 2" "$(nodes "$source" | grep -q '\b2\b' || echo 'none on node 2')"
finish "node gone"
fresh --table calls:240:1000 --node 2
row "create on a node that is gone: made, and says so" "there is no memory node 2" \
    "$(grep -o 'there is no memory node 2' /tmp/create.log)"
