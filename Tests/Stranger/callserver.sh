#!/usr/bin/env bash
# docs/examples/call-server, as its author would build it: a package of its own, that depends on this one by path and on
# swift-nio. Calls are set up over UDP, the server is killed and started again, and every call is still there.
#
#   SWIFT=path WORK=folder callserver.sh
set -uo pipefail

SWIFT=${SWIFT:-swift}
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
WORK=${WORK:-$ROOT/.build/call-server}
failed=0 passed=0 server=0
scratch=$(mktemp -d /dev/shm/tandem-calls-XXXXXX)
trap 'kill "$server" 2>/dev/null; rm -r "$scratch"' EXIT

fail() { echo "FAILED: $*"; failed=$((failed + 1)); }
expect() { if [[ $2 == *"$3"* ]]; then passed=$((passed + 1)); else fail "$1: $2"; fi; }

# Copied, so that nothing is built within the pages.
mkdir -p "$WORK"
cp -r "$ROOT/docs/examples/call-server/." "$WORK"
sed -i "s|path: \"../../..\"|path: \"$ROOT\"|" "$WORK/Package.swift"
if "$SWIFT" build --package-path "$WORK" >"$WORK/build.log" 2>&1 \
    && ! grep -q "CallServer/.*warning:" "$WORK/build.log"; then
    passed=$((passed + 1))
else
    fail "the example does not build:"
    grep -E "error|warning" "$WORK/build.log"
    exit 1
fi

# Starts the server on a free port, and says how many calls it has found.
start() {
    "$WORK/.build/debug/CallServer" "$scratch/source" 0 >"$scratch/out" 2>&1 &
    server=$!
    for _ in {1..100}; do grep -q ^port "$scratch/out" && break; sleep 0.1; done
    port=$(sed -n 's/^port \([0-9]*\),.*/\1/p' "$scratch/out")
    found=$(sed -n 's/^port .*, //p' "$scratch/out")
    exec 3<>"/dev/udp/127.0.0.1/${port:-1}"
}

# send METHOD URI CALL-ID: the response; nothing where none comes within two seconds. One write is one datagram, and
# printf's are one for each line.
send() {
    printf '%s\r\n' "$1 $2 SIP/2.0" "Via: SIP/2.0/UDP 127.0.0.1" "From: <sip:a@b>" "To: <sip:c@d>" "Call-ID: $3" \
        "CSeq: 1 $1" "" | dd bs=65536 iflag=fullblock >&3 2>/dev/null
    [ "$1" = ACK ] || timeout 2 dd bs=65536 count=1 <&3 2>/dev/null | tr -d '\r'
}
contact() { sed -n 's/^Contact: <\(.*\)>/\1/p'; }

start
expect "a new server" "$found" "0 calls"
one=$(send INVITE sip:c@d one@pc33)
expect "an INVITE" "$one" "SIP/2.0 200 OK"
expect "a retransmission" "$(send INVITE sip:c@d one@pc33 | contact)" "$(contact <<<"$one")"
two=$(send INVITE sip:c@d two@pc33 | contact)
[ "$two" != "$(contact <<<"$one")" ] || fail "two calls have one handle"
send ACK "$two" two@pc33
expect "a long Call-ID" "$(send INVITE sip:c@d "$(printf 'x%.0s' {1..200})")" "SIP/2.0 400"
expect "another method" "$(send OPTIONS sip:c@d three@pc33)" "SIP/2.0 501"
expect "no call's BYE" "$(send BYE sip:0000000500000001@d two@pc33)" "SIP/2.0 481"

kill -9 "$server"
wait "$server" 2>/dev/null
start
expect "a server that was killed" "$found" "2 calls"
expect "a BYE" "$(send BYE "$two" two@pc33)" "SIP/2.0 200 OK"
expect "the same again" "$(send BYE "$two" two@pc33)" "SIP/2.0 481"

echo "the call server: $passed passed, $failed failed"
[ "$failed" = 0 ]
