import ArgumentParser
import Tandem
import TandemTables

/// `NAME:KEYBYTES:BYTES:CAPACITY`: a keyed table to be made.
struct KeyedArgument: Sendable {
    let name: String
    let keyBytes: Int
    let recordBytes: Int
    let definitions: [TableDefinition]

    init(_ text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4 else { throw ValidationError("give NAME:KEYBYTES:BYTES:CAPACITY") }
        guard let keyBytes = Int(parts[1]) else { throw ValidationError("'\(parts[1])' is not a number of bytes") }
        guard let recordBytes = Int(parts[2]) else { throw ValidationError("'\(parts[2])' is not a number of bytes") }
        guard let capacity = Int(parts[3].filter { $0 != "_" }) else {
            throw ValidationError("'\(parts[3])' is not a number of records")
        }
        guard recordBytes > 0 else { throw ValidationError("records of \(recordBytes) bytes are not possible") }
        do throws(TandemError) {
            definitions = try .keyed(
                parts[0], keyBytesMax: keyBytes, recordBytes: recordBytes, capacity: capacity)
        } catch { throw ValidationError("\(error)") }
        (name, self.keyBytes, self.recordBytes) = (parts[0], keyBytes, recordBytes)
    }

    /// Opens it for the first time: its secret and sizes are noted.
    func open(in source: SourceDataFile) throws(TandemError) {
        _ = try RawKeyedTable(name, in: source, keyBytesMax: keyBytes, recordBytes: recordBytes)
    }

    /// A key as people write it: text as it stands, or bytes as `0x` and their digits.
    static func key(_ text: String) throws -> [UInt8] {
        guard text.hasPrefix("0x") else { return Array(text.utf8) }
        let digits = Array(text.dropFirst(2))
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0 ..< min($0 + 2, digits.count)]), radix: 16)
        }
        guard digits.allSatisfy(\.isHexDigit), bytes.count * 2 == digits.count else {
            throw ValidationError("'\(text)' is not a row of bytes: give two hexadecimal digits for each")
        }
        return bytes
    }
}
