/// What waits for its turn, in order.
///
/// Its memory is kept: what has been taken from the front is given up when everything has.
struct Backlog<Element> {
    private var elements: [Element] = []
    private var start = 0

    var first: Element? { start < elements.count ? elements[start] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func removeFirst() {
        start += 1
        if start >= elements.count { removeAll() }
    }

    mutating func removeAll() {
        elements.removeAll(keepingCapacity: true)
        start = 0
    }
}
