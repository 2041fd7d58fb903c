internal import Logging
internal import TandemSystem

/// Looks whether the source still has its name and its length, while it is replicated.
///
/// Nobody tells: writers go on for ever in a file that was deleted, a new process does not find it, and when the last
/// of them ends everything is gone but the copy. (Cleaners of temporary files do this, and logind when a user leaves.)
struct SourceNameWatch {
    /// Two system calls each time; so it is said within a second.
    private static let interval: UInt64 = 500_000_000

    private let copy: String
    private var standing = MappedFile.Standing.named
    private var lookedAt: UInt64 = 0

    init(copy: String) { self.copy = copy }

    /// What is to be said of it; nil while there is no news.
    mutating func look(at file: MappedFile, now: UInt64) -> (level: Logger.Level, text: String)? {
        guard now &- lookedAt >= Self.interval else { return nil }
        lookedAt = now
        let found = file.standing
        guard found != standing else { return nil }
        standing = found
        return found == .named
            ? (.notice, "source \(file.path) has its name again")
            : (.error, "source \(file.path) \(words(found, file))")
    }

    private func words(_ found: MappedFile.Standing, _ file: MappedFile) -> String {
        let taken = file.isNameTaken ? ", and another file stands under its name" : ""
        return switch found {
        case .named: "has its name"
        case .deleted:
            """
            was deleted while it is in use\(taken): its writers go on in a file that nobody else can open, and that \
            is gone when the last process ends. To keep it, run 'tandem relink \(file.path)' now, then end the \
            writers and this replicator; or end the writers and promote \(copy)
            """
        case .renamed:
            """
            was renamed while it is in use\(taken): whoever is started now does not find it. Give it its name back, \
            or start everything with the new one
            """
        case .resized(let count):
            """
            was cut or extended to \(count) bytes while it is in use, where it has \(file.byteCount): end all that \
            write there and promote \(copy)
            """
        }
    }
}
