/// Where a record that is read goes.
protocol ChangeSink {
    /// Memory for one change with its payload behind it. The same memory again until `append`.
    mutating func reserve(for table: TableLayout) -> CutBody.Reservation
    /// Keeps the change of a record on `page` whose payload was written at `room`.
    mutating func append(table: TableLayout, index: Int, epoch: UInt64, page: Int, at room: UnsafeMutableRawPointer)
}

extension CutBody: ChangeSink {}

/// Who took a page that is to be read, and what the one needs that was shipped the least.
struct PageTakers {
    /// A bit for each.
    private(set) var places: UInt8 = 0
    private(set) var threshold = UInt64.max

    @inline(__always)
    init<Follower: CutFollower>(of page: Int, among followers: UnsafeMutableBufferPointer<Follower>) {
        // Alone, it took whatever is read.
        if followers.count == 1 {
            places = 1
            threshold = followers[0].taker.threshold(of: page)
            return
        }
        for place in followers.indices {
            guard followers[place].taker.takes(page) else { continue }
            places |= 1 << UInt8(place)
            threshold = min(threshold, followers[place].taker.threshold(of: page))
        }
    }

    /// Whether the names of a page stay: somebody misses it by them, or whoever took it has left, and they are the
    /// others'.
    @inline(__always)
    static func leaveNames<Follower: CutFollower>(
        of page: Int, _ followers: UnsafeMutableBufferPointer<Follower>
    ) -> Bool {
        for place in followers.indices where followers[place].taker.needsNames(of: page) { return true }
        return PageTakers(of: page, among: followers).first == nil
    }

    var first: Int? { @inline(__always) get { places == 0 ? nil : places.trailingZeroBitCount } }
    var areSeveral: Bool { @inline(__always) get { places & (places &- 1) != 0 } }
}

/// The bodies of those that took a page: a record is read once, into the first, and is put into the others from there.
struct SharedBody<Follower: CutFollower>: ChangeSink {
    private let followers: UnsafeMutableBufferPointer<Follower>
    private let takers: PageTakers
    /// The one that has no room.
    private(set) var blocked = 0

    init(_ followers: UnsafeMutableBufferPointer<Follower>, takers: PageTakers) {
        self.followers = followers
        self.takers = takers
    }

    mutating func reserve(for table: TableLayout) -> CutBody.Reservation {
        var first: UnsafeMutableRawPointer?
        var left = takers.places
        while left != 0 {
            let place = left.trailingZeroBitCount
            left &= left &- 1
            let answer = followers[place].taker.body.reserve(for: table)
            guard case .room(let pointer) = answer else {
                blocked = place
                return answer
            }
            first = first ?? pointer
        }
        return .room(first.unsafelyUnwrapped)
    }

    /// What was read at `room` goes to everybody who was last shipped something older.
    func append(table: TableLayout, index: Int, epoch: UInt64, page: Int, at room: UnsafeMutableRawPointer) {
        // The last first: `room` is the memory of the first, whose own value it is.
        var left = takers.places
        while left != 0 {
            let place = 7 - left.leadingZeroBitCount
            left &= ~(1 << UInt8(place))
            guard epoch >= followers[place].taker.threshold(of: page),
                case .room(let own) = followers[place].taker.body.reserve(for: table)
            else { continue }
            if own != room {
                (own + ChangeOffset.payload).copyMemory(
                    from: room + ChangeOffset.payload, byteCount: table.payloadBytes)
            }
            followers[place].taker.body.append(table: table, index: index, epoch: epoch, page: page, at: own)
        }
    }
}
