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

/// One connection: greeting, options, requests.
private struct Conversation: NBDConversation {
    let peer: Int32
    let patience: Int32 = 20
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

    func goesOnWaiting() -> Bool { !isStopping() }

    mutating func hold() {
        say(Self.greeting)
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
            switch manner {
            case .isSilent: continue
            case .answersOthers: say(Self.replyMagic + big(0, 4) + cookie.map { ~$0 })
            case .stammers: say([1, 2, 3, 4] + big(0, 4) + cookie)
            case .hasItsOwnErrors: say(Self.replyMagic + big(0xDEAD, 4) + cookie)
            case .hangsUpInReply:
                say(Self.replyMagic + big(0, 4) + cookie + [UInt8](repeating: 0, count: kind == 0 ? count / 2 : 0))
                if kind == 0 { return }
            case .isRandom:
                say(Self.replyMagic + big(0, 4) + cookie)
                if kind == 0 { say((0 ..< count).map { _ in UInt8.random(in: 0 ... 255) }) }
            case .forgets, .isHuge, .isNegative, .claimsToBeStandby:
                say(Self.replyMagic + big(0, 4) + cookie)
                if kind == 0 { say([UInt8](repeating: 0, count: count)) }
            }
        }
    }
}
