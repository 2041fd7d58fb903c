# The power of the copy's host fails: a device with a write-back cache is killed, and with it goes all that was not
# flushed. With --durable each cut that was said to be on the copy is there. (Torn sectors and random subsets of them:
# `make guest`.)
source "$(dirname "$0")/../helpers.sh"
source "$here/device.sh"

# One power cut in mid-traffic. In `found`: the cut that is there. In `wrong`: what is not as it was promised; nothing
# if all is.
cut() { # options of replicate
    local promised
    fresh
    rm -f "$image" "$memory/acks"
    attach --filter=cache file "$image" cache=writeback
    replicate "$copy" "$@"
    wrong=$(await "in sync*" 20)
    [[ $wrong == "in sync"* ]] || return 0
    traffic --processes 2 --rate 4000 --acks "$memory/acks" --ack-every 4
    sleep "$((RANDOM % 3)).$((RANDOM % 10))$((RANDOM % 10))"
    promised=$(status cut)
    signal KILL "$server"
    stop "$replicator" KILL
    traffic_ended >/dev/null
    fusermount3 -uz "$memory/device"
    found=$("$TANDEM" check "$image" --json 2>&1) ||
        { wrong="not promotable: $(field problems <<<"$found")"; return 0; }
    found=$(field cut <<<"$found")
    ((found >= promised)) || { wrong="cut $found, promised $promised"; return 0; }
    wrong=$("$TANDEM" audit "$image" --acks "$memory/acks" 2>&1) && wrong= || wrong=$(sed -n 4p <<<"$wrong")
    acknowledged=$(wc -l <"$memory/acks")
}

for number in $(seq $([ $QUICK ] && echo 2 || echo 8)); do
    cut --durable
    expect "power cut $number: the last promised cut and all acknowledged commits" "kept, $found *" \
        "${wrong:-kept, $found and $acknowledged}"
done

# The host is back: what it lost is brought to it.
name="power back"
attach --filter=cache file "$image" cache=writeback
replicate "$copy" --durable
expect "$name: in sync" "in sync (what it missed travels as one cut)" "$(await "in sync*" 20)"
expect "$name: source and copy" "equal*" "$(equal "$copy")"
stop "$replicator"
detach

# What must fail, so that it is known to be able to: without --durable nothing is promised of power cuts, and it shows.
wrong= number=0
while [ -z "$wrong" ] && ((number++ < 5)); do cut; done
expect "power cut without --durable: something that --durable promises is lost" "?*" "$wrong"
