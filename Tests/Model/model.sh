#!/usr/bin/env bash
# Searches every state of the models of models.txt with Spin, one on each processor. A bug that is not refuted is a
# failure, and so is a search that is not complete, a bug at sizes of no sound model, a line of a model that no sound
# model reaches, a replacement that does not apply any more, and a name in the map of docs/internals/model.md that is
# gone, or an inline that has no place in it.
#
#   MODELS=all|quick ONLY=text (models whose name has it) SECONDS_MAX=n MEGABYTES=n (for each) JOBS=n (at once) model.sh
set -euo pipefail
here=$(dirname "$(realpath "$0")")
cd "$here/../.."
MODELS=${MODELS:-all} ONLY=${ONLY:-} SECONDS_MAX=${SECONDS_MAX:-120} MEGABYTES=${MEGABYTES:-4000}
WORK=${WORK:-$PWD/.build-model}
# As many as there are processors, and as there is memory for.
JOBS=${JOBS:-$(awk -v cores="$(nproc)" -v each="$MEGABYTES" \
    '/^MemAvailable/ { n = int($2 / 1024 / each); print n < 1 ? 1 : n < cores ? n : cores }' /proc/meminfo)}

skip() { echo "model: skipped: $*"; exit 0; }
for tool in spin gcc; do
    command -v $tool >/dev/null || skip "$tool is missing, and could not be installed: apt-get install $tool"
done

names=() kinds=() quicks=() models=() flags=() files=() froms=() tos=() pieces=()
readModels() {
    local line at=-1 part="" from="" to=""
    while IFS= read -r line; do
        case $part$line in
        '== '* | '@@ '*)
            at=$((at + 1)) names[at]=${line#?? } kinds[at]=${line%% *} quicks[at]="" pieces[at]=0 files[at]="" ;;
        'cut.pml '* | 'copy.pml '* | 'abandoned.pml '* | 'pool.pml '* | 'wait.pml '* | 'newer.pml '* | 'keyed.pml '* | \
            'fence.pml '* | 'copies.pml '* | 'content.pml '* | 'handover.pml '* | 'apply.pml '* | 'lanes.pml '* | \
            'ring.pml '* | 'givenup.pml '*)
            models[at]=${line%% *} flags[at]=${line#* } ;;
        '* '*) line=${line#\* } quicks[at]=yes models[at]=${line%% *} flags[at]=${line#* } ;;
        'file '*) file=${line#file } ;;
        '<<<<') part=from: from="" ;;
        'from:====') part=to: to="" ;;
        'to:>>>>')
            part="" number=$((at * 8 + pieces[at]))
            files[number]=$file froms[number]=${from%$'\n'} tos[number]=${to%$'\n'} pieces[at]=$((pieces[at] + 1)) ;;
        from:*) from+=$line$'\n' ;;
        to:*) to+=$line$'\n' ;;
        esac
    done <"$here/models.txt"
}

