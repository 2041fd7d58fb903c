/// What was done with one copy of a source.
struct CopyRequestReport: Encodable {
    let source: String
    let copy: String
    /// The command's name.
    let done: String
}
