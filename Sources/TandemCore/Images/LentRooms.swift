/// Rooms of the image arena that lanes write to. One whose window is over, or whose walk, is nobody's until its lane
/// has answered: what is written there until then counts for nothing, and nothing else is put there.
struct LentRooms {
    private struct Room {
        let job: UInt64
        let extent: Int
        let bytes: Range<Int>
        /// Its extent is gone.
        var isVoid = false
    }

    private var rooms: [Room] = []
    /// Rooms whose extents are waited for.
    private(set) var awaited = 0

    var isEmpty: Bool { @inline(__always) get { rooms.isEmpty } }

    mutating func lend(_ bytes: Range<Int>, of extent: Int, for job: UInt64) {
        rooms.append(Room(job: job, extent: extent, bytes: bytes))
        awaited += 1
    }

    /// A job has been answered. Its extent's number, unless that is gone.
    mutating func takeBack(_ job: UInt64) -> Int? {
        guard let place = rooms.firstIndex(where: { $0.job == job }) else {
            preconditionFailure("an answer to job \(job), which has no room")
        }
        let room = rooms.remove(at: place)
        if room.isVoid { return nil }
        awaited -= 1
        return room.extent
    }

    /// A lane is writing to this extent's room.
    func has(_ extent: Int) -> Bool {
        for room in rooms where !room.isVoid && room.extent == extent { return true }
        return false
    }

    /// The oldest extent that is waited for.
    var firstAwaited: Int? {
        var first: Int?
        for room in rooms where !room.isVoid { first = min(first ?? .max, room.extent) }
        return first
    }

    /// Extents are gone, and nobody waits for theirs.
    mutating func void() {
        for place in rooms.indices { rooms[place].isVoid = true }
        awaited = 0
    }

    /// Where a void room ends that has some of these bytes; nil: none has.
    func endOfVoid(in bytes: Range<Int>) -> Int? {
        for room in rooms where room.isVoid && room.bytes.overlaps(bytes) { return room.bytes.upperBound }
        return nil
    }
}
