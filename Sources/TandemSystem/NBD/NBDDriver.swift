internal import Glibc
package import TandemCore

/// The driver of a copy on a server: reads, writes and flushes go out as requests and complete when they are answered.
/// What waits for the server, from connecting to catching up, is done on a thread of its own.
///
/// Commands keep their order until they start: what is about the copy as a whole waits until nothing is under way, and
/// holds up what is behind it.
package final class NBDDriver: CopyDriver {
    /// What is known of the server by now, for people.
    package private(set) var description = "NBD"
    /// It performs nothing of ours once a newer session, or a promotion, has begun.
    package private(set) var isFenced = false
    /// What the last failure was, in full.
    package private(set) var lastFailure: String?

    private let copy: NBDCopy
    private let revival: WriterRevival
    /// What is being done on the other thread. While it is there nobody else touches the copy.
    private var life: LifeCommand?
    /// Which command a request's answer completes.
    private var tokens: [Int: Token] = [:]
    private var completed: [CopyCompletion] = []
    /// A look at the file's name under way.
    private var look: Int?
    /// What has not been started.
    private var backlog = Backlog<CopyCommand>()
    /// A control page on its way. The connection's, until it is answered.
    private let page = UnsafeMutableRawBufferPointer.allocate(byteCount: ControlPage.byteCount, alignment: 4096)
    /// Another one, for a look at the file's name.
    private let namePage = UnsafeMutableRawBufferPointer.allocate(byteCount: ControlPage.byteCount, alignment: 4096)

    package init(copy: NBDCopy, source: MappedFile, layout: FileLayout) {
        self.copy = copy
        revival = WriterRevival(source: source, layout: layout)
    }

    deinit {
        end()
        page.deallocate()
        namePage.deallocate()
    }

    /// Nothing is asked of the copy from then on, and no write is left with a server that answers. False where one is.
    @discardableResult
    package func end() -> Bool {
        while let connection = copy.connection, life == nil, !connection.isIdle {
            _ = connection.takeAnswers()
            connection.wait(nanoseconds: 1_000_000)
        }
        copy.cancel()
        while let life, !life.hasEnded { usleep(1000) }
        copy.close()
        return !copy.isUnsettled
    }

    package func submit(_ commands: [CopyCommand]) {
        for command in commands {
            if case .reviveWriter(let slot) = command.operation {
                completed.append(CopyCompletion(token: command.token, result: revival.perform(slot)))
            } else {
                backlog.append(command)
            }
        }
        advance()
    }

    package func reap(into completions: inout [CopyCompletion]) {
        if let life, let result = life.result {
            completed.append(CopyCompletion(token: life.token, result: result))
            self.life = nil
            if let known = copy.description { (description, isFenced) = (known, copy.isFenced) }
        }
        if life == nil { collect() }
        advance()
        if completed.isEmpty { return }
        if life == nil { lastFailure = copy.lastFailure?.text }
        completions.append(contentsOf: completed)
        completed.removeAll(keepingCapacity: true)
    }

    package func wait(nanoseconds: UInt64) -> Bool {
        guard completed.isEmpty else { return false }
        if life != nil {
            // Nobody writes to a copy that is being asked for: who looks at it a thousand times a second is in time.
            usleep(500)
            return true
        }
        guard !tokens.isEmpty, let connection = copy.connection else { return false }
        connection.wait(nanoseconds: nanoseconds)
        return true
    }

    private func collect() {
        guard !tokens.isEmpty, let connection = copy.connection else { return }
        for answer in connection.takeAnswers() {
            guard let token = tokens.removeValue(forKey: answer.number) else { continue }
            let result = result(answer.number, answer.error, token, connection)
            completed.append(CopyCompletion(token: token, result: result))
        }
    }

    private func result(
        _ number: Int, _ error: Int32, _ token: Token, _ connection: NBDConnection
    ) -> CopyCompletion.Result {
        if number == look {
            look = nil
            return named(connection, error)
        }
        guard error == 0 else { return .failed(copy.failed(connection, error)) }
        return token == .replay ? applied : .done
    }

    /// What reading the control page says of the file's name: a standby shows it while the name stands for the file.
    private func named(_ connection: NBDConnection, _ error: Int32) -> CopyCompletion.Result {
        if error == 0, copy.control([UInt8](namePage)) != nil { return .done }
        let failure = copy.failed(connection, error)
        return .failed(failure.kind == .inputOutput ? CopyFailure(.identityChanged) : failure)
    }

    /// What the control page says that has come.
    private var applied: CopyCompletion.Result {
        let control = copy.control([UInt8](page))
        return .applied(control.flatMap { $0.flags & ControlPage.appliesArrivals != 0 ? $0.applied : nil })
    }

    private func advance() {
        while let command = backlog.first, start(command) { backlog.removeFirst() }
    }

    /// False when it must wait.
    private func start(_ command: CopyCommand) -> Bool {
        guard life == nil else { return false }
        switch command.operation {
        case .write(let bytes, let count, let offset):
            request(.write(bytes, count: count, offset: offset), count: count, command.token)
        case .read(let bytes, let count, let offset), .readOnce(let bytes, let count, let offset):
            request(.read(bytes, count: count, offset: offset), count: count, command.token)
        case .flush: request(.flush, count: 1, command.token)
        case .inquire:
            request(
                .read(page.baseAddress!, count: page.count, offset: copy.controlOffset), count: page.count,
                command.token)
        case .watch:
            guard let result = copy.perform(.watch) else { return true }
            if case .done = result, copy.isFenced, let connection = copy.connection {
                let number = connection.submit(
                    .read(namePage.baseAddress!, count: namePage.count, offset: copy.controlOffset))
                (tokens[number], look) = (command.token, number)
            } else {
                completed.append(CopyCompletion(token: command.token, result: result))
            }
        default:
            guard tokens.isEmpty else { return false }
            life = LifeCommand(command, on: copy)
        }
        return true
    }

    private func request(_ request: NBDConnection.Request, count: Int, _ token: Token) {
        guard let connection = copy.connection else {
            completed.append(CopyCompletion(token: token, result: .failed(CopyFailure(.notFound, errno: EBADF))))
            return
        }
        if count == 0 {
            completed.append(CopyCompletion(token: token, result: .done))
        } else {
            tokens[connection.submit(request)] = token
        }
    }
}

/// A command about the copy as a whole, on a thread that may wait for it.
private final class LifeCommand {
    /// Handed to the thread, and back when that has ended.
    private final class Handed: @unchecked Sendable {
        let copy: NBDCopy
        let operation: CopyCommand.Operation
        var result: CopyCompletion.Result?

        init(_ copy: NBDCopy, _ operation: CopyCommand.Operation) {
            self.copy = copy
            self.operation = operation
        }
    }

    let token: Token
    private let handed: Handed
    /// Nil where no thread was left, and whoever wanted it waited.
    private let thread: DetachedThread?

    init(_ command: CopyCommand, on copy: NBDCopy) {
        token = command.token
        let handed = Handed(copy, command.operation)
        self.handed = handed
        let work: @Sendable () -> Void = { handed.result = handed.copy.perform(handed.operation) ?? .done }
        thread = DetachedThread(named: "tandem-nbd", work)
        if thread == nil { work() }
    }

    var hasEnded: Bool { thread?.hasEnded ?? true }
    /// nil while it is under way.
    var result: CopyCompletion.Result? { hasEnded ? handed.result : nil }
}
