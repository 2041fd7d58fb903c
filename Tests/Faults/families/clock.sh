# The replicator's clock on the wall jumps, years forth and back. The monotonic clock decides everything; the other is
# for people, and says nothing where it makes no sense.
source "$(dirname "$0")/../helpers.sh"
needs faketime

library=$(find /usr/lib -name libfaketime.so.1 2>/dev/null | head -1)
[ -n "$library" ] || { skip "$family" "libfaketime.so.1 is not installed"; exit 0; }
# By way of a shell: in the first process that it meets the library moves the environment, behind which Swift looks for
# the arguments. In the place of the shell that calls it, so that its process is the one to be killed.
jumpy() { # command
    exec env LD_PRELOAD="$library" FAKETIME_TIMESTAMP_FILE="$memory/time" FAKETIME_NO_CACHE=1 \
        FAKETIME_DONT_FAKE_MONOTONIC=1 \
        bash -c 'exec "$@"' - "$@"
}
jump() { echo "$1" >"$memory/time.new"; mv "$memory/time.new" "$memory/time"; }

fresh --journal 8M
jump +0
expect "the clock is ours" "2[0-9][0-9][0-9]" "$(jump +3650d; jumpy date +%Y)"
jump +0
start jumpy "$TANDEM" replicate "$source" --to "$copy" --json >>"$log" 2>&1
# Not the writers: the library mistakes their sleep until a monotonic instant for one by its own clock, and they would
# not pace themselves.
traffic --processes 2 --rate 4000 --acks "$memory/acks"
expect "in sync first" "in sync*" "$(await "in sync*" 20)"
oldest=0
for where in +3650d -3650d +1 -40d +20y -0; do
    jump "$where"
    sleep 0.4
    expect "$where: in sync" "in sync (first copy)" "$(state)"
    age=$(status ageMicroseconds)
    ((${age%.*} <= oldest)) || oldest=${age%.*}
done
within "the copy's age all the while" 0 500000 "$oldest" "µs at most"
expect "no outage" "0 0" "$(status outages) $(status deadlinesBroken)"
within "writers keep their pace" 3800 4300 "$(pace 1)" "transactions/s"
acknowledged=$(wc -l <"$memory/acks")
within "commits acknowledged in time" 100 1000000 "$acknowledged"
expect "writers came through" "no writer lost" "$(traffic_ended)"

# The last cuts are made ten years ahead: how old they are cannot be said, and is not.
jump +3650d
"$TANDEM" load "$source" --seconds 0.5 --rate 4000 --json >/dev/null
expect "source and copy" "equal*" "$(equal "$copy")"
report=$("$TANDEM" check "$copy" --json) && age=without || age=refused
[[ $report == *'"cutAgeSeconds":null'* ]] || age="with an age of $(field cutAgeSeconds <<<"$report") s"
expect "a cut from the future: promotable, and no age" without "$age"
expect "the acknowledged commits" "0 clean: no violation" "$(answer audit "$copy" --acks "$memory/acks")"
