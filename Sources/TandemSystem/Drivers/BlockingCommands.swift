internal import TandemCore

/// The commands that the drivers of files perform alike, on the calling thread: those about the file as a whole, and a
/// dead writer's recovery. Rare, so that blocking is simpler than it is slow.
final class BlockingCommands {
    let copy: CopyFile
    private let revival: WriterRevival

    init(copy: CopyFile, source: MappedFile, layout: FileLayout) {
        self.copy = copy
        revival = WriterRevival(source: source, layout: layout)
    }

    /// What became of `operation`; nil for a write, a read or a flush, which are the driver's own.
    func perform(_ operation: CopyCommand.Operation) -> CopyCompletion.Result? {
        if case .reviveWriter(let slot) = operation { return revival.perform(slot) }
        return copy.perform(operation)
    }
}
