/// One way in for bytes that somebody else may have written: what an input means, and what must hold whatever it says.
///
/// Kept from input to input, as setting one up takes longer than running an input; `run` leaves nothing behind that the
/// next could see.
package protocol FuzzTarget: AnyObject {
    /// Inputs from which mutation starts: each leads into another part of the code.
    static var seeds: [[UInt8]] { get }
    init()
    /// - Returns: whether the input got past every checksum and size on its way in.
    /// - Throws: what does not hold.
    func run(_ input: FuzzInput) throws(Finding) -> Bool
}

/// A promise that does not hold.
package struct Finding: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

func expect(_ condition: Bool, _ otherwise: @autoclosure () -> String) throws(Finding) {
    if !condition { throw Finding(otherwise()) }
}

/// The targets by name.
package enum FuzzTargetName: String, CaseIterable, Sendable {
    case schema, state, journal, copy, source, hostile, keyed, standby, server

    package var type: any FuzzTarget.Type {
        switch self {
        case .schema: SchemaTarget.self
        case .state: StateTarget.self
        case .journal: JournalTarget.self
        case .copy: CopyTarget.self
        case .source: SourceTarget.self
        case .hostile: HostileTarget.self
        case .keyed: KeyedTarget.self
        case .standby: StandbyTarget.self
        case .server: ServerTarget.self
        }
    }
}
