internal import TandemSystem

/// Files that lost their name while they are in use.
package enum DeletedSource {
    /// The processes that have a file open which was deleted as `path`, in order; of other users' only root sees them.
    package static func processes(using path: String) -> [Int] {
        Set(FileHolders.ofDeleted(path).values.joined().map(\.process)).sorted()
    }

    /// What whoever asks about the file that now has the name needs to know of the one that had it; empty if there is
    /// none.
    static func account(of path: String) -> String {
        let users = processes(using: path)
        guard !users.isEmpty else { return "" }
        let list = users.map(String.init).joined(separator: ", ")
        return
            """
             for this file: another file of its name was deleted and is still in use by \
            \(users.count == 1 ? "process" : "processes") \(list), whose changes and copy are that one's. End them, or \
            promote that copy, before this file is given a replicator
            """
    }
}
