import Tandem

/// The call slots that one worker alone changes, and which of them are taken.
///
/// Nothing of it is stored: a worker that starts on a source, new, restarted or promoted, reads it off the table.
struct Shard {
    let range: Range<Int>
    private var idle: [UInt32] = []
    private var up: [UInt32] = []

    /// The slots of worker `number` of `count`.
    static func range(of number: Int, among count: Int, capacity: Int) -> Range<Int> {
        capacity * number / count ..< capacity * (number + 1) / count
    }

    init(_ range: Range<Int>, in calls: DataTable<CallRecord>) throws(TandemError) {
        self.range = range
        // Lowest slots last, so that they are taken first.
        for index in range.reversed() {
            if try calls.read(at: index).isUp == 0 {
                idle.append(UInt32(truncatingIfNeeded: index))
            } else {
                up.append(UInt32(truncatingIfNeeded: index))
            }
        }
    }

    var upCount: Int { up.count }

    /// An idle slot to set a call up in: the one freed last, as its memory is warm.
    mutating func takeIdle() -> Int? {
        guard let index = idle.popLast() else { return nil }
        up.append(index)
        return Int(index)
    }

    /// One of the calls that are up, to be released: any, as callers hang up in no order.
    mutating func takeUp(_ choice: UInt64) -> Int? {
        guard !up.isEmpty else { return nil }
        let place = Int(choice.multipliedFullWidth(by: UInt64(up.count)).high)
        let index = up[place]
        up[place] = up[up.count - 1]
        up.removeLast()
        idle.append(index)
        return Int(index)
    }

    /// Busy hour: about three quarters of the slots are taken, and calls come and go around that.
    func wantsSetUp(_ choice: UInt64) -> Bool {
        let target = max(range.count * 3 / 4, 1)
        let slack = target / 16
        if up.count < target - slack || up.isEmpty { return true }
        return up.count < target + slack && choice & 1 == 0
    }
}
