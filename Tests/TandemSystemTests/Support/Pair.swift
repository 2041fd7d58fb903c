import TandemCore
import TestSupport

@testable import TandemSystem

/// A small source and the place of its copy.
final class Pair {
    let scratch: Scratch
    let layout: FileLayout
    let source: MappedFile
    let copyName = "copy"
    var copyPath: String { scratch.file(copyName) }

    init(in parent: String = "/tmp") throws {
        scratch = Scratch(in: parent)
        layout = try FileLayout(
            tables: [TableDefinition(name: "calls", payloadBytes: 48, capacity: 1000, sharing: .shared)],
            writerCount: 4, undoBytes: 1 << 18, journalBytes: 4 << 20)
        let layout = layout
        source = try MappedFile.create(path: scratch.file("source"), bytes: layout.tablesEnd) { base in
            RuntimeArea(memory: SourceMemory(base: base, layout: layout), layout: layout).initialize(
                afterCut: 0)
        }
    }

    func makeCopy() -> CopyFile {
        CopyFile(path: copyPath, layout: layout, checksum: LinuxChecksum.crc32c, source: source.identity)
    }

    func slot(_ sequence: UInt64 = 1) -> StateSlot {
        StateSlot(sequence: sequence, generation: Generation(high: 1, low: 2), role: .syncing)
    }

    func makeDriver(
        _ kind: CopyDriverKind, copy: CopyFile, staging: [UnsafeMutableRawBufferPointer] = []
    ) throws -> any CopyDriver {
        try CopyDrivers.choose(kind, copy: copy, source: source, layout: layout, staging: staging).driver
    }

    /// A driver whose copy is formatted and open.
    func makeOpenDriver(
        _ kind: CopyDriverKind, staging: [UnsafeMutableRawBufferPointer] = []
    ) throws -> any CopyDriver {
        let driver = try makeDriver(kind, copy: makeCopy(), staging: staging)
        _ = driver.perform([.probe, .format(slot(), beside: false)])
        return driver
    }
}

extension CopyDriver {
    /// Submits the operations and waits for all of them; results in the order of the operations.
    func perform(_ operations: [CopyCommand.Operation]) -> [CopyCompletion.Result] {
        submit(operations.enumerated().map { CopyCommand(token: .image($0.offset), operation: $0.element) })
        var completions: [CopyCompletion] = []
        while completions.count < operations.count { reap(into: &completions) }
        precondition(Set(completions.map(\.token)).count == operations.count, "a command completed twice")
        return completions.sorted { $0.token.number < $1.token.number }.map(\.result)
    }
}

extension CopyCompletion.Result {
    var isDone: Bool { if case .done = self { true } else { false } }
    var failure: CopyFailure? { if case .failed(let failure) = self { failure } else { nil } }
    var revived: Bool? { if case .writerRevived(let revived) = self { revived } else { nil } }
}

extension CopyExamination {
    var isBlank: Bool { if case .blank = self { true } else { false } }
    var slot: StateSlot? { if case .copy(let slot, _) = self { slot } else { nil } }
    var refusal: TandemError? { if case .foreign(let error) = self { error } else { nil } }
}

extension Token {
    /// The chunk or image that it is about; 0 where there is none.
    fileprivate var number: Int {
        switch self {
        case .image(let number), .cutWrite(let number), .revive(let number): number
        case .look(_, let part): part
        default: 0
        }
    }
}
