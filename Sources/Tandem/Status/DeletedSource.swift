internal import TandemSystem

/// Files that lost their name while they are in use.
package enum DeletedSource {
    /// The processes that have a file open which was deleted as `path`, in order; of other users' only root sees them.
    package static func processes(using path: String) -> [Int] {
        Set(FileHolders.ofDeleted(path).values.joined().map(\.process)).sorted()
    }
}
