import Tandem
import TandemTables

/// Calls that change something, each in a transaction, beside what the model says.
extension KeyedTarget {
    /// Too long for the table.
    private static let longKey = [UInt8](repeating: 1, count: KeyedHall.keyBytesMax + 1)

    func insert(_ life: KeyedWriter, _ variant: Int) throws(Finding) {
        let number = input.number(below: hall.keys.count)
        let (replaces, isLong) = (variant & 1 != 0, variant == 6)
        let value = UInt64(input.byte())
        let deadline = variant & 2 == 0 ? 0 : now + 1_000_000 * (1 + value)
        let partition = value & 1 == 0 ? nil : Int(value)
        let (table, key) = (table, isLong ? Self.longKey : hall.keys[number])
        let record = KeyedCall(number, value)
        let result = try change(life, "\(replaces ? "puts" : "inserts") key \(isLong ? -1 : number)") {
            change throws(TandemError) in
            replaces
                ? try change.upsert(table, key: key, record, deadline: deadline, partition: partition)
                : try change.insert(table, key: key, record, deadline: deadline, partition: partition)
        }
        guard let result else { return }
        if case .success(let insertion) = result {
            handles.append(insertion.handle)
            try expect(insertion.handle.index < KeyedHall.capacity, "\(insertion) is beyond the table")
        }
        guard !isSpoiled else { return try endIfAsked(life, variant) }
        let known = model.entry(number, in: life.changes)
        switch result {
        case .success(.inserted(let handle)):
            try expect(!isLong && known == nil, "key \(number) was inserted twice")
            try expect(
                handle.generation > 0 && !model.given.contains(handle) && life.changes.given.insert(handle).inserted,
                "\(handle) was given out twice")
            life.changes.entries[number] = KeyedModel.Entry(value: value, handle: handle, deadline: deadline)
        case .success(.present(let handle)):
            try expect(
                !isLong && known?.handle == handle, "key \(number) is \(handle), not \(String(describing: known))")
            guard replaces, var known else { break }
            known.value = value
            life.changes.entries[number] = known
        case .failure(let refusal):
            switch refusal.code {
            case .keyTooLong: try expect(isLong, "key \(number) is too long")
            case .tableFull:
                try expect(!isLong && known == nil && model.isFull(in: life.changes), "the table is not full")
            default: throw Finding("an insertion fails with \(refusal.code)")
            }
        }
        try endIfAsked(life, variant)
    }

    /// Half of the changes are committed at once.
    private func endIfAsked(_ life: KeyedWriter, _ variant: Int) throws(Finding) {
        if variant & 4 != 0 { try commit(life) }
    }

    func update(_ life: KeyedWriter, _ variant: Int) throws(Finding) {
        let number = input.number(below: hall.keys.count)
        let value = UInt64(input.byte())
        let table = table
        guard variant & 1 == 0 else { return try update(life, variant, by: handle(number), value) }
        let key = hall.keys[number]
        let result = try change(life, "updates key \(number)") { change throws(TandemError) in
            try change.update(table, key: key) { (record: inout KeyedCall) throws(TandemError) in
                record = KeyedCall(number, value)
            }
        }
        guard let result, !isSpoiled else { return }
        let known = model.entry(number, in: life.changes)
        guard case .success(let done) = result, (done != nil) == (known != nil) else {
            throw Finding("an update of key \(number) is \(result), and it is \(String(describing: known))")
        }
        if var known {
            known.value = value
            life.changes.entries[number] = known
        }
        try endIfAsked(life, variant)
    }

    private func update(
        _ life: KeyedWriter, _ variant: Int, by handle: RecordHandle, _ value: UInt64
    ) throws(Finding) {
        let table = table
        let known = model.entry(of: handle, in: life.changes)
        let number = known?.key ?? 0
        let result = try change(life, "updates \(handle)") { change throws(TandemError) in
            try change.update(table, handle) { (record: inout KeyedCall) throws(TandemError) in
                record = KeyedCall(number, value)
            }
        }
        guard let result, !isSpoiled else { return }
        guard case .success(let done) = result, (done != nil) == (known != nil) else {
            throw Finding("an update of \(handle) is \(result), and it is \(String(describing: known))")
        }
        if var entry = known?.entry {
            entry.value = value
            life.changes.entries[number] = entry
        }
        try endIfAsked(life, variant)
    }

    func remove(_ life: KeyedWriter, _ variant: Int) throws(Finding) {
        let number = input.number(below: hall.keys.count)
        let table = table
        let (result, known): (Result<Bool, Refusal>?, (key: Int, entry: KeyedModel.Entry)?)
        if variant & 1 == 0 {
            let key = hall.keys[number]
            known = model.entry(number, in: life.changes).map { (number, $0) }
            result = try change(life, "removes key \(number)") { change throws(TandemError) in
                try change.remove(table, key: key)
            }
        } else {
            let handle = handle(number)
            known = model.entry(of: handle, in: life.changes)
            result = try change(life, "removes \(handle)") { change throws(TandemError) in
                try change.remove(table, handle)
            }
        }
        guard let result else { return }
        guard !isSpoiled else { return try endIfAsked(life, variant) }
        guard case .success(let done) = result, done == (known != nil) else {
            throw Finding("a removal is \(result), and it is \(String(describing: known))")
        }
        if let known {
            life.changes.entries[known.key] = .some(nil)
            if known.entry.handle.generation == .max { life.changes.retired += 1 }
        }
        try endIfAsked(life, variant)
    }

    func setDeadline(_ life: KeyedWriter) throws(Finding) {
        let handle = handle(input.number(below: hall.keys.count))
        let milliseconds = UInt64(input.byte())
        let deadline = milliseconds == 0 ? 0 : now + milliseconds * 1_000_000
        let table = table
        let known = model.entry(of: handle, in: life.changes)
        let result = try change(life, "sets the deadline of \(handle)") { change throws(TandemError) in
            try change.setDeadline(table, handle, to: deadline)
        }
        guard let result, !isSpoiled else { return }
        guard case .success(let done) = result, done == (known != nil) else {
            throw Finding("a deadline is set: \(result), and it is \(String(describing: known))")
        }
        guard var known else { return }
        known.entry.deadline = deadline
        life.changes.entries[known.key] = known.entry
    }

    /// What a program may have kept: the handle of a key, one that was given out in this input, or a number.
    func handle(_ number: Int) -> RecordHandle {
        let kind = input.byte()
        if kind < 160, let entry = model.committed[number] { return entry.handle }
        if kind < 224, !handles.isEmpty { return handles[Int(kind) % handles.count] }
        return RecordHandle(rawValue: UInt64(kind & 7) << 32 | input.value(near: UInt64(number)))
    }
}
