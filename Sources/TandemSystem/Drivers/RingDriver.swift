internal import CLinuxRing
internal import Glibc
package import TandemCore

/// The usual driver: writes and flushes go through io_uring and complete when they complete.
///
/// Commands keep their order until they start: what must wait for room, or for the ring to be quiet, holds up what is
/// behind it. Each write ends in exactly one completion, and until then its bytes are the kernel's.
package final class RingDriver: CopyDriver {
    /// More than any device keeps busy at once, and few enough that the ring's memory (16 KiB) fits the 64 KiB that may
    /// be locked by default on older systems. The completion queue has twice as many entries, so it cannot overflow.
    package static let inFlightMax = 128

    /// Why it is slower than it could be; nil when it is not.
    package var note: String? { regions.note }

    let ring: OpaquePointer
    let regions: RingRegions
    let blocking: BlockingCommands
    var flights = RingFlights(count: inFlightMax)
    var completed: [CopyCompletion] = []
    /// Operations ever prepared, whether the kernel took them or not.
    var prepared = 0
    /// The kernel refuses the ring itself. What it took still completes; everything else is written plainly.
    var isBroken = false
    /// What has not been started.
    private var backlog = Backlog<CopyCommand>()
    private var arrivals = [ring_completion](repeating: ring_completion(), count: inFlightMax)
    /// The descriptors that the ring has been told of; -1 for none.
    private var told = (cached: Int32(-1), direct: Int32(-1))

    /// - Parameter staging: the memory that most writes come from.
    /// - Throws: `.unavailable`, naming what blocks io_uring here.
    package init(
        copy: CopyFile, source: MappedFile, layout: FileLayout, staging: [UnsafeMutableRawBufferPointer]
    ) throws(TandemError) {
        var opened: OpaquePointer?
        let answer = ring_open(&opened, UInt32(Self.inFlightMax))
        guard answer >= 0, let opened else {
            throw TandemError(
                .unavailable, "io_uring", RingUnavailability.reason(-answer, for: .ring),
                remedy: "Allow it, or choose the pwrite driver", errno: -answer)
        }
        ring = opened
        regions = RingRegions(staging, with: opened)
        blocking = BlockingCommands(copy: copy, source: source, layout: layout)
        completed.reserveCapacity(Self.inFlightMax * 2)
    }

    deinit {
        // The bytes belong to the kernel until the last write has landed, however long a hung device takes.
        breakUp(errno: ECANCELED)
        while flights.inFlight > 0 {
            _ = ring_wait(ring, 100_000_000)
            collect()
        }
        ring_close(ring)
    }

    package func submit(_ commands: [CopyCommand]) {
        for command in commands {
            switch command.operation {
            case .watch, .reviveWriter: performAtOnce(command)
            default: backlog.append(command)
            }
        }
        advance()
    }

    package func reap(into completions: inout [CopyCompletion]) {
        if flights.inFlight > 0 { collect() }
        advance()
        if completed.isEmpty { return }
        completions.append(contentsOf: completed)
        completed.removeAll(keepingCapacity: true)
    }

    package func wait(nanoseconds: UInt64) -> Bool {
        guard flights.inFlight > 0, completed.isEmpty else { return false }
        _ = ring_wait(ring, nanoseconds)
        return true
    }

    /// Starts what can be started, in order, and hands it to the kernel.
    private func advance() {
        while let command = backlog.first, start(command) { backlog.removeFirst() }
        submitPrepared()
    }

    /// False when it must wait.
    private func start(_ command: CopyCommand) -> Bool {
        switch command.operation {
        case .write(let bytes, let count, let offset):
            return launch(RingFlights.Flight(token: command.token, bytes: bytes, remaining: count, offset: offset))
        case .read(let bytes, let count, let offset):
            return launch(
                RingFlights.Flight(
                    token: command.token, bytes: UnsafeRawPointer(bytes), isRead: true, remaining: count,
                    offset: offset))
        case .readOnce(let bytes, let count, let offset):
            return launch(
                RingFlights.Flight(
                    token: command.token, bytes: UnsafeRawPointer(bytes), isRead: true,
                    forgets: offset ..< offset + count,
                    remaining: count, offset: offset))
        case .flush:
            return launch(RingFlights.Flight(token: command.token))
        default:
            // These change which file is open, or work on all of it.
            guard flights.inFlight == 0 else { return false }
            tell(-1, -1)
            performAtOnce(command)
            return true
        }
    }

    private func performAtOnce(_ command: CopyCommand) {
        guard let result = blocking.perform(command.operation) else { return }
        completed.append(CopyCompletion(token: command.token, result: result))
    }

    /// Lets the ring keep the file, so that the kernel need not look it up for each operation. Only a saving: where it
    /// is refused, operations name the descriptor.
    func tell(_ cached: Int32, _ direct: Int32) {
        if told == (cached, direct) || flights.inFlight > 0 { return }
        let answer = ring_register_file(ring, cached, direct)
        told = (cached, direct)
        // It keeps the file before, and would write there.
        if answer < 0 && cached < 0 { breakUp(errno: -answer) }
    }

    private func collect() {
        let count = Int(ring_reap(ring, &arrivals, UInt32(Self.inFlightMax)))
        for arrival in arrivals[..<count] { land(Int(arrival.token), result: arrival.result) }
    }
}
