import Testing

@testable import TandemCore

/// A copy in memory, to which a test writes what a replicator would.
@Suite("ArrivingCopy: cuts are applied and seals verified as they arrive")
struct ArrivingCopyTests {
    final class Arriving {
        var journal = JournalHarness()
        let file = MemoryCopy()
        var copy: ArrivingCopy<MemoryCopy>
        var layout: FileLayout { journal.layout }
        var table: TableLayout { journal.table }
        private var slot = StateSlot(sequence: 4, generation: Generation(high: 7, low: 7), role: .consistent)

        init() throws {
            file.bytes = [UInt8](repeating: 0, count: journal.layout.copyBytes)
            let header = CopyFormatter.header(layout: journal.layout, slot: slot, checksum: testChecksum)
            file.bytes.replaceSubrange(0 ..< header.count, with: header)
            copy = try ArrivingCopy(file, checksum: testChecksum)
            slot.sequence += 1
        }

        func write(_ bytes: [UInt8], at offset: Int) throws {
            try bytes.withUnsafeBytes { try copy.write($0, at: offset) }
        }

        func write(role: StateSlot.Role, generation: Generation = Generation(high: 7, low: 7)) throws {
            slot.sequence += 1
            (slot.role, slot.generation) = (role, generation)
            (slot.journalTail, slot.tailCut) = (copy.end?.position ?? 0, copy.end?.cut ?? 0)
            var page = [UInt8](repeating: 0, count: 4096)
            page.withUnsafeMutableBytes { slot.encode(into: $0.baseAddress!, checksum: testChecksum) }
            try write(page, at: slot.offset)
        }

        /// The record of cut `number`, which changes these records as of epoch 3: its bytes, and where they belong.
        func cut(_ number: UInt64, behind previous: UInt64? = nil, _ indices: [Int]) -> (bytes: [UInt8], offset: Int) {
            let start = Int(journal.ring.end.position)
            journal.open()
            for index in indices { journal.append(index) }
            let isFinished = journal.finish(cut: number, previous: previous ?? number - 1)
            precondition(isFinished, "no room for cut \(number)")
            journal.perform()
            let range = start + layout.journalOffset ..< Int(journal.ring.end.position) + layout.journalOffset
            return (Array(journal.copy.bytes[range]), range.lowerBound)
        }

        func ship(_ number: UInt64, _ indices: [Int]) throws {
            let (bytes, offset) = cut(number, indices)
            try write(bytes, at: offset)
        }

        /// A page whose records all begin with `value`, as of `epoch`.
        func image(_ page: Int, epoch: UInt64, _ value: UInt64) -> [UInt8] {
            var image = [UInt8](repeating: 0, count: table.pageBytes)
            image.withUnsafeMutableBytes { raw in
                for place in 0 ..< table.recordsPerPage {
                    let slot = raw.baseAddress! + place * table.slotBytes
                    slot.storeBytes(of: epoch, toByteOffset: 8, as: UInt64.self)
                    slot.storeBytes(of: value, toByteOffset: 16, as: UInt64.self)
                }
                PageImage.seal(table, page: page, at: raw.baseAddress!, checksum: testChecksum)
            }
            return image
        }

        func offset(_ page: Int) -> Int { table.offset + page * table.pageBytes }

