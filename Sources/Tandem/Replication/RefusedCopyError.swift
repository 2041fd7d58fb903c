internal import TandemCore
internal import TandemTypes

extension TandemError {
    /// - Parameter refusal: the engine's account: what is wrong, and then what to do; of a file that is none of ours
    ///   with its path in front.
    init(refusing path: String, _ refusal: String, isSuperseded: Bool) {
        let own = refusal.hasPrefix("\(path): ") ? String(refusal.dropFirst(path.count + 2)) : refusal
        // From behind, as the problem may hold a number.
        var parts = own.split(separator: ". ", omittingEmptySubsequences: true)
        let remedy = parts.count > 1 ? String(parts.removeLast()) : "Give another path"
        self.init(
            isSuperseded ? .superseded : .wrongRole, path, parts.joined(separator: ". "),
            remedy: remedy.hasSuffix(".") ? String(remedy.dropLast()) : remedy)
    }
}
