internal import Glibc
package import TandemCore

/// The plain driver: each command is done when `submit` returns, but for what a comparison reads. For copies in memory,
/// and for kernels that forbid io_uring.
package final class PwriteDriver: CopyDriver {
    private let blocking: BlockingCommands
    private let readAhead: ReadAhead
    /// It may have something under way.
    private var isReadingAhead = false
    private var completed: [CopyCompletion] = []

    package init(copy: CopyFile, source: MappedFile, layout: FileLayout) {
        blocking = BlockingCommands(copy: copy, source: source, layout: layout)
        readAhead = ReadAhead(by: ReadAhead.ofCopy(beside: source))
        completed.reserveCapacity(256)
    }

    // Before the file is closed that is read through.
    deinit { readAhead.finish { _ in } }

    package func submit(_ commands: [CopyCommand]) {
        for command in commands {
            if let read = comparisonRead(command) {
                readAhead.submit(read)
                isReadingAhead = true
                continue
            }
            // It may change what is open, or what is read there.
            if isReadingAhead { finishReading() }
            completed.append(CopyCompletion(token: command.token, result: perform(command.operation)))
        }
    }

    package func reap(into completions: inout [CopyCompletion]) {
        if isReadingAhead { readAhead.take(note) }
        if completed.isEmpty { return }
        completions.append(contentsOf: completed)
        completed.removeAll(keepingCapacity: true)
    }

    /// A comparison reads everything, in order: what comes next is known.
    private func comparisonRead(_ command: CopyCommand) -> ReadAhead.Read? {
        let copy = blocking.copy
        guard case .content(let number) = command.token,
            case .readOnce(let bytes, let count, let offset) = command.operation, copy.descriptor >= 0
        else { return nil }
        return ReadAhead.Read(
            number: number, room: UnsafeMutableRawBufferPointer(start: bytes, count: count), offset: offset,
            descriptor: copy.descriptor(at: offset), isForOnce: copy.way != .memory)
    }

    @inline(never)
    private func finishReading() {
        readAhead.finish(note)
        isReadingAhead = false
    }

    private func note(_ read: ReadAhead.Outcome) {
        let copy = blocking.copy
        let result: CopyCompletion.Result =
            read.errno == 0 ? .done : .failed(copy.noted(KernelFailure("read", copy.path, errno: read.errno)))
        completed.append(CopyCompletion(token: .content(read.number), result: result))
    }

    private func perform(_ operation: CopyCommand.Operation) -> CopyCompletion.Result {
        let copy = blocking.copy
        do throws(CopyFailure) {
            switch operation {
            case .write(let bytes, let count, let offset):
                try copy.writeOwn(UnsafeRawBufferPointer(start: bytes, count: count), at: offset)
            case .read(let bytes, let count, let offset):
                try copy.readOwn(into: UnsafeMutableRawBufferPointer(start: bytes, count: count), at: offset)
            case .readOnce(let bytes, let count, let offset):
                try copy.readOwn(into: UnsafeMutableRawBufferPointer(start: bytes, count: count), at: offset)
                copy.forget(offset ..< offset + count)
            case .flush: try copy.flush()
            default: return blocking.perform(operation) ?? .done
            }
            return .done
        } catch {
            return .failed(error)
        }
    }
}
