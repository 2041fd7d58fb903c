internal import TandemCore

/// What a slot's payload begins with: sixteen bytes, then the key, then the record, each at a multiple of sixteen.
///
/// A value with the address of a payload: of one that a transaction holds, or of one that is only looked at, which may
/// be torn, so that nothing read from it is followed before it has been checked.
struct SlotBytes {
    let base: UnsafeMutableRawPointer

    init(_ base: UnsafeMutableRawPointer) { self.base = base }
    init(looking base: UnsafeRawPointer) { self.base = UnsafeMutableRawPointer(mutating: base) }

    /// How often the slot has been given out.
    var generation: UInt32 {
        get { base.loadShared(at: 0, as: UInt32.self) }
        nonmutating set { base.storeShared(newValue, at: 0) }
    }

    var state: SlotState {
        get { SlotState(rawValue: base.loadShared(at: 4, as: UInt16.self)) }
        nonmutating set { base.storeShared(newValue.rawValue, at: 4) }
    }

    /// Length of the key.
    var keyBytes: Int {
        get { Int(base.loadShared(at: 6, as: UInt16.self)) }
        nonmutating set { base.storeShared(UInt16(newValue), at: 6) }
    }

    /// In use: its deadline on the table's clock, 0 for none. Free: number + 1 of the one to be given out behind it.
    var word: UInt64 {
        get { base.loadShared(at: 8, as: UInt64.self) }
        nonmutating set { base.storeShared(newValue, at: 8) }
    }

    var key: UnsafeMutableRawPointer { base + 16 }

    /// The first sixteen bytes.
    struct Header {
        let generation: UInt32
        let state: SlotState
        let keyBytes: Int
        let word: UInt64
    }

    var header: Header { Header(generation: generation, state: state, keyBytes: keyBytes, word: word) }

    static func recordOffset(keyBytesMax: Int) -> Int { 16 + (keyBytesMax + 15) & ~15 }

    func isInUse(as generation: UInt32) -> Bool { state == .used && self.generation == generation && generation != 0 }

    @inline(__always)
    func hasKey(_ key: UnsafeRawBufferPointer) -> Bool {
        keyBytes == key.count && Self.areEqual(self.key, key)
    }

    /// Eight bytes at a time; a call to `memcmp` would take longer for most keys.
    @inline(__always)
    private static func areEqual(_ mine: UnsafeMutableRawPointer, _ key: UnsafeRawBufferPointer) -> Bool {
        guard let other = key.baseAddress else { return true }
        var offset = 0
        while offset &+ 8 <= key.count {
            guard
                mine.loadShared(at: offset, as: UInt64.self)
                    == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            else { return false }
            offset &+= 8
        }
        while offset < key.count {
            guard
                mine.loadShared(at: offset, as: UInt8.self) == other.load(fromByteOffset: offset, as: UInt8.self)
            else { return false }
            offset &+= 1
        }
        return true
    }
}

/// Any number may stand there in scribbled memory: those that are none of these are none of these.
struct SlotState: RawRepresentable, Equatable {
    let rawValue: UInt16
    static let free = SlotState(rawValue: 0)
    static let used = SlotState(rawValue: 1)
    /// Has had all its generations.
    static let retired = SlotState(rawValue: 2)
}
