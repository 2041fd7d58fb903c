internal import Glibc

/// Held by many at a time, or by one alone. Who wants to be alone goes before those who come to share it later: else a
/// steady stream of them would keep it out for ever.
package final class SharedLock: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

    package init() {
        var attributes = pthread_rwlockattr_t()
        pthread_rwlockattr_init(&attributes)
        // PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP. The one without NONRECURSIVE prefers readers as well.
        pthread_rwlockattr_setkind_np(&attributes, 2)
        let answer = pthread_rwlock_init(lock, &attributes)
        precondition(answer == 0, "pthread_rwlock_init: \(answer)")
        pthread_rwlockattr_destroy(&attributes)
    }

    deinit {
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    /// - Parameter body: does not take the lock again.
    package func shared<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return try body()
    }

    /// - Parameter body: does not take the lock again.
    package func alone<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return try body()
    }
}
