internal import CLibNBD
internal import CLinuxMemory
internal import Glibc
internal import TandemCore

/// Makes a connection to an export: looks its host up, connects, agrees on encryption, and takes the export. Waits for
/// all of that, but not longer than it says.
struct NBDDialer {
    /// For the whole way from nothing to the export.
    static let limit: UInt64 = 5_000_000_000

    /// What is wanted of a standby; of other servers there is only one thing to be wanted.
    enum Purpose {
        /// - Parameter name: what is asked for in place of the export's name, and the session's number in it.
        case writing(name: () -> (number: UInt64, words: String))
        case looking
    }

    let address: NBDAddress
    let security: NBDAccess.Security
    let purpose: Purpose

    /// - Parameter isCancelled: looked at many times a second.
    func dial(unless isCancelled: () -> Bool) throws(NBDFailure) -> NBDConnection {
        BrokenPipeSignal.ignored
        guard let handle = nbd_create() else { throw failure(.unreachable) }
        // Kept until the handle is closed, which knows where it lies.
        let answer = NBDAnswer()
        defer { withExtendedLifetime(answer) {} }
        do throws(NBDFailure) {
            return NBDConnection(taking: handle, export: try agree(handle, answer, unless: isCancelled))
        } catch {
            nbd_close(handle)
            throw error
        }
    }

    private func agree(
        _ handle: OpaquePointer, _ answer: NBDAnswer, unless isCancelled: () -> Bool
    ) throws(NBDFailure) -> NBDExport {
        let deadline = MonotonicClock.now() + Self.limit
        func wait(_ kind: CopyFailure.Kind, until isThere: () -> Bool) throws(NBDFailure) {
            while !isThere() {
                if nbd_poll(handle, 20) < 0 { throw failure(kind) }
                if nbd_aio_is_dead(handle) == 1 || nbd_aio_is_closed(handle) == 1 {
                    throw NBDFailure(kind, errno: ECONNRESET, told ?? "the server has closed the connection")
                }
                if isCancelled() { throw NBDFailure(.disconnected, errno: ECANCELED, "given up") }
                if MonotonicClock.now() > deadline {
                    throw NBDFailure(kind, errno: ETIMEDOUT, "the server does not answer")
                }
            }
        }
        try configure(handle)
        let authority = try authority()
        guard begin(handle) >= 0 else { throw failure(.unreachable) }
        do throws(NBDFailure) { try wait(.unreachable) { nbd_aio_is_connecting(handle) != 1 } } catch {
            throw security == .plain ? error : blamed(error)
        }
        keepAlive(handle)
        guard nbd_aio_is_negotiating(handle) == 1 else {
            throw NBDFailure(.unreachable, errno: EPROTONOSUPPORT, "the server speaks an old protocol")
        }
        guard security == .plain || nbd_get_tls_negotiated(handle) == 1 else {
            throw NBDFailure(.notTrusted, errno: EPROTO, "the connection is not encrypted")
        }
        // Taken away in between, it would have vouched for nobody.
        guard try self.authority() == authority else {
            throw NBDFailure(.notTrusted, "the folder of certificates was changed in between")
        }
        if nbd_aio_opt_info(handle, answer.callback) >= 0 {
            try wait(.unreachable) { answer.isThere }
            answer.clear()
        }
        var export = NBDExport()
        if let text = nbd_get_export_description(handle) {
            export.description = String(cString: text)
            free(text)
        }
        if export.isStandby, case .writing(let name) = purpose {
            let (number, words) = name()
            export.session = number
            guard nbd_set_export_name(handle, words) >= 0 else { throw failure(.unreachable) }
        }
        guard nbd_aio_opt_go(handle, answer.callback) >= 0 else { throw failure(.unreachable) }
        try wait(.unreachable) { answer.isThere }
        guard answer.error == 0, nbd_aio_is_ready(handle) == 1 else {
            throw export.session > 0 ? fenced() : refused(answer.error)
        }
        return try describe(handle, export)
    }

    private func configure(_ handle: OpaquePointer) throws(NBDFailure) {
        var answers = [
            nbd_set_opt_mode(handle, true), nbd_set_full_info(handle, true), nbd_set_export_name(handle, address.name),
            nbd_set_pread_initialize(handle, false),
        ]
        switch security {
        case .plain: answers.append(nbd_set_tls(handle, LIBNBD_TLS_DISABLE))
        case .key(let file, let user):
            answers += [
                nbd_set_tls(handle, LIBNBD_TLS_REQUIRE), nbd_set_tls_psk_file(handle, file),
                nbd_set_tls_username(handle, user),
            ]
        case .certificates(let folder):
            answers += [
                nbd_set_tls(handle, LIBNBD_TLS_REQUIRE), nbd_set_tls_certificates(handle, folder.path),
                nbd_set_tls_verify_peer(handle, true),
            ]
        }
        guard answers.allSatisfy({ $0 >= 0 }) else { throw failure(.unreachable) }
    }

