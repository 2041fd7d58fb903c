import CLinuxMemory
import Glibc
import TandemCore
import TestSupport
import Testing

@testable import TandemSystem

/// Images of pages, and all of a durable copy, go past the page cache where that is possible; and it is said where not.
@Suite struct DirectIOTests {
    /// Where direct I/O works, which is asked of the kernel; nil: nowhere here.
    static let disk: String? = ["/var/tmp", "/tmp"].first { folder in
        guard !CopyDrivers.isInMemory(folder), let pair = try? Pair(in: folder) else { return false }
        pair.scratch.write([UInt8](repeating: 0, count: 8192), to: "asked")
        let file = try? LockedFile.open(pair.scratch.file("asked"), rules: .copy(of: nil))
        return file?.openDirect() == nil && (file?.directDescriptor ?? -1) >= 0
    }

    private static let kinds: [(CopyDriverKind, DirectIO)] =
        (DriverTests.ringReason == nil ? [(.uring, .auto)] : []) + [(.pwrite, .on)]

    /// A copy that is laid out and open, with 64 pages of images and 8 of journal written to it.
    private final class Written {
        let pair: Pair
        let copy: CopyFile
        let driver: any CopyDriver
        /// Goes when nobody has it any more.
        private let device: LoopDevice?
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 4096, alignment: 4096)
        var tables: Range<Int> { pair.layout.tablesOffset ..< pair.layout.tablesOffset + 8 * 4096 }
        var journal: Range<Int> { pair.layout.journalOffset ..< pair.layout.journalOffset + 8 * 4096 }

        init(
            _ kind: CopyDriverKind, _ direct: DirectIO, in folder: String, on device: LoopDevice? = nil,
            durable: Bool = false
        ) throws {
            pair = try Pair(in: folder)
            copy = CopyFile(
                path: device?.path ?? pair.copyPath, layout: pair.layout, checksum: LinuxChecksum.crc32c,
                source: pair.source.identity)
            self.device = device
            copy.direct = direct
            copy.isDurable = durable
            for index in stride(from: 0, to: bytes.count, by: 8) {
                bytes.storeBytes(of: UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15, toByteOffset: index, as: UInt64.self)
            }
            driver = try pair.makeDriver(kind, copy: copy, staging: [bytes])
            guard case .probed(.blank, _) = driver.perform([.probe])[0] else { throw CopyFailure(.refused) }
            for result in driver.perform([.format(pair.slot(), beside: false)]) { #expect(result.isDone) }
        }

        deinit { bytes.deallocate() }

        func write() {
            for range in [tables, journal] {
                let writes = (0 ..< 8).map { page in
                    CopyCommand.Operation.write(
                        bytes.baseAddress! + page * 4096, count: 4096, offset: range.lowerBound + page * 4096)
                }
                for result in driver.perform(writes) { #expect(result.isDone) }
            }
        }

        /// As the engine reads.
        func read(_ range: Range<Int>) -> [UInt8] {
            let room = bytes.baseAddress! + 32 * 4096
            #expect(driver.perform([.readOnce(room, count: range.count, offset: range.lowerBound)])[0].isDone)
            return Array(UnsafeRawBufferPointer(start: room, count: range.count))
        }

        var wanted: [UInt8] { Array(bytes[..<(8 * 4096)]) }
        func cached(_ range: Range<Int>) -> Int { pair.scratch.cachedPages("copy", range) }
    }

    @Test(.enabled(if: disk != nil, "no file system here has direct I/O"), arguments: kinds)
    func `Images of pages leave nothing in the page cache, the journal does, and both are there`(
        kind: CopyDriverKind, direct: DirectIO
    ) throws {
        let written = try Written(kind, direct, in: Self.disk!)
        written.write()
        #expect(written.copy.wayText == "images past the page cache")
        #expect(written.cached(written.tables) == 0)
        #expect(written.cached(written.journal) == 8)
        for range in [written.tables, written.journal] {
            #expect(written.read(range) == written.wanted)
            #expect(written.pair.scratch.read("copy", count: range.count, at: range.lowerBound) == written.wanted)
        }
    }

    @Test(.enabled(if: disk != nil, "no file system here has direct I/O"), arguments: kinds)
    func `All of a durable copy goes past the page cache`(kind: CopyDriverKind, direct: DirectIO) throws {
        let written = try Written(kind, direct, in: Self.disk!, durable: true)
        written.write()
        #expect(written.copy.wayText == "past the page cache")
        #expect(written.cached(written.tables) + written.cached(written.journal) == 0)
        #expect(written.driver.perform([.flush])[0].isDone)
        #expect(written.read(written.journal) == written.wanted)
    }

    @Test(.enabled(if: disk != nil, "no file system here has direct I/O"), arguments: [CopyDriverKind.auto, .pwrite])
    func `It is off where it was asked to be, and with plain writes where nothing was asked`(kind: CopyDriverKind)
        throws
    {
        let written = try Written(kind, kind == .auto ? .off : .auto, in: Self.disk!)
        written.write()
        #expect(
            written.copy.wayText == "through the page cache: "
                + (kind == .auto ? "as asked for" : "a plain write past it waits"))
        #expect(written.cached(written.tables) == 8)
        #expect(written.read(written.tables) == written.wanted)
    }

