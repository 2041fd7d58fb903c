# Replicators killed at any moment of their work, with traffic going on: each successor goes on where they were, and
# whenever the copy says that it can be promoted it can, with all that was acknowledged.
source "$(dirname "$0")/../helpers.sh"

rounds=$([ $QUICK ] && echo 10 || echo 50)
declare -A phases=()
name="killed in mid-work"

# Kills one after a random time. What it had begun is told by its counters.
life() { # milliseconds at most
    local before after phase="before it had the copy"
    before=$("$TANDEM" status "$source" --json)
    replicate "$copy"
    milliseconds $((RANDOM % $1))
    signal KILL "$replicator"
    gone "$replicator" 5 >/dev/null
    after=$("$TANDEM" status "$source" --json)
    local began=$(($(field bulkCopies <<<"$after") - $(field bulkCopies <<<"$before")))
    local resumed=$(($(field returnsByCut <<<"$after") - $(field returnsByCut <<<"$before")))
    local swept=$(($(field sweeps <<<"$after") - $(field sweeps <<<"$before")))
    ((resumed == 0)) || phase="going on where another was"
    ((began == 0)) || phase="having copied everything anew"
    ((swept == 0)) || phase="sweeping"
    [ ! -e "$copy.rebuild" ] || phase="making a new copy beside the old"
    [[ -e "$copy" && $("$TANDEM" status "$copy" --json 2>&1) != *'"role":"syncing"'* ]] || phase="making the first copy"
    phases[$phase]=$((${phases[$phase]:-0} + 1))
}

# What the copy says of itself, tried.
promotable=0 unready=0 wrong=0 isWhole=
examine() {
    local cut promised said
    promised=$(status cut)
    said=$(answer check "$copy" --json)
    if [ "${said%% *}" = 0 ]; then
        cut=$(field cut <<<"$said")
        ((cut >= promised)) || {
            echo "FAILED   $name, round $round: the copy has cut $cut where $promised was acknowledged"; wrong=1; }
        said=$(answer audit "$copy" --acks "$memory/acks")
        [ "$said" = "0 clean: no violation" ] || { echo "FAILED   $name, round $round: $said"; wrong=1; }
        promotable=$((promotable + 1)) isWhole=yes
    else
        unready=$((unready + 1))
        # Once it has been whole it stays so: a new one is made beside it.
        [ -z "$isWhole" ] || { echo "FAILED   $name, round $round: no longer promotable: $said"; wrong=1; }
    fi
}

name="killed in mid-work"
fresh --calls 60000 --journal 8M
traffic --processes 2 --rate 6000 --acks "$memory/acks" --ack-every 16
until ((promotable > 0)); do round=0; life 600; examine; done
for round in $(seq "$rounds"); do
    # In the first half the copy is lost and made anew, and more than the journal holds is missed; then nothing is made
    # good by copying everything.
    case $((round * 2 > rounds))$((round % 5)) in
    00) rm -f "$copy"; isWhole=; life 60 ;;
    01) sleep 1.5; life 80 ;;
    0*) life 60 ;;
    *) life 400 ;;
    esac
    examine
done
for phase in "${!phases[@]}"; do echo "         killed $phase: ${phases[$phase]}"; done
expect "$name, $rounds times: whole whenever it says so" "0 wrong, [1-9]* promotable, *" \
    "$wrong wrong, $promotable promotable, $unready not yet"
replicate "$copy"
expect "$name: the last one" "in sync*" "$(await "in sync*" 15)"
expect "$name: writers came through" "no writer lost" "$(traffic_ended)"
expect "$name: source and copy" "equal*" "$(equal "$copy")"
expect "$name: all that was acknowledged" "0 clean: no violation" "$(answer audit "$copy" --acks "$memory/acks")"
expect "$name: nothing is left beside the copy" "copy" "$(ls -A "$memory" | grep ^copy | tr '\n' ' ' | sed 's/ $//')"
stop "$replicator"

# The state in shared memory is its predecessor's until it has one of its own.
name="started without a copy, right behind one that had it in sync"
boasts=0 rounds=$((rounds / 5))
for round in $(seq "$rounds"); do
    replicate "$copy"
    await "in sync*" 15 >/dev/null
    signal KILL "$replicator"
    gone "$replicator" 5 >/dev/null
    replicate "$memory/no/copy"
    for look in {1..5}; do [[ $(state) != "in sync"* ]] || boasts=$((boasts + 1)); done
    signal KILL "$replicator"
    gone "$replicator" 5 >/dev/null
done
expect "$name, $rounds times: never says in sync" "0 of $((rounds * 5)) looks" "$boasts of $((rounds * 5)) looks"
