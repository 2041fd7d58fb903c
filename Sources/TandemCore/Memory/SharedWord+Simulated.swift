#if TANDEM_SIMULATED
    public import CSimulation

    /// The same verbs, each access a step of the simulator: see `CSimulation.h`. Never compiled into the product.
    @frozen public struct SharedWord {
        @usableFromInline let address: UnsafeMutablePointer<UInt64>

        @inlinable @inline(__always)
        public init(_ raw: UnsafeMutableRawPointer) { address = raw.assumingMemoryBound(to: UInt64.self) }

        // Loads are not moved and stores leave in order: total store order gives acquire and release for nothing.
        @inlinable @inline(__always) public func load() -> UInt64 { tandem_load(address) }
        @inlinable @inline(__always) public func loadAcquiring() -> UInt64 { tandem_load(address) }
        @inlinable @inline(__always) public func store(_ value: UInt64) { tandem_store_word(address, value) }
        @inlinable @inline(__always) public func storeReleasing(_ value: UInt64) { tandem_store_word(address, value) }

        @inlinable @inline(__always)
        public func storeFencing(_ value: UInt64) {
            _ = tandem_locked_begin(address)
            tandem_locked_end(address, value)
        }

        @inlinable @inline(__always)
        public func set(_ mask: UInt64) { tandem_locked_end(address, tandem_locked_begin(address) | mask) }

        @inlinable @inline(__always)
        public func clear(_ mask: UInt64) { tandem_locked_end(address, tandem_locked_begin(address) & ~mask) }

        @inlinable @inline(__always)
        public func takeAll() -> UInt64 {
            let before = tandem_locked_begin(address)
            tandem_locked_end(address, 0)
            return before
        }

        @inlinable @inline(__always)
        public func add(_ amount: UInt64) { tandem_locked_end(address, tandem_locked_begin(address) &+ amount) }

        @inlinable @inline(__always)
        public func compareExchange(_ expected: UInt64, _ desired: UInt64) -> Bool {
            guard tandem_locked_begin(address) == expected else { return false }
            tandem_locked_end(address, desired)
            return true
        }
    }

    @frozen public struct SharedByte {
        @usableFromInline let address: UnsafeMutableRawPointer

        @inlinable @inline(__always)
        public init(_ raw: UnsafeMutableRawPointer) { address = raw }

        @inlinable @inline(__always)
        public func storeReleasing(_ value: UInt8) { tandem_store_part(address, UInt64(value), 1) }
    }

    extension UnsafeMutableRawPointer {
        /// - Precondition: whole words, aligned; the simulator's tables have no others.
        @inlinable @inline(__always)
        package func readShared(from source: UnsafeRawPointer, byteCount: Int) {
            precondition(byteCount % 8 == 0)
            tandem_read_shared(self, source, byteCount)
        }

        @inlinable @inline(__always)
        func readShared<Record: BitwiseCopyable>(as record: Record.Type) -> Record {
            withUnsafeTemporaryAllocation(of: Record.self, capacity: 1) { room in
                let bytes = UnsafeMutableRawPointer(room.baseAddress!)
                bytes.readShared(from: self, byteCount: MemoryLayout<Record>.size)
                return room[0]
            }
        }

        @inlinable @inline(__always)
        package func copyShared(from source: UnsafeRawPointer, byteCount: Int) {
            precondition(byteCount % 8 == 0)
            tandem_copy_shared(self, source, byteCount)
        }

        @inlinable @inline(__always)
        func copyShared<Record>(_ record: Record.Type, from source: UnsafeRawPointer) {
            copyShared(from: source, byteCount: RecordShape(payloadBytes: MemoryLayout<Record>.size).roundedBytes)
        }
    }

    // Fields are steps too. One that is shorter than a word is loaded with its word, as a processor does it, and stored
    // by itself.
    extension UnsafeMutableRawPointer {
        @inlinable @inline(__always)
        package func loadShared<Field: BitwiseCopyable>(at offset: Int, as field: Field.Type) -> Field {
            let place = UInt(bitPattern: self + offset) & 7
            return withUnsafeTemporaryAllocation(
                byteCount: Swift.max(MemoryLayout<Field>.size, 8), alignment: 16
            ) { room in
                tandem_read_shared(room.baseAddress!, self + offset - Int(place), room.count)
                return room.load(fromByteOffset: Int(place), as: Field.self)
            }
        }

        @inlinable @inline(__always)
        package func storeShared<Field: FixedWidthInteger & BitwiseCopyable>(_ value: Field, at offset: Int) {
            tandem_store_part(self + offset, UInt64(truncatingIfNeeded: value), UInt32(MemoryLayout<Field>.size))
        }

        @inlinable @inline(__always)
        package func withShared<Result, Failure: Error>(
            byteCount: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            try withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 16) { room throws(Failure) in
                if byteCount > 0 { room.baseAddress!.readShared(from: self, byteCount: byteCount) }
                return try body(UnsafeRawBufferPointer(room))
            }
        }
    }
#endif
