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

    /// Where to listen: `HOST:PORT`, `[ADDRESS]:PORT`, or either without its port.
    package static func listening(_ text: String) throws(TandemError) -> (host: String, port: UInt16) {
        do throws(HostPort.Problem) {
            let place = try HostPort(text[...])
            return (place.host, place.port)
        } catch {
            throw TandemError(
                .badArgument, "'\(text)'", error.words, remedy: "Give HOST:PORT, or [ADDRESS]:PORT for one of IPv6")
        }
    }

    /// - Throws: for a file of keys that a replicator, or this host's server, would not go by.
    package static func checkSecret(_ path: String) throws(TandemError) { _ = try SecretFile.users(in: path) }
}
