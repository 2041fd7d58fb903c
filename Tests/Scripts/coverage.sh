#!/usr/bin/env bash
# Line coverage of TandemCore by the package's own tests: a line for each file, the lines that no test reaches, and the
# total. Fails below MINIMUM per cent. A line counts as reached if any copy of it is: what clients inline is compiled in
# several modules.
#
#   SWIFT=path MINIMUM=n FILTER=tests coverage.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
SWIFT=${SWIFT:-swift}
MINIMUM=${MINIMUM:-98}
BUILD=.build-coverage
PROFILES=$PWD/$BUILD/profiles
mkdir -p "$BUILD"
rm -rf "$PROFILES"

fail() {
    grep -E 'error:|✘' "$BUILD/log" | head -20
    echo "$1: see $BUILD/log"
    exit 1
}
"$SWIFT" build --build-tests --enable-code-coverage --scratch-path "$BUILD" >"$BUILD/log" 2>&1 \
    || fail "the tests do not build"
# Merged here and not by swift test, which gives up at the half profile of a process that a test has killed.
LLVM_PROFILE_FILE=$PROFILES/%p.profraw "$SWIFT" test --skip-build \
    --scratch-path "$BUILD" ${FILTER:+--filter "$FILTER"} >"$BUILD/log" 2>&1 ||
    fail "the tests fail"
tools=$(dirname "$(readlink -f "$(command -v "$SWIFT")")")
"$tools/llvm-profdata" merge -sparse --failure-mode=all "$PROFILES"/*.profraw -o "$PROFILES/all" 2>"$BUILD/log" \
    || fail "no profile"
bundle=$(echo "$BUILD"/debug/*PackageTests.xctest)
"$tools/llvm-cov" export -format=lcov -instr-profile="$PROFILES/all" "$bundle" Sources/TandemCore |
    MINIMUM=$MINIMUM awk -F: '
        function ranges(list,   part, count, text, from, to, i) {
            count = split(list, part, " ")
            for (i = 1; i <= count; i++) {
                from = to = part[i]
                while (i < count && part[i + 1] == to + 1) to = part[++i]
                text = text " " (from == to ? from : from "-" to)
            }
            return text
        }
        /^SF:/ { file = $2; sub(/.*Sources\/TandemCore\//, "", file) }
        /^DA:/ {
            split($2, field, ",")
            line = field[1]
            if (!((file, line) in reached)) { lines[file]++; order[file, lines[file]] = line; reached[file, line] = 0 }
            if (field[2] > 0) reached[file, line] = 1
        }
        END {
            count = 0
            for (file in lines) names[++count] = file
            for (i = 2; i <= count; i++) for (j = i; j > 1 && names[j] < names[j - 1]; j--) \
                { t = names[j]; names[j] = names[j - 1]; names[j - 1] = t }
            printf "%-45s %6s %7s %7s  %s\n", "file", "lines", "reached", "%", "not reached"
            for (i = 1; i <= count; i++) {
                file = names[i]; hit = 0; missing = ""
                for (n = 1; n <= lines[file]; n++) {
                    line = order[file, n]
                    if (reached[file, line]) hit++; else missing = missing " " line
                }
                all += lines[file]; hits += hit
                printf "%-45s %6d %7d %6.1f%%  %s\n", file, lines[file], hit, 100 * hit / lines[file], ranges(missing)
            }
            if (all == 0) { print "no coverage data"; exit 1 }
            printf "%-45s %6d %7d %6.2f%%  at least %s%%\n", \
                "TandemCore", all, hits, 100 * hits / all, ENVIRON["MINIMUM"]
            exit 100 * hits / all < ENVIRON["MINIMUM"]
        }'
