internal import CLinuxRing
internal import Glibc
internal import TandemCore

// One operation's way: launch → prepare → (kernel) → land, and from there to prepare again while bytes are left.
extension RingDriver {
    /// A file system that keeps answering "again" for a write that it took is broken; this many times is patience
    /// enough.
    private static let triesMax = 16
    /// Longest single operation: the kernel stops short of 2 GiB, registered memory at 1 GiB.
    private static let bytesMax = 1 << 30

    /// False when all places are taken.
    func launch(_ flight: RingFlights.Flight) -> Bool {
        let copy = blocking.copy
        guard copy.descriptor >= 0 else {
            finish(flight.token, .failed(CopyFailure(.notFound, errno: EBADF)))
            return true
        }
        if flight.bytes != nil && flight.remaining <= 0 {
            finish(flight.token, .done)
            return true
        }
        if isBroken {
            finish(flight.token, writePlainly(flight))
            return true
        }
        tell(copy.descriptor, copy.target?.directDescriptor ?? -1)
        if flight.bytes != nil, !flight.isRead { copy.noteWriting(at: flight.offset) }
        guard let index = flights.take(flight) else { return false }
        prepare(index)
        return true
    }

    private func prepare(_ index: Int) {
        flights[index].sequence = prepared
        prepared += 1
        let copy = blocking.copy
        flights[index].isDirect = flights[index].bytes != nil && copy.goesDirect(flights[index].offset)
        let flight = flights[index]
        let descriptor = flight.isDirect ? copy.descriptor(at: flight.offset) : copy.descriptor
        let way = flight.isDirect ? RING_DIRECT : RING_CACHED
        let answer: Int32
        if let bytes = flight.bytes {
            let count = min(flight.remaining, Self.bytesMax)
            answer =
                flight.isRead
                ? ring_read(
                    ring, descriptor, way, UnsafeMutableRawPointer(mutating: bytes), UInt32(count),
                    UInt64(flight.offset), UInt64(index))
                : ring_write(
                    ring, descriptor, way, bytes, UInt32(count), UInt64(flight.offset),
                    regions.index(of: bytes, count: count), UInt64(index))
        } else {
            answer = ring_flush(ring, descriptor, UInt64(index))
        }
        // There are as many entries as places, and each place has one operation at a time.
        precondition(answer == 0, "no ring entry for flight \(index)")
    }

    /// Hands what is prepared to the kernel. What it has no memory for now stays for the next call.
    func submitPrepared() {
        if isBroken || ring_unsubmitted(ring) == 0 { return }
        let answer = ring_submit(ring)
        if answer != 0 && answer != -EAGAIN { breakUp(errno: -answer) }
    }

    /// The kernel's answer for one operation.
    func land(_ index: Int, result: Int32) {
        let flight = flights[index]
        guard result >= 0 else {
            if flight.bytes != nil, result == -EINTR || result == -EAGAIN, flight.tries < Self.triesMax, !isBroken {
                flights[index].tries += 1
                return prepare(index)
            }
            if result == -EINVAL, flight.isDirect, !isBroken, blocking.copy.giveUpDirect() { return prepare(index) }
            return fail(index, errno: -result)
        }
        guard let bytes = flight.bytes else { return finish(flights.land(index), .done) }
        let written = min(Int(result), flight.remaining)
        if written == flight.remaining {
            if let range = flight.forgets { blocking.copy.forget(range) }
            return finish(flights.land(index), .done)
        }
        // Nothing taken and no error: a device's end, or a file system that is full.
        // A read finds the file shorter than it was a moment ago.
        if written == 0 { return fail(index, errno: flight.isRead ? EIO : ENOSPC) }
        if isBroken { return fail(index, errno: EIO) }
        flights[index].bytes = bytes + written
        flights[index].remaining -= written
        flights[index].offset += written
        flights[index].tries = 0
        prepare(index)
    }

    /// Uses the ring no more. The kernel never sees the operations that it has not taken, so their bytes are free.
    func breakUp(errno: Int32) {
        if isBroken { return }
        isBroken = true
        let taken = prepared - Int(ring_unsubmitted(ring))
        for index in flights.indices where flights[index].isUnderWay && flights[index].sequence >= taken {
            fail(index, errno: errno)
        }
    }

    private func fail(_ index: Int, errno: Int32) {
        let operation = flights[index].bytes == nil ? "flush" : flights[index].isRead ? "read" : "write"
        let copy = blocking.copy
        finish(flights.land(index), .failed(copy.noted(KernelFailure(operation, copy.path, errno: errno))))
    }

    private func finish(_ token: Token, _ result: CopyCompletion.Result) {
        completed.append(CopyCompletion(token: token, result: result))
    }

    private func writePlainly(_ flight: RingFlights.Flight) -> CopyCompletion.Result {
        do throws(CopyFailure) {
            if let bytes = flight.bytes, flight.isRead {
                try blocking.copy.readOwn(
                    into: UnsafeMutableRawBufferPointer(
                        start: UnsafeMutableRawPointer(mutating: bytes), count: flight.remaining), at: flight.offset)
            } else if let bytes = flight.bytes {
                try blocking.copy.writeOwn(
                    UnsafeRawBufferPointer(start: bytes, count: flight.remaining), at: flight.offset)
            } else {
                try blocking.copy.flush()
            }
            return .done
        } catch {
            return .failed(error)
        }
    }
}