    @Test(.enabled(if: disk != nil, "no file system here has direct I/O"))
    func `What is written through the page cache before and after is seen past it, and the other way round`() throws {
        let written = try Written(DriverTests.kinds[0], .on, in: Self.disk!)
        let offset = written.tables.lowerBound
        let other = [UInt8](repeating: 5, count: 4096)
        for _ in 0 ..< 50 {
            // As a replay does, dirty and not flushed.
            try other.withBytes { raw throws(CopyFailure) in try written.copy.write(raw, at: offset) }
            #expect(written.read(offset ..< offset + 4096) == other)
            try other.withBytes { raw throws(CopyFailure) in try written.copy.write(raw, at: offset) }
            let image = CopyCommand.Operation.write(written.bytes.baseAddress!, count: 4096, offset: offset)
            #expect(written.driver.perform([image])[0].isDone)
            #expect(written.pair.scratch.read("copy", count: 4096, at: offset) == Array(written.bytes[..<4096]))
        }
    }

    @Test(.enabled(if: disk != nil && DriverTests.ringReason == nil, "no direct I/O, or no io_uring, here"))
    func `What the kernel calls misaligned goes through the page cache from then on, and is said`() throws {
        let written = try Written(.uring, .auto, in: Self.disk!)
        let odd = CopyCommand.Operation.write(
            written.bytes.baseAddress! + 1, count: 4096, offset: written.tables.lowerBound)
        #expect(written.driver.perform([odd])[0].isDone)
        #expect(written.read(written.tables).prefix(4096).elementsEqual(written.bytes[1 ... 4096]))
        #expect(written.copy.wayText == "through the page cache: the kernel calls its pages misaligned")
        written.write()
        #expect(written.read(written.tables) == written.wanted)
        // Insisted on, it fails.
        let insisting = try Written(.uring, .on, in: Self.disk!)
        let again = CopyCommand.Operation.write(
            insisting.bytes.baseAddress! + 1, count: 4096, offset: insisting.tables.lowerBound)
        #expect(insisting.driver.perform([again])[0].failure == CopyFailure(.refused, errno: EINVAL))
    }

    @Test(.enabled(if: disk != nil, "no file system here has direct I/O"))
    func `A write that is left under way past the page cache keeps everybody else out`() throws {
        let written = try Written(DriverTests.kinds[0], .on, in: Self.disk!)
        let file = try #require(written.copy.target)
        let locked = CopyFailure(.inUse, errno: EAGAIN)
        #expect(throws: locked) { try written.pair.makeCopy().probe() }
        // Nothing is left of a process that was killed but what the kernel still writes through.
        _ = file_unlock(file.descriptor, 0, 0)
        #expect(throws: locked) { try written.pair.makeCopy().probe() }
        _ = file_unlock(file.directDescriptor, 0, 0)
        #expect(try written.pair.makeCopy().probe().slot != nil)
    }

    @Test func `A copy in memory has no other way, and is refused where it was insisted on`() throws {
        let written = try Written(.auto, .auto, in: "/dev/shm")
        written.write()
        #expect(written.copy.wayText == nil)
        written.copy.close()
        for name in ["copy", "missing"] {
            let copy = CopyFile(
                path: written.pair.scratch.file(name), layout: written.pair.layout, checksum: LinuxChecksum.crc32c,
                source: nil)
            copy.direct = .on
            let refusal = try copy.probe().refusal
            #expect(refusal?.code == .unavailable)
            #expect(refusal?.detail?.problem == "it cannot be written past the page cache: it is in memory")
        }
    }

