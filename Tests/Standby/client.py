#!/usr/bin/python3
"""What nbdkit's own client library makes of a standby: `client.py CASE URI-or-arguments`. Ends with 0 when the case
holds; else says what does not."""

import os
import signal
import socket
import sys

import nbd

GENERATION = "0123456789abcdef0123456789abcdef"
BYTES = 1 << 20
CONTROL = BYTES
# 8 bytes for each page, and for what each of 62 tables is rounded up to.
DIGESTS = (BYTES // 4096 + 64 * 62) * 8 + 4095 & ~4095


def name(session, size=BYTES):
    return f"copy?session={session}&generation={GENERATION}&bytes={size}"


def connect(path, export, go=True, secret=None, port=None):
    handle = nbd.NBD()
    handle.set_opt_mode(True)
    handle.set_full_info(True)
    handle.set_strict_mode(0)
    if secret:
        handle.set_tls(nbd.TLS_REQUIRE)
        handle.set_tls_username("tandem")
        handle.set_tls_psk_file(secret)
    if port:
        handle.connect_tcp("127.0.0.1", port)
    else:
        handle.connect_unix(path)
    handle.set_export_name(export)
    if go:
        handle.opt_go()
    return handle


def refused(what, action, errors=None):
    try:
        action()
    except nbd.Error as error:
        if errors and error.errno not in errors:
            sys.exit(f"{what}: refused with {error.errno}, not {errors}")
        return
    sys.exit(f"{what}: not refused")


def equal(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r}, not {expected!r}")


def session(path):
    """One session from its opening to the next one's."""
    look = connect(path, "copy", go=False)
    look.opt_info()
    described = look.get_export_description()
    if not described.startswith("tandem-standby/1 session=0 state=free generation=0000"):
        sys.exit(f"described as {described!r}")
    equal("size before the first session", look.get_size(), 4096)
    look.opt_abort()
    first = connect(path, name(1))
    equal("size", first.get_size(), BYTES + 4096 + DIGESTS)
    equal("offered", (first.can_flush(), first.can_fua(), first.can_zero(), first.can_trim(), first.can_multi_conn(),
                      first.is_read_only()), (True, True, True, False, False, False))
    equal("block sizes", [first.get_block_size(kind) for kind in
                          (nbd.SIZE_MINIMUM, nbd.SIZE_PREFERRED, nbd.SIZE_MAXIMUM)], [1, 4096, 32 << 20])
    first.pwrite(b"a" * 8192, 4096, nbd.CMD_FLAG_FUA)
    first.flush()
    equal("what was written", bytes(first.pread(8192, 4096)), b"a" * 8192)
    page = bytes(first.pread(4096, CONTROL))
    equal("control page", page[:24], b"TANDEMSB" + (1).to_bytes(8, "little") + (1).to_bytes(8, "little"))
    refused("the same session again", lambda: connect(path, name(1)))
    second = connect(path, name(2))
    for what, action in (("write", lambda: first.pwrite(b"b", 0)), ("read", lambda: first.pread(1, 0)),
                         ("flush", first.flush), ("zero", lambda: first.zero(4096, 0))):
        refused(f"{what} of a fenced session", action, {"ESHUTDOWN"})
    second.pwrite(b"c" * 512, 0)
    second.shutdown()


def odd(path):
    """Requests that nobody sends, and the server is there as before."""
    for export in ("other", "copy?", "copy?session=1", name(0), name(-1), name(1 << 63), name(1, 0), name(1, 1 << 62),
                   "?" * 200, "copy?" + "x=1&" * 900, name(1) + "&bytes=1", "\u00fc\u4e00"):
        refused(f"export {export[:40]!r}", lambda: connect(path, export))
    handle = connect(path, name(1))
    end = BYTES + 4096
    outside = {"EINVAL", "ENOSPC", "EPERM", "ERANGE", "EIO"}
    for what, action in (
            ("read past the end", lambda: handle.pread(4096, end)),
            ("read across the end", lambda: handle.pread(4096, end - 1)),
            ("read from nowhere", lambda: handle.pread(1, 1 << 62)),
            ("write past the end", lambda: handle.pwrite(b"x" * 4096, end)),
            ("write across the end", lambda: handle.pwrite(b"x" * 4096, end - 1)),
            ("write from nowhere", lambda: handle.pwrite(b"x", (1 << 63) - 1)),
            ("write to the control page", lambda: handle.pwrite(b"x", CONTROL)),
            ("write into the control page", lambda: handle.pwrite(b"x" * 8192, CONTROL - 4096)),
            ("zero of the control page", lambda: handle.zero(4096, CONTROL)),
            ("zero past the end", lambda: handle.zero(1 << 30, 0)),
            ("trim", lambda: handle.trim(4096, 0)),
            ("cache", lambda: handle.cache(1 << 30, 0))):
        refused(what, action)
    handle.pwrite(b"x", 12345)
    handle.pwrite(b"yz", BYTES - 2)
    equal("odd offsets", (bytes(handle.pread(1, 12345)), bytes(handle.pread(4, BYTES - 2))), (b"x", b"yzTA"))
    observer = connect(path, "copy")
    refused("a write by who only looks", lambda: observer.pwrite(b"x", 0), {"EPERM"})
    equal("what who only looks reads", bytes(observer.pread(1, 12345)), b"x")
    # Many that vanish in the middle of a write, in the middle of a handshake, or talk something else.
    for number in range(20):
        late = connect(path, name(2 + number))
        late.aio_pwrite(nbd.Buffer.from_bytearray(bytearray(b"z" * (1 << 20))), 0)
        os.close(os.dup(late.aio_get_fd()))
        socket.socket(fileno=os.dup(late.aio_get_fd())).shutdown(socket.SHUT_RDWR)
        for noise in (b"GET / HTTP/1.1\r\n\r\n", os.urandom(4096), b"", b"\0\0\0\3IHAVEOPT" + b"\xff" * 64):
            raw = socket.socket(socket.AF_UNIX)
            raw.connect(path)
            try:
                raw.sendall(noise)
            except OSError:
                pass
            raw.close()
    last = connect(path, name(100))
    last.pwrite(b"w", 0)
    equal("the last session", bytes(last.pread(1, 0)), b"w")


def secret(port, right, wrong):
    """Only who has the secret is let in."""
    refused("plain", lambda: connect(None, name(1), port=port))
    refused("another secret", lambda: connect(None, name(1), port=port, secret=wrong))
    handle = connect(None, name(1), port=port, secret=right)
    if not handle.get_tls_negotiated():
        sys.exit("not encrypted")
    handle.pwrite(b"a", 0)


def hold(path, number):
    """A session that stays until standard input ends."""
    handle = connect(path, name(int(number)))
    handle.pwrite(b"h" * 512, 0)
    print("held", flush=True)
    sys.stdin.read()


def silent(port, key):
    """A session whose end here says nothing more, and does not go either."""
    handle = connect(None, name(1), port=port, secret=key)
    os.kill(os.getpid(), signal.SIGSTOP)
    handle.shutdown()


CASES = {"session": session, "odd": odd, "secret": secret, "hold": hold, "silent": silent}
if __name__ == "__main__":
    CASES[sys.argv[1]](*sys.argv[2:])