# The model's text, with its bug. Fails when a text is not there, or there twice.
build() {
    local at=$1 piece number text rest
    mkdir -p "$WORK/run-$at"
    cp "$here"/*.pml "$WORK/run-$at"
    cd "$WORK/run-$at"
    for ((piece = 0; piece < pieces[at]; piece++)); do
        number=$((at * 8 + piece))
        text=$(cat "${files[number]}"; printf x); text=${text%x}
        rest=${text#*"${froms[number]}"}
        if [ "$rest" = "$text" ] || [ "${rest#*"${froms[number]}"}" != "$rest" ]; then
            verdict="does not apply: bring models.txt up to date"; return 1
        fi
        printf %s "${text%%"${froms[number]}"*}${tos[number]}$rest" >"${files[number]}"
    done
    # Optimising costs three seconds: more than most bugs take to be refuted. NOREDUCE: every step is on shared words,
    # so there is nothing to reduce.
    optimised=0 slots=20
    if [ "${kinds[at]}" = == ] && [ -z "${quicks[at]}" ]; then optimised=2 slots=24; fi
    define=(); for flag in ${flags[at]}; do define+=("-D$flag"); done
    if ! spin -a "${define[@]}" "${models[at]}" >log 2>&1 \
        || ! gcc -O$optimised -w -DSAFETY -DNOREDUCE -DMEMLIM="$MEGABYTES" -o pan pan.c >>log 2>&1; then
        verdict="does not build: $(head -1 log)"; return 1
    fi
}

# Judges what pan printed. Sound is only a search that ended by itself, everywhere, without an error.
judge() {
    local status=$1 out=$2
    if grep -q 'assertion violated' "$out"; then verdict=refuted
    elif grep -q 'invalid end state' <(grep '^pan:' "$out"); then verdict="stuck: somebody waits for ever"
    elif grep -q 'max search depth too small' "$out"; then verdict="incomplete: deeper than the search"
    elif grep -qE 'reached -DMEMLIM|out of memory' "$out"; then verdict="incomplete: $MEGABYTES MB are not enough"
    elif [ "$status" = 124 ]; then verdict="incomplete: $SECONDS_MAX s are not enough"
    elif grep -q 'Search not completed' "$out" || [ "$status" != 0 ]; then verdict="incomplete: pan ended with $status"
    elif grep -q 'errors: 0' "$out" && grep -q '^Full statespace search' "$out"; then verdict=sound
    else verdict="not understood: see $out"
    fi
}

# One model or bug, in a folder of its own: prints its row, and fails unless it is what it should be.
run() {
    local at=$1 status=0 expected=sound states=- seconds=- verdict="" define=() optimised slots
    [ "${kinds[at]}" = @@ ] && expected=refuted
    if build "$at"; then
        local begun=$EPOCHREALTIME
        timeout --foreground "$SECONDS_MAX" ./pan -m20000 -w$slots >out 2>&1 || status=$?
        seconds=$(awk -v a="$begun" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
        states=$(awk '/states, stored/ { printf "%d", $1; exit }' out)
        judge "$status" out
    fi
    local row="$verdict"
    [ "$verdict" = "$expected" ] || row="FAILED, $verdict"
    printf '%-8s %-76s %10s %6s  %s\n' "${models[at]%.pml}" "${names[at]}" "${states:--}" "$seconds" "$row"
    if [ "$verdict" = sound ]; then places >"$WORK/places-${models[at]%.pml}-$at"; fi
    if [ "$verdict" = "$expected" ]; then rm -rf "$WORK/run-$at"; return; fi
    if [ "$verdict" = refuted ]; then
        grep -m1 'assertion violated' out
        echo "the way there: (cd $PWD && spin -t -p -g ${define[*]} ${models[at]})"
    fi
    return 1
}

# Each place of this model, and whether the search has been there: process, line, the lines before and behind, the how
# manyth of such places, of how many, 1 or 0, text. An inline that is used twice has two places for each of its steps.
# What there is is what a search of one step has not been to.
places() {
    ./pan -m1 >all 2>&1 || true
    awk -F'\t' '
        /^unreached in / { process = $0; sub(/^unreached in (proctype )?/, "", process) }
        /^\t[a-z]*\.pml:[0-9]*, state [0-9]+, / {
            split($2, parts, ", "); state = process " " parts[2]
            if (FILENAME == "out") { isMissed[state] = 1; next }
            if (state in text) next
            states[++count] = state; of[count] = process; line[count] = parts[1]
            text[state] = substr($2, length(parts[1] ", " parts[2] ", ") + 1)
        }
        END {
            for (i = 1; i <= count; i++) {
                before = of[i - 1] == of[i] ? line[i - 1] : "-"
                behind = of[i + 1] == of[i] ? line[i + 1] : "-"
                key[i] = of[i] " " line[i] " " before " " behind
                number[i] = ++among[key[i]]
            }
            for (i = 1; i <= count; i++)
                print key[i], number[i], among[key[i]], !(states[i] in isMissed), text[states[i]]
        }' out all
}

# One of the processors: takes the next that nobody has taken, until there is none.
work() {
    local at
    for at in "${chosen[@]}"; do
        mkdir "$WORK/taken-$at" 2>/dev/null || continue
        if (run "$at") >"$WORK/row-$at.part" 2>&1; then echo passed; else echo failed; fi >>"$WORK/outcomes"
        mv "$WORK/row-$at.part" "$WORK/row-$at"
    done
}

# The rows in the order of models.txt, each as soon as those before it have come.
show() {
    local at
    for at in "${chosen[@]}"; do
        while [ ! -e "$WORK/row-$at" ] && [ -n "$(jobs -r)" ]; do sleep 0.2; done
        cat "$WORK/row-$at" 2>/dev/null || echo "${names[at]}: nobody has searched it"
    done
}

# Each inline and process stands in a row of the map: | `file.pml` `name` … | `Folder/File.swift` `name` … | or | … | –
# … |
MAP=docs/internals/model.md
named() { if [ "$2" = init ]; then grep -qE "\binit\??\(" "$1"; else
    grep -qE "\b(func|var|let|case|struct|enum) +$2\b" "$1"; fi; }
checkMap() {
    local row file name at place _
    local -A placed=() made=()
    while read -r file name; do made[${file##*/} $name]=1; done \
        < <(sed -nE 's/^(inline|proctype) (\w+).*/\2/; t print; d; :print; F; p' "$here"/*.pml | paste -d' ' - -)
    while IFS='|' read -r _ place at _; do
        read -ra row <<<"$(grep -o '`[^`]*`' <<<"$place" | tr -d '`' | tr '\n' ' ')"
        file=${row[0]}
        for name in "${row[@]:1}"; do
            placed[$file $name]=1
            [ -n "${made[$file $name]:-}" ] || lacks "$file has no $name any more"
        done
        file=""
        for name in $(grep -o '`[^`]*`' <<<"$at" | tr -d '`'); do
            case $name in
            *.swift)
                file=Sources/TandemCore/$name
                [ -f "$file" ] || file=Sources/$name
                [ -f "$file" ] || { lacks "there is no $file any more"; file=""; } ;;
            *) [ -z "$file" ] || named "$file" "$name" || lacks "$file has no $name any more" ;;
            esac
        done
    done < <(grep -E '^\| `[a-z]+\.pml`' "$MAP")
    for name in "${!made[@]}"; do [ -n "${placed[$name]:-}" ] || lacks "$name has no place in it"; done
}
# A bug that is refuted at sizes at which nobody has seen the sound model hold may be an artefact of the model.
checkSizes() {
    local at
    local -A sound=()
    for at in "${!names[@]}"; do if [ "${kinds[at]}" = == ]; then sound[${models[at]} ${flags[at]}]=1; fi; done
    for at in "${!names[@]}"; do
        [ -n "${sound[${models[at]} ${flags[at]}]:-}" ] && continue
        echo "models.txt: no sound model has the sizes of: ${names[at]}"; failed=$((failed + 1))
    done
}
lacks() { echo "$MAP: $1"; failed=$((failed + 1)); }

# A place that no sound model reaches. Some sizes leave out a step or a use of an inline: then there may be fewer such
# places, of which nobody can tell which they are, and each must be reached among the models that have as many, or all
# of those that have more. A line of which one model alone has reached every place is reached.
nowhere() {
    local model line
    for model in $(printf '%s\n' "${models[@]%.pml}" | sort -u); do
        while read -r line; do
            echo "$model: no sound model reaches $line"; failed=$((failed + 1))
        done < <(awk '
            # Who serves for ever has no end.
            /"-end-"$/ { next }
            {
                such = $1 " " $2 " " $3 " " $4; place = such " " $5 " " $6
                if (!(place in isReached)) { order[++count] = place; of[place] = such; among[place] = $6 }
                isReached[place] = isReached[place] || $7
                text[place] = $0; sub(/^[^"]*/, "", text[place])
                has[FILENAME " " $1 " " $2] = $1 " " $2
                if (!$7) lacks[FILENAME " " $1 " " $2] = 1
            }
            END {
                for (list in has) if (!(list in lacks)) isWhole[has[list]] = 1
                for (place in isReached) if (!isReached[place]) isPartly[of[place] " " among[place]] = 1
                for (place in isReached) {
                    such = of[place]
                    if (!((such " " among[place]) in isPartly) && among[place] > whole[such])
                        whole[such] = among[place]
                }
                for (i = 1; i <= count; i++) {
                    place = order[i]
                    if (isReached[place] || whole[of[place]] > among[place]) continue
                    split(place, parts, " ")
                    if ((parts[1] " " parts[2]) in isWhole) continue
                    printf "%s %s, of %s, between %s and %s, %s of %s\n", parts[2], text[place], parts[1], parts[3],
                        parts[4], parts[5], parts[6]
                }
            }' "$WORK/places-$model-"*)
    done
}

