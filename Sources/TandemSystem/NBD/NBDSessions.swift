package import TandemCore

/// A primary's connections to a standby, each with a number above all before it: what its fence goes by.
package struct NBDSessions {
    let life: Life
    private let rise: (UInt64) -> UInt64

    /// - Parameter rise: the next number, above all before it and above the one that it is given. It is known to
    ///   whoever comes later, before it is returned.
    package init(life: Life, rise: @escaping (_ above: UInt64) -> UInt64) {
        self.life = life
        self.rise = rise
    }

    func next(above least: UInt64 = 0) -> UInt64 { rise(least) }
}
