import Glibc
import TandemCore
import TestSupport
import Testing

@testable import TandemSystem

@Suite struct CopyInMemoryTests {
    private let pair: Pair
    private let copy: CopyFile

    init() throws {
        pair = try Pair(in: "/dev/shm")
        copy = pair.makeCopy()
        _ = try copy.probe()
        try copy.format(pair.slot())
    }

    /// Its first replay has it mapped.
    private func map() throws {
        let slot = pair.slot()
        let end = JournalEnd(position: slot.journalTail, cut: slot.tailCut)
        #expect(try copy.replay(slot, until: end, budget: 1 << 20) == end)
    }

    @Test func `Its journal is written through the mapping, wherever that begins and ends`() throws {
        try map()
        let bytes = (0 ..< 300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        for offset in [0, 4096, 65_535, pair.layout.journalBytes - bytes.count] {
            let at = pair.layout.journalOffset + offset
            try bytes.withBytes { raw throws(CopyFailure) in try copy.writeOwn(raw, at: at) }
            #expect(pair.scratch.read("copy", count: bytes.count, at: at) == bytes)
        }
    }

    @Test func `One that is cut short while its journal is written is an error, and does not grow again`() throws {
        try map()
        truncate(pair.copyPath, pair.layout.journalOffset + 8192)
        let bytes = [UInt8](repeating: 1, count: 65_536)
        #expect(throws: CopyFailure(.inputOutput, errno: EIO)) {
            try bytes.withBytes { raw throws(CopyFailure) in try copy.writeOwn(raw, at: pair.layout.journalOffset) }
        }
        #expect(pair.scratch.byteCount("copy") == pair.layout.journalOffset + 8192)
        #expect(throws: CopyFailure(.identityChanged)) { try copy.watch() }
    }

    @Test func `The memory of one that was rebuilt is free before it is rebuilt again`() throws {
        for sequence: UInt64 in [5, 7] {
            try copy.formatBeside(pair.slot(sequence))
            #expect(try deletedFiles() == [])
            try copy.publishRebuild()
        }
    }

    /// What this process has open of files in the pair's folder that have no name any more.
    private func deletedFiles() throws -> [String] {
        let descriptors = try #require(opendir("/proc/self/fd"))
        defer { closedir(descriptors) }
        var found: [String] = []
        while let entry = readdir(descriptors) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
                String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            var target = [UInt8](repeating: 0, count: 4096)
            let count = target.withUnsafeMutableBytes {
                readlink("/proc/self/fd/\(name)", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
            }
            let path = String(decoding: target.prefix(max(count, 0)), as: UTF8.self)
            if path.hasPrefix(pair.scratch.path), path.hasSuffix("(deleted)") { found.append(path) }
        }
        return found
    }
}
