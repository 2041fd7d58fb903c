import BenchRows
import Testing

/// The row of a copy at a standby, tiny, as it runs: the command, nbdkit, the plugin in it.
@Suite(.serialized, .enabled(if: NBDRow.missing == nil, "\(NBDRow.missing ?? "")"))
struct NBDRowTests {
    @Test func nbdMeasuresAStandbyWithoutTLSAndWithItBesideOtherClients() throws {
        let report = try Self.report()
        #expect(report.failures.isEmpty && report.exitStatus == 0)
        let hasTLS = !report.warnings.contains { $0.hasPrefix("nothing was measured with TLS-PSK: ") }
        for transport in hasTLS ? ["plain", "tls"] : ["plain"] {
            for id in Self.quantities {
                let figure = report.figures.first { $0.id == "nbd.\(transport).\(id)" }
                let values = figure?.samples.values ?? []
                #expect(values.count == 2 && values.allSatisfy { $0 > 0 }, "\(transport), \(id): \(values)")
                if transport == "tls" { #expect(figure?.baseline?.name == "without TLS", "\(id)") }
            }
            for delays in ["age", "commit"] {
                let percentiles = ["p50", "p99", "worst"].map { value(report, "nbd.\(transport).\(delays).\($0)") }
                #expect(percentiles == percentiles.sorted(), "percentiles grow")
            }
        }
        #expect(report.notes.contains { $0.hasPrefix("afterwards all 4096 records compared") })
    }

    @Test func anotherClientIsMeasuredOrTheReportSaysWhyNot() throws {
        let report = try Self.report()
        for transport in Set(report.figures.map { $0.id.split(separator: ".")[1] }) {
            let words = transport == "plain" ? "without TLS" : "with TLS-PSK"
            for (client, name) in [("nbdcopy", "nbdcopy"), ("fio", "fio's nbd engine")] {
                let figure = report.figures.first { $0.id == "nbd.\(transport).bulk.\(client)" }
                let reason = report.warnings.first { $0.hasPrefix("\(name), \(words), was not measured: ") }
                #expect((figure != nil) != (reason != nil), "\(transport), \(client): \(reason ?? "no reason")")
                #expect((figure?.baseline?.samples.median ?? 1) > 0)
            }
        }
    }

    @Test func everyBarOfTheRowIsForAFigureThatItHas() throws {
        let report = try Self.report()
        let hasTLS = report.figures.contains { $0.id.hasPrefix("nbd.tls.") }
        for id in Bars.table.keys where id.hasPrefix("nbd.") && (hasTLS || !id.hasPrefix("nbd.tls.")) {
            #expect(report.figures.contains { $0.id == id && $0.bar != nil }, "\(id)")
        }
    }

    private static let quantities = [
        "carried", "processor", "age.p50", "age.p99", "age.worst", "commit.p50", "commit.p99", "commit.worst", "bulk",
    ]

    /// Measured once for all tests.
    private static func report() throws -> Report { try measured.get() }

    private static let measured = Result {
        var row = NBDRow()
        row.common.repetitions = 2
        row.bytes = 1 << 20
        // Nothing may arrive within a tenth of a second where all tests want the processors.
        (row.seconds, row.commits) = (0.4, 20)
        (row.startRate, row.rateMax, row.ageMilliseconds) = (3000, 3000, 5000)
        return try row.run()
    }

    private func value(_ report: Report, _ id: String) -> Double {
        report.figures.first { $0.id == id }?.samples.median ?? .nan
    }
}
