import Glibc
import TandemStandby
import TestSupport
import Testing

@testable import TandemCommand

@Suite("The cipher of a standby")
struct CipherChoiceTests {
    @Test(
        "A processor does AES by itself where the kernel lists it as that",
        arguments: [
            ("processor\t: 0\nflags\t\t: fpu sse4_2 aes avx2\nbugs\t\t: spectre_v1\n", true),
            ("processor\t: 0\nFeatures\t: fp asimd aes pmull sha2\n", true),
            ("processor\t: 0\nflags\t\t: fpu sse4_2 vaes\n", false),
            ("model name\t: made for aes\n", false), ("", false),
        ])
    func processor(text: String, hasAES: Bool) { #expect(CipherChoice.processorHasAES(in: text) == hasAES) }

    @Test(
        "GnuTLS understands what it is told, and does without ChaCha20 alone",
        .enabled(if: access("/usr/bin/gnutls-cli", X_OK) == 0, "gnutls-cli is missing: apt-get install gnutls-bin"))
    func understood() throws {
        func ciphers(_ environment: [String]) -> Set<Substring> {
            let tool = Tool(
                ["--list", "--priority", "NORMAL"], environment: environment, program: "/usr/bin/gnutls-cli")
            let line = tool.wait()?.lines.first { $0.hasPrefix("Ciphers: ") } ?? ""
            return Set(line.dropFirst("Ciphers: ".count).split(separator: ", ").map { $0.drop { $0 == " " } })
        }
        let scratch = Scratch()
        scratch.write(Array(CipherChoice.text.utf8), to: "told")
        let told = ciphers(["GNUTLS_SYSTEM_PRIORITY_FILE=\(scratch.file("told"))"])
        #expect(told.contains("AES-128-GCM"))
        #expect(ciphers([]).subtracting(told) == ["CHACHA20-POLY1305"])
    }

    @Test(
        "A server with a secret is told, by a file without a name; one without is not",
        .enabled(
            if: NBDClient.isThere && CipherChoice.isDue, "nbdkit is missing, or GnuTLS has a file of its own here"),
        arguments: [true, false])
    func told(isSecret: Bool) throws {
        let scratch = Scratch(in: "/dev/shm")
        let copy = scratch.file("copy")
        var words = ["standby", copy, "--listen", "127.0.0.1:\(NBDClient.freePort)"]
        if isSecret {
            #expect(Tool.run("standby", "--new-secret", scratch.file("key"))?.status == 0)
            words += ["--secret", scratch.file("key")]
        }
        let tool = Tool(words)
        #expect(Tool.until { tool.output.contains("tandem replicate SOURCE --to") || !tool.isRunning })
        let server = try #require(try StandbyClient(of: copy)?.status().process)
        let variables = Self.bytes("/proc/\(server)/environ").split(separator: 0)
        let variable = CipherChoice.variable(descriptor: 4)
        #expect(variables.contains { $0.elementsEqual(variable.utf8) } == isSecret)
        #expect(Self.bytes("/proc/\(server)/fd/4").elementsEqual(CipherChoice.text.utf8) == isSecret)
        tool.send(SIGTERM)
        #expect(tool.wait()?.status == 0)
    }

    /// The first of them; none of what is no file to be read.
    private static func bytes(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(file, &bytes, bytes.count)
        return Array(bytes[..<max(0, count)])
    }
}
