import CSimulation
import TandemCore

/// Counts the operations of a run, and lets the fault strike.
final class OperationCounter {
    let fault: OperationFault?
    /// Every operation so far, in order.
    private(set) var operations: [Operation] = []
    /// When the fault struck first; nil while it has not.
    private(set) var struckAt: UInt64?
    private var isMended = false
    private let lateBy: UInt64
    /// How long a fault that lasts does: several times all that the engine waits before it tries again.
    private let lasting: UInt64
    private let hanging: UInt64

    init(_ fault: OperationFault?, options: EngineOptions) {
        self.fault = fault
        lateBy = options.deadlines.lateAfter * 3 / 2
        lasting = options.deadlines.lateAfter * 8
        hanging = options.deadlines.lateAfter * 4
    }

    var hasStruck: Bool { struckAt != nil }

    /// A new file beside the copy finds no room, or may find none.
    var takesRoomBeside: Bool {
        guard let fault, fault.kind == .enospc || fault.kind == .short, operations.count >= fault.operation else {
            return false
        }
        return fault.lasts || operations[fault.operation - 1].isLayout
    }

    /// The device has nothing more against anybody.
    func mend() { isMended = true }

    /// Until when the device answers nothing; nil when it does.
    var hangsUntil: UInt64? {
        guard let fault, fault.kind == .hung, let struckAt, !isMended else { return nil }
        let end = struckAt + (fault.lasts ? lasting : hanging)
        return tandem_now() < end ? end : nil
    }

    /// It has answered nothing for so long that every command is late.
    var isLongHung: Bool {
        guard hangsUntil != nil, let struckAt else { return false }
        return tandem_now() > struckAt + lateBy * 2
    }

    /// The next operation begins. The fault's kind, if it strikes this one.
    func begin(_ operation: Operation) -> OperationFault.Kind? {
        operations.append(operation)
        guard let fault, operations.count >= fault.operation, !isMended else { return nil }
        if let struckAt {
            guard fault.lasts, tandem_now() < struckAt + lasting else { return nil }
        } else {
            struckAt = tandem_now()
        }
        return fault.kind.canStrike(operation) ? fault.kind : nil
    }

    /// For one that is done at once: throws when it has failed.
    func perform(_ operation: Operation) throws(CopyFailure) {
        if let failure = begin(operation)?.failure { throw failure }
    }

    /// By how much a command completes later than it would.
    func delay(_ kind: OperationFault.Kind?) -> UInt64 { kind == .late ? lateBy : 0 }
}

/// A file whose every read and write is an operation.
struct CountedBytes: CopyBytes {
    let file: SimulatedFile
    let counter: OperationCounter?
    let reading: Operation
    let writing: Operation

    var count: Int { file.count }

    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        try counter?.perform(reading)
        try file.read(into: destination, at: offset)
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard let kind = counter?.begin(writing), let failure = kind.failure else {
            return try file.write(source, at: offset)
        }
        if kind == .short { file.land(UnsafeRawBufferPointer(rebasing: source[..<(source.count / 3)]), at: offset) }
        throw failure
    }
}
