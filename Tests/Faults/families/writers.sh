# Writers that are too many, that are killed and followed by others under the same number, that are stopped in the
# middle of a transaction. (Killed after every machine instruction: `make killpoints`; by the thousand in mid-traffic:
# `make killwriters`.)
source "$(dirname "$0")/../helpers.sh"

pids=()
worker() { # number, of how many, options of load
    "$TANDEM" load "$source" --worker "$1" --processes "$2" --seconds 300 "${@:3}" <&9 >"$memory/worker.$1" 2>&1 &
    last=$!
    pids[$1]=$!
}

# Slots of writers that live, of all that have ever been used.
slots() { "$TANDEM" status "$source" --json | awk '{ print gsub(/"isAlive":true/, "") " of " gsub(/"slot":/, "") }'; }

name="more writers than slots"
fresh --writers 2
replicate "$copy"
worker 0 3 --rate 1000
worker 1 3 --rate 1000
sleep 0.5
expect "$name: the third is refused" \
    "2 *all 2 writer slots are held by running writers. End some, or create the source with more: --writers." \
    "$(answer load "$source" --worker 2 --processes 3 --seconds 1 <&9)"
signal KILL "${pids[1]}"
sleep 0.2
worker 2 3 --rate 1000
sleep 0.4
expect "$name: has the slot of one that was killed" "2 of 2" "$(slots)"

signal KILL "${pids[0]}"
signal KILL "${pids[2]}"
name="ten times as many writers as slots, started and killed"
for round in {1..10}; do
    worker 0 2
    worker 1 2
    sleep "0.$((RANDOM % 2))$((RANDOM % 10))"
    signal KILL "${pids[0]}"
    signal KILL "${pids[1]}"
done
worker 0 2
worker 1 2
sleep 0.4
expect "$name: no slot is lost" "2 of 2" "$(slots)"
signal TERM "${pids[0]}"
signal TERM "${pids[1]}"
sleep 0.4
expect "$name: source and copy" "equal*" "$(equal "$copy")"
stop "$replicator"

# Without a transaction's end the records it holds stay as they were for everybody else, and cuts go on without it.
name="writers stopped at any moment"
fresh --journal 16M
replicate "$copy"
expect "$name: in sync first" "in sync*" "$(await "in sync*" 20)"
worker 0 2
worker 1 2 --rate 2000
sleep 0.5
rounds=$([ $QUICK ] && echo 5 || echo 20) inside=0 went=0
for round in $(seq "$rounds"); do
    sleep "0.0$((RANDOM % 10))"
    signal STOP "${pids[0]}"
    [[ $("$TANDEM" status "$source" --json) != *'"state":"active"'* ]] || inside=$((inside + 1))
    before=$(status cut)
    sleep 0.1
    (($(status cut) <= before)) || went=$((went + 1))
    signal CONT "${pids[0]}"
done
within "$name: inside a transaction" 1 "$rounds" $inside "of $rounds"
# Between `committing` and `committed`, a few instructions, a cut waits for the writer.
within "$name: cuts went on" $((rounds - 1)) "$rounds" $went "of $rounds"
signal TERM "${pids[0]}"
signal TERM "${pids[1]}"
sleep 0.4
expect "$name: source and copy" "equal*" "$(equal "$copy")"
stop "$replicator"

# In a namespace of its own, where the next process number can be chosen.
name="a dead writer's number used again"
[ "$(id -u)" = 0 ] && unshare --pid --fork --mount-proc true 2>/dev/null ||
    { skip "$name" "it needs root, and a namespace for process numbers"; exit 0; }
fresh --writers 2
reuse() {
    for round in {1..5}; do
        "$TANDEM" load "$source" --worker 0 --processes 2 --seconds 300 <&9 >/dev/null 2>&1 &
        local dead=$!
        sleep 0.3
        signal KILL "$dead"
        while [ -e "/proc/$dead" ]; do sleep 0.01; done
        echo $((dead - 1)) >/proc/sys/kernel/ns_last_pid
        sleep 300 &
        disown $!
        [ $! = "$dead" ] && [ "$("$TANDEM" status "$source" --json | field process)" = "$dead" ] \
            && [ "$(slots)" = "0 of 1" ] && echo seen
    done
}
export -f reuse signal slots field
export source
expect "$name: it counts as dead, five times" 5 \
    "$(unshare --pid --fork --mount-proc --kill-child bash -c reuse | grep -c seen || true)"
worker 0 2 --rate 1000
sleep 0.4
expect "$name: its successor has the slot" "1 of 1" "$(slots)"
signal TERM "${pids[0]}"
sleep 0.4
expect "$name: the source" "0 clean: no violation" "$(answer audit "$source")"
