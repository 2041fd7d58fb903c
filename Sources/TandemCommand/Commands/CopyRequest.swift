import ArgumentParser
import Tandem

/// What the commands have in common that ask something about one copy of a source.
struct CopyRequest: ParsableArguments {
    @Argument(help: "Source data file.")
    var source: String

    @Argument(help: "Copy data file, or a server's export; a known one as `tandem status` shows it.")
    var copy: String

    @Flag(help: "Report as JSON.")
    var json = false

    private struct Report: Encodable {
        let source: String
        let copy: String
        let done: String
    }

    /// - Parameters:
    ///   - done: the command's name, for programs.
    ///   - words: what became of the copy, for people.
    func perform(
        _ done: String, _ words: String,
        _ body: (SourceDataFile, _ copy: String) throws -> Void
    ) throws {
        try body(SourceDataFile.open(at: source), copy)
        Terminal.output.say(
            json ? jsonLine(Report(source: source, copy: copy, done: done)) : "\(copy.shown): \(words)")
    }
}
