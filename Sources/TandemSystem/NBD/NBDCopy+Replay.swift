package import TandemCore

extension NBDCopy {
    /// The journal's changes are records of some hundred bytes all over the tables: a way to the server and back for
    /// each would take minutes. So a slice is walked twice: what pages it touches, which are read at once; and then its
    /// changes, into those pages, which are written at once.
    package func replay(
        _ slot: StateSlot, until end: JournalEnd, budget: Int
    ) throws(CopyFailure) -> JournalEnd {
        let touched = NBDPages(of: self)
        let stop = try replay(into: touched, slot, end, budget)
        try touched.fetch()
        guard try replay(into: touched, slot, end, budget) == stop else { throw CopyFailure(.inputOutput) }
        try touched.store()
        return stop
    }

    private func replay(
        into pages: NBDPages, _ slot: StateSlot, _ end: JournalEnd, _ budget: Int
    ) throws(CopyFailure) -> JournalEnd {
        try CopyRecovery.replay(pages, layout: layout, slot: slot, until: end, budget: budget, checksum: checksum)
    }
}

/// Pages of a copy on a server, fetched, changed and stored together.
private final class NBDPages: CopyBytes {
    private static let pageBytes = FileLayout.pageBytes

    private let copy: NBDCopy
    /// Where each page lies in `room`, by its number in the file.
    private var places: [Int: Int] = [:]
    private var room = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    init(of copy: NBDCopy) { self.copy = copy }
    deinit { room.deallocate() }

    var count: Int { copy.count }

    /// The journal's, which nobody changes here.
    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        try copy.read(into: destination, at: offset)
    }

    /// Before `fetch`: notes which pages it touches. After it: changes them.
    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, source.count <= count - offset else { throw CopyFailure(.noSpace) }
        var done = 0
        while done < source.count {
            let page = (offset + done) / Self.pageBytes
            let within = (offset + done) % Self.pageBytes
            let part = min(source.count - done, Self.pageBytes - within)
            if room.baseAddress == nil {
                if places[page] == nil { places[page] = places.count * Self.pageBytes }
            } else if let place = places[page] {
                UnsafeMutableRawBufferPointer(rebasing: room[(place + within)...].prefix(part))
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[done ..< done + part]))
            } else {
                // The journal is not what it was a moment ago.
                throw CopyFailure(.inputOutput)
            }
            done += part
        }
    }

    func fetch() throws(CopyFailure) {
        room = .allocate(byteCount: max(places.count, 1) * Self.pageBytes, alignment: Self.pageBytes)
        try copy.perform(
            places.map { page, place in
                .read(room.baseAddress! + place, count: Self.pageBytes, offset: page * Self.pageBytes)
            })
    }

    func store() throws(CopyFailure) {
        try copy.perform(
            places.map { page, place in
                .write(
                    UnsafeRawPointer(room.baseAddress! + place), count: Self.pageBytes, offset: page * Self.pageBytes)
            })
    }
}
