#!/usr/bin/env bash
# The tests under ThreadSanitizer and under AddressSanitizer, optimised as in programs. Any report is a failure; what is
# not reported stands in tsan.supp, a line each.
#
# ThreadSanitizer sees what one process does at one address: RoleTests has writers, reader and replicator as threads
# over one mapping. That it sees their argued races when it is not told to pass over them is tried first.
#
#   SANITIZERS="thread address" ONLY=filter CONFIGURATION=debug (built in half the time) SWIFT=swift sanitize.sh
#
# TANDEM_TESTS=TandemCoreTests,TandemTests builds no other suites, nor what only those stand on (Package.swift).
set -u
cd "$(dirname "$0")/../.."
SWIFT=${SWIFT:-swift} SANITIZERS=${SANITIZERS:-thread address} ONLY=${ONLY:-.} CONFIGURATION=${CONFIGURATION:-release}
failed=0

# Swift's own defaults pass over every copy of memory, and over whatever the standard library does for its caller.
thread="halt_on_error=0 exitcode=66 history_size=4 ignore_interceptors_accesses=0 ignore_noninstrumented_modules=0"
# Leaks are what processes end with here, on purpose: tests that crash or exit leave theirs.
address="halt_on_error=1 exitcode=66 detect_leaks=0 detect_stack_use_after_return=1"

# run SANITIZER OPTIONS FILTER: the tests' own words in $log.
run() {
    TSAN_OPTIONS=$2 ASAN_OPTIONS=$2 TANDEM_SANITIZER=$1 "$SWIFT" test -c "$CONFIGURATION" --skip-build --sanitize="$1" \
        --scratch-path ".build-$1" -Xswiftc -enable-testing --filter "$3" >"$log" 2>&1
}

reports() { grep -cE "(WARNING|ERROR): (Thread|Address)Sanitizer" "$log"; }

for sanitizer in $SANITIZERS; do
    log=$PWD/.build-$sanitizer.log
    echo "building the tests for the $sanitizer sanitizer"
    if ! "$SWIFT" build -c "$CONFIGURATION" --build-tests --sanitize="$sanitizer" \
        --scratch-path ".build-$sanitizer" -Xswiftc -enable-testing >"$log" 2>&1; then
        grep error: "$log"; failed=1; continue
    fi
    options=${!sanitizer}
    run "$sanitizer" "$options" '^nothing$'
    if grep -q "unexpected memory mapping" "$log"; then
        echo "$sanitizer: skipped: the sanitizer cannot use memory as this kernel lays it out (vm.mmap_rnd_bits)"
        continue
    fi
    if [ "$sanitizer" = thread ]; then
        # Of all the lines but one: were one of the others too wide, it would hide what this one passes over.
        grep -v readShared Tests/Sanitizers/tsan.supp >.build-thread/others.supp
        # On a busy machine reader and writers may happen not to meet in one run.
        for _ in 1 2 3; do
            run thread "$options suppressions=$PWD/.build-thread/others.supp" 'RoleTests/together'
            if grep -q "readShared" "$log"; then break; fi
        done
        if grep -q "readShared" "$log"; then
            echo "thread: not told to pass over it, it reports the copying of payloads: $(reports) races"
        else
            echo "thread: FAILED: it does not see the copying of payloads, so it would see nothing"; failed=1
        fi
        options="$options print_suppressions=1 suppressions=$PWD/Tests/Sanitizers/tsan.supp"
    fi
    status=0; run "$sanitizer" "$options" "$ONLY" || status=$?
    tests=$(grep -oE "Test run with .*" "$log" | tail -1)
    echo "$sanitizer: $(reports) reports; ${tests:-the tests did not come to their end}"
    grep -A20 "Matched .* suppressions" "$log" | grep -E "^[0-9]+ " | sed 's/^/  passed over: /'
    if [ $status != 0 ] || [ "$(reports)" != 0 ]; then
        failed=1
        grep -E "SUMMARY: |recorded an issue|✘ Test" "$log" | sort | uniq -c | head -20
        echo "$sanitizer: FAILED: all of it is in $log"
    fi
done
[ "$failed" = 0 ]
