import CLinuxMemory
import Glibc
import TandemCore
import TestSupport
import Testing

@testable import TandemSystem

/// Both drivers keep one contract.
@Suite struct DriverTests {
    static let kinds: [CopyDriverKind] = ringReason == nil ? [.uring, .pwrite] : [.pwrite]

    /// Why io_uring does not work here; nil when it does.
    static let ringReason: String? = {
        do throws(TandemError) {
            guard let pair = try? Pair() else { return "no scratch directory" }
            _ = try RingDriver(copy: pair.makeCopy(), source: pair.source, layout: pair.layout, staging: [])
            return nil
        } catch {
            return error.description
        }
    }()

    private func withStaging(_ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 4096)
        defer { staging.deallocate() }
        for index in stride(from: 0, to: count, by: 8) {
            staging.storeBytes(of: UInt64(index) &* 0x9E37_79B9_7F4A_7C15, toByteOffset: index, as: UInt64.self)
        }
        try body(staging)
    }

    @Test(arguments: kinds, ["/tmp", "/dev/shm"])
    func `Probe, format, write, flush, watch, close`(kind: CopyDriverKind, directory: String) throws {
        let pair = try Pair(in: directory)
        try withStaging(1 << 16) { staging in
            let driver = try pair.makeDriver(kind, copy: pair.makeCopy(), staging: [staging])
            guard case .probed(.blank, _) = driver.perform([.probe])[0] else { Issue.record("not blank"); return }
            #expect(driver.perform([.format(pair.slot(), beside: false)])[0].isDone)
            let offset = pair.layout.tablesOffset
            #expect(driver.perform([.write(staging.baseAddress!, count: staging.count, offset: offset)])[0].isDone)
            for result in driver.perform([.flush, .watch, .close]) { #expect(result.isDone) }
            #expect(pair.scratch.read("copy", count: staging.count, at: offset) == Array(staging))
            #expect(driver.perform([.flush])[0].failure == CopyFailure(.notFound, errno: EBADF))
        }
    }

    @Test(arguments: kinds) func `More writes than fit the ring all land, each completing once`(kind: CopyDriverKind)
        throws
    {
        let pair = try Pair()
        let pages = 1000  // some eight rings full
        try withStaging(pages * 4096) { staging in
            let driver = try pair.makeOpenDriver(
                kind, staging: [UnsafeMutableRawBufferPointer(rebasing: staging[..<(pages * 2048)])])
            let start = pair.layout.journalOffset
            let writes = (0 ..< pages).map { page in
                CopyCommand.Operation.write(
                    staging.baseAddress! + page * 4096, count: 4096, offset: start + page * 4096)
            }
            for result in driver.perform(writes) { #expect(result.isDone) }
            #expect(pair.scratch.read("copy", count: staging.count, at: start) == Array(staging))
        }
    }

    @Test(arguments: kinds) func `Closing waits for the writes before it and then frees the lock`(kind: CopyDriverKind)
        throws
    {
        let pair = try Pair()
        try withStaging(1 << 20) { staging in
            let driver = try pair.makeOpenDriver(kind, staging: [staging])
            var operations = (0 ..< 200).map { _ in
                CopyCommand.Operation.write(
                    staging.baseAddress!, count: staging.count, offset: pair.layout.journalOffset)
            }
            operations.append(.close)
            for result in driver.perform(operations) { #expect(result.isDone) }
            #expect(try pair.makeCopy().probe().slot != nil)
        }
    }

    @Test(arguments: kinds) func `A write of nothing is done, one without a copy fails`(kind: CopyDriverKind) throws {
        let pair = try Pair()
        try withStaging(4096) { staging in
            let driver = try pair.makeDriver(kind, copy: pair.makeCopy(), staging: [staging])
            let write = CopyCommand.Operation.write(staging.baseAddress!, count: 4096, offset: 0)
            #expect(driver.perform([write])[0].failure == CopyFailure(.notFound, errno: EBADF))
            #expect(driver.perform([.publishRebuild])[0].failure?.kind == .refused)
            let open = try pair.makeOpenDriver(kind)
            #expect(open.perform([.write(staging.baseAddress!, count: 0, offset: 0)])[0].isDone)
        }
    }

    @Test(arguments: kinds) func `A rebuild receives the writes and becomes the copy`(kind: CopyDriverKind) throws {
        let pair = try Pair()
        try withStaging(4096) { staging in
            let driver = try pair.makeOpenDriver(kind, staging: [staging])
            let offset = pair.layout.tablesOffset
            #expect(driver.perform([.format(pair.slot(3), beside: true)])[0].isDone)
            #expect(driver.perform([.write(staging.baseAddress!, count: 4096, offset: offset)])[0].isDone)
            #expect(pair.scratch.read("copy", count: 8, at: offset + 8) == [UInt8](repeating: 0, count: 8))
            for result in driver.perform([.flush, .publishRebuild, .watch]) { #expect(result.isDone) }
            #expect(pair.scratch.read("copy", count: 4096, at: offset) == Array(staging))
        }
    }

    @Test(arguments: kinds) func `A writer is revived when dead, and only then`(kind: CopyDriverKind) throws {
        let pair = try Pair()
        let driver = try pair.makeDriver(kind, copy: pair.makeCopy())
        var alive = try SlotLock.tryAcquire(file: pair.source, byte: pair.layout.lockByte(ofWriter: 2))
        #expect(driver.perform([.reviveWriter(2)])[0].revived == false)
        withExtendedLifetime(alive) {}
        alive = nil
        #expect(driver.perform([.reviveWriter(2)])[0].revived == true)
        #expect(try !SlotLock.isHeld(file: pair.source, byte: pair.layout.lockByte(ofWriter: 2)))
        for slot in [-1, 4, .max, .min] {
            #expect(driver.perform([.reviveWriter(slot)])[0].failure?.kind == .refused)
        }
    }

    @Test(.enabled(if: ringReason == nil, "io_uring is blocked here"))
    func `A ring that the kernel refuses gives back what it did not take and goes on plainly`() throws {
        let pair = try Pair()
        try withStaging(8192) { staging in
            let driver = try #require(try pair.makeOpenDriver(.uring, staging: [staging]) as? RingDriver)
            let offset = pair.layout.journalOffset
            // Prepared, and never handed over.
            _ = driver.launch(
                .init(token: .image(9), bytes: UnsafeRawPointer(staging.baseAddress!), remaining: 4096, offset: offset))
            driver.breakUp(errno: ENXIO)
            var completions: [CopyCompletion] = []
            driver.reap(into: &completions)
            #expect(completions.map(\.token) == [.image(9)])
            #expect(completions.first?.result.failure == CopyFailure(.notFound, errno: ENXIO))
            let results = driver.perform([.write(staging.baseAddress! + 4096, count: 4096, offset: offset), .flush])
            for result in results { #expect(result.isDone) }
            #expect(pair.scratch.read("copy", count: 4096, at: offset) == Array(staging[4096...]))
        }
    }

    @Test func `Left to choose, a copy in memory is written plainly, one on disk by io_uring where it works`() throws {
        for (directory, isRing) in [("/dev/shm", false), ("/tmp", Self.ringReason == nil)] {
            let pair = try Pair(in: directory)
            if directory == "/tmp" && file_system_kind_at("/tmp") == FILE_SYSTEM_MEMORY { continue }
            let chosen = try CopyDrivers.choose(
                .auto, copy: pair.makeCopy(), source: pair.source, layout: pair.layout, staging: [])
            #expect(chosen.driver is RingDriver == isRing, "\(chosen.message)")
        }
    }

    @Test func `What blocks io_uring is named`() {
        #expect(RingUnavailability.forbidden(sysctl: UInt8(ascii: "2")) == "sysctl kernel.io_uring_disabled is 2")
        #expect(RingUnavailability.forbidden(sysctl: UInt8(ascii: "0")).contains("seccomp"))
        #expect(RingUnavailability.forbidden(sysctl: nil).contains("seccomp"))
        #expect(RingUnavailability.reason(ENOMEM, for: .ring).contains("RLIMIT_MEMLOCK"))
        #expect(RingUnavailability.reason(ENOSYS, for: .ring).contains("kernel"))
    }
}
