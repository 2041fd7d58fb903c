import Glibc

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argc: UnsafeMutablePointer<Int32>, _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// `tandem-fuzz TARGET [libFuzzer's arguments]` fuzzes; `tandem-fuzz seeds TARGET FOLDER` writes its first inputs.
@main
struct FuzzCommand {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count == 4, arguments[1] == "seeds", let target = FuzzTargets(rawValue: arguments[2]) {
            return writeSeeds(target.type.seeds, to: arguments[3])
        }
        guard arguments.count >= 2, let target = FuzzTargets(rawValue: arguments[1]) else {
            let names = FuzzTargets.allCases.map(\.rawValue).joined(separator: " ")
            say("tandem-fuzz TARGET [libFuzzer's arguments], or tandem-fuzz seeds TARGET FOLDER. Targets: \(names)")
            exit(2)
        }
        campaign = Campaign(target.type.init())
        atexit { campaign?.report() }
        // libFuzzer gets its own arguments: without the target's name.
        var count = CommandLine.argc - 1
        var words = CommandLine.unsafeArgv
        words[1] = words[0]
        words += 1
        exit(runDriver(&count, &words) { bytes, length in
            campaign?.execute(UnsafeRawBufferPointer(start: bytes, count: length))
            return 0
        })
    }

    private static func writeSeeds(_ seeds: [[UInt8]], to folder: String) {
        for (number, seed) in seeds.enumerated() {
            guard let file = fopen("\(folder)/seed-\(number)", "w"), fwrite(seed, 1, seed.count, file) == seed.count, fclose(file) == 0 else {
                say("\(folder)/seed-\(number): \(String(cString: strerror(errno)))")
                exit(1)
            }
        }
    }
}

/// libFuzzer calls back from one thread, with nothing that says for whom.
nonisolated(unsafe) private var campaign: Campaign?

/// A target under libFuzzer, and how many of its inputs got past checksums and sizes.
private final class Campaign {
    private let target: any FuzzTarget
    private var executions = 0
    private var deep = 0

    init(_ target: any FuzzTarget) { self.target = target }

    func execute(_ input: UnsafeRawBufferPointer) {
        executions += 1
        do throws(Finding) {
            if try target.run(input) { deep += 1 }
        } catch {
            say("does not hold: \(error)")
            abort()
        }
    }

    func report() { say("deep: \(deep) of \(executions)") }
}

/// Beside libFuzzer's lines, and not lost when the process is about to be stopped.
private func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
