internal import CLinuxMemory
import Glibc
import Synchronization
import TandemCore
import TandemSystem
import TestSupport

/// A server on a socket of its own that speaks the protocol of block devices as an input says: honestly, or not. Never
/// silent, which would only be waited for.
final class LyingServer: Sendable {
    let path: String
    private let script = Mutex(ServerScript(FuzzInput(UnsafeRawBufferPointer(start: nil, count: 0))))
    private let active = Atomic(0)

    init() {
        path = FuzzScratch.path("nbd")
        unlink(path)
        let listener = local_listen(path)
        guard listener >= 0, DetachedThread(named: "fuzz-server", { [self] in serve(listener) }) != nil else {
            fatalError("no server at \(path)")
        }
    }

    /// From the next connection on.
    func begin(_ script: ServerScript) { self.script.withLock { $0 = script } }

    /// Nobody is connected any more: what the script noted is there to be looked at.
    func wait() { while active.load(ordering: .acquiring) > 0 { usleep(20) } }

    /// Nobody finds it any more.
    func stop() { unlink(path) }

    private func serve(_ listener: Int32) {
        while true {
            let peer = local_accept(listener)
            guard peer >= 0 else { continue }
            active.add(1, ordering: .acquiringAndReleasing)
            ServerConversation(peer, script.withLock { $0 }).hold()
            close(peer)
            active.subtract(1, ordering: .acquiringAndReleasing)
        }
    }
}

/// What a server has and says, and what it was asked for. One thread at a time: whoever is being served waits.
final class ServerScript: @unchecked Sendable {
    /// Says where it lies; behind its end the server is honest.
    var manners: FuzzInput
    /// The export: the copy, the page behind it, digests.
    var bytes: [UInt8]
    /// As it describes itself.
    var description = ""
    let copyBytes: Int

    // What it has said and done.
    private(set) var hasLied = false
    var saidBytes: UInt64 = 0
    var saidFlags: UInt64 = 0
    var saidBlocks: (least: UInt64, most: UInt64)?
    var writes: [Range<Int>] = []
    var names: [String] = []

    init(_ manners: FuzzInput, bytes: [UInt8] = [], copyBytes: Int = 0) {
        self.manners = manners
        self.bytes = bytes
        self.copyBytes = copyBytes
    }

    func noteSilence() { hasLied = true }

    /// How the next thing is said: 0 for honestly.
    func manner() -> UInt8 {
        let manner = manners.byte()
        if manner != 0 { hasLied = true }
        return manner
    }
}

/// One connection: greeting, options, requests.
struct ServerConversation: NBDConversation {
    let peer: Int32
    let script: ServerScript
    let patience: Int32 = 200

    /// The peer waits itself, for what a lie has promised.
    func goesOnWaiting() -> Bool {
        script.noteSilence()
        return false
    }

    init(_ peer: Int32, _ script: ServerScript) {
        self.peer = peer
        self.script = script
    }

    func hold() {
        let manner = script.manner()
        switch manner & 7 {
        case 1: return say("NBDMAGICIHAVEOPT".utf8.map { $0 ^ (manner >> 3) } + [0, 3])
        case 2: say("NBDMAGIC\u{0}\u{0}B\u{2}\u{1}".utf8 + [UInt8](repeating: 0, count: 200))
        case 3: say("NBDMAGICIHAVEOPT".utf8 + [manner, manner >> 3])
        case 4: return
        default: say(Self.greeting)
        }
        guard hear(4) != nil else { return }
        while let option = hear(16) {
            let kind = number(option[8 ..< 12])
            guard let data = hear(min(Int(number(option[12 ..< 16])), 1 << 16)) else { return }
            switch kind {
            case 6, 7:
                guard inform(kind, data) else { return }
                if kind == 7 { return serve() }
            case 1:
                // What a client asks who was told that the server is an old one.
                (script.saidBytes, script.saidFlags, script.saidBlocks) = (UInt64(script.bytes.count), 5, nil)
                say(big(UInt64(script.bytes.count), 8) + big(5, 2) + [UInt8](repeating: 0, count: 124))
                return serve()
            case 2: return
            default: reply(to: kind, 1 << 31 | 1, [])
            }
        }
    }

    // MARK: Options

