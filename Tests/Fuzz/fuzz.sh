#!/usr/bin/env bash
# libFuzzer with AddressSanitizer over every parser of bytes that somebody else may have written, and over an engine
# whose shared memory is scribbled on. Each target begins with inputs of its own and with Corpus/TARGET, the inputs that
# once found a bug.
#
#   RUNS=n (executions of each) SECONDS_EACH=n (0: no limit) TARGET=name (one alone) BYTES=n (longest input) fuzz.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
RUNS=${RUNS:-200000} SECONDS_EACH=${SECONDS_EACH:-0} TARGET=${TARGET:-} BYTES=${BYTES:-}
export SWIFT_BACKTRACE=enable=no
# No stacks of allocations are kept: a finding is looked into with options of its own. What was freed stays poisoned for
# 8 MiB, not for 256: an engine of 300 KiB is thrown away with each input, and would never be in a cache.
export ASAN_OPTIONS=${ASAN_OPTIONS:-quarantine_size_mb=8:malloc_context_size=0:allocator_release_to_os_interval_ms=-1}
WORK=$PWD/.build-fuzz
FUZZ=$WORK/release/tandem-fuzz

skip() { echo "fuzz: skipped: $*"; exit 0; }
swift=$(command -v "${SWIFT:-swift}") || skip "there is no swift"
runtime=$(find "$(dirname "$(realpath "$swift")")/../lib/clang" -name 'libclang_rt.fuzzer_no_main-x86_64.a' \
    2>/dev/null | head -1)
[ -n "$runtime" ] || skip "this toolchain has no libFuzzer runtime"
TANDEM_FUZZ=$(realpath "$runtime") "$swift" build -c release \
    --scratch-path "$WORK" --product tandem-fuzz >"$WORK.log" 2>&1 || { grep error: "$WORK.log"; exit 1; }

# Of a script's steps the last few matter: longer ones find no more, at a fraction of the speed.
longest() {
    case $1 in
    hostile) echo 96 ;;
    keyed | standby | server) echo 192 ;;
    *) echo 512 ;;
    esac
}

TANDEM_FUZZ_SCRATCH=$(mktemp -d /dev/shm/tandem-fuzz.XXXXXX)
export TANDEM_FUZZ_SCRATCH
trap 'rm -rf "$TANDEM_FUZZ_SCRATCH"' EXIT

passed=0 failed=0
printf '%-10s %12s %10s %8s %8s  %s\n' target executions a-second edges deep verdict
for target in ${TARGET:-schema state journal copy source hostile keyed standby server}; do
    corpus=$WORK/corpus/$target found=$WORK/found/$target log=$WORK/$target.log
    mkdir -p "$corpus" "$found" "Tests/Fuzz/Corpus/$target"
    "$FUZZ" seeds "$target" "$corpus"
    status=0
    "$FUZZ" "$target" "$corpus" "Tests/Fuzz/Corpus/$target" -runs="$RUNS" -max_len="${BYTES:-$(longest "$target")}" \
        -max_total_time="$SECONDS_EACH" -timeout=10 -rss_limit_mb=4096 \
        -artifact_prefix="$found/" -detect_leaks=0 -print_final_stats=1 >"$log" 2>&1 || status=$?
    # What is missing in the log of a run that ended early stays a question mark.
    set +e
    executions=$(awk '/stat::number_of_executed_units/ {print $2}' "$log")
    rate=$(awk '/stat::average_exec_per_sec/ {print $2}' "$log")
    edges=$(grep -oE 'cov: [0-9]+' "$log" | tail -1 | tr -dc 0-9)
    deep=$(grep -oE '[0-9]+ deep|deep: [0-9]+|[0-9]+ got past[a-z ]*' "$log" | tail -1 | tr -dc 0-9)
    set -e
    if [ $status = 0 ]; then
        passed=$((passed + 1)) verdict="nothing found"
    else
        failed=$((failed + 1))
        finding=$(grep -m1 -E 'does not hold|Fatal error|ERROR' "$log" | cut -c1-120)
        verdict="FOUND: $finding; the input is in $found, the rest in $log"
    fi
    printf '%-10s %12s %10s %8s %8s  %s\n' "$target" "${executions:-?}" "${rate:-?}" "${edges:-?}" "${deep:-}" \
        "$verdict"
    rmdir "Tests/Fuzz/Corpus/$target" 2>/dev/null || true
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
