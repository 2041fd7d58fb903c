/// What one poll asks for, in order. The only way out: whoever wants something done issues it here, and the engine
/// counts what it hands over.
package struct CommandBatch {
    package private(set) var commands: [CopyCommand] = []

    package init() {}

    package var isEmpty: Bool { commands.isEmpty }

    package mutating func issue(_ token: Token, _ operation: CopyCommand.Operation) {
        commands.append(CopyCommand(token: token, operation: operation))
    }

    package mutating func removeAll() {
        // Asked at every poll, and mostly in vain.
        if !commands.isEmpty { commands.removeAll(keepingCapacity: true) }
    }

    /// Moves all that `other` holds behind what is here.
    package mutating func take(from other: inout CommandBatch) {
        commands.append(contentsOf: other.commands)
        other.removeAll()
    }
}
