import ArgumentParser
import Tandem

/// Arguments as people write them, refused with the reason.
enum Arguments {
    /// `NAME:BYTES:CAPACITY[:partitioned|shared]`; shared unless said, as that is never wrong.
    static func table(_ text: String) throws -> TableDefinition {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 || parts.count == 4 else {
            throw ValidationError("give NAME:BYTES:CAPACITY, and :partitioned or :shared if you like")
        }
        guard let bytes = Int(parts[1]) else { throw ValidationError("'\(parts[1])' is not a number of bytes") }
        guard let capacity = Int(parts[2].filter { $0 != "_" }) else {
            throw ValidationError("'\(parts[2])' is not a number of records")
        }
        let sharing: Sharing
        switch parts.count == 4 ? parts[3] : "shared" {
        case "partitioned": sharing = .partitioned
        case "shared": sharing = .shared
        default: throw ValidationError("'\(parts[3])' is neither 'partitioned' nor 'shared'")
        }
        return TableDefinition(name: parts[0], payloadBytes: bytes, capacity: capacity, sharing: sharing)
    }

    /// `200us`, `1ms`, `0.5s`.
    static func duration(_ text: String) throws -> Duration {
        let units: [(String, Double)] = [("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1)]
        for (unit, seconds) in units where text.hasSuffix(unit) {
            guard let number = Double(text.dropLast(unit.count)), number.isFinite, number > 0, number * seconds <= 3600
            else {
                throw ValidationError("'\(text)' is not a time between 1us and 3600s")
            }
            return .nanoseconds(Int64((number * seconds * 1e9).rounded()))
        }
        throw ValidationError("give a time with its unit, such as 200us, 1ms or 0.5s")
    }

    /// `auto`, a node's number, or `interleave`.
    static func node(_ text: String) throws -> MemoryNode {
        switch text {
        case "auto": return .auto
        case "interleave": return .interleave
        default:
            guard let number = Int(text), (0 ... 1023).contains(number) else {
                throw ValidationError("give 'auto', 'interleave' or the number of a memory node")
            }
            return .number(number)
        }
    }

    /// `auto`, or how many.
    static func lanes(_ text: String) throws -> ReplicationOptions.Lanes {
        if text == "auto" { return .auto }
        guard let number = Int(text), (0 ... 16).contains(number) else {
            throw ValidationError("give 'auto', or a number of lanes from 0 to 16")
        }
        return .exactly(number)
    }

    /// `2,3`, `4-7`.
    static func processors(_ text: String) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).flatMap { part in
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last,
                (0 ... 1023).contains(first), last <= 1023
            else { throw ValidationError("'\(text)' is no list of processors, such as 2,3 or 4-7") }
            return Array(first ... last)
        }
    }

    /// `A..<B`, `A...B`, or one index.
    static func range(_ text: String) throws -> Range<Int> {
        for (separator, closed) in [("..<", 0), ("...", 1)] {
            guard let place = text.firstRange(of: separator) else { continue }
            guard let first = Int(text[..<place.lowerBound]), let last = Int(text[place.upperBound...]), first >= 0,
                last <= Int(UInt32.max), first < last + closed
            else { break }
            return first ..< last + closed
        }
        throw ValidationError(
            "give a range of indices such as 0...9, or '0..<10' in quotes, as the shell takes < for itself")
    }

    /// `4096`, `64K`, `256M`, `1G`, and `64KiB` and so on, as sizes are printed.
    static func size(_ text: String) throws -> Int {
        let shifts: [Substring: Int] = ["": 0, "K": 10, "KiB": 10, "M": 20, "MiB": 20, "G": 30, "GiB": 30]
        let digits = text.prefix { $0.isNumber }
        guard let shift = shifts[text.dropFirst(digits.count)], let number = Int(digits), number > 0,
            number <= 1 << (46 - shift)
        else { throw ValidationError("give a number of bytes, such as 64M or 1G") }
        return number << shift
    }

    /// A size a second, or `off`.
    static func rate(_ text: String) throws -> Int { text == "off" ? 0 : try size(text) }

    /// A record's index. A table has at most 2³² - 1 of them.
    static func index(_ text: String) throws -> Int {
        guard let number = Int(text.filter { $0 != "_" && $0 != "," }), (0 ..< Int(UInt32.max)).contains(number) else {
            throw ValidationError("'\(text)': give an index from 0 up to the table's capacity")
        }
        return number
    }

    /// A processor's number.
    static func processor(_ text: String) throws -> Int {
        guard let number = Int(text), (0 ..< 4096).contains(number) else {
            throw ValidationError("'\(text)': give the number of a processor, from 0 on")
        }
        return number
    }

    static func positive(_ text: String) throws -> Int {
        guard let number = Int(text.filter { $0 != "_" && $0 != "," }), number > 0 else {
            throw ValidationError("give a whole number above 0")
        }
        return number
    }

    static func seconds(_ text: String) throws -> Double {
        guard let number = Double(text), number.isFinite, number > 0, number <= 1e6 else {
            throw ValidationError("give a number of seconds above 0")
        }
        return number
    }
}

enum Workload: String, ExpressibleByArgument, CaseIterable {
    case exchange
}
