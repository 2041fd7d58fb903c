/// A store and a later load of the writer whose order the controller relies on, put to the test in one source.
///
/// A round is one transaction of the writer and, at the same moment, `open` and then `look` of the controller. Nothing
/// else touches the source meanwhile, and `settle` runs when both are done: so its verdict is exact.
protocol StoreLoadOrder: SendableMetatype {
    static var name: String { get }

    init(_ source: LitmusSource)
    /// Before the round.
    mutating func prepare()
    /// The controller's store that the writer's load meets.
    mutating func open()
    /// The controller's load that the writer's store has to be seen by; the barrier, if any, lies before it.
    mutating func look()
    /// After the round.
    mutating func settle() -> Verdict
}

struct Verdict {
    var isLost: Bool
    /// The controller's store came before the writer's load: next time it should come later.
    var wasEarly: Bool
}
