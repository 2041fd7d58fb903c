#!/usr/bin/env bash
# The processes of both hosts are killed at random moments, round after round: writers and the replicator on the one,
# the standby and its nbdkit on the other, any of them, in any phase of the copy's life. Then what a site would do: all
# of them are started again and the copy is in sync again, or the source's host is declared lost, the copy is promoted,
# and the lost host comes back as the copy's. In each round everything that was acknowledged is looked for, and source
# and copy are compared, record by record. A seed decides what is killed, when, and what is done then; a round's choices
# are its own, so that FROM=n ROUNDS=1 makes those of round n. Needs root, iproute2 and nbdkit.
#
#   TANDEM=path ROUNDS=n SEED=n FROM=n CALLS=n RATE=n bothhosts.sh
export TANDEM=$(realpath "${TANDEM:-.build/release/tandem}") SEED=${SEED:-1}
source "$(dirname "$(realpath "$0")")/../Faults/helpers.sh"
ROUNDS=${ROUNDS:-200} FROM=${FROM:-1} CALLS=${CALLS:-100000} RATE=${RATE:-5000}
needs root ip nbdkit
source "$here/../E2E/hosts.sh"
make_hosts || { skip "$family" "no network namespaces here"; exit 0; }
trap 'end_hosts; leave' EXIT
source "$here/../E2E/pair.sh"
source "$here/../E2E/rounds.sh"
# What fails is looked at where it does.
set +e

# A time by which something has hung, on a machine that others use as well. How long it took is told beside it.
patience=120
acks=$memory/acks earlier=$memory/acks.earlier figures=$disk/figures evidence=/tmp/tandem-bothhosts.$SEED
writers=() round=0 failed=0 total=0 lost=0 reached= outcome=
: >"$figures"

# What is wrong, and the end of the round: what lies there is kept, and the next one begins with a new pair.
isFailed=
fail() {
    [ -z "$isFailed" ] || return 0
    isFailed=yes failed=$((failed + 1))
    echo "FAILED   seed $SEED, round $round ($phase, $verdict $loss; killed: ${victims[*]}): $*"
    rm -rf "$evidence/$round"; mkdir -p "$evidence"
    cp -r --sparse=always "$memory" "$evidence/$round" 2>/dev/null || true
    "$TANDEM" status "$source" --json >"$evidence/$round/status" 2>&1 || true
    echo "         the files are kept in $evidence/$round"
}
sound() { [ -z "$isFailed" ]; }

# MARK: Programs of the two hosts

worker() { # number: a process with one writer
    "$TANDEM" load "$source" --worker "$1" --processes 2 --rate "$RATE" --seconds 1000000 --acks "$acks" \
        --ack-every 4 <&9 >"$memory/worker.$1" 2>&1 &
    writers[$1]=$!
}
alive() { [ -n "$1" ] && [ -e "/proc/$1" ]; }
acknowledged() { wc -l <"$acks"; }

# All programs are started that have been killed, in either order.
start_again() {
    local number first=serve second=follow
    [ "$standbyFirst" ] || first=follow second=serve
    for each in $first $second; do
        case $each in
        serve) alive "$standby" || serve $patience ;;
        follow) alive "$replicator" || follow ;;
        esac
    done
    for number in 0 1; do alive "${writers[number]}" || worker "$number"; done
}
# A pair that is in sync, with writers.
begin() {
    rm -f "$memory"/{a,b,acks,acks.earlier}
    source=$memory/a copy=$memory/b near=$A far=$B
    : >"$acks"; : >"$earlier"; : >"$log"
    "$TANDEM" create "$source" --workload exchange --calls "$CALLS" --writers 4 --journal 32M >/dev/null
    serve $patience; follow
    worker 0; worker 1
    reached=$(await "in sync*" $patience)
    [[ $reached == "in sync"* ]] || fail "the first copy: $reached"
}
end_all() {
    local process
    for process in "${writers[@]}" $replicator; do signal KILL "$process"; gone "$process" 5 >/dev/null; done
    [ -z "$standby" ] || end_standby KILL
    join
    writers=() replicator=
}

# MARK: What is looked at

