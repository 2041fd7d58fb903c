/// What records of a keyed table are found by: bytes, always as many or up to a length that the table declares.
///
/// Two keys are one key when their bytes are the same. A type of your own of fixed size, without padding, conforms by
/// saying so: `extension SessionKey: TableKey {}`.
public protocol TableKey {
    /// Bytes of each key; nil for keys of different lengths, whose longest one the table declares.
    static var keyBytes: Int? { get }

    /// The key's bytes, for as long as `body` runs.
    func withKeyBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result

    /// The key with these bytes; nil when they are none of this type's, as only another program's can be.
    init?(keyBytes: UnsafeRawBufferPointer)
}

extension TableKey where Self: BitwiseCopyable {
    /// As many as the type has.
    @inlinable public static var keyBytes: Int? { MemoryLayout<Self>.size }

    /// The value's own bytes.
    @inlinable
    public func withKeyBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: self) { body(UnsafeRawBufferPointer(rebasing: $0.prefix(MemoryLayout<Self>.size))) }
    }

    /// The value with these bytes; nil for another number of them.
    @inlinable
    public init?(keyBytes: UnsafeRawBufferPointer) {
        guard keyBytes.count == MemoryLayout<Self>.size else { return nil }
        self = keyBytes.loadUnaligned(as: Self.self)
    }
}

extension Int: TableKey {}
extension Int32: TableKey {}
extension Int64: TableKey {}
extension UInt: TableKey {}
extension UInt16: TableKey {}
extension UInt32: TableKey {}
extension UInt64: TableKey {}
extension UInt128: TableKey {}

extension String: TableKey {
    /// Nil: they have different lengths.
    public static var keyBytes: Int? { nil }

    /// In UTF-8, as it stands: nothing is normalized.
    @inlinable
    public func withKeyBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var text = self
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    /// The text of these bytes, if they are UTF-8.
    public init?(keyBytes: UnsafeRawBufferPointer) {
        guard let text = String(validating: keyBytes, as: UTF8.self) else { return nil }
        self = text
    }
}

extension [UInt8]: TableKey {
    /// Nil: they have different lengths.
    public static var keyBytes: Int? { nil }

    /// The bytes themselves.
    @inlinable
    public func withKeyBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes { body($0) }
    }

    /// These bytes.
    public init?(keyBytes: UnsafeRawBufferPointer) { self.init(keyBytes) }
}
