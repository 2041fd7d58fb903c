import FuzzTargets
import Glibc

/// A target under libFuzzer, and how many of its inputs got past checksums and sizes.
final class Campaign {
    private let target: any FuzzTarget
    private var executions = 0
    private var deep = 0

    init(_ target: any FuzzTarget) { self.target = target }

    func execute(_ input: UnsafeRawBufferPointer) {
        executions += 1
        do throws(Finding) {
            if try target.run(FuzzInput(input)) { deep += 1 }
        } catch {
            say("does not hold: \(error)")
            abort()
        }
    }

    func report() { say("deep: \(deep) of \(executions)") }
}
