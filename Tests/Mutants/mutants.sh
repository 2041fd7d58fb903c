#!/usr/bin/env bash
# Every seeded bug of mutants.txt, built for the simulator and run until it is found. A mutant that survives, or does not
# apply any more, is a failure. Nothing of this is ever installed: the trees live and die in one build folder.
#
#   SEEDS=n (tried for each) ONLY=text (mutants whose name has it) COUNT=n (the first n) mutants.sh
set -u
cd "$(dirname "$0")/../.."
SEEDS=${SEEDS:-20000} ONLY=${ONLY:-} COUNT=${COUNT:-1000}
WORK=$PWD/.build-mutants
TREE=$WORK/tree
mkdir -p "$TREE"

# The unmutated tree; unchanged files keep their times, so that little is built anew.
refresh() { cp -rp Package.swift Sources CShims Tests Benchmarks "$TREE/"; }

names=() files=() froms=() tos=() pieces=() runs=()
read_mutants() {
    local line part="" from="" to="" at=-1
    while IFS= read -r line; do
        case $line in
        '@@ '*) at=$((at + 1)); names[at]=${line#@@ }; pieces[at]=0 runs[at]="seeds --seeds $SEEDS" ;;
        'by operations') runs[at]="operations --scenarios 3 --failures 1" ;;
        'file '*) files[at]=${line#file } ;;
        '<<<<') part=from from="" ;;
        '====') part=to to="" ;;
        '>>>>') part=""; froms[at * 8 + pieces[at]]=${from%$'\n'}; tos[at * 8 + pieces[at]]=${to%$'\n'}; pieces[at]=$((pieces[at] + 1)) ;;
        *) if [ "$part" = from ]; then from+=$line$'\n'; elif [ "$part" = to ]; then to+=$line$'\n'; fi ;;
        esac
    done <Tests/Mutants/mutants.txt
}

# Replaces each piece once; fails when the text is not there, or there twice.
apply() {
    local number=$1 file="$TREE/${files[$1]}" text piece from rest
    text=$(cat "$file"; printf x); text=${text%x}
    for ((piece = 0; piece < pieces[number]; piece++)); do
        from=${froms[number * 8 + piece]}
        rest=${text#*"$from"}
        [ "$rest" != "$text" ] && [ "${rest#*"$from"}" = "$rest" ] || return 1
        text=${text%%"$from"*}${tos[number * 8 + piece]}$rest
    done
    printf %s "$text" >"$file"
}

build() {
    (cd "$TREE" && TANDEM_SIMULATED=1 swift build -c release --scratch-path "$WORK/build" --product tandem-simulator) >"$WORK/log" 2>&1
}

read_mutants
refresh
killed=0 tried=0 failed=0
for ((number = 0; number < ${#names[@]} && tried < COUNT; number++)); do
    [[ ${names[number]} == *"$ONLY"* ]] || continue
    tried=$((tried + 1))
    printf '%-75s ' "${names[number]}"
    if ! apply "$number"; then
        echo "does not apply: bring mutants.txt up to date"
    elif ! build; then
        echo "does not build: $(grep -m1 error: "$WORK/log")"
    else
        answer=$("$WORK/build/release/tandem-simulator" ${runs[number]} 2>&1)
        status=$?
        if [ $status = 0 ]; then
            echo "SURVIVED ${runs[number]}"
        else
            killed=$((killed + 1))
            line=$(grep -m1 -E '^(seed [0-9]+|scenario [0-9]+, operation [0-9]+)' <<<"$answer")
            [ $status = 1 ] && reason=${line#*: } || reason="an invariant: $(grep -m1 -oE 'Fatal error.*' <<<"$answer")"
            line=${line%%: *}
            echo "killed by ${line%, step*}: ${reason:0:90}"
        fi
    fi
    cp -p "${files[number]}" "$TREE/${files[number]}"
done
echo "$killed of $tried mutants killed"
[ "$killed" = "$tried" ] && [ "$tried" -gt 0 ]
