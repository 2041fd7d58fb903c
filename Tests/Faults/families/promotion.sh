# Promotions that are killed inside, that meet each other, and that come to a copy which is no whole state; and the old
# primary, back again. (While the old owner's write hangs: family `hung`.)
source "$(dirname "$0")/../helpers.sh"

# A copy whose journal holds a good deal, and its digest.
fresh --calls 20000 --journal 8M --writers 2
replicate "$copy"
expect "the copy: in sync" "in sync*" "$(await "in sync*" 20)"
traffic --processes 2 --rate 20000 --acks "$memory/acks"
sleep 1.5
signal KILL "$replicator"
gone "$replicator" 5 >/dev/null
traffic_ended >/dev/null
whole=$(digest "$copy")
clone=$memory/clone new=$memory/new
clone() {
    rm -f "$clone" "$new"
    cp "$copy" "$clone"
    chmod 600 "$clone"
}

rounds=$([ $QUICK ] && echo 10 || echo 40)
killed() { # name, options of promote
    local inside=0 done=0 wrong=0 promotion round again target=$clone
    [ $# = 1 ] || target=$new
    for round in $(seq "$rounds"); do
        clone
        start "$TANDEM" promote "$clone" "${@:2}" >/dev/null 2>&1
        promotion=$last
        sleep "0.0$((RANDOM % 8))$((RANDOM % 10))"
        signal KILL "$promotion"
        gone "$promotion" 5 >/dev/null
        # Not through a pipe: a reader that has seen enough ends its writer, and the pipe has failed.
        if [[ $("$TANDEM" status "$target" 2>/dev/null) == *": source,"* ]]; then
            done=$((done + 1))
        else
            inside=$((inside + 1))
            again=$(answer promote "$clone" "${@:2}")
            [[ $again == "0 "* ]] || { echo "FAILED   $1, round $round: $again"; wrong=1; }
        fi
        [ "$(digest "$target")" = "$whole" ] || { echo "FAILED   $1, round $round: other records"; wrong=1; }
    done
    expect "$1, $rounds times: promoted again, the same records" "0 wrong, [1-9]* killed inside, *" \
        "$wrong wrong, $inside killed inside, $done after"
}
killed "killed inside, in place"
killed "killed inside, to a new source" --to "$new"

name="two at once"
won=0 refused=0 rounds=$((rounds / 2))
for round in $(seq "$rounds"); do
    clone
    start "$TANDEM" promote "$clone" >"$memory/one" 2>&1
    one=$last
    start "$TANDEM" promote "$clone" >"$memory/two" 2>&1
    two=$last
    for promotion in one two; do
        stop "${!promotion}" CONT
        case "$ended $(tail -1 "$memory/$promotion")" in
        0*) won=$((won + 1)) ;;
        "2 "*"it is a source already"* | "2 "*"another process has it locked"*) refused=$((refused + 1)) ;;
        *) echo "FAILED   $name, round $round: $ended $(tail -1 "$memory/$promotion")" ;;
        esac
    done
    [ "$(digest "$clone")" = "$whole" ] || echo "FAILED   $name, round $round: other records"
done
expect "$name, $rounds times: one wins" "$rounds won, $rounds refused" "$won won, $refused refused"

name="left in mid-syncing"
rm -f "$clone"
for round in {1..50}; do
    rm -f "$clone"
    replicate "$clone"
    until [ -s "$clone" ]; do :; done
    signal KILL "$replicator"
    gone "$replicator" 5 >/dev/null
    [[ $(answer check "$clone") == "1 "* ]] && break
done
before=$(cksum <"$clone")
expect "$name: refused" \
    "1 *the copy was being brought together when it was left: it is no whole state. Use another copy; --force *" \
    "$(answer promote "$clone")"
expect "$name: and left as it is" "$before" "$(cksum <"$clone")"

# A whole copy of an earlier moment cannot be told from the last one when its source is gone: it is promoted as what it
# is, and says how old that is.
name="an old copy"
clone
sleep 1
expect "$name: promoted, with its age" "0 cut *, [1-9]*s ago" \
    "$(answer promote "$clone" --to "$new" | cut -d' ' -f1) $("$TANDEM" check "$copy" | sed -n 's/^  cut */cut /p')"

name="the old primary, back again"
expect "$name: the copy is promoted" "0 *" "$(answer promote "$copy" --to "$memory/after")"
traffic --processes 2 --rate 1000
sleep 0.3
expect "$name: its replicator ends" \
    "1 *a promoted copy has taken over from this source. Stop the programs that write here*" \
    "$(answer replicate "$source" --to "$copy")"
expect "$name: its writers end" \
    "*a promoted copy has taken over from this source. Stop writing here and attach to the promoted source.*" \
    "$(traffic_ended)"
expect "$name: whoever comes later" "2 *a promoted copy has taken over from this source. Stop writing here*" \
    "$(answer load "$source" --worker 0 --processes 1 --seconds 1 <&9)"
expect "$name: the new one has everything" "0 clean: no violation" \
    "$(answer audit "$memory/after" --acks "$memory/acks")"
