# The power of the copy's host is cut at any moment, and of what was written since the last flush any sectors are lost.
# All writes to the copy are recorded by dm-log-writes, with marks of what had been promised by then; powercut makes
# disks of the record.

# A promise: a cut that was said to be on the copy, and so many bytes of acknowledgements. `must`: the copy has to be
# promotable; `may`: it is being copied anew in place, so it need not be, but if it says so it has the last promise.
promise() { # must or may
    local bytes=0
    [ -e /tmp/acks ] && bytes=$(wc -c </tmp/acks)
    dmsetup message power 0 mark "$1,$(tandem status "$source" --json | number cut),$bytes"
}

record() { # seconds, options of replicate: traffic on a source with a recorded copy
    local seconds=$1; shift
    # A journal that holds what half a second without a replicator brings, which is what starting one may take in here.
    fresh --workload exchange --calls 4000 --writers 4 --journal 2M
    sectors=$(($(number copyBytes </tmp/create.log) / 512))
    blank /dev/ram0
    dmsetup create power --table "0 $sectors log-writes /dev/ram0 /dev/ram1"
    replicate /dev/mapper/power "$@"
    row "power, replicate $*: in sync" "in sync" "$(await 'in sync' 60)"
    load "$seconds" --processes 2 --rate 1000 --acks /tmp/acks --ack-every 8 &
    loader=$!
    end=$(($(date +%s) + seconds / 2))
    while kill -0 $loader 2>/dev/null; do
        promise must
        # A replicator that is killed half way, and its successor.
        if [ -n "$end" ] && [ "$(date +%s)" -ge $end ]; then
            end=
            stop KILL
            replicate /dev/mapper/power "$@"
        fi
    done
    promise must
}

# More changes than a journal holds while no replicator runs: the copy is copied anew in place.
outgrow() { # options of replicate
    stop
    load 4 --processes 2
    promise may
    replicate /dev/mapper/power "$@"
    row "power, after an outage too long for the journal: in sync" "in sync" "$(await 'in sync' 60)"
    promise must
    load 2 --processes 2 --rate 2000
    promise must
    # One more, and it was while promises said that the copy has to be promotable.
    row "… which was the only time that more had changed than the journal holds" 1 \
        "$(grep -c 'in sync (more has changed than the journal holds)' /tmp/replicate.log)"
}

broken() { # seed, what powercut said, what is wrong
    lost=$((lost + 1))
    [ $lost -gt 3 ] || note "seed $1: $2: $(echo "$3" | cut -c 1-160)"
}

disk() { # seed: one disk, and whether it keeps what was promised
    local what state=none promised=0 bytes=0 found
    rm -f /tmp/image; truncate -s $((sectors * 512)) /tmp/image
    what=$(powercut /dev/ram1 /tmp/image "$1") || { broken "$1" "$what" "no disk could be made"; return; }
    [ "${what%% *}" = none ] || { found=${what%% *}; state=${found%%,*} found=${found#*,} promised=${found%,*} \
        bytes=${found#*,}; }
    [ $state = must ] && bound=$((bound + 1))
    tandem check /tmp/image --json >/tmp/check 2>&1
    case $? in
    0) promotable=$((promotable + 1)) ;;
    1 | 2) [ $state != must ] || broken "$1" "$what" "$(tail -1 /tmp/check)"; return ;;
    *) broken "$1" "$what" "check ended badly: $(tail -1 /tmp/check)"; return ;;
    esac
    found=$(number cut </tmp/check)
    if [ "$found" -lt "$promised" ]; then broken "$1" "$what" "cut $found"; return; fi
    head -c "$bytes" /tmp/acks >/tmp/acks.then
    if [ "$bytes" -gt 0 ]; then set -- "$1" --acks /tmp/acks.then; else set -- "$1"; fi
    local seed=$1; shift
    tandem audit /tmp/image "$@" >/tmp/audit 2>&1 || broken "$seed" "$what" "$(sed -n 2p /tmp/audit)"
}

cuts() { # count: disks
    lost=0 bound=0 promotable=0
    dmsetup remove power
    for number in $(seq "$1"); do disk $((SEED * 100000 + number)); done
    note "$1 power cuts, $bound with a promise to keep, $promotable promotable, $lost broken;" \
        "$(wc -l </tmp/acks) acknowledged commits"
}

record 8 --durable
outgrow --durable
stop
cuts "$IMAGES"
row "power, $IMAGES cuts, --durable: promises broken" 0 $lost
row "… at least a third had one to keep" yes \
    "$([ $((bound * 3)) -ge "$IMAGES" ] && echo yes || echo "$bound of $IMAGES")"

# What must fail, so that it is known to be able to: without --durable nothing is promised of power cuts, and it shows.
record 4
stop
cuts 20
row "power, 20 cuts, without --durable: some break what --durable promises" yes \
    "$([ $lost -gt 0 ] && echo yes || echo "none")"
