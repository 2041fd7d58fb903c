internal import Glibc
package import TandemCore

/// A dead writer's recovery: the one command that is about the source. On the calling thread, as it is short.
package struct WriterRevival {
    private let source: MappedFile
    private let layout: FileLayout
    private let memory: SourceMemory

    package init(source: MappedFile, layout: FileLayout) {
        self.source = source
        self.layout = layout
        memory = SourceMemory(base: source.base, layout: layout)
    }

    func perform(_ slot: Int) -> CopyCompletion.Result {
        do throws(CopyFailure) { return .writerRevived(try revive(slot)) } catch { return .failed(error) }
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
