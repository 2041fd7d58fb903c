# A source on one of two hosts, and its copy at a standby on the other, by TLS. Sourced behind helpers.sh and hosts.sh,
# whose hosts there are by then. They may change places.

key=$memory/key standby= near=$A far=$B isLinkCut=
declare -A addresses=([$A]=10.99.0.1 [$B]=10.99.0.2)
"$TANDEM" standby --new-secret "$key" >/dev/null

serve() { # seconds
    local deadline=$((SECONDS + ${1:-10}))
    start ip netns exec "$far" "$TANDEM" standby "$copy" --listen "${addresses[$far]}" --secret "$key" --json \
        >"$memory/standby.log" 2>&1
    standby=$last
    until grep -q '"event":"listening"' "$memory/standby.log"; do
        if ((SECONDS > deadline)); then
            echo "FAILED   the standby does not start: $(tail -1 "$memory/standby.log")"
            return
        fi
        sleep 0.02
    done
}
follow() {
    start ip netns exec "$near" "$TANDEM" replicate "$source" --to "nbds://${addresses[$far]}:10809/${copy##*/}" \
        --secret "$key" --json >>"$log" 2>&1
    replicator=$last
}
# A server goes with its standby, but not in the same moment; both hosts have one memory here, and its port may be
# wanted again.
end_standby() { # signal
    local served
    served=$(server || true)
    stop "$standby" "${1:-TERM}"
    for served in $standby $served; do gone "$served" 5 >/dev/null; done
    standby=
}
change_places() {
    local held=$source
    source=$copy copy=$held
    held=$near near=$far far=$held
}

sever() { # how
    case $1 in
    silent) drop ;;
    down) cut_link ;;
    esac
    isLinkCut=$1
}
join() {
    case $isLinkCut in
    silent) undrop ;;
    down) join_link ;;
    esac
    isLinkCut=
}
