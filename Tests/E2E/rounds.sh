# A round of bothhosts.sh: what is chosen, how each phase is reached, and what is killed in it. Sourced by it.

phases=(bulk sync return promotion switchover)
verdicts=(both_again declared_lost)
# A host is lost without power; without its network, its programs going on; or not at all, though a person thinks so.
losses=(power network mistaken)
programs=(writer0 writer1 replicator standby server tool)

below() { drawn=$((RANDOM % $1)); }

# All choices of a round are made at once, so that they depend on the seed and the round's number, and on nothing else.
draw() {
    local each count=5 mask
    RANDOM=$(((SEED * 7919 + round * 104729) % 32749))
    below 2; below 2
    below ${#phases[@]}; phase=${phases[drawn]}
    below 2; verdict=${verdicts[drawn]}
    # The tool is what promotes or hands over; elsewhere there is none.
    case $phase in
    promotion) verdict=declared_lost count=6 ;;
    switchover) count=6 ;;
    esac
    below ${#losses[@]}; loss=${losses[drawn]}
    below $(((1 << count) - 1)); mask=$((drawn + 1))
    below 8; if ((drawn == 0)); then mask=$(((1 << count) - 1)); fi
    victims=()
    for ((each = 0; each < count; each++)); do
        below $((${#victims[@]} + 1))
        if ((mask & (1 << each))); then
            victims=("${victims[@]:0:drawn}" "${programs[each]}" "${victims[@]:drawn}")
        fi
    done
    # One after the other in that order, or all of them at once.
    below 2; gaps=()
    local gapMax=$((drawn * 40))
    for ((each = 0; each < count; each++)); do below $((gapMax + 1)); gaps+=("$drawn"); done
    below 1000; moment=$drawn
    below 2; if ((drawn)); then standbyFirst=yes; else standbyFirst=; fi
    below 2; if ((drawn)); then cut=silent; else cut=down; fi
    below 1200; away=$((300 + drawn))
}

# MARK: Phases: each with traffic on the source

reach_sync() {
    milliseconds "$moment"
    strike
}
# The host of the standby is started anew, its memory empty.
reach_bulk() {
    stop "$replicator"
    end_standby
    rm -f "$copy"
    : >"$log"
    serve $patience; follow
    milliseconds $((moment / 2))
    strike
}
reach_return() {
    sever "$cut"
    milliseconds "$away"
    join
    milliseconds $((moment / 2))
    strike
}
reach_switchover() {
    milliseconds $((moment / 2))
    start ip netns exec "$near" "$TANDEM" switchover "$source" "nbds://${addresses[$far]}:10809/${copy##*/}" --json \
        >"$memory/switchover" 2>&1
    tool=$last
    milliseconds $((moment / 8))
    strike
}
# The source's host is lost first, and what is killed is killed beside the promotion.
reach_promotion() {
    milliseconds $((moment / 2))
    lose
    start "$TANDEM" promote "$copy" >"$memory/promotion" 2>&1
    tool=$last
    milliseconds $((moment / 25))
    strike
    gone "$tool" $patience >/dev/null
}

lose() {
    local process
    [ -z "$lostAlready" ] || return 0
    lostAlready=yes
    case $loss in
    power)
        sever silent
        for process in "${writers[@]}" $replicator; do signal KILL "$process"; gone "$process" 5 >/dev/null; done
        ;;
    network) sever silent ;;
    esac
}

# MARK: What is killed

number_of() { # program
    case $1 in
    writer*) echo "${writers[${1#writer}]:-}" ;;
    server) server || true ;;
    *) echo "${!1:-}" ;;
    esac
}
strike() {
    local place each served processes=()
    reached=$(state)
    # It goes with its standby, and its port is wanted again.
    served=$(server || true)
    for place in "${!victims[@]}"; do
        each=$(number_of "${victims[place]}")
        alive "$each" || continue
        processes+=("$each")
        if ((gaps[place])); then
            signal KILL "$each"
            milliseconds "${gaps[place]}"
        fi
    done
    for each in "${processes[@]}"; do signal KILL "$each"; done
    for each in "${processes[@]}"; do gone "$each" 5 >/dev/null; done
    if ! alive "$standby"; then for each in $served; do gone "$each" 5 >/dev/null; done; fi
}

# MARK: What is told

tell() { # of this round
    local name
    if [ "$isFailed" ]; then outcome=failed; fi
    printf '%4d  %-10s  %-24s %-14s %5s %6s  %s\n' "$round" "$phase" "${reached:0:24}" "$outcome" "${promotion:--}" \
        "${took:--}" "${victims[*]}"
    echo "$phase|${reached%% (*}|$outcome|$promotion|$took|${victims[*]}" >>"$figures"
}
count() { awk -F'|' -v c="$1" -v p="$2" '$c ~ p { n++ } END { print n + 0 }' "$figures"; }
# Median and most of a column, of the rounds with that outcome.
middle() { # column, outcome
    awk -F'|' -v c="$1" -v o="$2" '$3 ~ o && $c != "" { print $c }' "$figures" | sort -n |
        awk '{ v[NR] = $1 }
        END { if (NR) print v[int((NR + 1) / 2)] " ms (most " v[NR] ", of " NR ")"; else print "-" }'
}
summary() {
    local each
    echo
    echo "bothhosts: seed $SEED, $(wc -l <"$figures") rounds, $failed failed, $SECONDS s"
    line() { printf '  %-44s %s\n' "$1" "$2"; }
    for each in "${phases[@]}"; do line "phase: $each" "$(count 1 "^$each\$")"; done
    for each in "in sync" syncing offline refused; do line "the copy when it began: $each" "$(count 2 "^$each\$")"; done
    for each in "${programs[@]}"; do line "killed: $each" "$(count 6 "$each")"; done
    line "killed: all of both hosts" "$(awk -F'|' 'split($6, names, " ") > 4 { n++ } END { print n + 0 }' "$figures")"
    line "promotions" "$(count 3 '^promoted')"
    line "switch-overs that came to their end" "$(count 3 '^switched')"
    line "both started again" "$(count 3 '^(again|not whole)')"
    line "  of them with no whole copy to promote" "$(count 3 '^not whole')"
    line "promotion, process and all, median" "$(middle 4 '^promoted')"
    line "in sync again, both started, median" "$(middle 5 '^(again|not whole)')"
    line "in sync on the way back, median" "$(middle 5 '^(promoted|switched)')"
    line "acknowledged commits" "$total"
    line "of them lost" "$lost"
}
