# Sourced by the scripts that fail each system call of a command, by strace. They say which: CALLS; and what is done
# with a failure: attempt, which finds `call`, `error` and `when` as strace wants them.
EVERY=${EVERY:-1}
if ! strace -qq -o /dev/null true 2>/dev/null; then
    echo "skipped: strace cannot trace here"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
passed=0 failed=0
tracing() { strace -f -qq -o "$1" -e trace="$(IFS=,; echo "${CALLS[*]}")" "${@:2}"; }
failing() { strace -f -qq -o /dev/null -e trace="$call" -e inject="$call:error=$error:when=$when" "$@"; }

# failEach TRACE LABEL: each of CALLS that stands in the trace, each EVERY-th time and the last, once and from there on.
failEach() {
    local count tried before number last
    for call in "${CALLS[@]}"; do
        count=$(grep -c " $call(" "$1" || true)
        [ "$count" -gt 0 ] || continue
        tried=0 before=$failed last=
        for number in $(seq 1 "$EVERY" "$count") $count; do
            [ "$number" != "$last" ] || continue
            last=$number
            for error in EIO ENOSPC; do
                [ "$call:$error" != pread64:ENOSPC ] || continue
                for when in "$number" "$number+"; do
                    tried=$((tried + 1))
                    attempt
                done
            done
        done
        printf '%s%-10s %4d calls, %4d failures tried, %d broke a promise\n' "$2" "$call" "$count" "$tried" \
            $((failed - before))
    done
}
