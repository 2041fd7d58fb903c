internal import Glibc

/// The processors this process may use.
enum Processors {
    static let allowed: [Int] = {
        guard let file = fopen("/proc/self/status", "r") else { return [0] }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), file) != nil {
            let words = line.prefix { $0 != 0 }.map { Character(Unicode.Scalar(UInt8(bitPattern: $0))) }.split(
                whereSeparator: \.isWhitespace)
            guard words.count == 2, String(words[0]) == "Cpus_allowed_list:" else { continue }
            // As in 0-3,8.
            return words[1].split(separator: ",").flatMap { range in
                let ends = range.split(separator: "-").compactMap { Int(String($0)) }
                return ends.isEmpty ? [] : Array(ends.first! ... ends.last!)
            }
        }
        return [0]
    }()

    /// Where the writer runs. Nil with a single processor: pinning would only take the scheduler's choice away.
    static var writer: Int? { allowed.count > 1 ? allowed[0] : nil }
    static var replicator: Int? { allowed.count > 1 ? allowed[1] : nil }

    static var note: String {
        allowed.count > 1
            ? "\(allowed.count) processors; writer on \(allowed[0]), replicator on \(allowed[1])"
            : "ONE processor: writer and replicator share it, so nothing here says what two would do"
    }
}
