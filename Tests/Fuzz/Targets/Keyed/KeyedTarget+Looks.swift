import Tandem
import TandemTables

/// Calls that change nothing, beside what the model says.
extension KeyedTarget {
    private typealias Found = (handle: RecordHandle, record: KeyedCall)

    func find(_ variant: Int) throws(Finding) {
        let number = input.number(below: hall.keys.count)
        let (table, key) = (table, hall.keys[number])
        let known = model.committed[number]
        switch variant {
        case 0 ... 4:
            let found = try call("find key \(number)") { () throws(TandemError) in try table.find(key) }
            try check(found.map { $0.map { ($0.handle, $0.record) } }, number, known)
        case 5, 6:
            let found = try call("contains key \(number)") { () throws(TandemError) in try table.contains(key) }
            try agree(found, known != nil)
        default:
            let value = try call("withRecord of key \(number)") { () throws(TandemError) in
                try table.withRecord(key) { record throws(TandemError) in record.value }
            }
            try agree(value, known?.value)
        }
    }

    private func check(
        _ found: Result<Found?, Refusal>, _ number: Int, _ known: KeyedModel.Entry?
    ) throws(Finding) {
        if case .success(let found?) = found {
            try expect(
                found.handle.index < KeyedHall.capacity && found.handle.generation > 0,
                "key \(number) has handle \(found.handle)")
        }
        guard !isSpoiled else { return }
        guard case .success(let found) = found else { throw Finding("key \(number): \(found)") }
        try expect(
            found?.handle == known?.handle && found?.record == known.map { KeyedCall(number, $0.value) },
            "key \(number) is \(String(describing: found)), not \(String(describing: known))")
    }

    private func agree<Value: Equatable>(_ result: Result<Value, Refusal>, _ known: Value) throws(Finding) {
        guard !isSpoiled else { return }
        guard case .success(let value) = result, value == known else {
            throw Finding("\(result) was answered, and right is \(known)")
        }
    }

    func read(_ variant: Int) throws(Finding) {
        let handle = handle(input.number(below: hall.keys.count))
        let table = table
        let known = model.entry(of: handle, in: KeyedModel.Changes())
        let record = known.map { KeyedCall($0.key, $0.entry.value) }
        switch variant {
        case 0 ... 3:
            try agree(call("read \(handle)") { () throws(TandemError) in try table.read(handle) }, record)
        case 4:
            let value = try call("withRecord of \(handle)") { () throws(TandemError) in
                try table.withRecord(handle) { record throws(TandemError) in record.value }
            }
            try agree(value, record?.value)
        case 5, 6:
            let key = try call("key of \(handle)") { () throws(TandemError) in try table.key(of: handle) }
            if case .success(let key?) = key {
                try expect(key.count <= KeyedHall.keyBytesMax, "a key of \(key.count) bytes")
            }
            try agree(key, known.map { hall.keys[$0.key] })
        default:
            let deadline = try call("deadline of \(handle)") { () throws(TandemError) in try table.deadline(of: handle)
            }
            try agree(deadline, known?.entry.deadline)
        }
    }

    /// As a transaction sees it.
    func look(_ life: KeyedWriter, _ variant: Int) throws(Finding) {
        let number = input.number(below: hall.keys.count)
        let (table, key) = (table, hall.keys[number])
        if variant < 4 {
            let known = model.entry(number, in: life.changes)
            let found = try change(life, "finds key \(number)") { change throws(TandemError) in
                try change.find(table, key: key)
            }
            if let found { try check(found.map { $0.map { ($0.handle, $0.record) } }, number, known) }
        } else {
            let handle = handle(number)
            let known = model.entry(of: handle, in: life.changes)
            let record = try change(life, "reads \(handle)") { change throws(TandemError) in
                try change.read(table, handle)
            }
            if let record { try agree(record, known.map { KeyedCall($0.key, $0.entry.value) }) }
        }
    }

    // MARK: All of it

