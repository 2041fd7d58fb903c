/// Who has a copy locked, in words: whoever finds it in use asks for nothing else first.
struct CopyHolder: CustomStringConvertible {
    let description: String

    /// Nil where that is not known, as for the processes of other users.
    init?(of path: String) {
        guard let status = try? CopyStatus.read(at: path), let process = status.replicatorProcess else { return nil }
        let source = status.sourcePath.map {
            " as the copy of \($0)\(status.isSourceDeleted == true ? ", which was deleted while it is in use" : "")"
        }
        description = "process \(process) writes it\(source ?? "")"
    }
}
