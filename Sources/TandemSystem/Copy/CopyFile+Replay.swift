package import TandemCore

extension CopyFile: CopyMedium {
    package func replay(
        _ slot: StateSlot, until end: JournalEnd, budget: Int
    ) throws(CopyFailure) -> JournalEnd {
        if mapped == nil, let target { mapped = MappedBytes(inMemory: target.descriptor) }
        guard let mapped else {
            try forgetStale()
            return try CopyRecovery.replay(
                self, layout: layout, slot: slot, until: end, budget: budget, checksum: checksum)
        }
        return try mapped.guarded { () throws(CopyFailure) in
            try CopyRecovery.replay(
                mapped, layout: layout, slot: slot, until: end, budget: budget, checksum: checksum)
        }
    }
}
