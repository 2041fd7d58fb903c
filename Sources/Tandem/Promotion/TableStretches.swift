internal import Dispatch
internal import TandemCore

extension TableLayout {
    /// Some milliseconds of work, so that all processors end together.
    static let stretchBytes = 16 << 20

    /// What `body` makes of the table's pages, some of them at a time, in their order.
    ///
    /// - Parameters:
    ///   - bytes: of a stretch.
    ///   - usesAllProcessors: stretches are shared out; `body` is run by several at once then.
    ///   - body: given the numbers of a stretch's pages in this table.
    func inStretches<Value, Failure: Error>(
        of bytes: Int = stretchBytes, usesAllProcessors: Bool, _ body: @escaping (Range<Int>) throws(Failure) -> Value
    ) throws(Failure) -> [Value] {
        let pagesEach = max(1, bytes / pageBytes)
        let starts = Array(stride(from: 0, to: pageCount, by: pagesEach))
        let end = pageCount
        var found = [Result<Value, Failure>?](repeating: nil, count: starts.count)
        found.withUnsafeMutableBufferPointer { places in
            // Each stretch has pages of its own and an element of its own, and all have ended before any is looked at.
            nonisolated(unsafe) let (body, places) = (body, places)
            let walk = { @Sendable (number: Int) in
                let pages = starts[number] ..< min(starts[number] + pagesEach, end)
                places[number] = Result { () throws(Failure) in try body(pages) }
            }
            if usesAllProcessors {
                DispatchQueue.concurrentPerform(iterations: starts.count, execute: walk)
            } else {
                starts.indices.forEach(walk)
            }
        }
        var values: [Value] = []
        for result in found { values.append(try result!.get()) }
        return values
    }
}
