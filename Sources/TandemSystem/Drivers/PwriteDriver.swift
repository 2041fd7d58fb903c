internal import Glibc
package import TandemCore

/// The plain driver: each command is done when `submit` returns. For kernels that forbid io_uring.
package final class PwriteDriver: CopyDriver {
    private let blocking: BlockingCommands
    private var completed: [CopyCompletion] = []

    package init(copy: CopyFile, source: MappedFile, layout: FileLayout) {
        blocking = BlockingCommands(copy: copy, source: source, layout: layout)
        completed.reserveCapacity(256)
    }

    package func submit(_ commands: [CopyCommand]) {
        for command in commands {
            completed.append(CopyCompletion(token: command.token, result: perform(command.operation)))
        }
    }

    package func reap(into completions: inout [CopyCompletion]) {
        if completed.isEmpty { return }
        completions.append(contentsOf: completed)
        completed.removeAll(keepingCapacity: true)
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
