/// What the figures are of.
public struct Machine: Sendable, Codable {
    /// As the processor calls itself.
    public let processor: String
    /// Processors that this process may use.
    public let processors: Int
    public let memoryBytes: UInt64
    /// System and release, as in Linux 6.18.
    public let kernel: String
    /// A guest of some hypervisor: its host's other guests are in the figures too.
    public let isVirtual: Bool
    /// What `/sys/kernel/mm/transparent_hugepage/shmem_enabled` has chosen; empty where it is not there.
    public let hugePages: String

    public static let this: Machine = {
        let lines = TextFile.lines("/proc/cpuinfo")
        func value(_ name: String) -> String? {
            lines.first { $0.hasPrefix(name) }?.split(separator: ":").last.map { String($0.drop { $0 == " " }) }
        }
        let memory = TextFile.lines("/proc/meminfo").first?.split(separator: " ").compactMap { UInt64($0) }.first ?? 0
        let huge = TextFile.lines("/sys/kernel/mm/transparent_hugepage/shmem_enabled").first ?? ""
        return Machine(
            processor: value("model name") ?? value("CPU part") ?? "unknown processor",
            processors: Processors.allowed.count, memoryBytes: memory << 10, kernel: kernelName(),
            isVirtual: value("flags")?.split(separator: " ").contains("hypervisor") ?? false,
            hugePages: huge.split(separator: "[").last?.split(separator: "]").first.map { String($0) } ?? "")
    }()

    private static func kernelName() -> String {
        TextFile.lines("/proc/version").first?.split(separator: " ").prefix(3).filter { $0 != "version" }
            .joined(separator: " ") ?? "unknown kernel"
    }
}

extension Machine: CustomStringConvertible {
    public var description: String {
        "\(processor), \(processors) processors\(isVirtual ? ", virtual" : ""), \(memoryBytes >> 30) GiB, \(kernel)"
    }
}
