/// What a copy's medium can do besides reading and writing its bytes.
package struct MediumAbilities: Equatable, Sendable {
    package var content: ContentAccess
    /// Whoever keeps the copy applies each cut to the tables as it arrives (`ArrivingCopy`), and says how far they are.
    package var appliesArrivals: Bool

    package init(content: ContentAccess = .none, appliesArrivals: Bool = false) {
        self.content = content
        self.appliesArrivals = appliesArrivals
    }
}
