import FuzzTargets
import Glibc

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argc: UnsafeMutablePointer<Int32>,
    _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// `tandem-fuzz TARGET [libFuzzer's arguments]` fuzzes; `tandem-fuzz seeds TARGET FOLDER` writes its first inputs;
/// `tandem-fuzz tell TARGET FILE` says in words what an input does.
@main
struct FuzzCommand {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count == 4, let target = FuzzTargetName(rawValue: arguments[2]) {
            switch arguments[1] {
            case "seeds": return InputFiles.write(target.type.seeds, to: arguments[3])
            case "tell": tell(target, InputFiles.read(arguments[3]))
            default: break
            }
        }
        guard arguments.count >= 2, let target = FuzzTargetName(rawValue: arguments[1]) else {
            let names = FuzzTargetName.allCases.map(\.rawValue).joined(separator: " ")
            say(
                """
                tandem-fuzz TARGET [libFuzzer's arguments], tandem-fuzz seeds TARGET FOLDER, or tandem-fuzz tell \
                TARGET FILE. Targets: \(names)
                """
            )
            exit(2)
        }
        fuzz(target)
    }

    private static func fuzz(_ target: FuzzTargetName) -> Never {
        campaign = Campaign(target.type.init())
        atexit { campaign?.report() }
        // libFuzzer gets its own arguments: without the target's name.
        var count = CommandLine.argc - 1
        var words = CommandLine.unsafeArgv
        words[1] = words[0]
        words += 1
        exit(
            runDriver(&count, &words) { bytes, length in
                campaign?.execute(UnsafeRawBufferPointer(start: bytes, count: length))
                return 0
            })
    }

    /// Line by line as it happens: the last line is where a trap or a hang is. Ends at once, as what a target keeps is
    /// no leak.
    private static func tell(_ name: FuzzTargetName, _ bytes: [UInt8]) -> Never {
        let target = name.type.init()
        bytes.withUnsafeBytes { raw in
            do throws(Finding) {
                let isDeep = try target.run(FuzzInput(raw) { say($0) })
                say(isDeep ? "holds" : "holds, and did not get deep")
            } catch {
                say("does not hold: \(error)")
                _exit(1)
            }
        }
        _exit(0)
    }
}

/// libFuzzer calls back from one thread, with nothing that says for whom.
nonisolated(unsafe) private var campaign: Campaign?

/// Beside libFuzzer's lines, and not lost when the process is about to be stopped.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
