package import TandemCore

/// Which byte of a source is locked by whom.
extension FileLayout {
    /// Held by a writer for its life: the first byte of its slot.
    package func lockByte(ofWriter slot: Int) -> Int { runtime.writers + slot * WriterOffset.stride }
    /// Held by the one engine.
    package var lockByteOfEngine: Int { runtime.copies[0].replicator }
    /// Held by the one tool that asks something of the replicator.
    package var lockByteOfRequest: Int { runtime.request }
}
