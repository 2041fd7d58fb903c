# What strikes, and how it is made good. Sourced by leg.sh. A strike says in `heal` what makes it good, and in `away`
# whether the copy cannot be in sync meanwhile.

# The copy's file is looked at twice a second. Until then the engine holds on to the one that it has open, which nobody
# finds by name any more: what is compared too early is a file that nobody writes. Within a second it must be noticed.
offline() { grep -c "copy $copy offline" "$log" || true; }
noticed() { # how often it had been off line before
    local end=$(($(now) + 1500))
    while (($(offline) <= $1)); do
        (($(now) < end)) || { fail "another file in the place of the copy was not noticed: $(state)"; return; }
        sleep 0.02
    done
}

blank() { noticed "$outages"; rm -f "$copy"; (umask 077; : >"$copy"); }

strike_stop() { signal STOP "$replicator"; heal=go_on away=yes; }
go_on() { signal CONT "$replicator"; }

strike_rename() { mv "$copy" "$copy.away"; heal=bring_back away=yes; }
bring_back() { mv "$copy.away" "$copy"; }

strike_foreign() { mv "$copy" "$copy.away"; (umask 077; head -c 65536 /dev/urandom >"$copy");
    heal=bring_back away=yes; }

strike_delete() { outages=$(offline); rm "$copy"; heal=blank away=yes; }

strike_short() { outages=$(offline); truncate -s "-$((1 + RANDOM))" "$copy"; heal=blank away=yes; }

strike_older() { cp "$copy" "$copy.old"; chmod 600 "$copy.old"; heal=put_back_older; }
put_back_older() { outages=$(offline); mv "$copy.old" "$copy"; noticed "$outages"; }

strike_full() { head -c 1G /dev/zero >"$folder/rest" 2>/dev/null || true; heal=make_room; }
make_room() { rm "$folder/rest"; }

strike_full_older() { strike_older; strike_full; heal=put_back_older_without_room; }
put_back_older_without_room() { put_back_older; sleep 2; make_room; }

# Of the steady exchange the first writer lives all the time.
choose() { chosen=$([ "$LEG" = steady ] && echo $((1 + RANDOM % 2)) || echo $((RANDOM % 3))); }

strike_writer() { choose; signal KILL "${pids[chosen]}"; gone "${pids[chosen]}" 5 >/dev/null; heal=follow; }
follow() { worker "$chosen"; }

strike_pause() { choose; signal STOP "${pids[chosen]}"; heal=unpause away=yes; }
unpause() { signal CONT "${pids[chosen]}"; }

strike_replicator() { signal KILL "$replicator"; gone "$replicator" 5 >/dev/null; heal=succeed away=yes; }
succeed() { replicate; }

promote_newest() {
    local said; said=$(answer promote "$copy" --to "$source")
    [[ $said == "0 "* ]] || { fail "promotion: $said"; return 1; }
}

# Everything at once; the copy takes over, with all that was acknowledged.
strike_everything() {
    for process in "${pids[@]}" "$replicator"; do signal KILL "$process"; done
    for process in "${pids[@]}" "$replicator"; do gone "$process" 5 >/dev/null; done
    heal=take_over away=yes
}
take_over() {
    local before=$source said
    [ "$source" = "$memory/source" ] && source=$memory/source.other || source=$memory/source
    promote_newest || return 0
    said=$(answer audit "$source" --acks "$acks")
    [ "$said" = "0 clean: no violation" ] || fail "after a promotion: $said"
    rm "$before"
    : >"$acks"
    replicate
    for number in "${!pids[@]}"; do worker "$number"; done
}

strikes=(stop rename foreign delete short older writer writer pause)
[ -z "$roomy" ] || strikes+=(full full_older)
[ "$LEG" = steady ] || strikes+=(replicator replicator everything everything)

strike() {
    local kind=${strikes[RANDOM % ${#strikes[@]}]}
    away=
    "strike_$kind"
    struck[$kind]=$((${struck[$kind]:-0} + 1))
    faults=$((faults + 1))
    until=$(($(now) + 200 + RANDOM % 2500))
}
