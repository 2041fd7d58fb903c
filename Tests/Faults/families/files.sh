# The copy's file is cut short, deleted, renamed or replaced under the replicator. The kernel tells a writer nothing of
# it; it is noticed within a second, and what comes back afterwards gets what it lacks.
source "$(dirname "$0")/../helpers.sh"

begin() {
    rm -rf "$memory"/copy*
    fresh --journal 8M
    replicate "$copy" "$@"
    traffic --processes 2 --rate 4000
    expect "$name: in sync first" "in sync*" "$(await "in sync*" 20)"
    sleep 0.3
    clock=$(now)
}

# Milliseconds from the fault to the moment that the copy is said to be off line since.
noticed() {
    local report
    while report=$("$TANDEM" status "$source" --json); [ "$(field state <<<"$report")" = "in sync" ] \
        && (($(took) < 5000)); do :; done
    awk -v took="$(took)" -v since="$(field secondsInState <<<"$report")" 'BEGIN { printf "%d", took - since * 1000 }'
}

finish() { # what the copy says when it is back
    expect "$name: in sync again" "in sync ($1)" "$(await "in sync*" 15)"
    expect "$name: writers came through" "no writer lost" "$(traffic_ended)"
    expect "$name: source and copy" "equal*" "$(equal "$copy")"
    expect "$name: the copy is whole" "0 *" "$(answer check "$copy")"
    stop "$replicator"
}

# The last line that the replicator said of it.
said() { # pattern, seconds
    local end=$((SECONDS + $2)) line
    while line=$(tail -1 "$log" | field event); [[ $line != $1 ]] && ((SECONDS < end)); do sleep 0.05; done
    echo "$line"
}

name="copy cut short"
begin
truncate -s -1M "$copy"
within "$name: noticed" 0 1000 "$(noticed)" ms
expect "$name: refused, with a remedy" "*The file was cut short: move it away, and put an empty file in its place*" \
    "$(said "*refused*" 5)"
before=$(stat -c '%s %Y' "$copy")
sleep 1
expect "$name: left as it is" "$before" "$(stat -c '%s %Y' "$copy")"
mv "$copy" "$copy.short"
(umask 077; : >"$copy")
finish "first copy"

# Without traffic no state slot is written, before which the file is looked at too.
name="copy deleted, nothing going on"
fresh
replicate "$copy"
expect "$name: in sync first" "in sync*" "$(await "in sync*" 20)"
sleep 2
clock=$(now)
rm "$copy"
within "$name: noticed" 0 1000 "$(noticed)" ms
stop "$replicator"

if [ -z $QUICK ]; then
name="copy deleted"
begin
rm "$copy"
within "$name: noticed" 0 1000 "$(noticed)" ms
expect "$name: waited for" "offline (the file is not there)" "$(await "offline (the file is not there)" 5)"
within "$name: writers keep their pace" 3800 4200 "$(pace 1)" "transactions/s"
expect "$name: not made anew, as its disk may just not be mounted" "" "$(ls -A "$memory" | grep ^copy)"
stop "$replicator"
replicate "$copy"
finish "first copy"

name="copy renamed and back"
begin
mv "$copy" "$copy.away"
within "$name: noticed" 0 1000 "$(noticed)" ms
sleep 1
mv "$copy.away" "$copy"
finish "what it missed travels as one cut"

fi

name="copy replaced by an older state of it"
begin
cp "$copy" "$copy.old"
chmod 600 "$copy.old"
sleep 1.5
clock=$(now)
mv "$copy.old" "$copy"
within "$name: noticed" 0 1000 "$(noticed)" ms
finish "the copy holds a cut that this source does not know"

[ $QUICK ] && exit
name="copy replaced by somebody's file"
begin
(umask 077; head -c 100000 /dev/urandom >"$copy.other")
sum=$(cksum <"$copy.other")
mv "$copy" "$copy.away"
mv "$copy.other" "$copy"
within "$name: noticed" 0 1000 "$(noticed)" ms
expect "$name: refused by name" "*copy: the file is not a Tandem source or copy*" "$(said "*refused*" 5)"
expect "$name: not a byte is changed" "$sum" "$(cksum <"$copy")"
mv "$copy.away" "$copy"
finish "what it missed travels as one cut"
