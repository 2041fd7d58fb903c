import Glibc

/// A commit that was said to be on the copy: whatever happens afterwards, the copy must have it.
struct Acknowledgement: Equatable {
    var worker: Int
    var call: Int
    /// The call's sequence number after the commit.
    var sequence: UInt64

    /// `wwww iiiiiiiiii ssssssssssssssssssss\n`, decimal, zero padded.
    static let lineBytes = 37

    func line() -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(Self.lineBytes)
        Self.append(UInt64(clamping: worker), digits: 4, to: &line)
        line.append(UInt8(ascii: " "))
        Self.append(UInt64(clamping: call), digits: 10, to: &line)
        line.append(UInt8(ascii: " "))
        Self.append(sequence, digits: 20, to: &line)
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private static func append(_ number: UInt64, digits: Int, to line: inout [UInt8]) {
        let start = line.count
        var rest = number
        for _ in 0 ..< digits {
            line.insert(UInt8(ascii: "0") + UInt8(rest % 10), at: start)
            rest /= 10
        }
    }
}

/// Where acknowledgements are noted before anybody relies on them: one line, one `write(2)` at the end of the file, so
/// that workers share the file and a killed one leaves whole lines.
final class AcknowledgementLog {
    private let descriptor: Int32

    init(appendingTo path: String) throws(CommandFailure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw CommandFailure.system("open the acknowledgement file", path, errno) }
        guard Self.isOurs(descriptor) else {
            close(descriptor)
            throw CommandFailure(
                "\(path): it holds something else than acknowledgements. Give another file; this one was left as it is."
            )
        }
    }

    /// Empty, or begun by an earlier load: nobody's letters are written to.
    private static func isOurs(_ descriptor: Int32) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        if status.st_size == 0 { return true }
        var line = [UInt8](repeating: 0, count: Acknowledgement.lineBytes)
        return pread(descriptor, &line, line.count, 0) == line.count && line.last == UInt8(ascii: "\n")
            && Acknowledgement(line: line.dropLast()) != nil
    }

    deinit { close(descriptor) }

    func append(_ acknowledgement: Acknowledgement) throws(CommandFailure) {
        let line = acknowledgement.line()
        guard write(descriptor, line, line.count) == line.count else {
            throw CommandFailure.system("note an acknowledgement", "the acknowledgement file", errno)
        }
    }
}