        /// What record `index` of the tables begins with.
        func value(_ index: Int) -> UInt64 {
            let slot = table.offset + table.slotOffset(of: index, page: table.page(of: index))
            return file.bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: slot + 16, as: UInt64.self) }
        }
    }

    @Test("A cut stands in the tables when the last of its bytes has arrived, in whatever pieces, and not before")
    func applied() throws {
        for piece in [4096, 8192, 1 << 20] {
            let arriving = try Arriving()
            let (bytes, offset) = arriving.cut(1, Array(1 ..< 100))
            var pieces = stride(from: 0, to: bytes.count, by: piece).map { $0 ..< min($0 + piece, bytes.count) }
            pieces.shuffle()
            for part in pieces {
                #expect(arriving.copy.end?.cut == 0 && arriving.value(70) == 0)
                try arriving.write(Array(bytes[part]), at: offset + part.lowerBound)
            }
            #expect(arriving.copy.end?.cut == 1 && (1 ..< 100).allSatisfy { arriving.value($0) == UInt64($0) })
            let (more, place) = arriving.cut(2, [500])
            try arriving.write(more, at: place)
            #expect(arriving.copy.end?.cut == 2 && arriving.value(500) == 500)
        }
    }

    @Test("A cut with a wrong byte changes nothing, nor does what comes behind it")
    func wrongByte() throws {
        let arriving = try Arriving()
        var (bytes, offset) = arriving.cut(1, [5])
        bytes[200] ^= 1
        try arriving.write(bytes, at: offset)
        try arriving.ship(2, [6])
        #expect(arriving.copy.end?.cut == 0 && arriving.value(5) == 0 && arriving.value(6) == 0)
    }

    @Test(
        "An image that was on its way when a cut was applied takes nothing of the cut back; what is newer in it counts")
    func olderImage() throws {
        let arriving = try Arriving()
        try arriving.ship(1, [5])
        try arriving.write(arriving.image(0, epoch: 2, 77), at: arriving.offset(0))
        #expect(arriving.value(5) == 5 && arriving.value(4) == 77)
        try arriving.write(arriving.image(0, epoch: 4, 88), at: arriving.offset(0))
        #expect(arriving.value(5) == 88)
    }

    @Test("A record that has rotted is healed by an image, however new it looks")
    func rotten() throws {
        let arriving = try Arriving()
        try arriving.ship(1, [5])
        let slot = arriving.table.offset + arriving.table.slotOffset(of: 5, page: 0)
        arriving.file.bytes[slot + 15] = 0x7F
        try arriving.write(arriving.image(0, epoch: 3, 99), at: arriving.offset(0))
        #expect(arriving.value(5) == 99)
    }

    @Test("While the copy is brought together images count as they come, and no cut is applied")
    func syncing() throws {
        let arriving = try Arriving()
        try arriving.ship(1, [5])
        try arriving.write(role: .syncing)
        #expect(arriving.copy.end == nil && arriving.copy.arrival == nil)
        try arriving.write(arriving.image(0, epoch: 1, 33), at: arriving.offset(0))
        #expect(arriving.value(5) == 33, "of a source that was put back, say")
        try arriving.ship(2, [6])
        #expect(arriving.value(6) == 33)
    }

    @Test("A copy that comes to be whole has its journal applied by the slot that says so")
    func whole() throws {
        let arriving = try Arriving()
        try arriving.write(role: .syncing)
        try arriving.ship(1, [5, 6])
        #expect(arriving.value(5) == 0)
        try arriving.write(role: .consistent)
        #expect(arriving.copy.end?.cut == 1 && arriving.value(5) == 5 && arriving.value(6) == 6)
    }

    @Test("A page is sound when an image of it arrived whole, or when it was looked at; a wrong byte makes it none")
    func sound() throws {
        let arriving = try Arriving()
        let table = arriving.table
        func isSound(_ page: Int) -> Bool { arriving.copy.ledger.isSound(table.firstPage + page) }
        try arriving.write(arriving.image(3, epoch: 2, 1), at: arriving.offset(3))
        #expect(isSound(3) && !isSound(2))
        var image = arriving.image(4, epoch: 2, 1)
        image[100] ^= 1
        try arriving.write(image, at: arriving.offset(4))
        #expect(!isSound(4))
        // Zeros carry no seal.
        while try arriving.copy.lookAround(64 << 10) {}
        #expect(isSound(3) && !isSound(2) && !isSound(4))
        arriving.file.bytes.replaceSubrange(
            arriving.offset(2) ..< arriving.offset(3), with: arriving.image(2, epoch: 2, 1))
        let again = try ArrivingCopy(arriving.file, checksum: testChecksum)
        arriving.copy = again
        while try arriving.copy.lookAround(64 << 10) {}
        #expect(isSound(2) && isSound(3) && !isSound(4))
        try arriving.write([1, 2, 3], at: arriving.offset(2) + 300)
        #expect(!isSound(2))
    }

    @Test("What writers of a source share is called blank when somebody has looked, until a write comes there")
    func blank() throws {
        let arriving = try Arriving()
        func isBlank() -> Bool? { arriving.copy.arrival?.isBlank }
        let shared = CopyExaminer.headerBytes ..< arriving.layout.tablesOffset
        #expect(isBlank() == false && arriving.copy.unknownBytes == shared)
        arriving.copy.note(shared, areZeros: true)
        try arriving.write(arriving.image(3, epoch: 2, 1), at: arriving.offset(3))
        try arriving.write(role: .consistent)
        #expect(isBlank() == true && arriving.copy.unknownBytes == nil)
        try arriving.write([0], at: shared.upperBound - 1)
        #expect(isBlank() == false)
        // Who has looked before that write comes too late.
        arriving.copy.note(shared, areZeros: true)
        #expect(isBlank() == false)
    }

    @Test("Writes of any length at any place arrive as they are, and end nothing")
    func oddWrites() throws {
        let arriving = try Arriving()
        var random = SeededRandom(seed: 5)
        let start = arriving.layout.tablesOffset - 5000
        let count = 200_000
        var wanted = Array(arriving.file.bytes[start ..< start + count])
        for _ in 0 ..< 300 {
            let first = Int.random(in: 0 ..< count - 1, using: &random)
            let length = Int.random(in: 1 ... min(20_000, count - first), using: &random)
            let bytes = (0 ..< length).map { _ in UInt8.random(in: 0 ... 255, using: &random) }
            wanted.replaceSubrange(first ..< first + length, with: bytes)
            try ([0] + bytes).withUnsafeBytes {
                try arriving.copy.write(UnsafeRawBufferPointer(rebasing: $0[1...]), at: start + first)
            }
        }
        #expect(Array(arriving.file.bytes[start ..< start + count]) == wanted)
        // Over everything at once, the words too.
        try arriving.write([UInt8](repeating: 9, count: arriving.layout.copyBytes), at: 0)
        #expect(arriving.copy.layout == nil && arriving.copy.arrival == nil)
        #expect(arriving.file.bytes.allSatisfy { $0 == 9 })
    }

    @Test("An older state that is put over the copy shows, by its slot or by the cut that it lacks")
    func asLeft() throws {
        let arriving = try Arriving()
        let (bytes, offset) = arriving.cut(1, [5])
        let before = arriving.file.bytes
        try arriving.write(bytes, at: offset)
        #expect(try arriving.copy.isAsLeft())
        let now = arriving.file.bytes
        arriving.file.bytes = before
        #expect(try !arriving.copy.isAsLeft(), "the slot is the same, but the cut is not there")
        arriving.file.bytes = now
        try arriving.write(role: .consistent)
        arriving.file.bytes = now
        #expect(try !arriving.copy.isAsLeft(), "another slot")
    }
}

