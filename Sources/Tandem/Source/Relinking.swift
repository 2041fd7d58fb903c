internal import TandemCore
internal import TandemSystem

/// Gives a source that was deleted while it is in use its name back.
///
/// Linux gives no second name to a file whose last one was taken away, nor can it be bound to a path. What works: hold
/// the file, so that it outlives its processes; when none of them can change it any more, copy it under its name, byte
/// for byte. All that was committed is in those bytes, also what the copy data file has not seen.
package final class Relinking {
    package enum Progress: Equatable, Sendable {
        /// These processes hold a writer or the replicator; the file is safe meanwhile.
        case waiting(for: [Int])
        case done
    }

    private let path: String
    private let file: MappedFile
    private let layout: FileLayout
    /// Held by us, so that no writer and no replicator comes back.
    private var locks: [Int: SlotLock] = [:]

    /// - Throws: `.exists` when the name stands for a file, `.notFound` when nobody has it open any more, `.inUse` when
    ///   several deleted sources had that name.
    package init(path: String) throws(TandemError) {
        self.path = path
        guard !FileBytes.exists(path: path) else {
            throw TandemError(
                .exists, path, "there is a file of this name",
                remedy: "A source that has its name needs no other; move away what has taken it")
        }
        let found = FileHolders.ofDeleted(path)
        guard let (_, holders) = found.first, let holder = holders.first else {
            throw TandemError(
                .notFound, path, "no process that this user may see has a deleted file of this name open",
                remedy: "Run as root or as its owner; if it has ended everywhere, promote its copy")
        }
        guard found.count == 1 else {
            let each = found.values.map { "process \($0[0].process)" }.sorted().joined(separator: ", ")
            throw TandemError(
                .inUse, path, "\(found.count) different deleted files had this name (\(each))",
                remedy: "End the processes of the one that is not wanted")
        }
        file = try MappedFile.held(by: holder)
        let file = file
        layout = try file.withHead(CopyExaminer.headerBytes + 4096) { bytes throws(TandemError) in
            try SourceExaminer.examine(bytes, path: path, checksum: LinuxChecksum.crc32c).layout
        }
    }

    /// Tries to get hold of all that may change the file. Repeat until `.done`; what was got is kept.
    package func proceed() throws(TandemError) -> Progress {
        var waiting: Set<Int> = []
        let memory = SourceMemory(base: file.base, layout: layout)
        let area = RuntimeArea(memory: memory, layout: layout)
        for byte in bytes where locks[byte] == nil {
            locks[byte] = try SlotLock.tryAcquire(file: file, byte: byte)
        }
        for byte in bytes where locks[byte] == nil {
            let slot = bytes.firstIndex(of: byte)!
            let process = slot == 0 ? area.replicatorProcess : memory.writer(slot - 1).summary.process
            waiting.insert(Int(clamping: process))
        }
        guard waiting.isEmpty else { return .waiting(for: waiting.sorted()) }
        let file = file
        _ = try MappedFile.create(path: path, bytes: file.byteCount) { base throws(TandemError) in
            base.copyMemory(from: file.base, byteCount: file.byteCount)
        }
        return .done
    }

    /// The replicator's first, then one for each writer.
    private var bytes: [Int] {
        [layout.lockByteOfEngine] + (0 ..< layout.writerCount).map { layout.lockByte(ofWriter: $0) }
    }
}
