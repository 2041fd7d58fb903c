#!/usr/bin/env bash
# Every seeded bug of mutants.txt, built for the simulator and run until it is found. A mutant that survives, or does
# not apply any more, is a failure. Nothing of this is ever installed: the trees live and die in one build folder.
#
#   SEEDS=n (tried for each) ONLY=text (mutants whose name has it) FROM=n COUNT=n (so many, from the n-th on)
#   TEXTS=1 (builds nothing: only whether the table fits the tree) mutants.sh
set -u
cd "$(dirname "$0")/../.."
SEEDS=${SEEDS:-20000} ONLY=${ONLY:-} FROM=${FROM:-1} COUNT=${COUNT:-1000}
WORK=$PWD/.build-mutants
TREE=$WORK/tree
. Tests/Mutants/table.sh

build() {
    (cd "$TREE" && TANDEM_SIMULATED=1 swift build -c release --scratch-path "$WORK/build" --product tandem-simulator) \
        >"$WORK/log" 2>&1
}

read_table Tests/Mutants/mutants.txt
refresh "$TREE"
if [ -n "${TEXTS:-}" ]; then
    misfits=$(misfits "$TREE" "${!names[@]}")
    [ -z "$misfits" ] && { echo "the texts of all ${#names[@]} seeded bugs are where they say, once"; exit; }
    printf 'a text of it is not there once: %s\n' "$misfits"
    exit 1
fi
killed=0 tried=0
for ((number = FROM - 1; number < ${#names[@]} && tried < COUNT; number++)); do
    [[ ${names[number]} == *"$ONLY"* ]] || continue
    tried=$((tried + 1))
    printf '%-75s ' "${names[number]}"
    if ! mutate "$number" "$TREE"; then
        echo "does not apply: bring mutants.txt up to date"
    elif [[ ${finders[number]} == "model"* ]]; then
        bug=${finders[number]#model} bug=${bug# }
        answer=$(ONLY=${bug:-${names[number]}} Tests/Model/model.sh 2>&1)
        if [ $? = 0 ] && grep -q ' refuted$' <<<"$answer"; then
            killed=$((killed + 1))
            echo "refuted by the model"
        else echo "SURVIVED the model: ${answer##*$'\n'}"; fi
    elif ! build; then
        echo "does not build: $(grep -m1 error: "$WORK/log")"
    else
        case ${finders[number]} in
        operations) run="operations --scenarios 4 --failures 1" ;;
        *) run="seeds --seeds $SEEDS" ;;
        esac
        answer=$("$WORK/build/release/tandem-simulator" $run 2>&1)
        status=$?
        if [ $status = 0 ]; then
            echo "SURVIVED $run"
        else
            killed=$((killed + 1))
            line=$(grep -m1 -E '^(seed [0-9]+|scenario [0-9]+, operation [0-9]+)' <<<"$answer")
            [ $status = 1 ] && reason=${line#*: } || reason="an invariant: $(grep -m1 -oE 'Fatal error.*' <<<"$answer")"
            line=${line%%: *}
            echo "killed by ${line%, step*}: ${reason:0:90}"
        fi
    fi
    restore "$number" "$TREE"
done
echo "$killed of $tried mutants killed"
[ "$killed" = "$tried" ] && [ "$tried" -gt 0 ]
