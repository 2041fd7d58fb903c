package import TandemCore

/// A primary's connections to a standby, each with a number above all before it: what its fence goes by.
package struct NBDSessions {
    let life: Life
    /// What its number was is not known any more: a standby's tells.
    let isLost: Bool
    /// A copy that holds what this source lacks is to be overwritten, though its sessions are newer ones.
    let adopts: Bool
    private let rise: (UInt64) -> UInt64

    /// - Parameters:
    ///   - isLost: the source's word for it was scribbled over.
    ///   - adopts: the source was put back, and is the one that is wanted.
    ///   - rise: the next number, above all before it and above the one that it is given. It is known to whoever comes
    ///     later, before it is returned.
    package init(
        life: Life, isLost: Bool = false, adopts: Bool = false, rise: @escaping (_ above: UInt64) -> UInt64
    ) {
        self.life = life
        self.isLost = isLost
        self.adopts = adopts
        self.rise = rise
    }

    func next(above least: UInt64 = 0) -> UInt64 { rise(least) }
}
