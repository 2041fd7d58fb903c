#if !TANDEM_SIMULATED
    public import CTandemLayout
    public import Synchronization

    /// Stores before it are seen before stores after it. No instruction on x86; keeps the compiler from moving them.
    @inlinable @inline(__always)
    func tandemReleaseFence() { atomicMemoryFence(ordering: .releasing) }

    /// Loads before it are done before loads after it. No instruction on x86.
    @inlinable @inline(__always)
    func tandemAcquireFence() { atomicMemoryFence(ordering: .acquiring) }

    /// A store before it and a load after it keep their order. Free where the engine's `membarrier` does the work for
    /// both sides; a full fence where that call is missing.
    @inlinable @inline(__always)
    func tandemStoreLoadFence(usesFences: Bool) {
        tandem_compiler_fence()
        if _slowPath(usesFences) { atomicMemoryFence(ordering: .sequentiallyConsistent) }
    }

    /// The processor's hint that this thread waits for another.
    @inlinable @inline(__always)
    func tandemSpinHint() { tandem_spin_hint() }
#else
    public import CSimulation

    // Total store order keeps loads among loads and stores among stores by itself.
    @inlinable @inline(__always) func tandemReleaseFence() {}
    @inlinable @inline(__always) func tandemAcquireFence() {}

    @inlinable @inline(__always)
    func tandemStoreLoadFence(usesFences: Bool) {
        if usesFences { tandem_full_fence() }
    }

    @inlinable @inline(__always)
    func tandemSpinHint() { tandem_pause() }
#endif