    /// Who vouches for the server; nil where a key does.
    private func authority() throws(NBDFailure) -> FileIdentity? {
        guard case .certificates(let folder) = security else { return nil }
        do throws(TandemError) { return try folder.authority() } catch {
            throw NBDFailure(.notTrusted, error.description)
        }
    }

    private func begin(_ handle: OpaquePointer) -> Int32 {
        switch address.place {
        case .tcp(let host, let port): nbd_aio_connect_tcp(handle, host, "\(port)")
        case .unix(let socket): nbd_aio_connect_unix(handle, socket)
        }
    }

    /// A host that has gone without a word is found out by the kernel too, while nothing is asked of it.
    private func keepAlive(_ handle: OpaquePointer) {
        guard case .tcp = address.place else { return }
        socket_keep_alive(nbd_aio_get_fd(handle), 5, 2, 3, 10_000)
    }

    private func describe(_ handle: OpaquePointer, _ known: NBDExport) throws(NBDFailure) -> NBDExport {
        var export = known
        let bytes = nbd_get_size(handle)
        guard bytes >= 0 else { throw failure(.unreachable) }
        export.bytes = Int(bytes)
        export.isReadOnly = nbd_is_read_only(handle) != 0
        export.canFlush = nbd_can_flush(handle) == 1
        export.isEncrypted = nbd_get_tls_negotiated(handle) == 1
        let least = nbd_get_block_size(handle, Int32(LIBNBD_SIZE_MINIMUM))
        let most = nbd_get_block_size(handle, Int32(LIBNBD_SIZE_MAXIMUM))
        if least > 0 { export.blockMin = Int(least) }
        if most > 0 { export.blockMax = Int(min(most, Int64(NBDConnection.usualBlockMax))) }
        return export
    }

    /// What keeps a connection from being made has one of the kernel's numbers. Whatever ends it from then on until it
    /// is encrypted says that server and client do not agree: servers tell no more, and hang up.
    private func blamed(_ failure: NBDFailure) -> NBDFailure {
        let unreachable = [
            ECONNREFUSED, ENOENT, EACCES, ENETUNREACH, EHOSTUNREACH, EHOSTDOWN, ETIMEDOUT, EAGAIN, EMFILE, ENOMEM,
            ECANCELED, EADDRNOTAVAIL,
        ]
        if unreachable.contains(failure.errno) { return failure }
        return NBDFailure(.notTrusted, errno: 0, failure.text)
    }

    /// A standby that takes no session says why in its own log: a later one was there, or it was promoted.
    private func fenced() -> NBDFailure {
        NBDFailure(.inUse, errno: 0, told ?? "the standby takes no session")
    }

    private func refused(_ errno: Int32) -> NBDFailure {
        NBDFailure(errno == ENOENT ? .exportUnknown : .unreachable, errno: errno, told ?? "")
    }

    private func failure(_ kind: CopyFailure.Kind) -> NBDFailure {
        NBDFailure(kind, errno: nbd_get_errno(), told ?? "")
    }

    /// What libnbd says of the call that has just failed.
    private var told: String? { nbd_get_error().map { String(cString: $0) } }
}

/// The answer to one question of the negotiation.
private final class NBDAnswer {
    private struct Place {
        var error: Int32 = 0
        var isThere = false
    }

    private let place = UnsafeMutablePointer<Place>.allocate(capacity: 1)

    init() { place.initialize(to: Place()) }
    deinit { place.deallocate() }

    var isThere: Bool { place.pointee.isThere }
    var error: Int32 { place.pointee.error }
    func clear() { place.pointee = Place() }

    var callback: nbd_completion_callback {
        nbd_completion_callback(
            callback: { raw, error in
                raw!.assumingMemoryBound(to: Place.self).pointee = Place(error: error?.pointee ?? 0, isThere: true)
                return 1
            }, user_data: place, free: nil)
    }
}

/// SIGPIPE: what goes out over TLS to a server that has gone ends the process, unless somebody minds it. A handler that
/// the program has set stays.
enum BrokenPipeSignal {
    static let ignored: Void = broken_pipe_signal_ignore()
}
