internal import TandemCore

/// Operations between submit and completion: a fixed pool, whose index is what the kernel hands back.
struct RingFlights {
    struct Flight {
        /// What its completion answers; a place that is free has any.
        var token = Token.close
        /// Next byte to write or to fill; nil for a flush.
        var bytes: UnsafeRawPointer?
        var isRead = false
        /// Past the page cache.
        var isDirect = false
        /// What need not stay in the page cache once it has been read.
        var forgets: Range<Int>?
        var remaining = 0
        var offset = 0
        /// Answers in a row that moved nothing.
        var tries = 0
        /// How many operations had been prepared before this one.
        var sequence = 0
        var isUnderWay = false
    }

    private var flights: [Flight]
    private var free: [Int]

    init(count: Int) {
        flights = [Flight](repeating: Flight(), count: count)
        free = Array((0 ..< count).reversed())
    }

    var inFlight: Int { flights.count - free.count }
    var indices: Range<Int> { flights.indices }

    subscript(index: Int) -> Flight {
        get { flights[index] }
        set { flights[index] = newValue }
    }

    /// A place for an operation; nil when all are taken.
    mutating func take(_ flight: Flight) -> Int? {
        guard let index = free.popLast() else { return nil }
        flights[index] = flight
        flights[index].isUnderWay = true
        return index
    }

    /// Ends an operation and returns its token.
    mutating func land(_ index: Int) -> Token {
        precondition(flights[index].isUnderWay, "flight \(index) landed twice")
        flights[index].isUnderWay = false
        free.append(index)
        return flights[index].token
    }
}
