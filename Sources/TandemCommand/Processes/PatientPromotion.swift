import Tandem
import TandemStandby

extension Promotion {
    /// As `promote`. A standby that serves the copy is asked to let go: from then on nothing that a primary sends lands
    /// on it, for as long as this takes, and for ever if it comes to its end.
    ///
    /// Gives a replicator that has just been killed three seconds to let go: the kernel ends its
    /// ring, and with it the lock, a moment after the process (90 ms seen).
    static func promotePatiently(
        copy: String, to source: String?, among others: [String] = [], onlyIfHandedOver: Bool = false, force: Bool
    ) throws(TandemError) -> Certificate {
        let standby = StandbyClient(of: copy)
        defer { withExtendedLifetime(standby) {} }
        _ = try standby?.fence()
        let deadline = Instant.now + 3
        while true {
            do throws(TandemError) {
                return try promote(
                    copy: copy, to: source, among: others, onlyIfHandedOver: onlyIfHandedOver, force: force)
            } catch {
                guard error.code == .inUse, Instant.now < deadline, !Interruption.isRequested else { throw error }
                Instant.sleep(seconds: 0.02)
            }
        }
    }
}
