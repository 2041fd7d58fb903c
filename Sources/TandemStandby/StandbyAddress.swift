import TandemCore
import TandemSystem
import TandemTypes

/// Where a standby is, in the words of a person on one of its two hosts: read by whatever reads them for a replicator.
package enum StandbyAddress {
    /// Whether a copy's name is that of an export, not of a file on this host.
    package static func isAddress(_ text: String) -> Bool { NBDAddress.isAddress(text) }

    /// The host that an export is on; nil where it is this one.
    package static func host(of text: String) -> String? {
        guard let address = try? NBDAddress(text), !address.isLocal, case .tcp(let host, _) = address.place else {
            return nil
        }
        return host
    }
}
