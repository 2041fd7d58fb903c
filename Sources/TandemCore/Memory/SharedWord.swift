#if !TANDEM_SIMULATED
    public import Synchronization

    /// One 64-bit word of memory that other processes read and write.
    ///
    /// A value, not a reference: it is the word's address with the few verbs the protocols use. Every call site of a
    /// verb that orders says which two accesses it orders. A plain `load` or `store` orders none: its word has one
    /// writer, or is looked at again before anything is believed, or is for people only.
    @frozen public struct SharedWord {
        @usableFromInline let address: UnsafeMutablePointer<Atomic<UInt64>>

        /// - Parameter raw: 8-byte aligned, mapped for as long as the word is used.
        @inlinable @inline(__always)
        public init(_ raw: UnsafeMutableRawPointer) {
            address = raw.assumingMemoryBound(to: Atomic<UInt64>.self)
        }

        @inlinable @inline(__always)
        public func load() -> UInt64 { address.pointee.load(ordering: .relaxed) }

        @inlinable @inline(__always)
        public func loadAcquiring() -> UInt64 { address.pointee.load(ordering: .acquiring) }

        @inlinable @inline(__always)
        public func store(_ value: UInt64) { address.pointee.store(value, ordering: .relaxed) }

        @inlinable @inline(__always)
        public func storeReleasing(_ value: UInt64) { address.pointee.store(value, ordering: .releasing) }

        /// Stores; a full barrier. An exchange takes half of what a store and a fence instruction take.
        @inlinable @inline(__always)
        public func storeFencing(_ value: UInt64) {
            _ = address.pointee.exchange(value, ordering: .sequentiallyConsistent)
        }

        /// Sets the bits of `mask`; a full barrier.
        @inlinable @inline(__always)
        public func set(_ mask: UInt64) {
            _ = address.pointee.bitwiseOr(mask, ordering: .sequentiallyConsistent)
        }

        /// Clears the bits of `mask`; a full barrier.
        @inlinable @inline(__always)
        public func clear(_ mask: UInt64) {
            _ = address.pointee.bitwiseAnd(~mask, ordering: .sequentiallyConsistent)
        }

        /// Stores zero and returns what was there; a full barrier.
        @inlinable @inline(__always)
        public func takeAll() -> UInt64 { address.pointee.exchange(0, ordering: .sequentiallyConsistent) }

        /// Adds, wrapping; a full barrier.
        @inlinable @inline(__always)
        public func add(_ amount: UInt64) {
            _ = address.pointee.wrappingAdd(amount, ordering: .sequentiallyConsistent)
        }

        @inlinable @inline(__always)
        public func compareExchange(_ expected: UInt64, _ desired: UInt64) -> Bool {
            address.pointee.compareExchange(
                expected: expected, desired: desired, successOrdering: .acquiringAndReleasing, failureOrdering: .relaxed
            ).exchanged
        }
    }

    /// One byte of a shared word that others exchange as a whole.
    @frozen public struct SharedByte {
        @usableFromInline let address: UnsafeMutablePointer<Atomic<UInt8>>

        @inlinable @inline(__always)
        public init(_ raw: UnsafeMutableRawPointer) { address = raw.assumingMemoryBound(to: Atomic<UInt8>.self) }

        @inlinable @inline(__always)
        public func storeReleasing(_ value: UInt8) { address.pointee.store(value, ordering: .releasing) }
    }

    extension UnsafeMutableRawPointer {
        /// Copies a payload that others may be changing to private memory; whether it is whole is found out afterwards.
        @inlinable @inline(__always)
        package func readShared(from source: UnsafeRawPointer, byteCount: Int) {
            copyMemory(from: source, byteCount: byteCount)
        }

        /// A record's payload likewise, without a detour through memory.
        @inlinable @inline(__always)
        func readShared<Record: BitwiseCopyable>(as record: Record.Type) -> Record {
            assumingMemoryBound(to: Record.self).pointee
        }

        /// Copies within shared memory, in no particular order.
        @inlinable @inline(__always)
        package func copyShared(from source: UnsafeRawPointer, byteCount: Int) {
            copyMemory(from: source, byteCount: byteCount)
        }

        /// The same for a record type's payload, and what its slot has behind it up to 16 bytes: straight loads and
        /// stores. A call to `memmove` would have the caller's registers stored and loaded again around it.
        @inlinable @inline(__always)
        func copyShared<Record>(_ record: Record.Type, from source: UnsafeRawPointer) {
            let rounded = RecordShape(payloadBytes: MemoryLayout<Record>.size).roundedBytes
            // Beyond that the call is the lesser part.
            guard rounded <= 1024 else { return copyMemory(from: source, byteCount: rounded) }
            for offset in stride(from: 0, to: rounded, by: 16) {
                storeBytes(
                    of: source.load(fromByteOffset: offset, as: SIMD2<UInt64>.self), toByteOffset: offset,
                    as: SIMD2<UInt64>.self)
            }
        }
    }
#endif
