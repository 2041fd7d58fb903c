import Glibc

/// Inputs as files, as libFuzzer has them.
enum InputFiles {
    static func write(_ inputs: [[UInt8]], to folder: String) {
        for (number, input) in inputs.enumerated() {
            let path = "\(folder)/seed-\(number)"
            guard let file = fopen(path, "w"), fwrite(input, 1, input.count, file) == input.count, fclose(file) == 0
            else { fail(path) }
        }
    }

    static func read(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { fail(path) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { fail(path) }
        return Array(bytes.prefix(count))
    }

    private static func fail(_ path: String) -> Never {
        say("\(path): \(String(cString: strerror(errno)))")
        exit(1)
    }
}
