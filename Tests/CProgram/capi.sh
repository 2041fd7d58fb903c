#!/usr/bin/env bash
# The C interface, as a C programmer meets it: installed under a prefix, found by pkg-config, compiled by gcc and clang
# without a warning, run plainly and under AddressSanitizer; and as a C++ programmer does.
#
#   PREFIX=folder (where `make install` has put it)  WORK=folder  capi.sh
set -uo pipefail
cd "$(dirname "$0")/../.."
PREFIX=${PREFIX:?the folder that make install was given} WORK=${WORK:-.build/capi}
export PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig LD_LIBRARY_PATH=$PREFIX/lib PATH=$PREFIX/bin:$PATH
passed=0 failed=0
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAILED: $*"; }
mkdir -p "$WORK"
source=$(mktemp -u /dev/shm/tandem-capi-XXXXXX)
trap 'rm -f "$source"*' EXIT
programs="Tests/CProgram/calls.c Tests/CProgram/slots.c docs/examples/c/two-processes.c"
programs+=" docs/examples/c/cost.c docs/examples/c/keyed-cost.c"

WARNINGS="-std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -pedantic -O1 -g"
read -ra flags <<<"$(pkg-config --cflags --libs tandem)" || fail "pkg-config finds no tandem"
for compiler in gcc clang; do
    command -v $compiler >/dev/null || { echo "no $compiler here: its part is left out"; continue; }
    for sanitizer in "" -fsanitize=address,undefined; do
        [ "$compiler$sanitizer" = clang-fsanitize=address,undefined ] && sanitizer=-fsanitize=address
        for program in $programs docs/examples/c/take-over.c; do
            name=$compiler${sanitizer:+-sanitized}-$(basename $program .c)
            # shellcheck disable=SC2086
            if ! $compiler $WARNINGS $sanitizer $program "${flags[@]}" -pthread -o "$WORK/$name" \
                2>"$WORK/$name.log"; then
                fail "$name does not compile:"; cat "$WORK/$name.log"; continue
            fi
            rm -f "$source"*
            arguments=("$source")
            [ "$(basename $program)" = take-over.c ] && arguments+=("$source.copy")
            # What a program that is killed leaves is the test, and no leak.
            if ASAN_OPTIONS=detect_leaks=0 timeout 60 "$WORK/$name" "${arguments[@]}" >"$WORK/$name.out" 2>&1
            then pass; else fail "$name:"; cat "$WORK/$name.out"; fi
        done
    done
done

# A C++ program may include the header as it is, and has a layer of its own.
for compiler in g++ clang++; do
    command -v $compiler >/dev/null || { echo "no $compiler here: its part is left out"; continue; }
    echo '#include <tandem.h>
int main() { return tandem_interface() == TANDEM_INTERFACE ? 0 : 1; }' >"$WORK/header.cc"
    if $compiler -Wall -Wextra -Werror "$WORK/header.cc" "${flags[@]}" -o "$WORK/header" && "$WORK/header"; then pass;
    else fail "a C++ program with tandem.h, by $compiler"; fi
    for sanitizer in "" -fsanitize=address; do
        name=$compiler${sanitizer:+-sanitized}-calls
        rm -f "$source"
        # shellcheck disable=SC2086
        if $compiler -std=c++17 -Wall -Wextra -Werror -pedantic -O1 -g $sanitizer docs/examples/cxx/calls.cpp \
            "${flags[@]}" -o "$WORK/$name" 2>"$WORK/$name.log" \
            && timeout 60 "$WORK/$name" "$source" >"$WORK/$name.out" 2>&1; then pass;
        else fail "$name:"; cat "$WORK/$name.log" "$WORK/$name.out"; fi
    done
done

# Commits that wait for several copies: of two that are there, and of two of which one is away.
if ${CC:-gcc} -std=c11 -Wall -Wextra -Werror -pedantic Tests/CProgram/copies.c "${flags[@]}" -o "$WORK/copies" \
    && tandem create "$source.two" --table counters:8:16 >/dev/null; then
    for there in both one; do
        targets=(--to "$source.a")
        [ $there = one ] || targets+=(--to "$source.b")
        tandem replicate "$source.two" "${targets[@]}" >"$WORK/replicate-$there.log" 2>&1 &
        if timeout 60 "$WORK/copies" "$source.two" $there >"$WORK/copies.out" 2>&1; then pass;
        else fail "commits that wait for copies, $there there:"; cat "$WORK/copies.out"; fi
        kill $!
        wait $! || true
    done
else fail "copies.c, or a source for it"; fi

# The library shows what the header says, and nothing else.
nm -D --defined-only "$PREFIX/lib/libtandem.so.0" | awk '$2 == "T" {print $3}' | sed 's/@.*//' | sort >"$WORK/shown"
grep -oE '\btandem_[a-z_]+\(' "$PREFIX/include/tandem.h" | tr -d '(' | sort -u >"$WORK/said"
if diff "$WORK/said" "$WORK/shown" >"$WORK/shown.diff"; then pass;
else fail "shown and said differ:"; cat "$WORK/shown.diff"; fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 4 ]
