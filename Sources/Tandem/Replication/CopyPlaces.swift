internal import Logging
internal import TandemCore
internal import TandemTypes
internal import TandemSystem

/// Which of a source's blocks belongs to which path: a copy is known by the id in its file, and by its path only where
/// there is no file that could tell.
struct CopyPlaces {
    struct Block {
        let number: Int
        let id: CopyID
        /// The source does not know this copy yet.
        let isNew: Bool

        /// Makes the block the new copy's. Where it was another's, which had to make room, that one is forgotten:
        /// should it come back, a person has to say that it may be overwritten.
        ///
        /// - Parameter path: of the copy that it is for.
        func begin(in area: RuntimeArea, for path: String, _ logger: Logger) {
            guard isNew else { return }
            if area.replicator.id != .none {
                logger.warning(
                    """
                    copy \(area.replicator.copyPath.loadText()) is forgotten for \(path): a source knows \
                    \(RuntimeLayout.copiesMax), and it was away for the longest. To have it back, remove its file or \
                    say --adopt
                    """)
            }
            area.begin(id)
        }
    }

    /// A block for each path, in order. Where none is free, that of the copy which has been away for the longest.
    /// Nothing is changed by that: a copy may yet turn out to be none that can be kept.
    ///
    /// - Parameter followed: blocks of copies that are followed already.
    static func assign(_ paths: [String], in source: SourceDataFile, besides followed: [Int] = []) -> [Block] {
        let areas = source.area.copies.map(\.replicator)
        let numbers = areas.indices.filter { !followed.contains($0) }
        var found: [Int?] = paths.map { path in
            guard let id = id(of: path, source), id != .none else { return nil }
            return numbers.first { areas[$0].id == id }
        }
        // The same file by two names, or a copy of a copy: the first is who it says.
        for place in found.indices where found[..<place].contains(where: { $0 != nil && $0 == found[place] }) {
            found[place] = nil
        }
        for place in paths.indices where found[place] == nil {
            let number = numbers.first { areas[$0].id != .none && areas[$0].copyPath.loadText() == paths[place] }
            if let number, !found.contains(number) { found[place] = number }
        }
        return paths.indices.map { place in
            if let number = found[place] { return Block(number: number, id: areas[number].id, isNew: false) }
            let number = numbers.filter { !found.contains($0) }.min { areas[$0].absence < areas[$1].absence }!
            found[place] = number
            let id = CopyID(high: .random(in: 1 ... .max), low: .random(in: 0 ... .max))
            return Block(number: number, id: id, isNew: true)
        }
    }

    /// Cut to fit, a path would name another file to whoever reads the status.
    static func checkLength(of path: String) throws(TandemError) {
        guard path.utf8.count < ReplicatorBlock.pathBytes else {
            throw TandemError(
                .badArgument, "path '\(path.prefix(40))…'",
                "it has \(path.utf8.count) bytes, and the source remembers \(ReplicatorBlock.pathBytes - 1)",
                remedy: "Use a shorter path, from the current directory on perhaps")
        }
    }

    /// Nil where there is no copy of this source.
    private static func id(of path: String, _ source: SourceDataFile) -> CopyID? {
        guard let bytes = try? FileBytes(path: path, writable: false),
            let header = try? CopyExaminer.header(of: bytes),
            let slot = StateSlot.newest(in: header, checksum: LinuxChecksum.crc32c),
            slot.generation == source.generation, slot.role != .source
        else { return nil }
        return slot.copy
    }
}

extension ReplicatorBlock {
    /// Those that nobody has come first, then those that were last followed the longest ago.
    fileprivate var absence: (Int, UInt64) { id == .none ? (0, 0) : (1, self[.heartbeat].load()) }
}

extension CopyPlaces {
    /// The copy at `path`, where the source knows it.
    static func copy(at path: String, in source: SourceDataFile) -> RuntimeArea? {
        let known = source.area.copies.filter { $0.replicator.id != .none }
        let id = id(of: path, source)
        return known.first { $0.replicator.id == id } ?? known.first { $0.replicator.copyPath.loadText() == path }
    }
}
