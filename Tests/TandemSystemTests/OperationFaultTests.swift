import Glibc
import TandemCore
import Testing

@testable import TandemSystem

/// What `make operations` does in the simulator, on real files with the real drivers, and with fewer combinations.
@Suite struct OperationFaultTests {
    /// Each so manyth operation of the plain driver's; a third of them of the ring's. A sample, unless asked for more.
    private static let every = getenv("EVERY").flatMap { Int(String(cString: $0)) } ?? 8

    @Test(arguments: DriverTests.kinds)
    func `Whichever operation fails, every state that can be promoted is a cut, and the copy gets in sync again`(
        kind: CopyDriverKind
    ) throws {
        let clean = try CopyLife(kind, nil)
        try clean.run()
        #expect(clean.violation == nil)
        for counter in [Counter.sweeps, .replays, .outages, .returnsByCut] {
            #expect(clean.counter(counter) > 0, "\(counter)")
        }
        #expect(clean.counter(.bulkCopies) > 1)
        #expect(clean.operations > 60)
        for operation in stride(from: 1, through: clean.operations, by: kind == .pwrite ? Self.every : Self.every * 3) {
            for fault in Spoiling.Kind.allCases {
                // Once in every way, for ever in one of them.
                for lasts in [false, true] where !lasts || operation % 5 == fault.number {
                    let spoiling = Spoiling(operation: operation, kind: fault, lasts: lasts)
                    let life = try CopyLife(kind, spoiling)
                    try life.run()
                    #expect(life.violation == nil, "\(spoiling.summary)")
                }
            }
        }
    }
}

extension Spoiling.Kind {
    fileprivate var number: Int { Self.allCases.firstIndex(of: self)! }
}
