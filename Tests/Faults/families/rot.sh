# Bits flip in a copy at rest, anywhere in it: its header, slots, records, journal. Whatever is hit, the copy is
# refused, or what is promoted of it is what was there; and looking at it changes nothing.
source "$(dirname "$0")/../helpers.sh"

# A copy with a journal that holds a good deal: its replicator was killed in mid-traffic.
fresh --calls 2000 --writers 2
replicate "$copy"
traffic --processes 2 --rate 8000
expect "the copy: in sync" "in sync*" "$(await "in sync*" 20)"
sleep 1.3
stop "$replicator" KILL
traffic_ended >/dev/null
expect "the copy: promotable" "0 *" "$(answer check "$copy")"
whole=$(digest "$copy")
lastCut=$("$TANDEM" check "$copy" --json | field cut)
size=$(stat -c %s "$copy")
pages=$(status pageCount)
journal=$((size - 4096 - (1 << 20))) tables=$((size - 4096 - (1 << 20) - pages * 4096))

anywhere() { echo $(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1))); }

flip() { # file, byte
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "\\x$(printf %x $((byte ^ (1 << (RANDOM % 8)))))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

declare -A refused=() taken=() torn=()
wrong=0
try() { # where, byte
    local bad=$memory/bad new=$memory/new before checked promoted
    cp "$copy" "$bad"
    chmod 600 "$bad"
    flip "$bad" "$2"
    before=$(cksum <"$bad")
    checked=$(answer check "$bad" --json)
    [ "$(cksum <"$bad")" = "$before" ] || { echo "FAILED   $1, byte $2: check changed the file"; wrong=1; }
    promoted=$(answer promote "$bad" --to "$new")
    case ${checked%% *}${promoted%% *} in
    00) # A last cut that has rotted is told from one that was torn by nobody; an older cut, whole.
        if [ "$(digest "$new")" = "$whole" ]; then taken[$1]=$((${taken[$1]:-0} + 1))
        elif [ "$1" = journal ] && [ "$(field cut <<<"$checked")" = $((lastCut - 1)) ]; then torn[$1]=1
        else echo "FAILED   $1, byte $2: promoted with other records: ${checked:0:300}"; wrong=1; fi ;;
    11 | 22)
        refused[$1]=$((${refused[$1]:-0} + 1))
        [[ $promoted == *"tandem: $bad: "*". "* ]] ||
            { echo "FAILED   $1, byte $2: refused in few words: $promoted"; wrong=1; }
        [ "$(cksum <"$bad")" = "$before" ] || {
            echo "FAILED   $1, byte $2: a refused promotion changed the file"; wrong=1; } ;;
    *) echo "FAILED   $1, byte $2: check $checked, promote $promoted"; wrong=1 ;;
    esac
    rm -f "$bad" "$new"
}

rounds=$([ $QUICK ] && echo 4 || echo 25)
for round in $(seq "$rounds"); do
    try header "$(anywhere 0 8192)"
    try slots "$(anywhere 8192 16384)"
    try records "$(anywhere "$tables" "$journal")"
    try journal "$(anywhere "$journal" $((size - 4096)))"
done
for where in header slots records journal; do
    expect "a bit flipped in the $where, $rounds times: refused, or promoted as it was" "0 *" \
        "$wrong wrong, ${refused[$where]:-0} refused, ${taken[$where]:-0} taken, ${torn[$where]:-0} one cut older"
done
expect "… and some were refused" "[1-9]*" "$((${refused[header]:-0} + ${refused[records]:-0}))"
