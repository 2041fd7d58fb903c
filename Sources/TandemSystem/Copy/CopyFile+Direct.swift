internal import CLinuxMemory
internal import TandemCore

/// Whether a copy's file is written past the page cache.
package enum DirectIO: Sendable, CaseIterable {
    /// Where its device or file system lets it, else through it, saying why.
    case auto
    /// Past it, or the copy is refused.
    case on
    case off
}

/// Which way what is written to a copy's file takes.
enum FileWay: Equatable {
    case direct
    case cached(because: String)
    /// A page cache is all that it has.
    case memory
}

/// Parts of a copy that are written each in its own way.
struct FileParts: OptionSet {
    let rawValue: UInt8

    static let tables = FileParts(rawValue: 1)
    /// Header, state slots and journal.
    static let others = FileParts(rawValue: 2)
}

// One file, two open file descriptions: through the page cache, and past it.
//
// Past it go the images of pages: as many bytes as the tables have, which the page cache would copy first, keep for
// nobody, and write in its own time. The journal goes through it: a cut is small, and there after 5 µs, where a device
// takes 25. Of a durable copy all goes past it, as each cut is on the device before it counts.
//
// What is laid out or replayed is written through the page cache, by blocking calls, while nothing is under way past
// it. The kernel writes what is dirty there, and drops it, before a write past it takes those bytes, and before a read;
// file systems drop it behind the write as well. What block devices leave to us there is `forgetStale`'s.
extension CopyFile {
    /// What is said of it; nil while no file is open, and in memory.
    package var wayText: String? {
        switch way {
        case .direct: isDurable ? "past the page cache" : "images past the page cache"
        case .cached(let reason): "through the page cache: \(reason)"
        case .memory, nil: nil
        }
    }

    /// Whether what lies there is written, and looked at by the engine, past the page cache.
    func goesDirect(_ offset: Int) -> Bool {
        guard way == .direct, let target, target.directDescriptor >= 0 else { return false }
        return isDurable || part(at: offset) == .tables
    }

    private func part(at offset: Int) -> FileParts {
        (layout.tablesOffset ..< layout.tablesEnd).contains(offset) ? .tables : .others
    }

    func noteWriting(at offset: Int) {
        let part = part(at: offset)
        if !writtenPastCache.contains(part), goesDirect(offset) { writtenPastCache.insert(part) }
    }

    /// The description that bytes at `offset` go through.
    func descriptor(at offset: Int) -> Int32 {
        goesDirect(offset) ? target?.directDescriptor ?? -1 : descriptor
    }

    /// Opens the way to a file that is going to be written.
    ///
    /// - Throws: why it does not lead past the page cache, where that was insisted on.
    func openWay(to file: LockedFile) throws(TandemError) {
        let found = foundWay(to: file)
        way = found
        // A predecessor may have.
        writtenPastCache = [.tables, .others]
        switch found {
        case .direct: break
        case .cached(let reason): try refuse(reason)
        case .memory: try refuse("it is in memory")
        }
    }

    private func foundWay(to file: LockedFile) -> FileWay {
        if file_system_kind(file.descriptor) == FILE_SYSTEM_MEMORY { return .memory }
        if direct == .off { return .cached(because: "as asked for") }
        if direct == .auto, let cachedBecause { return .cached(because: cachedBecause) }
        return file.openDirect().map { .cached(because: $0) } ?? .direct
    }

    private func refuse(_ reason: String) throws(TandemError) {
        guard direct == .on else { return }
        throw TandemError(
            .unavailable, path, "it cannot be written past the page cache: \(reason)",
            remedy: "Leave --direct on away, or choose another place")
    }

    /// The same of a file that is not there yet, as far as its directory tells.
    func refuseDirectory() throws(TandemError) {
        if direct == .on, file_system_kind_at(Directory.of(path)) == FILE_SYSTEM_MEMORY {
            try refuse("it is in memory")
        }
    }

    /// The kernel has called something misaligned that was aligned as it had asked for: a device below others that
    /// knows better, or one that was exchanged. From here on everything goes through the page cache.
    ///
    /// - Returns: false where that would not be what was asked for.
    func giveUpDirect() -> Bool {
        guard direct != .on else { return false }
        way = .cached(because: "the kernel calls its pages misaligned")
        return true
    }

    /// Has a block device read anew before its journal is read, and its tables are changed, through the page cache.
    ///
    /// Behind a write past the page cache that nobody waits for, the kernel drops nothing of a device there. Who reads
    /// the device meanwhile (`check`, `verify`) leaves pages there as they were before it: 141 of 20,000 in a trial
    /// with a reader that does nothing else. A record that a replay puts on such a page would take the others back.
    func forgetStale() throws(CopyFailure) {
        guard !writtenPastCache.isEmpty, let target, target.status.kind == .blockDevice else { return }
        try attempt { () throws(KernelFailure) in
            if writtenPastCache.contains(.tables) {
                try target.forgetCachedSurely(layout.tablesOffset ..< layout.tablesEnd)
            }
            // Not the tables again in each slice of a replay: cuts go on meanwhile, and images do not.
            if writtenPastCache.contains(.others), isDurable {
                try target.forgetCachedSurely(layout.journalOffset ..< layout.copyBytes)
            }
        }
        writtenPastCache = []
    }
}
