internal import Glibc
internal import TandemCore
internal import TandemSystem

/// Where a replicator's copy is, a file or a server's export, with the driver that writes there.
struct CopyTarget {
    private enum Place {
        case file(CopyFile)
        case export(NBDDriver)
    }

    let driver: any CopyDriver
    /// The copy is in this host's memory: applying the journal is cheaper than writing images.
    let isInMemory: Bool
    private let place: Place
    private let driverText: String

    /// - Parameters:
    ///   - staging: the memory that most writes come from.
    ///   - area: with the copy's block.
    ///   - isUnsettled: a predecessor may have left writes with a server.
    init(
        _ path: String, of source: SourceDataFile, options: ReplicationOptions,
        staging: [UnsafeMutableRawBufferPointer], area: RuntimeArea, isUnsettled: Bool
    ) throws(TandemError) {
        guard NBDAddress.isAddress(path) else {
            try options.refuseServerOptions()
            let file = CopyFile(
                path: path, layout: source.layout, checksum: LinuxChecksum.crc32c, source: source.file.identity)
            file.isDurable = options.durable
            file.direct = DirectIO(options.direct)
            (driver, driverText) = try CopyDrivers.choose(
                CopyDriverKind(options.io), copy: file, source: source.file, layout: source.layout, staging: staging)
            isInMemory = CopyDrivers.isInMemory(path)
            place = .file(file)
            return
        }
        let address = try NBDAddress(path)
        guard options.io == .auto else {
            throw TandemError(
                .badArgument, "driver \(options.io.rawValue)", "it is for files, and '\(path)' is a server's export",
                remedy: "Leave it away")
        }
        guard options.direct == .auto else {
            throw TandemError(
                .badArgument, "--direct \(options.direct.rawValue)",
                "it is for files and devices, and '\(path)' is a server's export", remedy: "Leave it away")
        }
        let access = options.access()
        let copy = try NBDCopy(
            address, access: access, layout: source.layout, checksum: LinuxChecksum.crc32c,
            sessions: Self.sessions(of: source, area, adopts: options.adopts),
            isUnsettled: isUnsettled)
        let nbd = NBDDriver(copy: copy, source: source.file, layout: source.layout)
        place = .export(nbd)
        (driver, driverText, isInMemory) = (nbd, "", false)
    }

    /// Its writes wait for a disk.
    var blocks: Bool { !isInMemory && driver is PwriteDriver }

    /// A way to the server and back is long: a slice of a journal that is applied in place is large.
    var isRemote: Bool { if case .export = place { true } else { false } }

    /// Nothing of a session's is performed once somebody promotes the copy: it need not be closed before.
    var isFenced: Bool { if case .export(let driver) = place { driver.isFenced } else { false } }

    /// Known in the source before a server hears of it, so that it rises over all replicators; and beyond all of the
    /// copy's that was promoted to be this source.
    private static func sessions(of source: SourceDataFile, _ area: RuntimeArea, adopts: Bool) -> NBDSessions {
        let word = area.replicator[.session]
        let before = source.session
        let found = word.load()
        // What is scribbled over it while this replicator runs is put right by its next number.
        var last: UInt64 = 0
        let isLost = found != SessionNumber.highest([found])
        return NBDSessions(life: source.life, isLost: isLost, adopts: adopts) { least in
            last = SessionNumber.next(above: word.load(), before, least, last)
            word.storeReleasing(last)
            return last
        }
    }

    /// Nothing more is written. False where a server may still perform what was sent to it.
    func end() -> Bool {
        switch place {
        case .file: true
        case .export(let driver): driver.end()
        }
    }

    /// Which driver writes, and why; of a server, what is known of it by now.
    var description: String {
        switch place {
        case .file(let file): file.wayText.map { "\(driverText); \($0)" } ?? driverText
        case .export(let driver): driver.description
        }
    }

    /// Rises when a file's way becomes another one, of which the engine has nothing to tell.
    var changes: Int {
        switch place {
        case .file(let file): file.wayChanges
        case .export: 0
        }
    }

    /// What the last failure was, beyond its number.
    var lastFailure: String? {
        switch place {
        case .file(let file): file.lastFailure?.tandemError.detail.map { "\($0.subject): \($0.problem)" }
        case .export(let driver): driver.lastFailure
        }
    }
}

extension DirectIO {
    fileprivate init(_ direct: ReplicationOptions.Direct) {
        self =
            switch direct {
            case .auto: .auto
            case .on: .on
            case .off: .off
            }
    }
}

extension CopyDriverKind {
    fileprivate init(_ io: ReplicationOptions.IO) {
        self =
            switch io {
            case .auto: .auto
            case .uring: .uring
            case .pwrite: .pwrite
            }
    }
}