readModels
chosen=()
for ((at = 0; at < ${#names[@]}; at++)); do
    [[ ${names[at]} == *"$ONLY"* ]] || continue
    [ "$MODELS" = all ] || [ -n "${quicks[at]}" ] || continue
    chosen+=("$at")
done
mkdir -p "$WORK"
rm -rf "$WORK"/{run,taken,row,places}-*
: >"$WORK/outcomes"
echo "Spin $(spin -V | awk '{print $3}'), $JOBS at once, at most $SECONDS_MAX s and $MEGABYTES MB each"
printf '%-8s %-76s %10s %6s  %s\n' model variant states s verdict
failed=0
if [ -z "$ONLY" ]; then checkMap; checkSizes; fi
# In the background nobody hears Ctrl-C.
trap 'trap - TERM; kill 0' INT TERM
for ((job = 0; job < JOBS; job++)); do work & done
show
wait
if [ "$MODELS" = all ] && [ -z "$ONLY" ]; then nowhere; fi
passed=$(grep -c passed "$WORK/outcomes" || true)
# Who has not passed has failed, also one whose search was killed before it said so.
failed=$((failed + ${#chosen[@]} - passed))
times >"$WORK/times"
cpu=$(awk '{ split($1, u, /[ms]/); split($2, s, /[ms]/); sum += (u[1] + s[1]) * 60 + u[2] + s[2] }
    END { printf "%d", sum }' "$WORK/times")
echo "$passed passed, $failed failed, in $SECONDS s, with $cpu s of work"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
