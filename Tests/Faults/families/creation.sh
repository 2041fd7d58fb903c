# Sources that several make at once, and that others attach to meanwhile: one creator wins, and what is found under the
# name is whole.
source "$(dirname "$0")/../helpers.sh"

rounds=$([ $QUICK ] && echo 8 || echo 40)

won=0 told=0
for round in $(seq "$rounds"); do
    rm -f "$source"
    creators=()
    for creator in 1 2 3; do
        start "$TANDEM" create "$source" --table calls:240:1000 --writers 2 >"$memory/creator.$creator" 2>&1
        creators+=("$last")
    done
    for creator in 1 2 3; do
        stop "${creators[creator - 1]}" CONT
        case $ended in
        0) won=$((won + 1)) ;;
        2)
            grep -qF "source: cannot create it: File exists. Choose another path, or remove the file if it is not" \
                "$memory/creator.$creator" && told=$((told + 1)) ;;
        esac
    done
    "$TANDEM" inspect "$source" --table calls --record 0 >/dev/null \
        || echo "FAILED   round $round: what was made cannot be read"
done
expect "three creators at once, $rounds times: one wins" "$rounds won, $((rounds * 2)) told" "$won won, $told told"
expect "… and nothing else is left" "source" \
    "$(ls -A "$memory" | grep -E '^(source|\.tandem)' | tr '\n' ' ' | sed 's/ $//')"

absent=0 whole=0
for round in $(seq "$rounds"); do
    rm -f "$source"
    start "$TANDEM" create "$source" --table calls:240:100000 --writers 4 >/dev/null 2>&1
    creator=$last
    while :; do
        status=0
        words=$("$TANDEM" inspect "$source" --table calls --record 99999 2>&1) || status=$?
        case "$status $words" in
        "2 tandem: $source: it does not exist."*) absent=$((absent + 1)) ;;
        0*) whole=$((whole + 1)); break ;;
        *) echo "FAILED   attached in mid-creation: $status $words"; break ;;
        esac
    done
    stop "$creator" CONT
done
expect "attached to while it is made, $rounds times: not there, or whole" "[1-9]* not there, $rounds whole" \
    "$absent not there, $whole whole"

# A creator that is killed leaves nothing behind.
killed=0
for round in $(seq "$rounds"); do
    rm -f "$source"
    start "$TANDEM" create "$source" --table calls:240:200000 --writers 4 >/dev/null 2>&1
    sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
    signal KILL "$last"
    gone "$last" 5 >/dev/null
    if [ -e "$source" ]; then
        "$TANDEM" inspect "$source" --table calls --record 0 >/dev/null \
            || echo "FAILED   a killed creator left something that is no source"
    else
        killed=$((killed + 1))
    fi
done
within "creators killed before the source was there, of $rounds" 1 "$rounds" $killed
expect "… and nothing is left of them" "" "$(find "$memory" -name '.tandem*')"
