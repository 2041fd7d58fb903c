import TandemCore

/// A file that a standby keeps in memory: what is written to it goes through the standby's hands.
extension SimulatedFile {
    /// A standby opens it, and knows nothing of it yet.
    func beginArriving() { arriving = try! ArrivingCopy(LandedBytes(file: self), checksum: simulationChecksum) }

    /// Somebody opens a session.
    func beginSession() { try! arriving?.beginSession() }

    /// A write, or a part of one, comes to whoever keeps the file.
    func arrive(_ source: UnsafeRawBufferPointer, at offset: Int) {
        // What lands here never fails: an error would be the arriving copy's own.
        if arriving != nil { try! arriving!.write(source, at: offset) } else { land(source, at: offset) }
    }
}

/// A simulated file as the standby that keeps it reads and writes it.
struct LandedBytes: CopyBytes {
    unowned let file: SimulatedFile
    var count: Int { file.count }

    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        try file.read(into: destination, at: offset)
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) { file.land(source, at: offset) }
}
