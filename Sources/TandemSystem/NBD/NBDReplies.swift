internal import CLibNBD

/// Places for requests that are with the server. libnbd answers one by a call from within itself, which only notes the
/// answer: nothing of libnbd's may be called there.
struct NBDReplies {
    private struct Place {
        var number = 0
        var error: Int32 = 0
        var isUnderWay = false
        var isAnswered = false
    }

    private let places: UnsafeMutablePointer<Place>
    private let count: Int
    private var free: [Int]

    /// Not freed before the connection: it holds this, and libnbd points here.
    init(count: Int) {
        self.count = count
        places = .allocate(capacity: count)
        places.initialize(repeating: Place(), count: count)
        free = Array((0 ..< count).reversed())
    }

    func deallocate() { places.deallocate() }

    /// A place for a piece of the request with this number; nil when all are taken.
    mutating func take(for number: Int) -> Int? {
        guard let place = free.popLast() else { return nil }
        places[place] = Place(number: number, isUnderWay: true)
        return place
    }

    mutating func giveBack(_ place: Int) {
        places[place].isUnderWay = false
        free.append(place)
    }

    /// What libnbd calls when the piece at `place` has been answered.
    func callback(_ place: Int) -> nbd_completion_callback {
        nbd_completion_callback(
            callback: { raw, error in
                let place = raw!.assumingMemoryBound(to: Place.self)
                place.pointee.error = error?.pointee ?? 0
                place.pointee.isAnswered = true
                return 1  // libnbd forgets it
            }, user_data: places + place, free: nil)
    }

    /// Hands over what has been answered, by the requests' numbers.
    mutating func collect(_ body: (_ number: Int, _ error: Int32) -> Void) {
        if free.count == count { return }
        for place in 0 ..< count where places[place].isUnderWay && places[place].isAnswered {
            giveBack(place)
            body(places[place].number, places[place].error)
        }
    }

    /// The connection is closed: libnbd answers nothing any more.
    mutating func forget() {
        for place in 0 ..< count where places[place].isUnderWay { giveBack(place) }
    }
}
