import FuzzTargets
import Glibc

/// An input with a name by which it is found again.
struct NamedInput {
    let name: String
    let bytes: [UInt8]

    /// The files of a folder in name order; none where there is no such folder.
    static func corpus(of target: FuzzTargetName) -> [NamedInput] {
        let folder =
            "\(#filePath)".split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 } + "/Fuzz/Corpus/\(target)"
        guard let entries = opendir(folder) else { return [] }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().map { NamedInput(name: $0, bytes: read("\(folder)/\($0)")) }
    }

    private static func read(_ path: String) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    /// The target's own first inputs, and as many again and again with some bytes changed, put in, or taken out.
    static func seeded(_ count: Int, of target: FuzzTargetName) -> [NamedInput] {
        let seeds = target.type.seeds
        return (0 ..< max(count, seeds.count)).map { number in
            var random = Mixed(state: UInt64(number))
            var bytes = seeds[number % seeds.count]
            guard number >= seeds.count else { return NamedInput(name: "seed \(number)", bytes: bytes) }
            for _ in 0 ..< Int.random(in: 1 ... 8, using: &random) {
                let place = Int.random(in: 0 ... bytes.count, using: &random)
                switch Int.random(in: 0 ..< 4, using: &random) {
                case 0 where place < bytes.count: bytes.remove(at: place)
                case 1: bytes.insert(UInt8.random(in: 0 ... .max, using: &random), at: place)
                default: if place < bytes.count { bytes[place] = UInt8.random(in: 0 ... .max, using: &random) }
                }
            }
            return NamedInput(name: "seed \(number)", bytes: bytes)
        }
    }
}

/// The same on every machine and in every version.
private struct Mixed: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
