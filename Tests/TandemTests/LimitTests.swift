import Glibc
import Logging
import Tandem
import TandemSystem
import TestSupport
import Testing

/// Limits of the whole process, so each in a process of its own.
@Suite("P6: limits are errors, not deaths", .serialized)
struct LimitTests {
    @Test("P6: no free descriptor for a source, a writer or a replicator")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            let station = try FixtureFiles()
            let source = try SourceDataFile.open(at: station.sourcePath)
            let before = setLimit(7, rlim_t(firstFreeDescriptor()))  // RLIMIT_NOFILE
            let errors = [
                caught { () throws(TandemError) in _ = try SourceDataFile.open(at: station.sourcePath) },
                caught { () throws(TandemError) in _ = try source.makeWriter() },
                caught { () throws(TandemError) in
                    _ = try Replicator(source: source, copy: station.copyPath, options: .plain)
                },
                caught { () throws(TandemError) in _ = try CopyCheck.check(at: station.copyPath) },
            ]
            _ = setLimit(7, before)
            for error in errors {
                precondition(
                    error?.code == .unavailable
                        && error!.description.contains("Raise the limit of open files (ulimit -n)"),
                    "\(String(describing: error))")
            }
        }
    }

    @Test("P6: a file size limit below a source's size")
    func fileSize() async {
        await #expect(processExitsWith: .success) {
            meetFileSizeSignal()
            let scratch = Scratch(in: "/dev/shm")
            _ = setLimit(1, 4096)  // RLIMIT_FSIZE
            let error = caught { () throws(TandemError) in
                _ = try SourceDataFile.create(
                    at: scratch.file("new"), tables: Exchange.tables, options: Exchange.options)
            }
            precondition(
                error?.code == .noSpace && error!.description.contains("Raise the file size limit (ulimit -f)"),
                "\(String(describing: error))")
            precondition(scratch.names.isEmpty)
        }
    }

    @Test("P6: a file size limit below a copy's size")
    func fileSizeOfCopy() async {
        await #expect(processExitsWith: .success) {
            meetFileSizeSignal()
            let station = try FixtureFiles()
            _ = setLimit(1, 100_000)
            let live = try Live(
                source: try SourceDataFile.open(at: station.sourcePath), copy: station.scratch.file("another"))
            precondition(live.run { live.log.first(at: .warning) != nil })
            precondition(
                live.log.first(at: .warning)!.contains("no space left for it: File too large"), "\(live.log.all)")
            precondition(!station.scratch.names.contains("another"))
        }
    }

    @Test("P6: no memory may be locked for io_uring", .enabled(if: geteuid() != 0, "root may lock any memory"))
    func lockedMemory() async {
        await #expect(processExitsWith: .success) {
            let station = try FixtureFiles()
            _ = setLimit(8, 0)  // RLIMIT_MEMLOCK
            var options = ReplicationOptions()
            options.io = .uring
            let source = try SourceDataFile.open(at: station.sourcePath)
            let error = caught { () throws(TandemError) in
                _ = try Replicator(source: source, copy: station.copyPath, options: options)
            }
            // Kernels before 6.x count the ring, later ones may not.
            precondition(error == nil || error!.code == .unavailable, "\(String(describing: error))")
        }
    }
}

private func setLimit(_ resource: UInt32, _ value: rlim_t) -> rlim_t {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(resource), &limit)
    let before = limit.rlim_cur
    limit.rlim_cur = value
    setrlimit(__rlimit_resource_t(resource), &limit)
    return before
}

/// As in a program's main thread: its parent may have ignored the signal, and threads that tests run on block it.
private func meetFileSizeSignal() {
    signal(SIGXFSZ, SIG_DFL)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGXFSZ)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
}

private func firstFreeDescriptor() -> Int32 {
    let next = dup(0)
    close(next)
    return next
}

func caught(_ body: () throws(TandemError) -> Void) -> TandemError? {
    do throws(TandemError) {
        try body()
        return nil
    } catch { return error }
}
