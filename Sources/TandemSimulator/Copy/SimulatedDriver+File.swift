import TandemCore

/// The file as a whole, as `CopyFile` does it.
extension SimulatedDriver {
    func probe() throws(CopyFailure) -> CopyExamination {
        close()
        guard let file = shelf.atPath else {
            guard shelf.hasFolder, createsMissing else { throw CopyFailure(.notFound, errno: 2) }
            return .blank
        }
        guard file.holder == nil, file.lateWrites == 0 else { throw CopyFailure(.inUse, errno: 11) }
        let found = try examine(file)
        switch found {
        case .foreign, .misfit: return found
        default: break
        }
        // The server may have been started again since it was last opened.
        if shelf.arrives, file.arriving == nil || dice.below(2) == 0 { file.beginArriving() }
        file.beginSession()
        file.holder = process
        return found
    }

    /// What it is, as the medium has it where it is durable. It is open then, unless it must not be touched.
    func examine(_ file: SimulatedFile) throws(CopyFailure) -> CopyExamination {
        try flush(file, .probeFlush)
        if isDurable { file.forgetCached(shelf.layout) }
        let bytes = CountedBytes(file: file, counter: shelf.counter, reading: .probeRead, writing: .probeRead)
        let found = try CopyExaminer.examine(bytes, expected: shelf.layout, path: "copy", checksum: simulationChecksum)
        switch found {
        case .foreign, .misfit: return found
        default: break
        }
        file.noteOpened()
        open = file
        createsMissing = false
        return found
    }

    func format(_ slot: StateSlot, beside isBeside: Bool) throws(CopyFailure) {
        if isBeside, !shelf.hasRoomBeside { throw CopyFailure(.noSpace, errno: 28) }
        let file = isBeside ? shelf.make() : open ?? shelf.make()
        let before = file.count
        do throws(CopyFailure) { try lay(slot, in: file) } catch {
            // A file that was made is removed, one that was there gets its length back.
            if file === open, before < shelf.layout.copyBytes { file.resize(to: before) }
            throw error
        }
        file.holder = process
        if isBeside {
            beside = file
        } else {
            open = file
            if shelf.atPath == nil { shelf.atPath = file }
            createsMissing = false
        }
    }

    private func lay(_ slot: StateSlot, in file: SimulatedFile) throws(CopyFailure) {
        file.resize(to: shelf.layout.copyBytes)
        let header = CopyFormatter.header(layout: shelf.layout, slot: slot, checksum: simulationChecksum)
        let bytes = CountedBytes(file: file, counter: shelf.counter, reading: .formatWrite, writing: .formatWrite)
        try header.withBytes { raw throws(CopyFailure) in try bytes.write(raw, at: 0) }
        try flush(file, .formatFlush)
    }

    func publish() throws(CopyFailure) {
        guard let made = beside else { throw CopyFailure(.refused, errno: 22) }
        try flush(made, .publishFlush)
        guard shelf.atPath === open, open != nil else { throw CopyFailure(.identityChanged) }
        open?.holder = nil
        shelf.atPath = made
        open = made
        beside = nil
        try shelf.counter?.perform(.publishFolder)
    }

    private func flush(_ file: SimulatedFile, _ operation: Operation) throws(CopyFailure) {
        do throws(CopyFailure) { try shelf.counter?.perform(operation) } catch {
            flushFails(file)
            throw CopyFailure(.flushFailed, errno: error.errno)
        }
        file.flush(through: file.landed)
    }

    func watch() throws(CopyFailure) {
        guard let open, shelf.atPath === open, !open.isDamaged, open.count == shelf.layout.copyBytes else {
            throw CopyFailure(.identityChanged)
        }
    }

    func close() {
        if open?.holder == process { open?.holder = nil }
        if beside?.holder == process { beside?.holder = nil }
        hasConnection = true
        open = nil
        beside = nil
    }
}
