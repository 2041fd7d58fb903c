internal import Glibc
internal import TandemCore

/// The commands that every driver performs alike, on the calling thread: those about the file as a whole, and a dead
/// writer's recovery. Rare, so that blocking is simpler than it is slow.
final class BlockingCommands {
    let copy: CopyFile
    private let source: MappedFile
    private let layout: FileLayout
    private let memory: SourceMemory
    /// The copy while it is in memory, from its first replay on: mapped anew for each, its pages would have to be found
    /// again.
    private var mapped: MappedBytes?

    init(copy: CopyFile, source: MappedFile, layout: FileLayout) {
        self.copy = copy
        self.source = source
        self.layout = layout
        memory = SourceMemory(base: source.base, layout: layout)
    }

    private func replay(from slot: StateSlot, until end: JournalEnd, _ budget: Int) throws(CopyFailure) -> JournalEnd {
        if mapped == nil { mapped = MappedBytes(inMemory: copy.descriptor) }
        guard let mapped else {
            return try CopyRecovery.replay(
                copy, layout: layout, slot: slot, until: end, budget: budget, checksum: copy.checksum)
        }
        return try mapped.guarded { () throws(CopyFailure) in
            try CopyRecovery.replay(
                mapped, layout: layout, slot: slot, until: end, budget: budget, checksum: copy.checksum)
        }
    }

    /// What became of `operation`; nil for a write, a read or a flush, which are the driver's own.
    func perform(_ operation: CopyCommand.Operation) -> CopyCompletion.Result? {
        do throws(CopyFailure) {
            if operation.changesFile { mapped = nil }
            switch operation {
            case .probe: return .probed(try copy.probe())
            case .format(let slot, beside: true): try copy.formatBeside(slot)
            case .format(let slot, beside: false): try copy.format(slot)
            case .publishRebuild: try copy.publishRebuild()
            case .replay(let slot, let end, let budget): return .replayed(try replay(from: slot, until: end, budget))
            case .watch: try copy.watch()
            case .close: copy.close()
            case .reviveWriter(let slot): return .writerRevived(try revive(slot))
            case .write, .read, .readOnce, .flush: return nil
            }
            return .done
        } catch {
            return .failed(error)
        }
    }

    /// True when the writer was dead and has been recovered, false while it lives.
    private func revive(_ slot: Int) throws(CopyFailure) -> Bool {
        guard (0 ..< layout.writerCount).contains(slot) else { throw CopyFailure(.refused, errno: EINVAL) }
        do throws(KernelFailure) {
            guard let lock = try SlotLock.acquire(source, layout.lockByte(ofWriter: slot)) else { return false }
            // Held until the slot is clean, so that no new writer takes it half recovered.
            withExtendedLifetime(lock) { _ = WriterRecovery.recover(slot: slot, in: memory, layout: layout) }
            return true
        } catch {
            throw error.copyFailure
        }
    }
}

extension CopyCommand.Operation {
    /// After it commands may go to another file.
    fileprivate var changesFile: Bool {
        switch self {
        case .probe, .format, .publishRebuild, .close: true
        case .replay, .write, .read, .readOnce, .flush, .watch, .reviveWriter: false
        }
    }
}