@Suite("Arrival: what a standby says of its copy")
struct ArrivalTests {
    private let layout = JournalHarness().layout
    private let slot = StateSlot(
        sequence: 9, generation: Generation(high: 7, low: 7), role: .consistent, journalTail: 8192, tailCut: 10, cut: 12
    )

    private func arrival(
        generation: Generation = Generation(high: 7, low: 7), sequence: UInt64 = 9, position: UInt64 = 16_384,
        cut: UInt64 = 14, newest: UInt64 = 14, words: Int? = nil
    ) -> Arrival {
        Arrival(
            generation: generation, sequence: sequence, end: JournalEnd(position: position, cut: cut),
            wallNanoseconds: 3, newest: newest, isBlank: true, written: [41],
            sound: (0 ..< (words ?? layout.runtime.wordCount)).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 })
    }

    @Test("What one process says another hears, and nothing else is taken for it")
    func bytes() {
        let said = arrival()
        #expect(Arrival(bytes: said.bytes) == said)
        for count in 0 ..< said.bytes.count { #expect(Arrival(bytes: Array(said.bytes[..<count])) == nil) }
        #expect(Arrival(bytes: said.bytes + [0, 0, 0, 0, 0, 0, 0, 0]) == nil)
        for word in 0 ..< said.bytes.count / 8 {
            var bytes = said.bytes
            for place in 0 ..< 8 { bytes[word * 8 + place] = 0xFF }
            if let other = Arrival(bytes: bytes) { #expect(other != said) }
        }
    }

    @Test("It is believed of this life, this slot, this journal and this layout, and of no other")
    func fits() {
        #expect(arrival().fits(layout, slot))
        #expect(!arrival(generation: Generation(high: 7, low: 8)).fits(layout, slot))
        #expect(!arrival(sequence: 8).fits(layout, slot))
        #expect(!arrival(cut: 11, newest: 11).fits(layout, slot), "behind a cut that the slot calls whole")
        #expect(!arrival(newest: 15).fits(layout, slot), "a record of a later cut stands in the tables")
        #expect(!arrival(position: 4096).fits(layout, slot))
        #expect(!arrival(position: 8192 + UInt64(layout.journalBytes) + 4096).fits(layout, slot))
        #expect(!arrival(words: layout.runtime.wordCount - 1).fits(layout, slot))
        var syncing = slot
        syncing.role = .syncing
        #expect(!arrival().fits(layout, syncing))
    }

    @Test("Sound pages and their records are counted, the last page's too")
    func counts() {
        let (table, said) = (layout.tables[0], arrival())
        for pages in [0 ..< table.pageCount, 3 ..< 70, 64 ..< 128, table.pageCount - 1 ..< table.pageCount] {
            let sound = pages.filter { said.isSound(table, page: $0) }
            let found = said.soundRecords(of: table, on: pages)
            #expect(found.pages == sound.count)
            #expect(found.records == sound.reduce(0) { $0 + table.records(onPage: $1).count })
        }
    }
}
