internal import CLibNBD
internal import CLinuxMemory
internal import Glibc
internal import TandemCore

/// A connection to one export: requests go out, replies come in, and nothing waits but who asks to.
///
/// libnbd has no time limits and gives no request up. So the limits are kept here, and a connection on which the server
/// is silent for too long is broken off: with it every request that has no answer. Until a request is answered its
/// bytes are the connection's.
///
/// *Threads:* one at a time; a thread that makes it hands it over.
final class NBDConnection {
    /// What is asked of the export; offset and length are multiples of the server's smallest block.
    enum Request {
        case read(UnsafeMutableRawPointer, count: Int, offset: Int)
        case write(UnsafeRawPointer, count: Int, offset: Int)
        case flush

        /// What a piece of it is to whoever waits for the answer.
        func asked(_ byteCount: Int) -> SilenceLimit.Request {
            switch self {
            case .read: .read
            case .write: .write(byteCount: byteCount)
            case .flush: .flush
            }
        }
    }

    /// Requests that are with the server at once.
    static let inFlightMax = 64
    /// Spoken of by the protocol for servers that do not say how much they take at once.
    static let usualBlockMax = 32 << 20

    /// A request and what is left of it: the server may take only so much at once.
    private struct Order {
        let number: Int
        let request: Request
        var sent = 0
        var unanswered = 0
        var error: Int32 = 0

        var count: Int {
            switch request {
            case .read(_, let count, _), .write(_, let count, _): count
            case .flush: 1
            }
        }
        var isSent: Bool { sent == count || error != 0 }
    }

    /// nil once the connection is lost.
    private var handle: OpaquePointer?
    let export: NBDExport
    /// Why it was lost: an errno.
    private(set) var lostBecause: Int32 = 0
    /// A request to write had no answer when the connection was lost: the server may perform it at any later time.
    private(set) var leftWrites = false

    /// By number.
    private var orders: [Int: Order] = [:]
    /// Numbers of those that have not been sent, or not in full.
    private var waiting = Backlog<Int>()
    private var answered: [(number: Int, error: Int32)] = []
    private var numbers = 0
    private var replies = NBDReplies(count: inFlightMax)
    private var limit = SilenceLimit()

    init(taking handle: OpaquePointer, export: NBDExport) {
        self.handle = handle
        self.export = export
    }

    deinit {
        breakOff(ECANCELED)
        replies.deallocate()
    }

    var isLost: Bool { handle == nil }
    var isIdle: Bool { orders.isEmpty && answered.isEmpty }

    /// Takes a request, to be sent as soon as there is room. Returns the number that its answer will have.
    func submit(_ request: Request) -> Int {
        numbers += 1
        var order = Order(number: numbers, request: request)
        if handle == nil { order.error = lostBecause }
        if order.isSent {
            answered.append((numbers, order.error))
        } else {
            orders[numbers] = order
            waiting.append(numbers)
            send()
        }
        return numbers
    }

    /// What has been answered since the last call, with 0 or an errno.
    func takeAnswers() -> [(number: Int, error: Int32)] {
        turn()
        defer { answered.removeAll(keepingCapacity: true) }
        return answered
    }

    /// Sends and receives what can be without waiting, and looks at the clock.
    private func turn() {
        guard let handle, !orders.isEmpty else { return }
        while nbd_poll(handle, 0) > 0 {}
        collect()
        if nbd_aio_is_dead(handle) == 1 || nbd_aio_is_closed(handle) == 1 { return breakOff(ECONNRESET) }
        send()
        if limit.isOver(at: MonotonicClock.now()) { breakOff(ETIMEDOUT) }
    }

    /// Sleeps until the server may have answered, at most this long.
    func wait(nanoseconds: UInt64) {
        guard let handle else { return }
        let direction = nbd_aio_get_direction(handle)
        socket_wait(
            nbd_aio_get_fd(handle), Int32(direction & UInt32(LIBNBD_AIO_DIRECTION_READ)),
            Int32(direction & UInt32(LIBNBD_AIO_DIRECTION_WRITE)), nanoseconds)
    }

    /// Is the server still there? One that has gone without a word is found out by the next request.
    func look() {
        guard let handle else { return }
        while nbd_poll(handle, 0) > 0 {}
        if nbd_aio_is_dead(handle) == 1 || nbd_aio_is_closed(handle) == 1 { breakOff(ECONNRESET) }
    }

    /// Says goodbye, where nothing is under way. The server then knows that nobody comes back by this connection.
    func end() {
        guard let handle, isIdle else { return breakOff(ECANCELED) }
        _ = nbd_aio_disconnect(handle, 0)
        _ = nbd_poll(handle, 0)
        breakOff(ECANCELED)
    }

    /// Gives the connection up, and everything that has no answer.
    func breakOff(_ error: Int32) {
        guard let handle else { return }
        self.handle = nil
        lostBecause = error
        // So that the server hears of it at once, whatever libnbd still has to say.
        shutdown(nbd_aio_get_fd(handle), Int32(SHUT_RDWR))
        nbd_close(handle)
        for order in orders.values.sorted(by: { $0.number < $1.number }) {
            if case .write = order.request, order.sent > 0 { leftWrites = true }
            answered.append((order.number, error))
        }
        orders.removeAll()
        waiting.removeAll()
        replies.forget()
    }

    // MARK: Pieces

    private func send() {
        while let handle, let number = waiting.first, let place = replies.take(for: number) {
            let error = send(&orders[number]!, at: place, by: handle)
            if error != 0 {
                replies.giveBack(place)
                orders[number]!.error = error
            }
            guard orders[number]!.isSent else { continue }
            waiting.removeFirst()
            finish(number)
        }
    }

    /// Sends the next piece; what cannot be sent has an errno.
    private func send(_ order: inout Order, at place: Int, by handle: OpaquePointer) -> Int32 {
        let done = order.sent
        let answer: Int64
        switch order.request {
        case .read(let bytes, let count, let offset):
            let piece = min(count - done, export.blockMax)
            answer = nbd_aio_pread(handle, bytes + done, piece, UInt64(offset + done), replies.callback(place), 0)
            order.sent += piece
        case .write(let bytes, let count, let offset):
            let piece = min(count - done, export.blockMax)
            answer = nbd_aio_pwrite(handle, bytes + done, piece, UInt64(offset + done), replies.callback(place), 0)
            order.sent += piece
        case .flush:
            answer = nbd_aio_flush(handle, replies.callback(place), 0)
            order.sent = 1
        }
        guard answer >= 0 else { return max(nbd_get_errno(), 1) }
        order.unanswered += 1
        limit.noteSent(order.request.asked(order.sent - done), at: MonotonicClock.now())
        return 0
    }

    private func collect() {
        replies.collect { number, error in
            guard var order = orders[number] else { return }
            limit.noteAnswered(order.request.asked(0), at: MonotonicClock.now())
            order.unanswered -= 1
            if order.error == 0 { order.error = error }
            orders[number] = order
            finish(number)
        }
    }

    private func finish(_ number: Int) {
        guard let order = orders[number], order.isSent, order.unanswered == 0 else { return }
        orders[number] = nil
        answered.append((number, order.error))
    }
}