    func lookAtAll(_ variant: Int) throws(Finding) {
        let table = table
        switch variant {
        case 0, 1: try walk()
        case 2:
            let count = try call("count") { () throws(TandemError) in try table.count() }
            if case .success(let count) = count {
                try expect((0 ... KeyedHall.capacity).contains(count), "\(count) keys")
            }
            try agree(count, model.committed.count)
        case 3, 4:
            let fill = try call("fill") { () throws(TandemError) in try table.fill() }
            try agree(fill.map { [$0.count, $0.retired] }, [model.committed.count, model.retired])
        default:
            let survey = try call("survey") { () throws(TandemError) in try table.survey() }
            guard case .success(let survey) = survey else {
                return try expect(isSpoiled, "the survey fails: \(survey)")
            }
            try expect(survey.longestChain <= 3, "a chain of \(survey.longestChain)")
            let entries = survey.bucketsByEntries.enumerated().reduce(0) { $0 + $1.offset * $1.element }
            let chained = survey.bucketsByChain.enumerated().reduce(0) { $0 + $1.offset * $1.element } * 16
            try expect(
                isSpoiled || entries ... entries + chained ~= model.committed.count && survey.keysAway <= entries,
                "\(survey) of \(model.committed.count) keys")
        }
    }

    func walk() throws(Finding) {
        let table = table
        var seen: [KeyedHall.Table.Entry] = []
        let result = try call("forEach") { () throws(TandemError) in
            try table.forEach { entry throws(TandemError) in seen.append(entry) }
        }
        try expect(seen.count <= KeyedHall.capacity, "\(seen.count) keys are handed over")
        guard !isSpoiled else { return }
        guard case .success = result else { throw Finding("forEach fails: \(result)") }
        try expect(seen.count == model.committed.count, "\(seen.count) keys, not \(model.committed.count)")
        try expect(
            zip(seen, seen.dropFirst()).allSatisfy { $0.handle.index < $1.handle.index }, "not in the slots' order")
        for entry in seen {
            let number = Int(truncatingIfNeeded: entry.record.key)
            let known = KeyedModel.Entry(value: entry.record.value, handle: entry.handle, deadline: entry.deadline)
            try expect(
                model.committed[number] == known && hall.keys[number] == entry.key
                    && entry.record == KeyedCall(number, known.value), "\(entry) is handed over")
        }
    }

    // MARK: Deadlines

    func expire(_ variant: Int) throws(Finding) {
        now += UInt64(input.byte()) << UInt64(variant * 4) * 1_000_000
        let table = table
        var wheel = wheel
        if wheel == nil {
            let made = try call("a wheel is made") { () throws(TandemError) in try KeyedWheel(hall, table) }
            guard case .success(let new) = made else { return try expect(isSpoiled, "no wheel: \(made)") }
            // It does not look at what was before it.
            now = max(now, table.clock.now())
            (wheel, self.wheel) = (new, new)
        }
        guard let wheel else { return }
        let now = now
        let due = try call("what is due at \(now)") { () throws(TandemError) in
            try wheel.wheel.expire(now: now, scanning: 64, with: &wheel.writer)
        }
        let known = model.committed.values.filter { $0.deadline != 0 && $0.deadline <= now }.map(\.handle)
        if case .success(let due) = due {
            try expect(
                Set(due).count == due.count && due.allSatisfy { $0.index < KeyedHall.capacity }, "\(due) is due")
        }
        try agree(due.map { Set($0) }, Set(known))
    }

    // MARK: Opening

    /// As another process does, typed or as bytes.
    func open(_ variant: Int) throws(Finding) {
        let source = hall.source
        if variant < 4 {
            let opened = try call("the table is opened") { () throws(TandemError) in try KeyedHall.open(source) }
            if case .success(let opened) = opened { table = opened }
            return try expect(isSpoiled || !opened.isRefused, "the table is not opened: \(opened)")
        }
        let opened = try call("the table is looked at as bytes") { () throws(TandemError) in
            try RawKeyedTable(lookingAt: KeyedHall.name, in: source)
        }
        guard case .success(let raw?) = opened else { return try expect(isSpoiled, "it is not opened: \(opened)") }
        let number = input.number(below: hall.keys.count)
        let key = hall.keys[number]
        if key.count <= raw.slots.keyBytesMax {
            let found = try call("find key \(number)") { () throws(TandemError) in try raw.find(key)?.handle }
            try agree(found, model.committed[number]?.handle)
        }
        var (place, count) = (0, 0)
        let room = UnsafeMutableRawBufferPointer.allocate(
            byteCount: raw.slots.keyBytesMax + raw.slots.recordBytes, alignment: 16)
        defer { room.deallocate() }
        let walked = try call("its slots are walked over") { () throws(TandemError) in
            while try raw.slots.next(
                from: &place, key: room.baseAddress, record: room.baseAddress! + raw.slots.keyBytesMax) != nil
            { count += 1 }
            return count
        }
        try expect(count <= KeyedHall.capacity, "\(count) slots in use")
        try agree(walked, model.committed.count)
    }
}

extension Result {
    fileprivate var isRefused: Bool { if case .failure = self { true } else { false } }
}