    /// What is said of the export. False: that was all.
    private func inform(_ option: UInt64, _ data: [UInt8]) -> Bool {
        if data.count >= 4 {
            let count = min(Int(number(data[0 ..< 4])), data.count - 4)
            script.names.append(String(decoding: data[4 ..< 4 + count], as: UTF8.self))
        }
        let manner = script.manner()
        (script.saidBytes, script.saidFlags, script.saidBlocks) = (UInt64(script.bytes.count), 5, nil)
        var description = script.description
        switch manner & 15 {
        case 1: description = describe()
        case 2: script.saidBytes = script.manners.value(near: script.saidBytes)
        case 3: script.saidFlags = script.manners.half()
        case 4, 5:
            script.saidBlocks = (script.manners.value(near: 512), script.manners.value(near: 1 << 20))
        case 6:
            reply(to: option, 1 << 31 | UInt64(manner >> 4), Array("no such thing".utf8))
            return option != 7
        case 7: reply(to: option ^ 1, 1, [])
        case 8:
            say(Self.optionMagic + big(option, 4) + big(3, 4) + big(script.manners.value(near: 12), 4) + [0, 0, 1])
            return false
        case 9: reply(to: option, 3, big(script.manners.half(), Int(manner >> 4)))
        case 10: reply(to: option, UInt64(manner >> 4), big(script.manners.word(), 8))
        case 11: return false
        default: break
        }
        reply(to: option, 3, [0, 0] + big(script.saidBytes, 8) + big(script.saidFlags, 2))
        reply(to: option, 3, [0, 2] + description.utf8)
        if let blocks = script.saidBlocks {
            reply(to: option, 3, [0, 3] + big(blocks.least, 4) + big(max(4096, blocks.least), 4) + big(blocks.most, 4))
        }
        if manner & 15 == 12 { reply(to: option, 3, [0, 9] + big(script.manners.word(), 8)) }
        reply(to: option, 1, [])
        return true
    }

    /// A standby's words, or some of them.
    private func describe() -> String {
        let count = script.manners.number(below: 12)
        var text: [UInt8] = []
        for _ in 0 ..< count {
            let piece = script.manners.number(below: 9)
            let pieces = [
                "tandem-standby/1", " session=", "7", " state=held", " generation=", "ffff", "\u{0}", "tandem",
            ]
            if piece < pieces.count { text += pieces[piece].utf8 } else { text.append(script.manners.byte()) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    // MARK: Requests

    private func serve() {
        while let request = hear(28) {
            let kind = number(request[6 ..< 8])
            let (offset, count) = (Int(clamping: number(request[16 ..< 24])), Int(number(request[24 ..< 28])))
            let written = kind == 1 ? hear(count) : []
            guard let written, kind != 2 else { return }
            let manner = script.manner()
            if kind == 1 { store(written, at: offset) }
            let cookie = Array(request[8 ..< 16])
            let data = kind == 0 ? bytes(count, at: offset, manner) : []
            switch manner & 7 {
            case 1: say(Self.replyMagic + big(max(1, script.manners.half()), 4) + cookie)
            case 2: say(Self.replyMagic + big(0, 4) + cookie.map { $0 ^ (manner >> 3) } + data)
            case 3: say([0x66, 0x8E, 0x33, manner] + big(0, 4) + cookie + data)
            case 4:
                say(Self.replyMagic + big(0, 4) + cookie + data.prefix(data.count / 2))
                return
            case 5: return
            case 7:
                say(Self.replyMagic + big(0, 4) + cookie + data)
                say(Self.replyMagic + big(0, 4) + cookie + data)
            default: say(Self.replyMagic + big(0, 4) + cookie + data)
            }
        }
    }

    private func store(_ bytes: [UInt8], at offset: Int) {
        script.writes.append(offset ..< offset &+ bytes.count)
        guard offset <= script.bytes.count - bytes.count else { return }
        script.bytes.replaceSubrange(offset ..< offset + bytes.count, with: bytes)
    }

    /// What is there, zeros where nothing is; or nonsense.
    private func bytes(_ count: Int, at offset: Int, _ manner: UInt8) -> [UInt8] {
        if manner & 7 == 6 {
            var word = UInt64(manner)
            return (0 ..< count).map { _ in
                word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: word >> 33)
            }
        }
        guard offset < script.bytes.count else { return [UInt8](repeating: 0, count: count) }
        let there = script.bytes[offset ..< min(offset + count, script.bytes.count)]
        return there + [UInt8](repeating: 0, count: count - there.count)
    }
}
