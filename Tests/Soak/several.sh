# Three copies: in memory, on a disk, and at a standby whose every read and write takes 5 ms more. Sourced by leg.sh.

far=$memory/far socket=$memory/standby.nbd relay=$memory/relay.nbd link=
mkdir "$far"
copies+=("$disk/copy" "$far/copy")
targets+=("$disk/copy" "nbd+unix:///copy?socket=$relay")

# nbdkit beside a relay that passes on what it is asked for, and takes its time.
serve() {
    serve_standby
    connect
}
serve_standby() {
    start "$TANDEM" standby "$far/copy" --unix "$socket" --json >>"$disk/standby.log" 2>&1
    standby=$last
}
connect() {
    rm -f "$relay"
    start nbdkit -f -U "$relay" --filter=delay nbd socket="$socket" dynamic-export=true retry=1 rdelay=5ms wdelay=5ms \
        >>"$disk/relay.log" 2>&1
    link=$last
}
server() { pgrep -P "$standby" nbdkit || true; }

strike_link() { signal KILL "$link"; heal=connect away=yes; }
strike_frozen_link() { signal STOP "$link"; heal=thaw_link away=yes; }
# A stock nbdkit that finds its peer gone in the middle of its answers may abort (connections.c, `sock >= 0`): then the
# relay is another one, as after `link`.
thaw_link() {
    signal CONT "$link"
    [ "$(gone "$link" 1)" = "still there" ] || connect
}
strike_server() { signal KILL "$(server)"; heal=: away=yes; }
strike_standby() { signal KILL "$standby"; gone "$standby" 5 >/dev/null; heal=serve_standby away=yes; }
strike_disk() { mv "$disk/copy" "$disk/copy.away"; heal=disk_is_back away=yes; }
disk_is_back() { mv "$disk/copy.away" "$disk/copy"; }

# One that is behind is refused, as the others may have what it lacks; one of them is not.
promote_newest() {
    local each other others said="no copy"
    for each in "${copies[@]}"; do
        others=()
        for other in "${copies[@]}"; do [ "$other" = "$each" ] || others+=(--among "$other"); done
        said=$(answer promote "$each" --to "$source" "${others[@]}")
        [[ $said != "0 "* ]] || return 0
    done
    fail "promotion: $said"
    return 1
}

strikes=(stop rename delete older writer pause replicator everything everything)
strikes+=(link link frozen_link server standby disk)
