import TandemSystem
import TandemTypes

/// One connection to a standby, from the moment that its export was opened.
package final class StandbyConnection: Sendable {
    package enum Role: Sendable {
        /// Looks, and touches nothing.
        case observer
        case session(ExportName.Session)
    }

    package let role: Role
    /// Address of the other end.
    package let peer: String
    /// Bytes of the file behind the export.
    package let byteCount: Int

    init(_ role: Role, peer: String, byteCount: Int) {
        self.role = role
        self.peer = peer
        self.byteCount = byteCount
    }

    var session: UInt64 {
        switch role {
        case .observer: 0
        case .session(let session): session.number
        }
    }

    package var isWritable: Bool { session > 0 }
    /// Where the control page begins.
    package var controlOffset: Int { ControlPage.offset(behind: byteCount) }
    /// Where digests of the copy's pages begin, for who writes it.
    var digestsOffset: Int { controlOffset + ControlPage.byteCount }
    /// Bytes of the export.
    package var exportBytes: Int {
        isWritable ? ControlPage.digests(behind: byteCount).upperBound : digestsOffset
    }
    /// What the control page says to it.
    ///
    /// - Parameter arrivals: of the copy that it writes; nil for who only looks.
    func controlPage(_ arrivals: StandbyArrivals?) -> ControlPage {
        var page = ControlPage(session: session)
        guard let arrivals else { return page }
        page.flags = ControlPage.hasDigests
        guard let end = arrivals.end else { return page }
        page.flags |= ControlPage.appliesArrivals
        page.applied = end
        return page
    }
}
