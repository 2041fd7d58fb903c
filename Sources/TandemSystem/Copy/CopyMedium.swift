package import TandemCore

/// What one copy is kept on: found, laid out, watched, caught up and given up as a whole. A file is one, an export of a
/// server another. What a copy is and what may be done to it is Core's: a medium only reads, writes and flushes.
package protocol CopyMedium: AnyObject, CopyBytes {
    /// Opens the copy anew and says what it is. What must not be touched is closed again, untouched.
    func probe() throws(CopyFailure) -> CopyExamination
    /// Makes what was probed a copy of this source, durable.
    func format(_ slot: StateSlot) throws(CopyFailure)
    /// Makes a copy besides the one that is open, which stays as it is.
    func formatBeside(_ slot: StateSlot) throws(CopyFailure)
    /// What was made beside the copy takes its place.
    func publishRebuild() throws(CopyFailure)
    /// Applies the journal to the tables, from the slot's tail to `end`, or a slice of it.
    func replay(_ slot: StateSlot, until end: JournalEnd, budget: Int) throws(CopyFailure) -> JournalEnd
    /// What can be done with what is open.
    var abilities: MediumAbilities { get }
    /// Is what is open still the copy, as long as it was?
    func watch() throws(CopyFailure)
    func close()
}

extension CopyMedium {
    /// What became of `operation`; nil for what is no matter of the copy as a whole.
    func perform(_ operation: CopyCommand.Operation) -> CopyCompletion.Result? {
        do throws(CopyFailure) {
            switch operation {
            case .probe: return .probed(try probe(), abilities)
            case .format(let slot, beside: true): try formatBeside(slot)
            case .format(let slot, beside: false): try format(slot)
            case .publishRebuild: try publishRebuild()
            case .replay(let slot, let end, let budget):
                return .replayed(try replay(slot, until: end, budget: budget))
            // Nobody does.
            case .inquire: return .applied(nil)
            case .watch: try watch()
            case .close: close()
            case .write, .read, .readOnce, .flush, .reviveWriter: return nil
            }
            return .done
        } catch {
            return .failed(error)
        }
    }
}
