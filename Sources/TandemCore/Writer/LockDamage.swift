extension TableView {
    /// Whether record `index` is locked by a writer that has no transaction under way, so that nobody will unlock it.
    ///
    /// A writer says *active* before its first lock, and *idle* after its last unlock, which changes the header. So
    /// where the header was the same before and after its owner was found idle, no transaction of the owner's holds it:
    /// somebody has written over the memory. An owner beyond the slots is none.
    package func isLockDamaged(_ index: Int) -> Bool {
        let record = record(index)
        // Acquire: the header is looked at before the status, and again after it.
        let lockWord = record.lockWord.loadAcquiring()
        let holder = Int(RecordHeader.owner(lockWord))
        guard holder != 0 else { return false }
        guard holder <= memory.writerCount else { return true }
        // Acquire: the status is read before the header's second look, which shows that it was this holder's.
        let status = WriterStatus(word: memory.writer(holder - 1).status.loadAcquiring())
        return status.state == WriterStatus.idle && record.lockWord.load() == lockWord
    }
}
