# A standby on another host, and each failure between the two in each phase of the copy's life: while it is made, in
# sync, while it catches up, and while it is promoted. Two network namespaces are the hosts. After each cell the copy is
# in sync and equal, or promoted with every acknowledged commit; the writers noticed nothing.
source "$(dirname "$0")/../helpers.sh"
needs root ip nbdkit

source "$here/../E2E/hosts.sh"
make_hosts || { skip "$family" "no network namespaces here"; exit 0; }
trap 'end_hosts; leave' EXIT
source "$here/../E2E/pair.sh"

# MARK: Failures: how each begins, how long it lasts, how it ends

declare -A begins ends lasts
failure() { begins[$1]=$3 ends[$1]=$4 lasts[$1]=$2; }
failure "link down" 1 cut_link join_link
failure "every packet lost" 4 drop undrop
failure "server frozen" 3 'frozen=$(server); signal STOP "$frozen"' 'signal CONT "$frozen"'
failure "server killed" 0 'signal KILL "$(server)"' :
failure "standby killed" 1 'signal KILL "$standby"; gone "$standby" 5 >/dev/null' serve
failure "replicator killed" 0 'signal KILL "$replicator"; gone "$replicator" 5 >/dev/null' follow
failures=("link down" "every packet lost" "server frozen" "server killed" "standby killed" "replicator killed")

# MARK: Phases: each is reached with traffic on the source

begin() { # calls
    rm -f "$source" "$copy" "$memory/acks"
    : >"$log"
    "$TANDEM" create "$source" --workload exchange --calls "$1" --writers 4 --journal 256M >/dev/null
    serve
    traffic --processes 2 --rate 5000 --acks "$memory/acks"
}
# Large enough that the failure comes in the middle of it.
during_bulk() {
    begin 400000
    follow
    reached=$(await "syncing*" 20)
}
during_sync() {
    begin 20000
    follow
    reached=$(await "in sync*" 20)
}
during_return() {
    begin 200000
    follow
    await "in sync*" 20 >/dev/null
    traffic_ended >/dev/null
    signal KILL "$(server)"
    await "offline*" 10 >/dev/null
    # Nearly every record is missed, so that the one cut that brings them takes some tenths of a second.
    "$TANDEM" load "$source" --processes 2 --seconds 2 >/dev/null 2>&1
    traffic --processes 2 --rate 5000 --acks "$memory/acks"
    reached=$(await "syncing*" 5)
}

end() {
    stop "$replicator" KILL
    end_standby KILL
    replicator=
}

cell() { # failure, phase
    local name="$1, $2" reached
    "during_$2"
    echo "         $name: $reached when it begins"
    eval "${begins[$1]}"; sleep "${lasts[$1]}"; eval "${ends[$1]}"
    clock=$(now)
    expect "$name: heals" "in sync*" "$(await "in sync*" 40)"
    echo "         $name: in sync after $(took) ms"
    expect "$name: writers came through" "no writer lost" "$(traffic_ended)"
    expect "$name: source and copy" "equal*" "$(equal "$copy")"
    end
}

# The failure begins beside the promotion. That comes to its end, or is refused in words and comes to its end when it
# is asked for again.
promoting() { # failure
    local name="$1, promoting" status=0 reached
    during_sync
    sleep 1
    start "$TANDEM" promote "$copy" >"$memory/promotion" 2>&1
    local promotion=$last
    sleep "0.0$((RANDOM % 4))"
    eval "${begins[$1]}"
    wait "$promotion" || status=$?
    sleep "${lasts[$1]}"
    [ "$1" = "replicator killed" ] || eval "${ends[$1]}"
    echo "         $name: $status $(head -1 "$memory/promotion" | cut -c 1-160)"
    if [ $status != 0 ]; then
        expect "$name: refused in words" "2" "$status"
        expect "$name: asked for again" "0 *" "$(answer promote "$copy")"
    fi
    expect "$name: acknowledged commits" "0 clean: no violation" "$(answer audit "$copy" --acks "$memory/acks")"
    [ "$1" != "replicator killed" ] || eval "${ends[$1]}"
    expect "$name: the old primary is told" gone "$(gone "$replicator" 30)"
    expect "$name: its writers" "*a promoted copy has taken over from this source*" "$(traffic_ended)"
    end
}

[ ! $QUICK ] || failures=("server killed")
for each in "${failures[@]}"; do
    for phase in bulk sync return; do cell "$each" $phase; done
    promoting "$each"
done
