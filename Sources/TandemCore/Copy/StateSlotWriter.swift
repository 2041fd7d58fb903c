/// Writes a state slot so that it is true: what it speaks of is flushed before, and the slot itself after; and a look
/// has found the file as it was left.
package struct StateSlotWriter {
    /// A slot is written with the rest of its page.
    package static let slotBytes = FileLayout.pageBytes

    private enum Step { case idle, looking, flushing, writing, sealing }

    private let buffer: UnsafeMutableRawBufferPointer
    private let checksum: Checksum
    private var step = Step.idle
    private var slot: StateSlot?

    /// - Parameter buffer: 4 KiB, page aligned.
    package init(buffer: UnsafeMutableRawBufferPointer, checksum: Checksum) {
        precondition(buffer.count >= Self.slotBytes, "one page, \(buffer.count) bytes given")
        self.buffer = buffer
        self.checksum = checksum
    }

    package var isIdle: Bool { step == .idle }
    /// Nothing is done before a look at the file has ended.
    var wantsLook: Bool { step == .looking }

    package mutating func write(_ slot: StateSlot) {
        precondition(isIdle, "two state slots at once")
        self.slot = slot
        step = .looking
    }

    /// The look has ended, or the step's command has completed; returns the slot when it is on stable storage.
    package mutating func advance(into batch: inout CommandBatch) -> StateSlot? {
        guard let slot else { return nil }
        switch step {
        case .idle: return nil
        case .looking:
            step = .flushing
            batch.issue(.stateFlush, .flush)
        case .flushing:
            buffer.initializeMemory(as: UInt8.self, repeating: 0)
            slot.encode(into: buffer.baseAddress!, checksum: checksum)
            step = .writing
            batch.issue(.stateWrite, .write(buffer.baseAddress!, count: Self.slotBytes, offset: slot.offset))
        case .writing:
            step = .sealing
            batch.issue(.stateFlush, .flush)
        case .sealing:
            step = .idle
            self.slot = nil
            return slot
        }
        return nil
    }

    /// A step failed, or the copy went away.
    package mutating func cancel() {
        step = .idle
        slot = nil
    }
}
