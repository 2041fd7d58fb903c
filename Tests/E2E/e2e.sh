#!/usr/bin/env bash
# Two hosts in one: network namespaces with a link between them, on which packets can be delayed and lost. The exchange
# runs on A, its copy is kept by a standby on B. The link fails in several ways, then A is lost, B takes over, and every
# acknowledged commit is looked for; then A is back, becomes B's copy where it lies, and B hands over to it while both
# are well; B's source becomes its copy, and takes over when A is lost once more. Needs root, iproute2 and nbdkit; skips
# with the reason where one is missing.
#
#   TANDEM=path (REPLICATE=path, another one for host A) CALLS=n RATE=n e2e.sh
set -u
TANDEM=$(realpath "${TANDEM:-.build/release/tandem}")
REPLICATE=$(realpath "${REPLICATE:-$TANDEM}")
CALLS=${CALLS:-50000} RATE=${RATE:-50000}

skip() { echo "e2e: skipped: $*"; exit 0; }
[ "$(id -u)" = 0 ] || skip "network namespaces need root"
for tool in ip tc nbdkit; do
    command -v $tool >/dev/null || skip "$tool is missing: apt-get install iproute2 nbdkit"
done
source "$(dirname "$(realpath "$0")")/hosts.sh"
MEMORY=$(mktemp -d /dev/shm/tandem-e2e.XXXXXX)
make_hosts || { rm -rf "$MEMORY"; skip "no network namespaces here"; }
end() {
    kill -9 ${load:+-- -$load} ${replicator:-} ${standby:-} ${back:-} 2>/dev/null
    wait 2>/dev/null
    end_hosts; rm -rf "$MEMORY"
}
trap end EXIT

failed=0
row() { printf '%-44s %s\n' "$1" "$2"; }
fail() { row "$1" "FAILED: $2"; failed=$((failed + 1)); }
now() { date +%s%N; }
since() { echo "$((($(now) - $1) / 1000000)) ms"; }
source=$MEMORY/source copy=$MEMORY/copy acks=$MEMORY/acks
state() { timeout 5 "$TANDEM" status "$source" --json | grep -o '"state":"[^"]*"' | head -1 | cut -d'"' -f4; }
inSync() { # within so many seconds
    local end=$((SECONDS + $1))
    until [ "$(state)" = "in sync" ]; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}
acknowledged() { wc -l <"$acks" 2>/dev/null || echo 0; }
replicate() {
    ip netns exec "$A" "$REPLICATE" replicate "$source" --to nbds://10.99.0.2:10809/copy --secret "$MEMORY/key" \
        --json >>"$MEMORY/replicate.log" 2>&1 &
    replicator=$!
}

"$TANDEM" create "$source" --workload exchange --calls "$CALLS" --writers 4 >/dev/null || exit 1
"$TANDEM" standby --new-secret "$MEMORY/key" >/dev/null || exit 1
ip netns exec "$B" "$TANDEM" standby "$copy" --listen 10.99.0.2 --secret "$MEMORY/key" --json \
    >"$MEMORY/standby.log" 2>&1 &
standby=$!
replicate
call() { # host, source: its programs begin
    setsid ip netns exec "$1" "$TANDEM" load "$2" --processes 2 --seconds 600 --rate "$RATE" --acks "$acks" \
        --ack-every 64 >"$MEMORY/load.log" 2>&1 &
    load=$!
}
call "$A" "$source"
begun=$(now)
if inSync 30; then row "first copy, by TLS, under load" "in sync after $(since "$begun")"
else
    fail "first copy, by TLS, under load" "$(tail -1 "$MEMORY/replicate.log")"
    tail -2 "$MEMORY/standby.log"
    exit 1
fi

# A fault, for so long, and how long the copy then takes to be in sync again. Writers go on meanwhile.
fault() { # name, seconds, begin, end
    local before after begun
    eval "$3"; sleep "$2"; eval "$4"
    begun=$(now) before=$(acknowledged)
    if ! inSync 40; then fail "$1" "not in sync again: $(tail -1 "$MEMORY/replicate.log")"; return; fi
    after=$(since "$begun")
    sleep 1
    [ "$(acknowledged)" -gt "$before" ] || { fail "$1" "nothing is acknowledged any more"; return; }
    row "$1" "in sync again after $after"
}
netem() { ip netns exec "$A" tc qdisc replace dev a0 root netem $1; }
clear() { ip netns exec "$A" tc qdisc del dev a0 root; }
if netem "delay 1ms" 2>/dev/null; then
    clear
    fault "10 ms of delay, for 3 s" 3 "netem 'delay 10ms'" clear
    fault "1 % of packets lost, for 3 s" 3 "netem 'loss 1%'" clear
else
    row "10 ms of delay; 1 % of packets lost" "skipped: this kernel has no netem"
fi
fault "link down, for 3 s" 3 cut_link join_link
fault "every packet lost, for 5 s" 5 drop undrop
fault "the standby's server frozen, for 4 s" 4 'kill -STOP $(server)' 'kill -CONT $(server)'
fault "the standby's server killed" 1 'kill -9 $(server)' :
fault "the replicator killed, its peer half open" 1 'drop; kill -9 $replicator' "undrop; replicate"

