import Tandem
import TandemCore
import TandemTables

/// A keyed table under two writers of one process. As long as nobody writes over its records it agrees with a
/// dictionary in every answer; from the first scribble on each call answers or throws what the documents say, within a
/// bounded number of looks, and nothing else is touched.
final class KeyedTarget: FuzzTarget {
    let hall = KeyedHall()
    private lazy var places = KeyedPlaces(hall)
    private let steps = Steps()

    // An input's world.
    var input = FuzzInput(UnsafeRawBufferPointer(start: nil, count: 0))
    var table: KeyedHall.Table
    var model = KeyedModel()
    var lives: [KeyedWriter] = []
    var wheel: KeyedWheel?
    /// Handles that were given out, whatever became of them.
    var handles: [RecordHandle] = []
    /// On the table's clock; passes as the input says.
    var now: UInt64 = 0
    private(set) var isSpoiled = false
    private var areHeadersHit = false
    /// Looks at memory before the next call is interrupted.
    private var rest = Int.max
    private var hasCommitted = false
    private var before: [UInt8] = []
    private var after: [UInt8] = []

    static let seeds: [[UInt8]] = KeyedSeeds.all

    init() {
        table = hall.table
        steps.interrupt = { [unowned self] in interrupt() }
    }

    // MARK: An input

    /// The first byte: whether it scribbles, and where it begins.
    func run(_ input: FuzzInput) throws(Finding) -> Bool {
        self.input = input
        let mode = self.input.byte()
        let start = hall.starts[Int(mode >> 1 & 3)]
        // Writers say goodbye in memory: before that is put back.
        (lives, wheel) = ([], nil)
        hall.restore(start.image)
        (table, model, handles) = (hall.table, start.model, [])
        (isSpoiled, areHeadersHit, rest, hasCommitted) = (false, false, .max, false)
        now = table.clock.now()
        lives = [try KeyedWriter(hall), try KeyedWriter(hall)]
        self.input.tell("a table \(start.name)\(mode & 1 == 0 ? "" : ", to be scribbled over")")
        while !self.input.isAtEnd { try step(scribbles: mode & 1 != 0) }
        rest = .max
        for life in lives { rollBack(life) }
        if !isSpoiled { try walk() }
        try expect(hall.isUntouched(since: start), "the header, a state slot or another table was written to")
        return hasCommitted
    }

    private func step(scribbles: Bool) throws(Finding) {
        let code = input.byte()
        let life = lives[Int(code & 1)]
        let variant = Int(code >> 1 & 7)
        switch code >> 4 {
        case 0, 1: try find(variant)
        case 2: try read(variant)
        case 3, 4: try insert(life, variant)
        case 5: try update(life, variant)
        case 6, 7: try remove(life, variant)
        case 8: try end(life, variant)
        case 9: try look(life, variant)
        case 10: try lookAtAll(variant)
        case 11: variant < 4 ? try expire(variant) : try setDeadline(life)
        case 12: try open(variant)
        default: scribbles ? scribble(variant) : variant < 6 ? try end(life, 0) : age()
        }
    }

    /// Commits, rolls back, or dies.
    private func end(_ life: KeyedWriter, _ variant: Int) throws(Finding) {
        switch variant {
        case 0 ... 4: try commit(life)
        case 5, 6:
            input.tell("\(name(life)) rolls back")
            rollBack(life)
        default:
            input.tell("\(name(life)) dies, and another takes its place")
            try life.die(hall)
        }
    }

    func commit(_ life: KeyedWriter) throws(Finding) {
        guard life.isOpen else { return }
        input.tell("\(name(life)) commits")
        let commits = try call("commit") { () throws(TandemError) in try life.own.writer.commitTransaction() }
        guard case .success(true) = commits else {
            try expect(isSpoiled, "a transaction that was refused nothing cannot commit")
            return rollBack(life)
        }
        model.commit(life.changes)
        life.end()
        hasCommitted = true
    }

    func rollBack(_ life: KeyedWriter) {
        if life.isOpen { life.own.writer.rollBackTransaction() }
        life.end()
    }

    func name(_ life: KeyedWriter) -> String { "writer \(life === lives.first ? 0 : 1)" }

    // MARK: A call

    /// What was answered, or the code of what was thrown.
    func call<Value>(
        _ words: @autoclosure () -> String, _ body: () throws(TandemError) -> Value
    ) throws(Finding) -> Result<Value, Refusal> {
        let looks = rest
        rest = .max
        let result: Result<Value, Refusal> = steps.watch(rest: looks) {
            do throws(TandemError) { return .success(try body()) } catch { return .failure(Refusal(code: error.code)) }
        }
        input.tell("\(words()): \(result)")
        let most = areHeadersHit ? Self.stepsMaxWithHeaders : Self.stepsMax
        try expect(steps.count <= most, "a call takes \(steps.count) looks at shared memory")
        if case .failure(let refusal) = result, !Self.usual.contains(refusal.code) {
            try expect(isSpoiled && Self.damage.contains(refusal.code), "a call fails with \(refusal.code)")
        }
        return result
    }

