import ArgumentParser
import Glibc
import Tandem
import TestSupport
import Testing

@testable import TandemCommand

/// Files that were there before are nobody's to delete, move or write to.
@Suite("What is not ours stays as it is")
struct ForeignFileTests {
    private let letter = Array("somebody's letter\n".utf8)

    @Test func folderRefusesWhatExistsAndRemovesItsOwn() throws {
        let scratch = Scratch()
        let path = scratch.file("folder")
        let folder = try OwnFolder(path)
        close(open(folder.file("a"), O_CREAT | O_WRONLY, 0o600))
        #expect(throws: CommandFailure.self) { try OwnFolder(path) }
        #expect(access(folder.file("a"), F_OK) == 0, "a refused folder removes nothing")
        folder.remove()
        #expect(access(path, F_OK) != 0)
    }

    /// A link in the folder is removed, not what it leads to.
    @Test func linksAreNotFollowed() throws {
        let scratch = Scratch()
        scratch.write(letter, to: "letter")
        let folder = try OwnFolder(scratch.file("folder"))
        symlink(scratch.file("letter"), folder.file("link"))
        folder.remove()
        #expect(scratch.names == ["letter"])
        #expect(scratch.read("letter", count: 100) == letter)
    }

    @Test func acknowledgementsAreNotAppendedToAForeignFile() {
        let scratch = Scratch()
        scratch.write(letter, to: "letter")
        #expect(throws: CommandFailure.self) { try AcknowledgementLog(appendingTo: scratch.file("letter")) }
        #expect(scratch.read("letter", count: 100) == letter)
    }
}

/// `demo --copy PATH`, on paths of the test's own.
// One after the other: the demo has one folder for each process.
@Suite("The demo's copy is a file of its own, and no other", .serialized)
struct OwnCopyTests {
    private let scratch = Scratch()
    private let letter = Array("somebody's letter\n".utf8)
    private var path: String { scratch.file("copy") }

    private func put(_ name: String) { scratch.write(letter, to: name) }
    private func isUntouched(_ name: String) -> Bool { scratch.read(name, count: 100) == letter }

    @Test(
        "A path is refused when anything stands there, or beside it where the demo would put something",
        arguments: ["copy", "copy.away", "copy.rebuild"])
    func refusesWhatIsThere(name: String) {
        put(name)
        let options = Demo.Options(calls: 100, seconds: 1, copy: path, keepsFiles: false)
        let failure = #expect(throws: CommandFailure.self) { try Stage(options, terminal: .output) }
        #expect(failure?.description.contains("\(scratch.file(name)): it exists already") == true)
        #expect(scratch.names == [name] && isUntouched(name))
        #expect(access("/dev/shm/tandem-demo.\(getpid())", F_OK) != 0, "the demo's own folder is gone")
    }

    @Test("So is a folder, a link, and a link to nothing")
    func refusesOtherThanFiles() {
        mkdir(scratch.file("folder"), 0o700)
        put("letter")
        symlink(scratch.file("letter"), scratch.file("link"))
        symlink(scratch.file("nothing"), scratch.file("dangling"))
        for name in ["folder", "link", "dangling"] {
            #expect(throws: CommandFailure.self) { try OwnCopy(scratch.file(name)) }
        }
        #expect(scratch.names == ["dangling", "folder", "letter", "link"] && isUntouched("letter"))
        rmdir(scratch.file("folder"))
    }

    @Test("A folder that is not there is no place for it")
    func refusesMissingFolder() {
        #expect(throws: CommandFailure.self) { try OwnCopy(scratch.file("missing/copy")) }
        #expect(scratch.names == [])
    }

    @Test("It goes away and comes back, and is removed at the end")
    func life() throws {
        let copy = try OwnCopy(path)
        try copy.takeAway()
        #expect(scratch.names == ["copy.away"])
        try copy.bringBack()
        #expect(scratch.names == ["copy"])
        copy.remove()
        #expect(scratch.names == [])
    }

    @Test("What somebody puts in its place while it is away is neither replaced nor removed")
    func placeTaken() throws {
        let copy = try OwnCopy(path)
        try copy.takeAway()
        put("copy")
        #expect(throws: CommandFailure.self) { try copy.bringBack() }
        #expect(scratch.names == ["copy", "copy.away"] && isUntouched("copy"))
        copy.remove()
        #expect(scratch.names == ["copy"] && isUntouched("copy"))
    }

    @Test("What somebody puts in the way of its going away is not replaced, nor is another's file moved")
    func awayTaken() throws {
        let copy = try OwnCopy(path)
        put("copy.away")
        #expect(throws: CommandFailure.self) { try copy.takeAway() }
        #expect(isUntouched("copy.away"))
        unlink(path)
        unlink(scratch.file("copy.away"))
        put("copy")
        #expect(throws: CommandFailure.self) { try copy.takeAway() }
        copy.remove()
        #expect(scratch.names == ["copy"] && isUntouched("copy"))
    }

    @Test("A copy of the demo's own source is removed though it is another file; another source's stays")
    func byGeneration() throws {
        let source = try SourceDataFile.create(
            at: scratch.file("source"), tables: ExchangeTables.definitions(calls: 10))
        let replicator = try Replicator(source: source, copy: scratch.file("made"))
        let end = Instant.now + 20
        while !StatusReading(of: source).isInSync, Instant.now < end { replicator.step() }
        let copy = try OwnCopy(path)
        unlink(path)
        rename(scratch.file("made"), path)
        copy.remove()
        #expect(scratch.names == ["copy", "source"], "whose copy it is, is not known")
        copy.generation = source.generation.description
        copy.remove()
        #expect(scratch.names == ["source"])
    }
}

/// `replicate --to PATH`, where PATH is a mistake.
@Suite("What replicate is given by mistake", .serialized)
struct MistakenCopyTests {
    @Test("ends it with exit status 2, and stays as it is", arguments: ["source", "letter", ""])
    func ends(name: String) throws {
        let scratch = Scratch(in: "/dev/shm")
        let letter = Array("somebody's letter\n".utf8)
        scratch.write(letter, to: "letter")
        let source = scratch.file("source")
        _ = try SourceDataFile.create(
            at: source, tables: [TableDefinition(name: "t", payloadBytes: 16, capacity: 100, sharing: .shared)])
        let path = name.isEmpty ? "" : scratch.file(name)
        let command = try ReplicateCommand.parse([source, "--to", path])
        let failure = #expect(throws: CommandFailure.self) { try command.run() }
        #expect(failure?.status == .cannot)
        #expect(scratch.read("letter", count: 100) == letter)
    }
}
