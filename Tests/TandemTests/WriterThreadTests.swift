import Glibc
import Synchronization
import Tandem
import TandemSystem
import TestSupport
import Testing

@Suite("Who holds a writer")
struct WriterThreadTests {
    private let scratch = Scratch(in: "/dev/shm")

    @Test("A writer is shown with its process and with the thread that it was made on")
    func thread() throws {
        let source = try SourceDataFile.create(
            at: scratch.file("exchange"), tables: Exchange.tables, options: Exchange.options)
        let first = try source.makeWriter()
        let found = Mutex<(number: UInt64, process: Int, shown: Int)?>(nil)
        OwnThread { _ in
            guard let second = try? source.makeWriter() else { return }
            defer { withExtendedLifetime(second) {} }
            guard let shown = SourceStatus.read(from: source).writers.last else { return }
            found.withLock { $0 = (CurrentThread.number, shown.process, shown.thread) }
        }.stop()
        let second = try #require(found.withLock { $0 })
        #expect(second.shown == Int(second.number) && second.shown != Int(getpid()))
        #expect(second.process == Int(getpid()))
        #expect(SourceStatus.read(from: source).writers.first?.thread == Int(CurrentThread.number))
        withExtendedLifetime(first) {}
    }
}
