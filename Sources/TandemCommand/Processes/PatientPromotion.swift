import Tandem

extension Promotion {
    /// As `promote`, but gives a replicator that has just been killed three seconds to let go: the kernel ends its
    /// ring, and with it the lock, a moment after the process (90 ms seen).
    static func promotePatiently(copy: String, to source: String?, force: Bool) throws(TandemError) -> Certificate {
        let deadline = Instant.now + 3
        while true {
            do throws(TandemError) {
                return try promote(copy: copy, to: source, force: force)
            } catch {
                guard error.code == .inUse, Instant.now < deadline, !Interruption.isRequested else { throw error }
                Instant.sleep(seconds: 0.02)
            }
        }
    }
}