    @Test func `What the kernel asks for is held against a copy's pages, and told in words where it does not fit`() {
        for (memory, offset) in [(4, 512), (512, 512), (512, 4096), (4096, 4096)] {
            #expect(DirectAlignment(memory: memory, offset: offset).refusal == nil)
        }
        #expect(
            DirectAlignment(memory: 512, offset: 16384).refusal
                == "its device has blocks of 16384 bytes, a copy pages of 4096")
        #expect(
            DirectAlignment(memory: 8192, offset: 512).refusal
                == "it wants memory aligned to 8192 bytes, a copy has 4096"
        )
        #expect(DirectAlignment(memory: 0, offset: 0).refusal == "its file system has no direct I/O for this file")
    }

    // MARK: Block devices

    @Test(.enabled(if: LoopDevice.works, "needs root and loop devices"), arguments: [512, 4096])
    func `A device is written past the page cache, whatever its sectors are`(sectorBytes: Int) throws {
        let backing = Scratch()
        let bytes = try Pair().layout.copyBytes
        let device = try #require(
            LoopDevice(backing: backing.file("disk"), byteCount: bytes, sectorBytes: sectorBytes))
        let written = try Written(DriverTests.kinds[0], .on, in: "/tmp", on: device, durable: true)
        written.write()
        #expect(written.copy.wayText == "past the page cache")
        #expect(written.driver.perform([.flush])[0].isDone)
        #expect(written.read(written.tables) == written.wanted)
        #expect(backing.read("disk", count: 8 * 4096, at: written.journal.lowerBound) == written.wanted)
        guard case .probed(.copy, _) = written.driver.perform([.probe])[0] else { Issue.record("no copy"); return }
    }

    @Test(.enabled(if: LoopDevice.works, "needs root and loop devices"))
    func `A device whose blocks are larger than a copy's pages is written through the page cache, or refused`() throws {
        let backing = Scratch()
        let bytes = (try Pair().layout.copyBytes + 8191) / 8192 * 8192
        guard let device = LoopDevice(backing: backing.file("disk"), byteCount: bytes, sectorBytes: 8192) else {
            return  // kernels before 6.15 have no such devices; the words are tested above
        }
        let words = "its device has blocks of 8192 bytes, a copy pages of 4096"
        let written = try Written(DriverTests.kinds[0], .auto, in: "/tmp", on: device)
        written.write()
        let why = DriverTests.ringReason == nil ? words : "a plain write past it waits"
        #expect(written.copy.wayText == "through the page cache: \(why)")
        #expect(written.read(written.tables) == written.wanted)
        written.copy.close()
        let copy = CopyFile(
            path: device.path, layout: written.pair.layout, checksum: LinuxChecksum.crc32c, source: nil)
        copy.direct = .on
        let refusal = try copy.probe().refusal
        #expect(refusal?.detail?.problem == "it cannot be written past the page cache: \(words)")
        withExtendedLifetime(written) {}
    }

    @Test(.enabled(if: LoopDevice.works, "needs root and loop devices"))
    func `What a looker-on has brought to a device's page cache is not believed, nor written back by a replay`() throws
    {
        let backing = Scratch()
        let device = try #require(
            LoopDevice(backing: backing.file("disk"), byteCount: try Pair().layout.copyBytes))
        let written = try Written(DriverTests.kinds[0], .on, in: "/tmp", on: device)
        written.write()
        // Keeps the device's page cache, as its last close would empty it.
        let onlooker = Onlooker(device.path)
        let tables = written.tables
        #expect(onlooker.look(at: tables) == 8)
        let nothing = JournalEnd(position: 0, cut: 0)
        _ = try written.copy.replay(written.pair.slot(), until: nothing, budget: 1)
        #expect(onlooker.cached(tables) == 0)
        #expect(onlooker.look(at: tables) == 8)
        written.copy.close()
        _ = try FileBytes(path: device.path, writable: false)
        #expect(onlooker.cached(tables) == 0)
        #expect(onlooker.look(at: written.journal) == 8)
        guard case .probed(.copy, _) = written.driver.perform([.probe])[0] else { Issue.record("no copy"); return }
        #expect(onlooker.cached(written.journal) == 0)
        withExtendedLifetime(written) {}
    }
}

/// Somebody who has a device open, and reads it now and then.
private final class Onlooker {
    private let descriptor: Int32

    init(_ path: String) { descriptor = open(path, O_RDWR | O_CLOEXEC) }
    deinit { close(descriptor) }

    /// How many pages are in the page cache then.
    func look(at range: Range<Int>) -> Int {
        var bytes = [UInt8](repeating: 0, count: range.count)
        _ = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, range.count, range.lowerBound) }
        return cached(range)
    }

    func cached(_ range: Range<Int>) -> Int { Scratch.cachedPages(of: descriptor, range) }
}
