/// Pages of the copy that somebody has damaged: the last that was found, and how many there are.
package struct CopyDamage: Equatable, Sendable {
    /// Number of the table.
    package let table: Int
    /// Page of that table, from 0.
    package let page: Int
    /// Pages found since the copy was last known to be whole.
    package let pages: Int
}