# A host loses its power: nothing more comes, not even an end of its connections. The other takes over.
takeOver() { # what is told
    local begun
    drop
    kill -9 -- -$load "$replicator" 2>/dev/null
    wait $load $replicator 2>/dev/null
    begun=$(now)
    if "$TANDEM" promote "$copy" >"$MEMORY/promote.log" 2>&1; then row "$1" "after $(since "$begun")"
    else fail "$1" "$(tail -1 "$MEMORY/promote.log")"; fi
    if "$TANDEM" audit "$copy" --acks "$acks" >"$MEMORY/audit.log" 2>&1; then
        row "audit" "clean, with $(acknowledged) acknowledged commits"
    else fail "audit" "$(head -3 "$MEMORY/audit.log")"; fi
}
takeOver "A lost; B promoted"

# A comes back, and finds out.
undrop
sum=$(sha256sum <"$copy")
replicate
begun=$(now)
timeout 30 tail --pid=$replicator -f /dev/null
if kill -0 $replicator 2>/dev/null; then
    fail "A is back" "its replicator does not end: $(tail -1 "$MEMORY/replicate.log")"
else
    wait $replicator; status=$?
    if [ $status = 1 ]; then row "A is back" "told that it was superseded, after $(since "$begun")"
    else fail "A is back" "exit status $status: $(tail -1 "$MEMORY/replicate.log")"; fi
fi
replicator=
[ "$sum" = "$(sha256sum <"$copy")" ] || fail "A is back" "the promoted copy was written to"

# The way back: A's source becomes the copy, B goes on with its calls meanwhile, and only what differs is sent.
ip netns exec "$A" "$TANDEM" standby "$source" --listen 10.99.0.1 --secret "$MEMORY/key" --json \
    >"$MEMORY/back.log" 2>&1 &
back=$! acks=$MEMORY/acks-b
call "$B" "$copy"
for _ in $(seq 100); do grep -q listening "$MEMORY/back.log" && break; sleep 0.1; done
held=$source source=$copy copy=$held
ip netns exec "$B" "$TANDEM" replicate "$source" --to nbds://10.99.0.1:10809/source --secret "$MEMORY/key" \
    --json >"$MEMORY/replicate.log" 2>&1 &
replicator=$!
begun=$(now)
if inSync 30; then
    after=$(since "$begun")
    "$TANDEM" status "$source" --json >"$MEMORY/status"
    word() { grep -o "\"$1\":[0-9]*" "$MEMORY/status" | head -1 | cut -d: -f2; }
    row "the way back, under load" "in sync after $after, $(word pagesDifferent) of $(word pageCount) pages different"
    [ "$(word comparisons)" = 1 ] || fail "the way back" "nothing was compared"
else fail "the way back" "$(tail -1 "$MEMORY/replicate.log"); $(tail -1 "$MEMORY/back.log")"; fi
begun=$(now) before=$(acknowledged)
sleep 1
[ "$(acknowledged)" -gt "$before" ] || fail "the way back" "nothing is acknowledged"

# Both are well: B stands still until A has everything and is the source. B's programs are told, and A's begin.
switchOver() { # what is told
    local report=$MEMORY/switch last stood pause told
    if ! ip netns exec "$B" "$TANDEM" switchover "$source" nbds://10.99.0.1:10809/source --json >"$report" 2>&1; then
        fail "$1" "$(tail -1 "$report")"
        return 1
    fi
    last=$(date -r "$acks" +%s%N)
    ip netns exec "$A" "$TANDEM" load "$copy" --processes 1 --seconds 0.01 >"$MEMORY/first.log" 2>&1 ||
        fail "$1" "no call on A: $(tail -1 "$MEMORY/first.log")"
    pause=$((($(now) - last) / 1000000))
    stood=$(sed -E 's/.*"handoverMilliseconds":([0-9.]+).*"takeOverMilliseconds":([0-9.]+).*/\1 + \2/' "$report")
    row "$1" "writers stood still for $(awk "BEGIN {printf \"%.0f\", $stood}") ms"
    row "from B's last commit to calls on A" "$pause ms, with 10 ms of them and the programs' start"
    for told in "$load" "$replicator"; do
        timeout 30 tail --pid="$told" -f /dev/null
        wait "$told"
        [ $? = 1 ] || fail "$1" "not told on B: $(tail -1 "$MEMORY/load.log"); $(tail -1 "$MEMORY/replicate.log")"
    done
    if "$TANDEM" audit "$copy" --acks "$acks" >"$MEMORY/audit.log" 2>&1; then
        row "audit of A" "clean, with $(acknowledged) acknowledged commits"
    else fail "audit of A" "$(head -3 "$MEMORY/audit.log")"; fi
}
if switchOver "B well; A takes over"; then
    # B's standby has run all along, and serves the file again that is a copy now.
    "$TANDEM" demote "$source" >"$MEMORY/demote.log" 2>&1 ||
        fail "B's source is a copy" "$(tail -1 "$MEMORY/demote.log")"
    held=$source source=$copy copy=$held
    call "$A" "$source"
    replicate
    begun=$(now)
    if inSync 30; then row "B's source is A's copy, under load" "in sync after $(since "$begun")"
    else fail "B's source is A's copy, under load" "$(tail -1 "$MEMORY/replicate.log")"; fi
    begun=$(now) before=$(acknowledged)
    sleep 1
    [ "$(acknowledged)" -gt "$before" ] || fail "B's source is A's copy, under load" "nothing is acknowledged"
    takeOver "A lost again; B promoted"
fi
load= replicator=
echo "$failed failed"
[ $failed = 0 ]
