import TandemCore

/// Whether what a standby says of its copy as it arrived is true: promoted at this moment with nothing replayed, and
/// only those pages verified that it does not call sound, it would be exactly a cut, and the newest.
extension CopyOracle {
    /// - Parameters:
    ///   - recovered: the same file, as any other promotion leaves it; nil where that refuses it.
    ///   - mustBeApplied: the copy is in sync.
    func violation(
        inArrivalOf file: SimulatedFile, recovered: UInt64?, mustBeApplied: Bool
    ) -> String? {
        guard let arriving = file.arriving else { return nil }
        guard let arrival = arriving.arrival else {
            return mustBeApplied ? "as it arrived: nothing of the copy is applied" : nil
        }
        // A promotion applies what it finds whole behind the end, as anybody else's does.
        guard arrival.end.cut == recovered || recovered != nil && recovered == arriving.givenUp else {
            let end = recovered.map { "\($0)" } ?? "none"
            return "as it arrived: cut \(arrival.end.cut), while its journal ends at \(end)"
        }
        if let wrong = violation(ofCut: arrival.end.cut, in: file) { return "as it arrived: \(wrong)" }
        guard mustBeApplied else { return nil }
        let slot = CopyExaminer.newestSlot(
            of: file, expected: world.layout, path: "copy", checksum: simulationChecksum)
        guard let slot, arrival.fits(world.layout, slot) else { return "as it arrived: nobody would believe it" }
        guard arrival.written == written(in: file, arrival) else {
            return "as it arrived: \(arrival.written) records written, and \(written(in: file, arrival)) are there"
        }
        return nil
    }

    private func written(in file: SimulatedFile, _ arrival: Arrival) -> [Int] {
        world.layout.tables.map { table in
            (0 ..< table.capacity).count { index in
                let page = table.page(of: index)
                guard arrival.isSound(table, page: page) else { return false }
                var epoch: UInt64 = 0
                let offset = table.offset + table.slotOffset(of: index, page: page) + 8
                return withUnsafeMutableBytes(of: &epoch) { (try? file.read(into: $0, at: offset)) != nil }
                    && epoch != 0
            }
        }
    }
}
