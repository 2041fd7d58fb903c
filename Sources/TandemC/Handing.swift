internal import CTandem
internal import TandemTypes

// What C is given: handles, each by itself in memory, as it never moves; and answers, in memory of C's own.

/// Hands out what `make` makes, or says why there is none.
func hand<Handle: ~Copyable>(
    _ out: UnsafeMutablePointer<OpaquePointer?>, _ make: () throws(TandemError) -> Handle
) -> Int32 {
    do throws(TandemError) {
        let made = try make()
        let place = UnsafeMutablePointer<Handle>.allocate(capacity: 1)
        place.initialize(to: made)
        out.pointee = OpaquePointer(place)
        return 0
    } catch { return Failure.answer(error) }
}

extension UnsafeMutablePointer where Pointee: ~Copyable {
    /// The end of what was handed out.
    func takeBack() {
        deinitialize(count: 1)
        deallocate()
    }
}

/// Fills a structure of C's whose first field says how long its caller knows it to be.
///
/// - Parameter name: that of the argument; the structure is `tandem_` and it.
func answer<Answer>(
    _ out: UnsafeMutablePointer<Answer>, _ name: String, _ make: () throws(TandemError) -> Answer
) -> Int32 {
    let room = UnsafeRawPointer(out).load(as: Int.self)
    guard (MemoryLayout<Int>.size ... 1 << 20).contains(room) else {
        return Failure.answer(
            TANDEM_BAD_ARGUMENT, "\(name): its size is \(room). Set it to sizeof(struct tandem_\(name)).")
    }
    do throws(TandemError) {
        var made = try make()
        withUnsafeMutableBytes(of: &made) {
            $0.storeBytes(of: room, as: Int.self)
            // A caller that knows fewer fields has no room for the others.
            UnsafeMutableRawPointer(out).copyMemory(
                from: $0.baseAddress!, byteCount: min(room, MemoryLayout<Answer>.size))
        }
        return 0
    } catch { return Failure.answer(error) }
}
