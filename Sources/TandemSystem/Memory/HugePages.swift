internal import CLinuxMemory

/// 2 MiB pages: fewer address translations to miss where records are touched at random.
package enum HugePages {
    /// Asks for them; false when the kernel does not offer them for this memory. Nothing depends on the answer.
    @discardableResult
    package static func advise(_ base: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
        memory_advise_huge(base, byteCount) == 0
    }
}
