internal import Glibc
package import TandemCore

extension CopyFile {
    /// Opens and locks the copy anew, and says what it is. What must not be touched is closed again, untouched.
    package func probe() throws(CopyFailure) -> CopyExamination {
        close()
        let file: LockedFile
        do throws(OpenFailure) {
            try admitPath()
            file = try LockedFile.open(path, rules: rules)
        } catch {
            switch error {
            case .refused(let reason): return .foreign(reason)
            case .kernel(let failure) where failure.errno == ENOENT: return try missing(failure)
            case .kernel(let failure) where failure.errno == EAGAIN:
                guard let slot = slotOfLocked() else { return try refused(failure) }
                return .locked(slot)
            case .kernel(let failure): return try refused(failure)
            }
        }
        if let reason = tooSmall(file) { return .foreign(reason) }
        current = file
        do throws(CopyFailure) {
            try secureWhatIsRead(file)
            let found = try CopyExaminer.examine(self, expected: layout, path: path, checksum: checksum)
            switch found {
            case .foreign, .misfit: current = nil
            case .copy(let slot, _):
                life = slot.life
                createIfMissing = false
                if slot.role != .source, let refusal = refusedWay(to: file) { return .foreign(refusal) }
                // A hole that finds no room when it is written to would cost a whole copy its being whole.
                if slot.role != .source { try attempt { () throws(KernelFailure) in try file.back() } }
            case .blank:
                createIfMissing = false
                if let refusal = refusedWay(to: file) { return .foreign(refusal) }
            case .locked: createIfMissing = false
            }
            return found
        } catch {
            current = nil
            throw error
        }
    }

    private func refusedWay(to file: LockedFile) -> TandemError? {
        do throws(TandemError) {
            try openWay(to: file)
            return nil
        } catch {
            current = nil
            return error
        }
    }

    /// What is found here is said to be on the copy. A predecessor's last cut may be in the page cache alone: it is
    /// made to last first. Or that was tried, failed, and the predecessor was killed before it knew: then the cache
    /// shows a cut that is nowhere else, so all of a durable copy is read from the medium from here on. Its tables too:
    /// until their flush is known to have succeeded their pages are owed, but a comparison is going to believe them.
    ///
    /// Its name too: a predecessor may have been killed between renaming a rebuilt copy and flushing the directory, and
    /// with the power the name would go back to the file before, which has nothing of what is reported from now on.
    private func secureWhatIsRead(_ file: LockedFile) throws(CopyFailure) {
        guard file.status.kind == .regular || file.status.kind == .blockDevice else { return }
        try synchronize(file)
        // A predecessor's writes past a device's page cache leave what lookers-on have brought there as it was.
        guard isDurable || file.status.kind == .blockDevice else { return }
        try attempt { () throws(KernelFailure) in
            try file.forgetCachedSurely(0 ..< file.byteCount)
            if file.status.kind == .regular { try Directory.synchronizeOwn(around: path) }
        }
    }

    /// The newest slot of a file that another has locked, if it has ancestors: a promoted copy is in use from then on,
    /// as a source or with a replicator of its own, and its old source must hear of it all the same.
    private func slotOfLocked() -> StateSlot? {
        guard let bytes = try? FileBytes(path: path, writable: false),
            let slot = CopyExaminer.newestSlot(of: bytes, expected: layout, path: path, checksum: checksum)
        else { return nil }
        return slot.ancestors.isEmpty ? nil : slot
    }

    private func admitPath() throws(OpenFailure) {
        do throws(TandemError) { try checkPath(path) } catch { throw .refused(error) }
    }

    private func missing(_ failure: KernelFailure) throws(CopyFailure) -> CopyExamination {
        guard createIfMissing else { throw noted(failure) }
        do throws(KernelFailure) { try Directory.admitsFile(at: path) } catch { return try refused(error) }
        do throws(TandemError) { try refuseDirectory() } catch { return .foreign(error) }
        return .blank
    }

    /// What only a person can change is told in full; the rest may pass by itself.
    private func refused(_ failure: KernelFailure) throws(CopyFailure) -> CopyExamination {
        let short = noted(failure)
        guard short.kind == .refused else { throw short }
        return .foreign(failure.tandemError)
    }

    /// A device cannot grow, as a file can.
    private func tooSmall(_ file: LockedFile) -> TandemError? {
        guard file.status.kind == .blockDevice, file.byteCount < layout.copyBytes else { return nil }
        return TandemError(
            .wrongLength, path, "the device has \(file.byteCount) bytes where the copy needs \(layout.copyBytes)",
            remedy: "Use a larger device, or a source with less capacity")
    }
}
