/// How the records of a table are locked.
public enum Sharing: UInt32, Sendable, CaseIterable {
    /// Each record is changed by one writer at a time by the program's own arrangement, as when calls are sharded by
    /// worker. Locked with a plain store.
    case partitioned = 0
    /// Any writer may change any record. Locked with a compare-and-swap.
    case shared = 1
}

/// A table to be created: name, record size, capacity, sharing.
public struct TableDefinition: Hashable, Sendable {
    /// 1 to 31 letters, digits, '-', '_' or '.'; another one for each table of a source.
    public let name: String
    /// Bytes of a record's payload, 1 … 65,520.
    public let payloadBytes: Int
    /// Records, 1 … 4,294,967,295.
    public let capacity: Int
    /// How its records are locked.
    public let sharing: Sharing
    /// What is known of the type of its records, as one number; 0 where nothing is.
    package let recordType: UInt64

    /// With its header a record then fills sixteen pages of 4 KiB.
    public static let payloadBytesMax = 65_520
    /// Indices stay below 2³²: up to there a record's page is found exactly by a multiplication.
    public static let capacityMax = 4_294_967_295

    /// A table of bytes, for programs that know a record's shape only when they run. Checked when a source is created,
    /// not here.
    public init(name: String, payloadBytes: Int, capacity: Int, sharing: Sharing) {
        self.init(name: name, payloadBytes: payloadBytes, capacity: capacity, sharing: sharing, recordType: 0)
    }

    package init(name: String, payloadBytes: Int, capacity: Int, sharing: Sharing, recordType: UInt64) {
        self.name = name
        self.payloadBytes = payloadBytes
        self.capacity = capacity
        self.sharing = sharing
        self.recordType = recordType
    }

    /// A table whose records are `Record` values.
    ///
    /// The file keeps what Swift knows of the type: size, alignment, and each field's name, place and kind. Whoever
    /// opens the table as another type is told.
    ///
    /// - Parameters:
    ///   - name: 1 to 31 letters, digits, '-', '_' or '.'.
    ///   - capacity: records, 1 … 4,294,967,295.
    ///   - version: raised by the program when the meaning of the fields changes and their names do not.
    public static func of<Record: BitwiseCopyable>(
        _ record: Record.Type, name: String, capacity: Int, sharing: Sharing, version: UInt32 = 0
    ) -> TableDefinition {
        TableDefinition(
            name: name, payloadBytes: MemoryLayout<Record>.size, capacity: capacity, sharing: sharing,
            recordType: RecordType.fingerprint(of: record, version: version))
    }

    /// Refuses what no file can hold, naming the table.
    package func validate() throws(TandemError) {
        let subject = "table '\(name)'"
        guard (1 ... 31).contains(name.utf8.count), name.utf8.allSatisfy(Self.isNameByte) else {
            throw TandemError(
                .badArgument, subject, "the name must be 1 to 31 letters, digits, '-', '_' or '.'",
                remedy: "Choose another name")
        }
        guard (1 ... Self.payloadBytesMax).contains(payloadBytes) else {
            throw TandemError(
                .badArgument, subject, "records of \(payloadBytes) bytes are not possible",
                remedy: "Use 1 to \(Self.payloadBytesMax) bytes a record")
        }
        guard (1 ... Self.capacityMax).contains(capacity) else {
            throw TandemError(
                .badArgument, subject, "a capacity of \(capacity) records is not possible",
                remedy: "Use 1 to \(Self.capacityMax) records")
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a") ... UInt8(ascii: "z"), UInt8(ascii: "A") ... UInt8(ascii: "Z"),
            UInt8(ascii: "0") ... UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
