import Glibc
import Tandem
import TandemSystem
import TestSupport
import Testing

/// Records of a known type, which are read by straight loads, while another thread changes them.
@Suite("A record of a known type is read whole")
struct WholeReadTests {
    /// So long to copy that a change often comes between.
    private struct Long: BitwiseCopyable, Sendable {
        var words: InlineArray<1024, UInt64>
        init(_ value: UInt64) { words = InlineArray(repeating: value) }

        /// Compared by the library, as there have to be many: not one read in a hundred meets a change.
        var isOfOneChange: Bool {
            withUnsafeBytes(of: self) { memcmp($0.baseAddress!, $0.baseAddress! + 8, $0.count - 8) == 0 }
        }
    }

    private let scratch = Scratch(in: "/dev/shm")

    @Test("P1: of a record that is changed while it is read, all words are of one change, and of a newer one each time")
    func changing() throws {
        let source = try SourceDataFile.create(
            at: scratch.file("long"), tables: [.of(Long.self, name: "long", capacity: 2, sharing: .shared)])
        let table = try source.table("long", of: Long.self)
        let thread = OwnThread { own in
            var writer = try! source.makeWriter()
            var value: UInt64 = 0
            while !own.isStopping {
                value += 1
                try! writer.transaction { change throws(TandemError) in
                    try change.set(table, at: 1, to: Long(value))
                }
            }
        }
        defer { thread.stop() }
        let end = MonotonicClock.now() + 20_000_000_000
        var (changes, last) = (0, 0 as UInt64)
        while changes < 20_000, MonotonicClock.now() < end {
            let seen = try table.read(at: 1)
            guard seen.isOfOneChange else {
                Issue.record("words of several changes")
                break
            }
            #expect(seen.words[0] >= last)
            if seen.words[0] > last { (changes, last) = (changes + 1, seen.words[0]) }
        }
        #expect(changes > 10, "what is read does change")
    }

    @Test("An index that the table has not is refused, of a long record and of a short one")
    func outOfRange() throws {
        let source = try SourceDataFile.create(
            at: scratch.file("both"),
            tables: [
                .of(Long.self, name: "long", capacity: 2, sharing: .shared),
                .of(UInt64.self, name: "short", capacity: 2, sharing: .shared),
            ])
        let long = try source.table("long", of: Long.self)
        let short = try source.table("short", of: UInt64.self)
        for index in [-1, 2, .max, .min] {
            #expect(#expect(throws: TandemError.self) { try long.read(at: index) }?.code == .indexOutOfRange)
            #expect(#expect(throws: TandemError.self) { try short.read(at: index) }?.code == .indexOutOfRange)
        }
    }
}
