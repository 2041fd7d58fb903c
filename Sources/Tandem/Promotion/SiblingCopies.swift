internal import TandemCore
internal import TandemTypes

/// The other copies of a source that has several: none of them may be ahead of the one that is promoted.
struct SiblingCopies {
    let paths: [String]

    /// - Parameters:
    ///   - access: the copy that is to be promoted.
    ///   - cut: the last that it holds whole.
    /// - Throws: `.notPromotable`, `.wrongRole` for what is no copy of the same source, and what keeps one from being
    ///   read.
    func check(_ access: CopyAccess, cut: UInt64) throws(TandemError) {
        for path in paths where path != access.path {
            let sibling: CopyAccess
            do throws(TandemError) { sibling = try CopyAccess(path: path, writable: false) } catch {
                throw TandemError(
                    error.code, path, "it cannot be compared: \(error.detail?.problem ?? error.description)",
                    remedy: "Leave it out if it is lost for good; if it is a source, one was promoted before")
            }
            switch access.slot.life.kin(sibling.slot.life) {
            case .same: try check(sibling, against: access, cut)
            case .descendant:
                throw TandemError(
                    .notPromotable, access.path, "a promoted copy has taken over from its source, as \(path) says",
                    remedy: "Promote a copy of that one, if it is lost")
            case .ancestor, .cousin, .stranger:
                throw TandemError(
                    .wrongRole, path, "it is no copy of the same source (generation \(sibling.slot.generation))",
                    remedy: "Leave it out")
            }
        }
    }

    private func check(_ sibling: CopyAccess, against access: CopyAccess, _ cut: UInt64) throws(TandemError) {
        // One that is being made holds no cut.
        guard sibling.slot.role == .consistent else { return }
        let other = try sibling.survey().end.cut
        guard other > cut else { return }
        throw TandemError(
            .notPromotable, access.path,
            "\(sibling.path) is ahead: it holds cut \(other), and this one cut \(cut)",
            remedy: "Promote that one; --force promotes this one all the same, without what it lacks")
    }
}
