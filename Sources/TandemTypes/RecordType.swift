@_spi(Reflection) internal import Swift

/// How a table that is opened as records of a type is compared with the type that it was made for.
public enum RecordMatch: Hashable, Sendable {
    /// The same fields at the same places, and the version that the table was made with; 0 where none was given. A
    /// table that was made without a type, by the command or as bytes, is compared by size alone.
    case version(UInt32)
    /// Size alone: the program knows that this type fits, as after a field has been given another name.
    case unchecked
}

/// What Swift knows of a record's type, as one number that goes into the file.
package enum RecordType {
    /// Never 0 where something is known; 0 for a type that was compiled without reflection.
    ///
    /// - Complexity: O(fields), some microseconds: for opening tables, not for the write path.
    package static func fingerprint<Record: BitwiseCopyable>(of record: Record.Type, version: UInt32) -> UInt64 {
        guard let fields = describe(record) else { return 0 }
        let text = """
            \(MemoryLayout<Record>.size) \(MemoryLayout<Record>.stride) \(MemoryLayout<Record>.alignment) \
            \(version) \(fields)
            """
        // FNV-1a: the same in every process and version, which the standard library's hashing is not.
        let sum = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return max(sum, 1)
    }

    /// Names, places and kinds of the fields, down to the standard library's types; nil where they are not known.
    ///
    /// The type's own name and module are left out: the same record may be declared in two programs.
    static func describe(_ type: Any.Type) -> String? {
        if isStandard(type) { return _typeName(type, qualified: false) }
        var text = ""
        var isKnown = true
        let hasFields = _forEachField(of: type, options: []) { name, offset, field, kind in
            // An enum's cases cannot be seen; of one that is a field there is its size.
            let inner = kind == .enum ? "enum \(size(of: field))" : describe(field)
            isKnown = isKnown && inner != nil
            text += "\(String(cString: name)) \(offset) \(inner ?? ""),"
            return true
        }
        return hasFields && isKnown && !text.isEmpty ? "{\(text)}" : nil
    }

    /// Whether every byte of a value belongs to a field, as far as Swift knows the type.
    package static func hasNoPadding<Value>(_ type: Value.Type) -> Bool {
        fieldBytes(of: type) == MemoryLayout<Value>.size
    }

    private static func fieldBytes(of type: Any.Type) -> Int {
        var sum = 0
        let hasFields =
            !isStandard(type)
            && _forEachField(of: type, options: []) { _, _, field, kind in
                sum += kind == .enum ? size(of: field) : fieldBytes(of: field)
                return true
            }
        return hasFields && sum > 0 ? sum : size(of: type)
    }

    private static func isStandard(_ type: Any.Type) -> Bool {
        let name = _typeName(type, qualified: true)
        return name.hasPrefix("Swift.") || name.hasPrefix("Builtin.")
    }

    private static func size(of type: Any.Type) -> Int {
        func size<Type>(_ type: Type.Type) -> Int { MemoryLayout<Type>.size }
        return _openExistential(type, do: size)
    }
}
