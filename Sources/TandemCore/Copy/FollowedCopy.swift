/// A copy that an engine is to follow.
package struct FollowedCopy: Sendable {
    /// Its block in the source's memory, from 0.
    package let number: Int
    /// What a block that is nobody's yet gets.
    package let id: CopyID
    package let staging: EngineStaging
    /// Its own; nil for the engine's.
    package let options: EngineOptions?

    package init(number: Int, id: CopyID = .none, staging: EngineStaging, options: EngineOptions? = nil) {
        self.number = number
        self.id = id
        self.staging = staging
        self.options = options
    }
}
