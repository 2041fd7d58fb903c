import Glibc
import TandemCore
import TestSupport
import Testing

@testable import TandemSystem

/// Limits of the whole process, so each in a process of its own.
@Suite struct LimitTests {
    @Test func `A file size limit in the middle of a write is an error, not a death`() async {
        await #expect(processExitsWith: .success) {
            for kind in DriverTests.kinds {
                let pair = try Pair()
                let driver = try pair.makeOpenDriver(kind)
                let offset = pair.layout.journalOffset
                var limit = rlimit(rlim_cur: rlim_t(offset + 4096), rlim_max: rlim_t.max)
                setrlimit(__rlimit_resource_t(1), &limit)  // RLIMIT_FSIZE
                let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 8192, alignment: 4096)
                bytes.initializeMemory(as: UInt8.self, repeating: 7)
                let results = driver.perform([.write(bytes.baseAddress!, count: 8192, offset: offset)])
                precondition(results[0].failure == CopyFailure(.noSpace, errno: EFBIG), "\(results)")
                // The first half went in before the limit; it was continued from there.
                precondition(pair.scratch.read("copy", count: 4097, at: offset).prefix(4096).allSatisfy { $0 == 7 })
                limit.rlim_cur = rlim_t.max
                setrlimit(__rlimit_resource_t(1), &limit)
            }
        }
    }

    @Test(.enabled(if: DriverTests.ringReason == nil, "io_uring is blocked here anyway"))
    func `Without a free descriptor for the ring, plain writes take over and say why`() async {
        await #expect(processExitsWith: .success) {
            let pair = try Pair(in: "/var/tmp")  // on disk, where the ring would be chosen
            let next = dup(0)
            close(next)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(7), &limit)  // RLIMIT_NOFILE
            let before = limit.rlim_cur
            limit.rlim_cur = rlim_t(next)
            setrlimit(__rlimit_resource_t(7), &limit)
            let chosen = try CopyDrivers.choose(
                .auto, copy: pair.makeCopy(), source: pair.source, layout: pair.layout, staging: [])
            precondition(chosen.driver is PwriteDriver && chosen.message.contains("ulimit -n"), chosen.message)
            limit.rlim_cur = before
            setrlimit(__rlimit_resource_t(7), &limit)
        }
    }
}
