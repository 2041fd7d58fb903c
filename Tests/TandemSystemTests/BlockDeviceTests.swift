import Glibc
import TandemCore
import TestSupport
import Testing

@testable import TandemSystem

@Suite struct BlockDeviceTests {
    @Test(.enabled(if: LoopDevice.works, "needs root and loop devices"), arguments: DriverTests.kinds)
    func `A larger blank device becomes a copy, with what lies behind it left alone`(kind: CopyDriverKind) throws {
        let pair = try Pair()
        let device = try #require(
            LoopDevice(backing: pair.scratch.file("disk"), byteCount: pair.layout.copyBytes + (1 << 20)))
        let copy = CopyFile(
            path: device.path, layout: pair.layout, checksum: LinuxChecksum.crc32c, source: pair.source.identity)
        let driver = try pair.makeDriver(kind, copy: copy)
        guard case .probed(.blank, _) = driver.perform([.probe])[0] else { Issue.record("not blank"); return }
        #expect(driver.perform([.format(pair.slot(), beside: false)])[0].isDone)
        #expect(copy.count == pair.layout.copyBytes)
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 4096)
        defer { page.deallocate() }
        page.initializeMemory(as: UInt8.self, repeating: 7)
        let offset = pair.layout.journalOffset
        #expect(driver.perform([.write(page.baseAddress!, count: 4096, offset: offset)])[0].isDone)
        for result in driver.perform([.flush, .watch]) { #expect(result.isDone) }
        #expect(driver.perform([.format(pair.slot(), beside: true)])[0].failure?.kind == .refused)
        #expect(pair.scratch.read("disk", count: 4096, at: offset) == Array(page))
        guard case .probed(.copy(let slot, _), _) = driver.perform([.probe])[0] else { Issue.record("no copy"); return }
        #expect(slot.generation == pair.slot().generation)
        #expect(driver.perform([.close])[0].isDone)
    }

    @Test(.enabled(if: LoopDevice.works, "needs root and loop devices"))
    func `A device with somebody's file system is refused, though its first sectors are empty`() throws {
        let pair = try Pair()
        let device = try #require(LoopDevice(backing: pair.scratch.file("disk"), byteCount: pair.layout.copyBytes))
        let mark = Array("_BHRfS_M".utf8)
        // Where btrfs has its superblock; before it there is nothing.
        let descriptor = open(device.path, O_RDWR | O_CLOEXEC)
        #expect(pwrite(descriptor, mark, mark.count, 65_600) == mark.count && fsync(descriptor) == 0)
        close(descriptor)
        let copy = CopyFile(path: device.path, layout: pair.layout, checksum: LinuxChecksum.crc32c, source: nil)
        #expect(try copy.probe().refusal?.code == .notTandem)
    }

    @Test(.enabled(if: LoopDevice.works, "needs root and loop devices"))
    func `A device that is too small is refused with both sizes`() throws {
        let pair = try Pair()
        let device = try #require(LoopDevice(backing: pair.scratch.file("disk"), byteCount: 1 << 20))
        let copy = CopyFile(path: device.path, layout: pair.layout, checksum: LinuxChecksum.crc32c, source: nil)
        let refusal = try copy.probe().refusal
        #expect(refusal?.code == .wrongLength)
        #expect(refusal?.detail?.problem.contains("\(pair.layout.copyBytes)") == true)
    }
}
