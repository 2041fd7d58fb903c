extension AuditedFile {
    /// One number for every record's epoch and payload, in table order, as hexadecimal digits: two files with equal
    /// digests hold the same records of the same cuts. Lock, version and seal are left out, as a source and its copy
    /// differ in them.
    ///
    /// Each step is a bijection of the sum so far, so no single differing word can cancel out; several do so by chance,
    /// once in 2^64.
    func digest() -> String {
        var sum: UInt64 = 0
        func add(_ word: UInt64) {
            sum = (sum ^ word) &* 0x9E37_79B9_7F4A_7C15
            sum ^= sum &>> 32
        }
        for table in tables {
            // From the header's second word on: the epoch, then the payload.
            let length = 8 + table.payloadBytes
            for index in 0 ..< table.capacity {
                let epoch = table.slot(index) + 8
                for offset in stride(from: 0, to: length & ~7, by: 8) {
                    add(bytes.load(fromByteOffset: epoch + offset, as: UInt64.self))
                }
                for offset in length & ~7 ..< length { add(UInt64(bytes[epoch + offset])) }
            }
        }
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
