internal import Glibc

/// A server's end of a connection, for who speaks NBD by hand: what every such server says and hears in one way.
/// Numbers are big endian.
package protocol NBDConversation {
    var peer: Int32 { get }
    /// Milliseconds for which the peer may be silent before `goesOnWaiting` is asked.
    var patience: Int32 { get }
    /// Whether a peer that says nothing is waited for.
    func goesOnWaiting() -> Bool
}

extension NBDConversation {
    package static var greeting: [UInt8] { "NBDMAGICIHAVEOPT".utf8 + [0, 3] }
    package static var optionMagic: [UInt8] { [0, 3, 0xE8, 0x89, 0x04, 0x55, 0x65, 0xA9] }
    package static var replyMagic: [UInt8] { [0x67, 0x44, 0x66, 0x98] }

    package func reply(to option: UInt64, _ kind: UInt64, _ data: [UInt8]) {
        say(Self.optionMagic + big(option, 4) + big(kind, 4) + big(UInt64(data.count), 4) + data)
    }

    package func say(_ words: [UInt8]) {
        var done = 0
        while done < words.count {
            let sent = words.withUnsafeBytes {
                send(peer, $0.baseAddress! + done, words.count - done, Int32(MSG_NOSIGNAL))
            }
            if sent <= 0 { return }
            done += sent
        }
    }

    /// As many bytes; nil when the peer has gone, or is not waited for any more.
    package func hear(_ count: Int) -> [UInt8]? {
        var words = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            var one = pollfd(fd: peer, events: Int16(POLLIN), revents: 0)
            guard poll(&one, 1, patience) == 1 else {
                if goesOnWaiting() { continue }
                return nil
            }
            let got = words.withUnsafeMutableBytes { recv(peer, $0.baseAddress! + done, count - done, 0) }
            if got <= 0 { return nil }
            done += got
        }
        return words
    }

    package func big(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0 ..< count).map { UInt8(truncatingIfNeeded: value >> UInt64((count - 1 - $0) * 8)) }
    }

    package func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
