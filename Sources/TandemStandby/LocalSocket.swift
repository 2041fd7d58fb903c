import CLinuxMemory
import Glibc
import TandemCore
import TandemSystem
import TandemTypes

/// Where a standby hears from commands on its own host: a socket beside the copy, for its user and root.
package enum LocalSocket {
    package static func path(besides copy: String) -> String { copy + ".standby" }

    /// Takes away what a process that was killed has left at the path: a socket at which nobody answers. False where
    /// something else stands.
    package static func removeLeft(at path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return true }
        guard status.st_mode & S_IFMT == S_IFSOCK else { return false }
        let file = local_connect(path)
        guard file < 0 else {
            close(file)
            return false
        }
        return unlink(path) == 0
    }

    /// Up to and with `end`; nil when the other one has gone before.
    static func read(from file: Int32, until end: String, _ limit: Int = 4096) -> String? {
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while text.count < limit {
            let count = recv(file, &byte, 1, 0)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return nil }
            text.append(byte)
            if text.suffix(end.utf8.count).elementsEqual(end.utf8) { return String(decoding: text, as: UTF8.self) }
        }
        return nil
    }

    static func write(_ text: String, to file: Int32) -> Bool { send(Array(text.utf8), to: file) }

    /// How many bytes they are, and these.
    static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { send(Array($0), to: file) } && send(bytes, to: file)
    }

    /// What the other `write` has sent; nil when the other end has gone before, or speaks of more than `limit`.
    static func readBytes(from file: Int32, _ limit: Int) -> [UInt8]? {
        guard let head = receive(8, from: file) else { return nil }
        let count = head.withUnsafeBytes { UInt64(littleEndian: $0.load(as: UInt64.self)) }
        guard count <= UInt64(limit) else { return nil }
        return receive(Int(count), from: file)
    }

    private static func receive(_ count: Int, from file: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { recv(file, $0.baseAddress! + done, count - done, 0) }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { return nil }
            done += got
        }
        return bytes
    }

    private static func send(_ bytes: [UInt8], to file: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(file, $0.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }
}

/// The command's end of it.
package final class StandbyClient {
    private let file: Int32
    private let copy: String

    /// Nil when no standby serves this copy.
    ///
    /// - Parameter patience: seconds for which an answer is waited for; 0: for as long as it takes.
    package init?(of copy: String, patience: Int = 0) {
        file = local_connect(LocalSocket.path(besides: copy))
        guard file >= 0 else { return nil }
        self.copy = copy
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(file) }

    package func status() throws(TandemError) -> StandbyReport { try ask("status") }

    /// When this returns nothing that a primary sends lands on the copy, and its file is nobody's: until this client
    /// goes, and for ever if the copy is a source by then.
    package func fence() throws(TandemError) -> StandbyReport { try ask("promote") }

    /// What is known of the copy as it arrived; nil where nothing is, or nobody answers. To be asked behind `fence` and
    /// with the copy's lock, as only then nobody changes it.
    package func arrival() -> Arrival? {
        guard LocalSocket.write("arrival\n", to: file), let bytes = LocalSocket.readBytes(from: file, 1 << 30) else {
            return nil
        }
        return Arrival(bytes: bytes)
    }

    private func ask(_ request: String) throws(TandemError) -> StandbyReport {
        guard LocalSocket.write(request + "\n", to: file), let text = LocalSocket.read(from: file, until: "\n\n"),
            let report = StandbyReport(lines: text)
        else {
            throw TandemError(
                .unavailable, copy, "its standby does not answer",
                remedy: "End 'tandem standby' on this host, and try again")
        }
        return report
    }
}
