import Tandem
import TandemStandby

extension Promotion {
    /// As `promote`. A standby that serves the copy is asked to let go: from then on nothing that a primary sends lands
    /// on it, for as long as this takes, and for ever if it comes to its end.
    /// Gives a replicator that has just been killed its time to let go.
    static func promotePatiently(
        copy: String, to source: String?, among others: [String] = [], onlyIfHandedOver: Bool = false, force: Bool
    ) throws(TandemError) -> Certificate {
        let standby = StandbyClient(of: copy)
        defer { withExtendedLifetime(standby) {} }
        _ = try standby?.fence()
        return try patiently { () throws(TandemError) in
            try promote(
                copy: copy, to: source, among: others, onlyIfHandedOver: onlyIfHandedOver, force: force,
                arrived: { standby?.arrival() })
        }
    }
}
