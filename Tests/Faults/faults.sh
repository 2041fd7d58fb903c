#!/usr/bin/env bash
# Real faults, on real kernel objects: the `tandem` command meets failing, slow, hung and forgetful devices, full file
# systems, limits, seccomp, jumping clocks, signals and rot. Each family is a script of named checks; this runs them and
# counts. What cannot be tried here is skipped, with the reason.
#
#   TANDEM=path FAULTS=all|quick|"family ..." SEED=n DIRECTORY=disk faults.sh
set -euo pipefail
here=$(dirname "$(realpath "$0")")
all="device slow hung powercut space files source rot forbidden limits clock starvation writers creation replicator"
all+=" promotion direct net"
quick="device hung powercut space files source rot forbidden clock promotion direct net"

export TANDEM=$(realpath "${TANDEM:-.build/release/tandem}") SEED=${SEED:-1} QUICK=
families=${FAULTS:-all}
case $families in
all) families=$all ;;
quick) families=$quick QUICK=yes ;;
esac

results=$(mktemp /tmp/tandem-faults.XXXXXX)
trap 'rm -f "$results"' EXIT
trap 'exit 130' INT TERM
started=$SECONDS
for family in $families; do
    script=$here/families/$family.sh
    [ -f "$script" ] || { echo "faults: there is no family '$family'. There are: $all"; exit 2; }
    echo "$family"
    before=$SECONDS
    # A family that hangs is ended, and has failed; its own trap gives back what it holds.
    timeout --kill-after=30 300 bash "$script" 2>&1 | tee -a "$results" \
        || echo "FAILED   $family ended early, with status $?" | tee -a "$results"
    echo "         $((SECONDS - before)) s"
done
count() { grep -c "^$1 " "$results" || true; }
failed=$(count FAILED)
echo "faults: seed $SEED, $((SECONDS - started)) s"
echo "$(count ok) passed, $failed failed, $(count skipped) skipped"
[ "$failed" -eq 0 ] && [ "$(count ok)" -gt 0 ] || [ "$(count FAILED)$(count ok)" = 00 ]
