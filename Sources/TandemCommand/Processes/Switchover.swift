import Tandem
import TandemStandby

/// The source is handed over to a copy, and the copy is promoted: by this process, or at its standby.
struct Switchover {
    let source: SourceDataFile
    let copy: String
    let newSource: String?
    let limit: Duration

    /// The copy has everything, and the writers stand still.
    struct Begun {
        let stood: Duration
        let at: Instant
        let end: Instant
    }

    struct Report: Encodable {
        let source: String
        let copy: String
        /// Where the tables are written now; null where a standby has them.
        let newSource: String?
        /// Where that is; null where it is this host.
        let newSourceHost: String?
        /// The promoted copy's; null where a standby promoted it.
        let generation: String?
        let cut: UInt64?
        /// How long the writers had stood still when the copy had everything.
        let handoverMilliseconds: Double
        /// From then on, until the copy was the source, or this host had heard of it.
        let takeOverMilliseconds: Double

        var text: String {
            let heard =
                generation == nil ? "until this host had heard that it is the source" : "until it was the source"
            return """
                \(source.shown): handed over to \(copy.shown), which has everything
                  writers stood still for \(milliseconds(handoverMilliseconds + takeOverMilliseconds)): \
                \(milliseconds(handoverMilliseconds)) until the copy had the last cut, \
                \(milliseconds(takeOverMilliseconds)) \(heard)
                \(next.map { "  \($0)" }.joined(separator: "\n"))
                """
        }

        /// What is to be done now, on which host. This one does not know what the standby calls its file, and that says
        /// so itself.
        private var next: [String] {
            let old = source.shown
            if let newSource {
                return [
                    "next:     attach the programs to \(newSource.shown)",
                    "way back: tandem demote \(old), and then tandem replicate \(newSource.shown) --to \(old)",
                ]
            }
            guard let host = newSourceHost?.shown else {
                return [
                    "source:   the file COPY that 'tandem standby COPY' on this host was started with; it says so",
                    "next:     attach the programs to COPY",
                    "way back: tandem standby \(old) --unix SOCKET, which says what to type for COPY as its source",
                ]
            }
            return [
                "source:   on \(host), the file COPY that 'tandem standby COPY' there was started with; it says so",
                "there:    attach the programs to COPY",
                "here:     tandem standby \(old) --listen HOST:PORT --secret FILE, which makes it a copy",
                "there:    what that says to type, with COPY as the source: tandem replicate COPY --to …",
            ]
        }

        private func milliseconds(_ value: Double) -> String { Figures.duration(seconds: value / 1000) }
    }

    func handOver() throws(TandemError) -> Begun {
        let end = Instant.now + Double(limit.nanoseconds) / 1e9
        let stood = try source.handOver(to: copy, within: limit)
        return Begun(stood: stood, at: Instant.now, end: end)
    }

    func takeOver(_ begun: Begun) throws(TandemError) -> Report {
        let certificate = try promoted(until: begun.end)
        return Report(
            source: source.path, copy: copy, newSource: certificate?.source,
            newSourceHost: StandbyAddress.host(of: copy), generation: certificate?.generation, cut: certificate?.cut,
            handoverMilliseconds: Double(begun.stood.nanoseconds) / 1e6,
            takeOverMilliseconds: (Instant.now - begun.at) * 1000)
    }

    /// - Returns: nil where a standby has promoted it.
    private func promoted(until end: Instant) throws(TandemError) -> Certificate? {
        do throws(TandemError) {
            if StandbyAddress.isAddress(copy) {
                try awaitSuperseded(until: end)
                return nil
            }
            let certificate = try Promotion.promotePatiently(
                copy: copy, to: newSource, onlyIfHandedOver: true, force: false)
            // The replicator looks at once, and finds that it was superseded. One that has ended need not look.
            try? source.takeBack()
            return certificate
        } catch {
            // Whatever it was, the writers go on; a replicator that does not hear of this sees to it when the time is
            // over.
            try? source.takeBack()
            throw error
        }
    }

    private func awaitSuperseded(until end: Instant) throws(TandemError) {
        while !SourceStatus.read(from: source).isSuperseded {
            guard Instant.now < end, !Interruption.isRequested else {
                throw TandemError(
                    .unavailable, copy, "its standby has not taken over in time, and the source is taken back",
                    remedy: "Look at what 'tandem standby' says there, and try again")
            }
            Instant.sleep(seconds: 0.002)
        }
    }
}
