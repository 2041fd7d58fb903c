import Glibc
import TandemCore
import TandemSystem
import TandemTypes

/// What a standby says of itself to those on its host: a word and its value a line, an empty line behind the last.
package struct StandbyReport: Equatable, Sendable {
    package var state: SessionFence.State
    /// The highest session so far; `SessionFence.aboveAll` where none is taken.
    package var session: UInt64
    /// Who writes; nil: nobody.
    package var peer: String?
    /// What the copy's newest slot says; nil where there is none.
    package var generation: String?
    /// The server's.
    package var process: Int32
    /// Each cut is applied to the tables before the last of its writes is answered: as long as a session lasts, what is
    /// so; without one, what would be, as the copy is in memory.
    package var appliesCuts: Bool
    /// The last cut that was; nil where the server does not say.
    package var appliedCut: UInt64?

    package init(
        state: SessionFence.State, session: UInt64, peer: String? = nil, generation: String? = nil,
        process: Int32 = getpid(), appliesCuts: Bool = false, appliedCut: UInt64? = nil
    ) {
        (self.appliesCuts, self.appliedCut) = (appliesCuts, appliedCut)
        self.process = process
        self.state = state
        self.session = session
        self.peer = peer
        self.generation = generation
    }

    package var lines: String {
        var lines = "state \(state.rawValue)\nsession \(session)\nprocess \(process)\n"
        if appliesCuts { lines += "applies yes\n" }
        if let appliedCut { lines += "applied \(appliedCut)\n" }
        if let peer { lines += "peer \(peer)\n" }
        if let generation { lines += "generation \(generation)\n" }
        return lines + "\n"
    }

    /// Words that are not known are a later version's.
    package init?(lines: String) {
        var values: [Substring: String] = [:]
        for line in lines.split(separator: "\n") {
            let pair = line.split(separator: " ", maxSplits: 1)
            if pair.count == 2 { values[pair[0]] = String(pair[1]) }
        }
        guard let state = values["state"].flatMap(SessionFence.State.init(rawValue:)),
            let session = values["session"].flatMap({ UInt64($0) }),
            let process = values["process"].flatMap({ Int32($0) })
        else { return nil }
        self.init(
            state: state, session: session, peer: values["peer"], generation: values["generation"], process: process,
            appliesCuts: values["applies"] == "yes", appliedCut: values["applied"].flatMap { UInt64($0) })
    }
}

extension Standby {
    package var report: StandbyReport {
        let generation = CopyWords(at: path).slot?.generation.description
        let arrived = arrivals.end
        let applied = arrived?.cut ?? 0
        return lock.shared {
            let appliesCuts = holder == nil ? CopyDrivers.isInMemory(path) : arrived != nil
            return StandbyReport(
                state: fence.state, session: fence.present, peer: holder?.peer, generation: generation,
                appliesCuts: appliesCuts, appliedCut: applied > 0 ? applied : nil)
        }
    }

    package var exportDescription: String {
        let report = report
        let generation = report.generation ?? String(repeating: "0", count: 32)
        return
            "\(ExportName.signature) session=\(report.session) state=\(report.state.rawValue) generation=\(generation)"
    }
}
