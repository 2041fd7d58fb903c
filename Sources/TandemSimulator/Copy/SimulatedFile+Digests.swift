import TandemCore

extension FileLayout {
    /// Where a simulated server shows digests.
    var digestsOffset: Int { copyBytes + FileLayout.pageBytes }
}

extension SimulatedFile {
    /// As reads see it.
    var contents: [UInt8] { [UInt8](UnsafeRawBufferPointer(start: bytes, count: capacity)) }

    /// The digests of pages, as whoever serves the file works them out.
    func digests(
        _ layout: FileLayout, into room: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(CopyFailure) {
        try PageDigest.serve(
            into: room, at: offset - layout.digestsOffset, of: layout, checksum: simulationChecksum
        ) { part, place, body throws(CopyFailure) in
            try read(into: part, at: place)
            body(part.baseAddress!)
        }
    }
}
