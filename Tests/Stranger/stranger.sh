#!/usr/bin/env bash
# What a stranger's package can say with the library, and what it cannot: see Compiles, refused.txt.
#
#   SWIFT=path WORK=folder stranger.sh
#
# The package is made anew in a folder, depends on this one by path and without its tools, and keeps its build there.
set -uo pipefail

SWIFT=${SWIFT:-swift}
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
WORK=${WORK:-$ROOT/.build/stranger}
failed=0 passed=0

fail() { echo "FAILED: $*"; failed=$((failed + 1)); }

mkdir -p "$WORK/Sources/Stranger"
cat >"$WORK/Package.swift" <<END
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "stranger",
    dependencies: [.package(name: "tandem", path: "$ROOT", traits: [])],
    targets: [
        .executableTarget(name: "Stranger", dependencies: [.product(name: "Tandem", package: "tandem")]),
        .executableTarget(name: "KeyedCalls", dependencies: [.product(name: "Tandem", package: "tandem")]),
    ])
END
cp "$HERE"/Compiles/*.swift "$WORK/Sources/Stranger/"
mkdir -p "$WORK/Sources/KeyedCalls"
cp "$ROOT"/docs/examples/KeyedCalls.swift "$WORK/Sources/KeyedCalls/"

# The lines that the README shows are the lines that compile.
sed -n '/^## Twelve lines/,/^## /{/^```swift/,/^```$/p}' "$ROOT/README.md" | grep -v '^```' | grep . >"$WORK/readme"
if sed -n '/^import Tandem/,$p' "$HERE/Compiles/main.swift" | grep . | diff "$WORK/readme" - >"$WORK/readme.diff"; then
    passed=$((passed + 1))
else
    fail "README's lines are not those of Compiles/main.swift:"
    cat "$WORK/readme.diff"
fi

# What comes along: the log's interface, and nothing that only the tools want.
packages=$("$SWIFT" package --package-path "$WORK" show-dependencies --format flatlist 2>"$WORK/resolve.log")
if grep -qx swift-log <<<"$packages" && ! grep -qE "argument-parser|histogram|numerics" <<<"$packages"; then
    passed=$((passed + 1))
else
    fail "the stranger's package resolves:"; echo "$packages"; cat "$WORK/resolve.log"
fi

for configuration in debug release; do
    if "$SWIFT" build --package-path "$WORK" -c $configuration >"$WORK/$configuration.log" 2>&1 \
        && ! grep -q "Sources/\(Stranger\|KeyedCalls\).*warning:" "$WORK/$configuration.log"; then
        passed=$((passed + 1))
    else
        fail "the programs of Compiles, in $configuration:"
        grep -E "error|warning" "$WORK/$configuration.log" | sort -u
    fi
done

# The example does what it says: a call is set up, found, and ended once.
example=$(mktemp -d /dev/shm/tandem-example-XXXXXX)
said=$("$WORK/.build/debug/KeyedCalls" "$example/source" 2>&1)
if grep -q "^set up as 0000000100000000$" <<<"$said" && grep -q "^BYE 1: 200$" <<<"$said" \
    && grep -q "^BYE 2: 481$" <<<"$said" && grep -q "^0 calls of 100000, trunk 7 has 0$" <<<"$said"; then
    passed=$((passed + 1))
else
    fail "docs/examples/KeyedCalls.swift says:"; echo "$said"
fi
rm -r "$example"

# Every C module that the library imports has its map in the build folder.
modules="$WORK/.build/debug/Modules"
maps=()
for shim in "$ROOT"/CShims/*/; do
    map="$WORK/.build/debug/$(basename "$shim").build/module.modulemap"
    [ -e "$map" ] && maps+=(-Xcc "-fmodule-map-file=$map" -Xcc "-I$shim/include")
    # A system library's is not generated.
    [ -e "$shim/module.modulemap" ] && maps+=(-Xcc "-fmodule-map-file=$shim/module.modulemap")
done
swiftc=${SWIFTC:-$(dirname "$(command -v "$SWIFT")")/swiftc}

# refused NAME LINES FRAGMENT
refused() {
    local file="$WORK/refused.swift"
    {
        echo "import Tandem"
        echo "struct Call: BitwiseCopyable { var state = 0, trunk = 0 }"
        echo "func stranger(_ source: SourceDataFile, _ calls: DataTable<Call>) throws {"
        echo "var writer = try source.makeWriter()"
        echo "try writer.transaction { change throws(TandemError) in try change.set(calls, at: 0, to: Call()) }"
        echo "$2"
        echo "}"
    } >"$file"
    # To SIL: moves and copies are looked at behind the types.
    if "$swiftc" -emit-sil -o /dev/null -swift-version 6 -I "$modules" "${maps[@]}" "$file" \
        >"$WORK/refused.log" 2>&1; then
        fail "this compiles: $1"
    elif grep -q "error:.*$3" "$WORK/refused.log"; then
        passed=$((passed + 1))
    else
        fail "$1 is refused, but not because of \"$3\":"; grep error: "$WORK/refused.log"
    fi
}

name="" lines=""
while IFS= read -r line; do
    case $line in
    '#'* | '') ;;
    '@@ '*) name=${line#@@ } lines="" ;;
    '>> '*) refused "$name" "$lines" "${line#>> }" ;;
    *) lines+=$line$'\n' ;;
    esac
done <"$HERE/refused.txt"

echo "a stranger's package: $passed passed, $failed failed"
[ "$failed" = 0 ]
