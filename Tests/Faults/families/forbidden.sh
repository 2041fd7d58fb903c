# io_uring is forbidden, in each of the ways that there are short of the host's own settings: the replicator names the
# rule that blocks it, and goes on with plain writes; asked for io_uring and nothing else, it says so and ends.
source "$(dirname "$0")/../helpers.sh"
needs clang

copy=$disk/copy
[ "$(stat -f -c %T "$disk")" != tmpfs ] || {
    skip "$family" "$disk is in memory, where io_uring is not used anyway; give DIRECTORY=disk"; exit 0; }
clang -O2 -Wall -Wextra -Werror -o "$memory/forbid" "$here/forbid.c"

blocked() { # name, the rule it names, command that runs another one without io_uring
    local name=$1 rule=$2
    shift 2
    fresh
    rm -f "$copy"
    start "$@" "$TANDEM" replicate "$source" --to "$copy" --json >>"$log" 2>&1
    replicator=$last
    expect "$name: in sync all the same" "in sync (first copy)" "$(await "in sync*" 20)"
    expect "$name: and says what blocks it" "$rule" "$(status driver)"
    "$TANDEM" load "$source" --seconds 1 --rate 4000 --json >/dev/null
    expect "$name: source and copy" "equal*" "$(equal "$copy")"
    stop "$replicator"
}

# Asked for io_uring alone.
insisted() { # name, what it says, command
    local name=$1 status=0 words
    words=$("${@:3}" timeout 5 "$TANDEM" replicate "$source" --to "$copy" --io uring 2>&1) || status=$?
    expect "$name, insisting on io_uring" "$2" "$status ${words##*$'\n'}"
}

"$memory/forbid" EPERM true 2>/dev/null || { skip "$family" "no seccomp filter can be set here"; exit 0; }
cached="through the page cache: a plain write past it waits"
rule="a seccomp filter (a container's\?) forbids io_uring"
blocked "seccomp, EPERM" "pwrite, because $rule; $cached" "$memory/forbid" EPERM
insisted "seccomp, EPERM" "2 tandem: io_uring: $rule. Allow it, or choose the pwrite driver." "$memory/forbid" EPERM
blocked "ENOSYS" "pwrite, because this kernel has no io_uring; $cached" "$memory/forbid" ENOSYS
insisted "ENOSYS" "2 tandem: io_uring: this kernel has no io_uring. Allow it, or choose the pwrite driver." \
    "$memory/forbid" ENOSYS

# Kernels count the ring's memory against the limit, or the registered buffers, or neither; root may lock any amount.
unprivileged=()
[ "$(id -u)" != 0 ] || unprivileged=(setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock)
blocked "RLIMIT_MEMLOCK 0" "@(pwrite, because|io_uring, *) RLIMIT_MEMLOCK is too low (ulimit -l)*" \
    "${unprivileged[@]}" prlimit --memlock=0
