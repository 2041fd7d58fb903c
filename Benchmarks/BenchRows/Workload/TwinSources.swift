/// Two sources that are alike, and one of them has a copy: what a copy does to a writer is what the other's is spared.
///
/// Two, in turn, rather than one whose replicator comes and goes: each start of a replicator would begin with a return
/// of the copy.
struct TwinSources {
    let lone: BenchSource
    let followed: BenchSource

    init(_ scratch: Scratch, bytes: Int, _ progress: BenchProgress) throws {
        progress.step("filling two sources of \(bytes >> 20) MiB")
        lone = try BenchSource(scratch, name: "lone", bytes: bytes)
        followed = try BenchSource(scratch, name: "followed", bytes: bytes)
        try lone.fill()
        try followed.fill()
    }
}