    struct Refusal: Error { let code: TandemError.Code }

    private static let usual: Set<TandemError.Code> = [.tableFull, .keyTooLong, .conflict]
    private static let damage: Set<TandemError.Code> = [
        .tableDamaged, .readContended, .recordDamaged, .heldByThisThread, .wrongSchema, .transactionTooLarge,
    ]
    /// Every slot and every bucket looked at, several times.
    private static let stepsMax = 20_000
    /// And each of them with a lock that makes no sense, which is tried 64 times.
    private static let stepsMaxWithHeaders = 2_000_000

    /// A call within the transaction of `life`, which is begun if there is none. Nil: another transaction was in its
    /// way, and this one is rolled back.
    func change<Value>(
        _ life: KeyedWriter, _ words: @autoclosure () -> String,
        _ body: (inout Transaction) throws(TandemError) -> Value
    ) throws(Finding) -> Result<Value, Refusal>? {
        do throws(TandemError) { try life.begin() } catch { throw Finding("a transaction does not begin: \(error)") }
        let isQuiet = rest == .max
        if isSpoiled, isQuiet { hall.copyPayloads(to: &before) }
        let result = try call("\(name(life)) " + words()) { () throws(TandemError) in
            try life.own.writer.inTransaction(body)
        }
        guard case .failure(let refusal) = result else { return result }
        if isSpoiled, isQuiet {
            hall.copyPayloads(to: &after)
            try expect(before == after, "a call that fails with \(refusal.code) has changed something")
        }
        guard refusal.code == .conflict else { return result }
        try expect(isSpoiled || lives.contains { $0 !== life && $0.isOpen }, "a conflict with nobody")
        rollBack(life)
        return nil
    }

    // MARK: Scribbling

    private var whole: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: hall.base, count: hall.layout.tablesEnd)
    }

    private func scribble(_ variant: Int) {
        if variant == 7 {
            rest = Int(input.byte())
            input.tell("the next call is interrupted after \(rest) looks")
            return
        }
        isSpoiled = true
        switch variant {
        case 0 ... 3: whole.changeOne(of: places.words, &input)
        case 4:
            areHeadersHit = true
            whole.changeOne(of: places.headers, &input)
        case 5: whole.changeOne(of: places.opening, &input)
        default: scribbleOver([hall.slots, hall.buckets, hall.lists][input.number(below: 3)])
        }
    }

    /// Some bytes of one record's payload.
    private func scribbleOver(_ table: TableLayout) {
        let index = input.number(below: table.capacity)
        let start = input.number(below: table.payloadBytes)
        let count = min(1 + input.number(below: 32), table.payloadBytes - start)
        input.tell("\(count) bytes of record \(index) of table \(table.number), from \(start) on, become nonsense")
        let payload = hall.payload(table, index)
        for place in start ..< start + count {
            payload.storeBytes(of: input.byte(), toByteOffset: place, as: UInt8.self)
        }
    }

    /// In the middle of a call.
    private func interrupt() -> Int {
        input.tell("within the next call:")
        scribble(Int(input.byte()) % 7)
        let again = Int(input.byte())
        return again < 128 ? .max : (again - 127) * 2
    }

    /// A free slot that has been given out almost as often as a slot can be.
    private func age() {
        guard !lives.contains(where: \.isOpen) else { return }
        let index = input.number(below: KeyedHall.capacity)
        let slot = hall.payload(hall.slots, index)
        guard slot.load(fromByteOffset: 4, as: UInt16.self) == 0 else { return }
        slot.storeBytes(of: .max - 1, as: UInt32.self)
        input.tell("slot \(index) has one generation left")
    }
}

/// One writer after another, and what the transaction has changed so far.
final class KeyedWriter {
    final class Hand {
        var writer: Writer

        init(_ hall: KeyedHall) throws(Finding) {
            do throws(TandemError) { writer = try hall.source.makeWriter() } catch {
                throw Finding("no writer: \(error)")
            }
        }
    }

    private var hand: Hand?
    var own: Hand { hand! }
    private(set) var isOpen = false
    var changes = KeyedModel.Changes()

    init(_ hall: KeyedHall) throws(Finding) { hand = try Hand(hall) }

    func begin() throws(TandemError) {
        guard !isOpen else { return }
        try own.writer.beginTransaction()
        isOpen = true
    }

    func end() { (isOpen, changes) = (false, KeyedModel.Changes()) }

    /// In whatever it was doing. The next one recovers its slot.
    func die(_ hall: KeyedHall) throws(Finding) {
        // Its lock goes first.
        hand = nil
        end()
        hand = try Hand(hall)
    }
}

/// A worker's wheel, with a writer of its own.
final class KeyedWheel {
    var wheel: DeadlineWheel<[UInt8], KeyedCall>
    var writer: Writer

    init(_ hall: KeyedHall, _ table: KeyedHall.Table) throws(TandemError) {
        writer = try hall.source.makeWriter()
        wheel = try DeadlineWheel(table, partitions: 0 ..< KeyedHall.partitions, resolution: .milliseconds(1))
    }
}
