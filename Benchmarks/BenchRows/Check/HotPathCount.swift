/// Where one count ends and the next begins: callgrind writes down what it has counted whenever this is entered.
///
/// Not optimised, as a function that does nothing would not be called.
@inline(never) @_optimize(none)
func callgrindMark() {}

/// Runs hot paths one after the other, between two marks each. Under callgrind the even counts are theirs, the odd ones
/// what came before; without it they just run.
package struct HotPathCount: Sendable {
    package static let mark = "*callgrindMark*"
    /// `write.shared 10240`, in the order of the counts.
    package private(set) var lines: [String] = []

    package init() {}

    /// - Parameters:
    ///   - name: as in `write.shared`: what the baseline knows it by.
    ///   - turns: how often the work does what its figure is of.
    mutating func count(_ name: String, turns: Int, _ work: () throws -> Void) rethrows {
        callgrindMark()
        try work()
        callgrindMark()
        lines.append("\(name) \(turns)")
    }
}
