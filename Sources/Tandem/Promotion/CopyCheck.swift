internal import TandemCore
public import TandemTypes
internal import TandemSystem

/// Recovers a copy on paper: reads its journal and every seal, and changes nothing.
public enum CopyCheck {
    /// - Parameter path: a copy; one that a replicator is writing may be checked too.
    /// - Returns: the certificate that promoting it now would give, with its problems.
    /// - Throws: what keeps it from being read at all: `.notFound`, `.notTandem`, `.corrupt`, `.wrongLength`,
    ///   `.wrongRole`.
    public static func check(at path: String) throws(TandemError) -> Certificate {
        let start = MonotonicClock.now()
        var certificate = try examine(path)
        // A slot, a cut or an image of a live copy may be seen half written: look again before calling it damaged.
        for _ in 0 ..< 4 where !certificate.problems.isEmpty && FileBytes.isLocked(path: path) {
            certificate = try examine(path)
        }
        certificate.milliseconds = Double(MonotonicClock.now() - start) / 1e6
        return certificate
    }

    private static func examine(_ path: String) throws(TandemError) -> Certificate {
        let access = try CopyAccess(path: path, writable: false)
        var verifier = SealVerifier(access: access)
        var covered: Set<UInt64> = []
        let replayed = try access.survey { change in covered.insert(SealVerifier.key(change.table.number, change.index))
        }
        verifier.covered = covered
        var certificate = access.certificate(replayed)
        try verifier.verify(&certificate)
        // Images of a live copy are written while we read; what was ahead of its journal then is in it by now.
        let end = verifier.ahead.count > 0 ? try access.survey().end.cut : certificate.cut
        verifier.judge(&certificate, journalEnd: end)
        return certificate
    }
}
