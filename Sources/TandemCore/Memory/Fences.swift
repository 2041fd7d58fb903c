#if !TANDEM_SIMULATED
    public import CTandemLayout
    public import Synchronization

    /// Stores before it are seen before stores after it. No instruction on x86; keeps the compiler from moving them.
    @inlinable @inline(__always)
    func tandemReleaseFence() { atomicMemoryFence(ordering: .releasing) }

    /// Loads before it are done before loads after it. No instruction on x86.
    @inlinable @inline(__always)
    func tandemAcquireFence() { atomicMemoryFence(ordering: .acquiring) }

    /// A store before it and a load after it keep their order. Off the write path, where `storeFencing` is cheaper.
    @inlinable @inline(__always)
    func tandemFullFence() { atomicMemoryFence(ordering: .sequentiallyConsistent) }

    /// The processor's hint that this thread waits for another.
    @inlinable @inline(__always)
    func tandemSpinHint() { tandem_spin_hint() }
#else
    public import CSimulation

    // Total store order keeps loads among loads and stores among stores by itself.
    @inlinable @inline(__always) func tandemReleaseFence() {}
    @inlinable @inline(__always) func tandemAcquireFence() {}

    @inlinable @inline(__always)
    func tandemFullFence() { tandem_full_fence() }

    @inlinable @inline(__always)
    func tandemSpinHint() { tandem_pause() }
#endif
