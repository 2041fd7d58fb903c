# A device that answers nothing any more, and much later does: the copy is off line and says why, the writers go on, a
# killed replicator stays in the kernel, and nobody else gets at the copy, until the device answers; then what was stuck
# lands first, and the copy is in sync again.
source "$(dirname "$0")/../helpers.sh"
source "$here/device.sh"

# Whatever goes wrong here, the device is let go on after so many seconds: nothing hangs for ever.
watchdog() {
    local kept=$server
    # Reads what never comes: a sleep that is no process, which would outlive us.
    { read -rt "$1" -u 9 || signal CONT "$kept"; } >/dev/null 2>&1 &
    last=$!
}

begin() { # options of replicate
    fresh
    rm -f "$image" "$memory/acks"
    attach file "$image"
    replicate "$copy" "$@"
    traffic --processes 2 --rate 4000 ${acks:+--acks "$memory/acks"}
    expect "$name: in sync first" "in sync*" "$(await "in sync*" 20)"
    sleep 0.5
    watchdog 60
    signal STOP "$server"
    hung=$SECONDS
}

finish() {
    expect "$name: answers again, in sync" "in sync*" "$(await "in sync*" 20)"
    expect "$name: writers came through" "no writer lost" "$(traffic_ended)"
    expect "$name: source and copy" "equal*" "$(equal "$copy")"
    stop "$replicator"
    expect "$name: the copy is whole" "0 *" "$(answer check "$copy")"
    detach
}

# The same replicator sees it through.
outlived() { # what the copy says, options of replicate
    local name="hung, ${*:2}"
    begin "${@:2}"
    expect "$name: off line, with the reason" "offline ($1)" "$(await "offline ($1)" 15)"
    within "$name: noticed" 0 13 $((SECONDS - hung)) s
    within "$name: writers keep their pace" 3800 4200 "$(pace 2)" "transactions/s"
    signal CONT "$server"
    finish
}

# It is killed, and what it has under way is left in the kernel.
killed() { # options of replicate
    local name="hung and killed, $*" old
    begin "$@"
    sleep 2.5
    old=$replicator
    signal KILL "$old"
    sleep 1
    expect "$name: it cannot go while its write hangs" "[ZD]*" \
        "$(awk '/^State/ { print $2, $3 }' "/proc/$old/status" 2>&1)"
    expect "$name: a successor is refused" "2 *another replicator (process $old) follows this source*" \
        "$(answer replicate "$source" --to "$copy")"
    within "$name: writers keep their pace" 3800 4200 "$(pace 2)" "transactions/s"
    signal CONT "$server"
    expect "$name: gone when the device has answered" gone "$(gone "$old" 5)"
    replicate "$copy" "$@"
    finish
}

# Its copy is promoted meanwhile: not before the write that hangs has landed.
promoted() {
    local name="hung, killed and promoted" promotion acks=yes
    begin --io uring
    sleep 2.5
    signal KILL "$replicator"
    start "$TANDEM" promote "$copy" --to "$memory/new" >"$memory/promotion" 2>&1
    promotion=$last
    sleep 4
    expect "$name: not while the write hangs" "@(*another process has it locked*|waits)" \
        "$([ -e "/proc/$promotion" ] && echo waits || cat "$memory/promotion")"
    signal CONT "$server"
    expect "$name: the old one is gone" gone "$(gone "$replicator" 5)"
    gone "$promotion" 10 >/dev/null
    [ -e "$memory/new" ] || "$TANDEM" promote "$copy" --to "$memory/new" >"$memory/promotion" 2>&1
    expect "$name: then" "0 clean: no violation" "$(answer audit "$memory/new" --acks "$memory/acks")"
    expect "$name: a replicator of the old source" "1 *a promoted copy has taken over from this source*" \
        "$(answer replicate "$source" --to "$copy")"
    expect "$name: its writers" "*a promoted copy has taken over from this source*" "$(traffic_ended)"
    rm "$memory/new"
    detach
}

acks=
killed --io uring
[ $QUICK ] && exit
promoted
outlived "a write or flush took too long" --io uring
outlived "a write or flush took too long" --io uring --durable
outlived "the replicator does not answer" --io pwrite
killed --io pwrite --durable

# Told to stop, it gives up waiting after five seconds; the kernel keeps what is left of it until the device answers.
name="hung and told to stop"
begin --io uring
sleep 2.5
signal TERM "$replicator"
sleep 7
expect "$name: it cannot go while its write hangs" "[SZD]*" \
    "$(awk '/^State/ { print $2, $3 }' "/proc/$replicator/status" 2>&1)"
signal CONT "$server"
expect "$name: gone when the device has answered" gone "$(gone "$replicator" 5)"
replicate "$copy"
finish