# Everything that was acknowledged is there.
audit() { # file, acknowledgements
    local report missing
    report=$("$TANDEM" audit "$1" --acks "$2" --json 2>&1) || true
    missing=$(grep -o 'was told that sequence' <<<"$report" | wc -l)
    lost=$((lost + missing))
    [ "$(field violationCount <<<"$report")" = 0 ] || fail "audit of $1: ${report:0:600}"
}
# It is in sync, takes commits, and is equal when the writers have ended.
look() {
    local seen before end process number
    seen=$(await "in sync*" $patience)
    [[ $seen == "in sync"* ]] || { fail "not in sync again: $seen; $(tail -1 "$log")"; return; }
    took=$(took)
    before=$(acknowledged) end=$((SECONDS + patience))
    until (($(acknowledged) > before)); do
        ((SECONDS < end)) || { fail "in sync, and nothing is acknowledged"; return; }
        sleep 0.02
    done
    for number in 0 1; do
        process=${writers[number]}
        alive "$process" || { fail "writer $number ended by itself: $(tail -1 "$memory/worker.$number")"; return; }
        signal TERM "$process"
        [ "$(gone "$process" $patience)" = gone ] || { fail "writer $number does not end"; return; }
    done
    writers=()
    seen=$(equal "$copy" $patience)
    [[ $seen == equal* ]] || { fail "$seen"; return; }
    audit "$source" "$acks"
    audit "$source" "$earlier"
    : >"$earlier"
}

# MARK: What is done then

both_again() {
    local end
    clock=$(now)
    join
    outcome=${outcome:-again}
    start_again
    [ "$phase" = switchover ] || return 0
    # The tool may have come to its end; and if not, a copy that says that it was handed over is promoted by its
    # standby, or the replicator takes the source back.
    alive "$tool" && gone "$tool" $patience >/dev/null
    end=$((SECONDS + patience))
    until ! alive "$replicator" || went_on; do
        ((SECONDS < end)) || { fail "neither host has the source: $(state)"; return; }
        sleep 0.05
    done
    if ! alive "$replicator"; then
        outcome="switched over"
        taken_over
        ! sound || come_back
    fi
}
went_on() {
    local report; report=$("$TANDEM" status "$source" --json)
    [ "$(field handingOverTo <<<"$report")" = null ] && [ "$(field state <<<"$report")" = "in sync" ]
}

declared_lost() {
    lose
    if ! take_over; then
        outcome="not whole"
        both_again
        return
    fi
    outcome=promoted
    ! sound || come_back
}

# False where nothing was promoted. What was acknowledged so far must be on the copy, before anybody writes there.
take_over() {
    local report end begun
    if [ "$standbyFirst" ] && ! alive "$standby"; then serve $patience; fi
    end=$((SECONDS + patience))
    while begun=$(now); ! report=$("$TANDEM" promote "$copy" --json 2>&1); do
        # Somebody was faster: the tool that was not killed, or the standby, to which the source was handed over.
        [[ $report != *"it is a source already"* ]] || break
        # The standby's host had been emptied, and its copy was not whole yet: the source is all that there is.
        if [ "$phase" = bulk ] && ! grep -q '"state":"in sync"' "$log"; then return 1; fi
        ((SECONDS < end)) || { fail "not promoted: $report"; return 0; }
        sleep 0.05
    done
    promotion=$(($(now) - begun))
    taken_over
}
# The copy is a source now: audited, and then its programs begin.
taken_over() {
    local number held=$source
    cp "$acks" "$earlier"
    audit "$copy" "$earlier"
    sound || return 0
    # The old host's programs may be running still: what they note from now on stands behind what was noted before.
    mv "$acks" "$earlier"
    : >"$acks"
    survivors=("${writers[@]}")
    source=$copy
    for number in 0 1; do worker "$number"; done
    source=$held
}
# The host that was lost is back: it is told, gives its source up, and becomes the copy where it lies.
come_back() {
    local process
    join
    alive "$standby" || serve $patience
    alive "$replicator" || follow
    [ "$(gone "$replicator" $patience)" = gone ] || { fail "the old primary is not told: $(tail -1 "$log")"; return; }
    ended=0
    wait "$replicator" || ended=$?
    [ $ended = 1 ] || { fail "the old primary ended with status $ended: $(tail -1 "$log")"; return; }
    for process in "${survivors[@]}" ${tool:-}; do
        [ "$(gone "$process" $patience)" = gone ] || { fail "process $process of the old primary goes on"; return; }
    done
    total=$((total + $(wc -l <"$earlier")))
    end_standby
    change_places
    clock=$(now)
    : >"$log"
    serve $patience; follow
}

for ((round = FROM; round < FROM + ROUNDS; round++)); do
    if [ "$isFailed" ] || ((round == FROM)); then
        end_all
        isFailed= phase=begin verdict=begin victims=() loss=
        begin
    fi
    draw
    took= promotion= outcome= reached= lostAlready= tool= survivors=()
    for number in 0 1; do alive "${writers[number]:-}" || worker "$number"; done
    ! sound || "reach_$phase"
    ! sound || "$verdict"
    ! sound || look
    tell
    ((failed < 5)) || { echo "FAILED   5 rounds have failed: given up"; break; }
done
total=$((total + $(wc -l <"$acks")))
end_all
summary
((failed == 0))
