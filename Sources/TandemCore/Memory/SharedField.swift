#if !TANDEM_SIMULATED
    /// Parts of a payload, by whoever makes tables of several records and looks at them, or changes them, where they
    /// stand. What is not held may be torn: whether it is, is found out afterwards.
    extension UnsafeMutableRawPointer {
        /// - Precondition: the field is aligned, as its type asks for.
        @inlinable @inline(__always)
        package func loadShared<Field: BitwiseCopyable>(at offset: Int, as field: Field.Type) -> Field {
            load(fromByteOffset: offset, as: Field.self)
        }

        /// The payload is held.
        @inlinable @inline(__always)
        package func storeShared<Field: FixedWidthInteger & BitwiseCopyable>(_ value: Field, at offset: Int) {
            storeBytes(of: value, toByteOffset: offset, as: Field.self)
        }

        /// Some bytes of a payload that is held.
        @inlinable @inline(__always)
        package func withShared<Result, Failure: Error>(
            byteCount: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
        ) throws(Failure) -> Result { try body(UnsafeRawBufferPointer(start: self, count: byteCount)) }
    }
#endif
