#!/usr/bin/env bash
# A test that has only ever passed proves little. For every test that docs/CLAIMS.md names, claims.txt has a seeded bug
# in what keeps the claim or the promise; each is built into a copy of the tree, and the named test must fail under it.
# Fails when one survives, when a bug's text is not found any more, or when docs/CLAIMS.md names a test that no bug is
# for.
#
#   ONLY=text (mutants or tests whose name has it) FROM=n COUNT=n (some of the table) LIMIT=s (for one test)
#   TEXTS=1 (builds nothing: only whether the table fits the tree) claims.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
ONLY=${ONLY:-} FROM=${FROM:-1} COUNT=${COUNT:-1000} LIMIT=${LIMIT:-150}
WORK=$PWD/.build-mutants
TREE=$WORK/claims
BUILD=$WORK/claims-build
LOG=$WORK/claims.log
. Tests/Mutants/table.sh

passed=0 failed=0
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); printf '%s\n' "FAILED: $*"; }

# The filter that runs the test of this name: `Module.*/function`.
filter() {
    local file function
    file=$(grep -rlF -e "\"$1\"" -e "\`$1\`" Tests --include='*.swift' | head -1) || true
    [ -n "$file" ] || return 1
    function=$(awk -v name="$1" 'index($0, "\"" name "\"") || index($0, "`" name "`") {on = 1}
        on && /func / {sub(/.*func /, ""); sub(/\(.*/, ""); print; exit}' "$file")
    printf '%s' "$(cut -d/ -f2 <<<"$file")\..*/$(sed 's/[^A-Za-z0-9_]/./g' <<<"$function")\("
}

# run NAME…: true when the tests pass. What was said is in the log.
run() {
    local name filters=() killpoints=""
    for name in "$@"; do
        filters+=(--filter "$(filter "$name")")
        [[ $name == *"machine instruction"* ]] && killpoints=$BUILD/release/KillPoints
    done
    # That one needs its program, optimised.
    [ -z "$killpoints" ] || (cd "$TREE" && swift build -c release --scratch-path "$BUILD" --product KillPoints) \
        >"$LOG" 2>&1
    (cd "$TREE" && KILLPOINTS=$killpoints timeout -k 5 "$LIMIT" \
        swift test --scratch-path "$BUILD" --skip-build "${filters[@]}") >"$LOG" 2>&1
}

build() { (cd "$TREE" && swift build --scratch-path "$BUILD" --build-tests) >"$LOG" 2>&1; }

# Why the test of this name failed, in a few words; fails when it did not, or did not run.
reason() {
    local line
    line=$(grep -m1 -E "✘ Test (case .* to )?\"?$(sed 's/[][\.*^$+?(){}|/]/\\&/g' <<<"$1").* recorded an issue" "$LOG" \
        | sed -E 's/.*recorded an issue[^:]* at [^:]*:[0-9]+:[0-9]+: //')
    [ -n "$line" ] || line=$(grep -m1 -oE 'Fatal error.*|unexpected signal code [0-9]+' "$LOG")
    [ -n "$line" ] || { [ "$2" = 124 ] && line="no end within $LIMIT s"; }
    [ -n "$line" ] || return 1
    printf '%s' "${line:0:110}"
}

read_table Tests/Mutants/claims.txt
echo "every test that docs/CLAIMS.md names has a seeded bug"
all=$(printf '%s' "${tests[@]}")
while IFS= read -r name; do
    # Not through a pipe: grep ends at the first hit, and the pipe's writer would be said to have failed.
    if grep -qxF "$name" <<<"$all"; then pass; else fail "no bug for \"$name\""; fi
done < <(grep '^|' docs/CLAIMS.md | grep -oE '"[^"]+"' | tr -d '"' | sort -u)

chosen=() wanted=()
tried=0
for ((number = 0; number < ${#names[@]}; number++)); do
    [[ ${names[number]}${tests[number]} == *"$ONLY"* ]] || continue
    tried=$((tried + 1))
    [ "$tried" -ge "$FROM" ] && [ "$tried" -lt $((FROM + COUNT)) ] || continue
    chosen+=("$number")
    while IFS= read -r name; do
        [ -n "$name" ] || continue
        if filter "$name" >/dev/null; then wanted+=("$name"); else fail "no test is called \"$name\""; fi
    done <<<"${tests[number]}"
done
[ ${#wanted[@]} -gt 0 ] || { echo "0 passed, 1 failed: no bug is called that"; exit 1; }

refresh "$TREE"
if [ -n "${TEXTS:-}" ]; then
    echo "the text of every seeded bug is where it says, once"
    misfits=$(misfits "$TREE" "${chosen[@]}")
    if [ -z "$misfits" ]; then passed=$((passed + ${#chosen[@]}));
    else fail "a text of it is not there once: $misfits"; fi
    echo "$passed passed, $failed failed"
    exit $((failed > 0))
fi
echo "the tree as it is"
build || { tail -5 "$LOG"; fail "it does not build"; echo "$passed passed, $failed failed"; exit 1; }
# A test that fails without the bug shows nothing.
LIMIT=600 run "${wanted[@]}" || true
declare -A sound=()
for name in "${wanted[@]}"; do
    if grep -qF -e "✔ Test \"$name\" " "$LOG"; then sound[$name]=yes;
    else fail "\"$name\" does not pass on the tree as it is"; fi
done

for number in "${chosen[@]}"; do
    echo "${names[number]}"
    if ! mutate "$number" "$TREE"; then
        fail "a text of it is not there once: bring claims.txt up to date"
    elif ! build; then
        fail "it does not build: $(grep -m1 error: "$LOG")"
    else
        while IFS= read -r name; do
            [ -n "$name" ] && [ -n "${sound[$name]:-}" ] || continue
            status=0
            run "$name" || status=$?
            if [ "$status" = 0 ]; then fail "survived \"$name\""
            elif why=$(reason "$name" "$status"); then pass; echo "   killed by \"$name\": $why"
            else fail "\"$name\" ended with $status and names no issue: $(tail -1 "$LOG")"; fi
        done <<<"${tests[number]}"
    fi
    restore "$number" "$TREE"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
