import TandemCore
import TestSupport
import Testing

@testable import TandemTables

@Suite("Keys that somebody has chosen")
struct ChosenKeyTests {
    private static func insert(_ keys: [UInt64], into hall: Hall) throws {
        var writer = try hall.source.makeWriter()
        for key in keys {
            try writer.transaction { change throws(TandemError) in
                _ = try change.insert(hall.calls, key: key, Call(key))
            }
        }
    }

    @Test("Keys that all fall into one bucket where the secret is known are spread like any others where it is not")
    func unknownSecret() throws {
        let hall = try Hall(capacity: 2000)
        let homes = hall.calls.index.homes
        // Whoever has not seen the table's secret can only take another: here that of all zeroes.
        try Self.insert(
            KeyedHash.keys(1400, of: KeyedHash(secret: (0, 0)), homes: homes, sharesSecond: false), into: hall)
        let survey = try hall.calls.survey()
        #expect(survey.longestChain == 0, "\(survey)")
        #expect(survey.bucketsByEntries[16] < homes / 4, "\(survey)")
        #expect(try hall.calls.index.hash.secret != Hall().calls.index.hash.secret, "every table has its own")
    }

    @Test(
        "With the secret known all keys fall into one bucket: they are found in its chain, which is no longer than they"
    )
    func knownSecret() throws {
        let hall = try Hall(capacity: 300, load: 0.7)
        let index = hall.calls.index
        let keys = KeyedHash.keys(300, of: index.hash, homes: index.homes)
        try Self.insert(keys, into: hall)
        let survey = try hall.calls.survey()
        // Sixteen stand in the home, as many in the second bucket, and the others in the chain.
        #expect(survey.longestChain > 0 && survey.bucketsByChain[0] == index.homes - 1)
        #expect(try hall.calls.count() == 300)
        for key in keys { #expect(try hall.calls.find(key)?.record == Call(key)) }
        #expect(try hall.calls.find(keys.max()! + 1) == nil)
        var writer = try hall.source.makeWriter()
        for (number, key) in keys.shuffled().enumerated() {
            try writer.transaction { change throws(TandemError) in #expect(try change.remove(hall.calls, key: key)) }
            guard number.isMultiple(of: 16) else { continue }
            let fill = try hall.calls.fill()
            // A chain is full but for its first bucket: it never holds more buckets than it needs.
            #expect(fill.overflowBucketsUsed <= (fill.count + 15) / 16)
        }
        #expect(try hall.calls.fill().overflowBucketsUsed == 0)
    }

    @Test("Every slot of the smallest tables can be used, by keys of one bucket", arguments: 1 ... 40)
    func small(capacity: Int) throws {
        let hall = try Hall(capacity: capacity, load: 1)
        let index = hall.calls.index
        let keys = KeyedHash.keys(capacity, of: index.hash, homes: index.homes)
        for _ in 0 ..< 2 {
            try Self.insert(keys, into: hall)
            #expect(try hall.calls.count() == capacity)
            for key in keys { #expect(try hall.calls.contains(key)) }
            var writer = try hall.source.makeWriter()
            for key in keys.shuffled() {
                try writer.transaction { change throws(TandemError) in
                    #expect(try change.remove(hall.calls, key: key))
                }
            }
        }
    }

    @Test("Three turnovers: chains stay few and short, however long keys come and go", arguments: [70, 90])
    func turnovers(percent: Int) throws {
        // As large as its buckets: the load is that of the places.
        let places = 8000
        let hall = try Hall(capacity: places, load: 1)
        var numbers = SeededNumbers(UInt64(percent))
        var writer = try hall.source.makeWriter()
        let count = places * percent / 100
        var keys: [UInt64] = []
        func insert() throws {
            let key = numbers.next()
            try writer.transaction { change throws(TandemError) in
                _ = try change.insert(hall.calls, key: key, Call(key))
            }
            keys.append(key)
        }
        while keys.count < count { try insert() }
        for turnover in 1 ... 3 {
            for _ in 0 ..< count {
                let place = Int.random(in: keys.indices, using: &numbers)
                keys.swapAt(place, keys.count - 1)
                let key = keys.removeLast()
                try writer.transaction { change throws(TandemError) in
                    #expect(try change.remove(hall.calls, key: key))
                }
                try insert()
            }
            let (fill, survey) = (try hall.calls.fill(), try hall.calls.survey())
            print(
                """
                turnover \(turnover) at \(percent) %: \(fill.overflowBucketsUsed) overflow buckets of \
                \(fill.overflowBuckets), longest chain \(survey.longestChain), \(survey.keysAway) keys of \
                \(fill.count) away, \(survey.bucketsByEntries[16]) of \(fill.buckets) buckets full
                """)
            #expect(fill.count == count)
            #expect(survey.longestChain <= 1)
            #expect(fill.overflowBucketsUsed <= (percent == 70 ? 0 : fill.buckets / 8))
        }
        for key in keys { #expect(try hall.calls.find(key)?.record == Call(key)) }
    }
}
