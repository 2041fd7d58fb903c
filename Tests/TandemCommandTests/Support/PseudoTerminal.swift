import Glibc

/// A terminal of so many columns and rows, for a process to write to.
final class PseudoTerminal {
    let inner: Int32
    private let outer: Int32

    init(columns: UInt16, rows: UInt16) {
        outer = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var unlocked: Int32 = 0
        var number: UInt32 = 0
        // TIOCSPTLCK and TIOCGPTN, which Glibc's import does not have.
        precondition(ioctl(outer, 0x4004_5431, &unlocked) == 0 && ioctl(outer, 0x8004_5430, &number) == 0)
        inner = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        precondition(ioctl(inner, UInt(TIOCSWINSZ), &size) == 0)
        _ = fcntl(outer, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(inner)
        close(outer)
    }

    /// What was written since it was last asked.
    func take() -> String {
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(outer, &piece, piece.count)
            if count <= 0 { return String(decoding: text, as: UTF8.self) }
            text += piece[..<count]
        }
    }
}
