import Glibc
import TestSupport

/// Somebody who speaks the protocol of block devices up to a point, and from then on says what the test wants.
final class PretendServer: Sendable {
    enum Manner: String, CaseIterable, Sendable {
        /// Every read is zeros, and every write is taken and forgotten.
        case forgets
        /// Nothing is answered any more.
        case isSilent
        /// Replies to requests that nobody has made.
        case answersOthers
        /// A reply begins with another magic number.
        case stammers
        /// Half a page, and gone.
        case hangsUpInReply
        /// An error that the protocol does not have.
        case hasItsOwnErrors
        /// Success, for reads with random bytes.
        case isRandom
        /// Larger than any file.
        case isHuge
        /// More than 2^63 bytes.
        case isNegative
        /// Descriptions of a standby without being one.
        case claimsToBeStandby
    }

    private let thread: OwnThread
    private let listener: Int32

    init(at path: String, bytes: Int, _ manner: Manner) {
        let listener = ListeningSocket.open(at: path)
        self.listener = listener
        thread = OwnThread { own in
            while !own.isStopping {
                let peer = accept(listener, nil, nil)
                guard peer >= 0 else {
                    usleep(2000)
                    continue
                }
                var conversation = Conversation(with: peer, bytes: bytes, manner) { own.isStopping }
                conversation.hold()
                close(peer)
            }
        }
    }

    func stop() {
        thread.stop()
        close(listener)
    }
}

/// One connection: greeting, options, requests. Big endian.
private struct Conversation {
    private let peer: Int32
    private let bytes: UInt64
    private let manner: PretendServer.Manner
    private let isStopping: () -> Bool

    init(with peer: Int32, bytes: Int, _ manner: PretendServer.Manner, until isStopping: @escaping () -> Bool) {
        self.peer = peer
        self.manner = manner
        self.isStopping = isStopping
        self.bytes =
            switch manner {
            case .isHuge: UInt64(Int64.max)
            case .isNegative: UInt64(Int64.max) + 4096
            default: UInt64(bytes)
            }
    }

    mutating func hold() {
        say("NBDMAGICIHAVEOPT".utf8 + [0, 3])
        guard hear(4) != nil else { return }
        while let option = hear(16) {
            let kind = number(option[8 ..< 12])
            guard let data = hear(Int(number(option[12 ..< 16]))) else { return }
            _ = data
            switch kind {
            case 6, 7:  // INFO, GO
                reply(to: kind, 3, [0, 0] + big(bytes, 8) + big(0x5, 2))  // has flags, can flush
                if manner == .claimsToBeStandby { reply(to: kind, 3, [0, 2] + "tandem-standby/1 session=7".utf8) }
                reply(to: kind, 1, [])
                if kind == 7 { return serve() }
            case 2: return  // ABORT
            default: reply(to: kind, 1 << 31 | 1, [])  // not supported
            }
        }
    }

    private func serve() {
        while let request = hear(28) {
            let kind = number(request[6 ..< 8])
            let count = Int(number(request[24 ..< 28]))
            if kind == 1, hear(count) == nil { return }
            if kind == 2 { return }
            let cookie = Array(request[8 ..< 16])
            let magic: [UInt8] = [0x67, 0x44, 0x66, 0x98]
            switch manner {
            case .isSilent: continue
            case .answersOthers: say(magic + big(0, 4) + cookie.map { ~$0 })
            case .stammers: say([1, 2, 3, 4] + big(0, 4) + cookie)
            case .hasItsOwnErrors: say(magic + big(0xDEAD, 4) + cookie)
            case .hangsUpInReply:
                say(magic + big(0, 4) + cookie + [UInt8](repeating: 0, count: kind == 0 ? count / 2 : 0))
                if kind == 0 { return }
            case .isRandom:
                say(magic + big(0, 4) + cookie)
                if kind == 0 { say((0 ..< count).map { _ in UInt8.random(in: 0 ... 255) }) }
            case .forgets, .isHuge, .isNegative, .claimsToBeStandby:
                say(magic + big(0, 4) + cookie)
                if kind == 0 { say([UInt8](repeating: 0, count: count)) }
            }
        }
    }

    private func reply(to option: UInt64, _ kind: UInt64, _ data: [UInt8]) {
        say(
            [0, 3, 0xE8, 0x89, 0x04, 0x55, 0x65, 0xA9] + big(option, 4) + big(kind, 4) + big(UInt64(data.count), 4)
                + data)
    }

    private func say(_ words: [UInt8]) {
        var done = 0
        while done < words.count {
            let sent = words.withUnsafeBytes {
                send(peer, $0.baseAddress! + done, words.count - done, Int32(MSG_NOSIGNAL))
            }
            if sent <= 0 { return }
            done += sent
        }
    }

    /// As many bytes; nil when the peer has gone or the test ends.
    private func hear(_ count: Int) -> [UInt8]? {
        var words = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            var one = pollfd(fd: peer, events: Int16(POLLIN), revents: 0)
            if poll(&one, 1, 20) == 0 {
                if isStopping() { return nil }
                continue
            }
            let got = words.withUnsafeMutableBytes { recv(peer, $0.baseAddress! + done, count - done, 0) }
            if got <= 0 { return nil }
            done += got
        }
        return words
    }

    private func big(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0 ..< count).map { UInt8(truncatingIfNeeded: value >> UInt64((count - 1 - $0) * 8)) }
    }

    private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
