import Glibc
import TandemSystem
import TandemTables
import TestSupport
import Testing

/// Swift hides it, as a child of a program with threads may do little; these do little.
@_silgen_name("fork") private func forkProcess() -> pid_t

@Suite("What several see of one keyed table at a time")
struct LinearizabilityTests {
    private static func event(
        _ begun: UInt64, _ ended: UInt64, _ action: KeyedEvent.Action, value: UInt64 = 1, answer: UInt64
    ) -> KeyedEvent {
        var event = KeyedEvent()
        (event.begun, event.ended, event.action, event.value, event.answer) = (begun, ended, action, value, answer)
        return event
    }

    @Test("The checker takes what can have been, and refuses what cannot")
    func checker() {
        func isLinearizable(_ events: KeyedEvent...) -> Bool { KeyHistory(events).isLinearizable }
        let put = Self.event(1, 2, .insert, value: 7, answer: 1)
        #expect(isLinearizable(put, Self.event(3, 4, .find, answer: 7)))
        #expect(!isLinearizable(put, Self.event(3, 4, .find, answer: 0)), "a key that is there is missed")
        #expect(!isLinearizable(put, Self.event(3, 4, .find, answer: 8)), "another's value is read")
        #expect(!isLinearizable(put, Self.event(3, 4, .insert, value: 8, answer: 1)), "a key is put in twice")
        // While a removal runs, both answers may be right, but not one after the other the wrong way round.
        let out = Self.event(5, 20, .remove, answer: 1)
        #expect(isLinearizable(put, out, Self.event(6, 7, .find, answer: 7), Self.event(8, 9, .find, answer: 0)))
        #expect(!isLinearizable(put, out, Self.event(6, 7, .find, answer: 0), Self.event(8, 9, .find, answer: 7)))
        // What was killed has been or has not, but once.
        let killed = Self.event(5, 0, .insert, value: 9, answer: 0)
        let look = Self.event(12, 13, .find, answer: 9)
        let gone = Self.event(10, 11, .remove, answer: 1)
        #expect(isLinearizable(killed, Self.event(6, 7, .find, answer: 0), look))
        #expect(isLinearizable(put, gone, killed, Self.event(12, 13, .find, answer: 0)))
        #expect(!isLinearizable(put, gone, killed, look, Self.event(14, 15, .find, answer: 0)))
        let replaced = Self.event(5, 20, .replace, value: 8, answer: 1)
        #expect(!isLinearizable(put, replaced, Self.event(6, 7, .find, answer: 0)), "a replaced key is always there")
    }

    @Test("Threads that find, insert, change, replace and remove the same keys see what one after another could see")
    func threads() throws {
        let scratch = Scratch(in: "/dev/shm")
        var options = SourceOptions()
        options.writers = 4
        let source = try SourceDataFile.create(
            at: scratch.file("hall"), tables: KeyedTraffic.tables(), options: options)
        let table = try KeyedTraffic.table(of: source)
        let notes = (0 ..< 3).map { _ in
            let room = UnsafeMutableBufferPointer<KeyedEvent>.allocate(capacity: 30_000)
            room.initialize(repeating: KeyedEvent())
            return room
        }
        defer { for room in notes { room.deallocate() } }
        nonisolated(unsafe) let rooms = notes
        let threads = (0 ..< 3).map { number in
            OwnThread { own in
                do throws(TandemError) {
                    var traffic = KeyedTraffic(table, notes: rooms[number], caller: UInt64(number + 1))
                    var writer = try source.makeWriter()
                    while !own.isStopping, try traffic.step(&writer) {}
                } catch { preconditionFailure("\(error)") }
            }
        }
        let end = MonotonicClock.now() + 20_000_000_000
        while MonotonicClock.now() < end, notes.contains(where: { $0[0].begun < 29_999 }) { usleep(10_000) }
        for thread in threads { thread.stop() }
        #expect(notes.allSatisfy { $0[0].begun > 2000 })
        #expect(KeyedTraffic.wrongKeys(notes) == [])
        let survey = try table.survey()
        #expect(survey.keysAway > 0, "keys of one home are everywhere: \(survey)")
    }

    @Test("Processes that are killed in the middle of it leave every key as it was or as it was to be, for all to see")
    func kills() async {
        await #expect(processExitsWith: .success) {
            let scratch = Scratch(in: "/dev/shm")
            var options = SourceOptions()
            options.writers = 6
            let source = try SourceDataFile.create(
                at: scratch.file("hall"), tables: KeyedTraffic.tables(), options: options)
            let table = try KeyedTraffic.table(of: source)
            let (room, lives) = (4000, 40)
            let memory = mmap(
                nil, lives * room * MemoryLayout<KeyedEvent>.stride, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0)!
            let notes = (0 ..< lives).map { life in
                UnsafeMutableBufferPointer(
                    start: memory.assumingMemoryBound(to: KeyedEvent.self) + life * room, count: room)
            }
            func child(_ life: Int) -> pid_t {
                let process = forkProcess()
                if process != 0 { return process }
                // A writer of its own, on a file of its own: locks belong to the open file.
                if let own = try? SourceDataFile.open(at: source.path), let table = try? KeyedTraffic.table(of: own),
                    var writer = try? own.makeWriter()
                {
                    var traffic = KeyedTraffic(table, notes: notes[life], caller: UInt64(life + 1))
                    while (try? traffic.step(&writer)) == true {}
                    if Int(notes[life][0].begun) == room - 1 { while true { pause() } }
                }
                _exit(1)
            }
            var running = (0 ..< 3).map(child)
            for life in 3 ..< lives {
                usleep(UInt32(3000 + life % 7 * 2500))
                let place = life % 3
                kill(running[place], SIGKILL)
                var status: Int32 = 0
                waitpid(running[place], &status, 0)
                precondition(status & 0x7F == SIGKILL, "a caller ended by itself, with \(status)")
                running[place] = child(life)
            }
            for process in running {
                kill(process, SIGKILL)
                waitpid(process, nil, 0)
            }
            let pending = notes.count { notes in
                let last = Int(notes[0].begun)
                return last > 0 && notes[last].ended == 0
            }
            let survey = try table.survey()
            precondition(survey.keysAway > 0, "\(survey)")
            precondition(pending > 3, "only \(pending) were killed in the middle of an operation")
            let wrong = KeyedTraffic.wrongKeys(notes)
            precondition(wrong.isEmpty, "not linearizable: \(wrong)")
            // Whoever comes next finds every key as the table's own count and walk have it, and can remove them all.
            var writer = try source.makeWriter()
            for key in KeyedTraffic.keys(of: table) {
                try writer.transaction { change throws(TandemError) in try change.remove(table, key: key) }
            }
            let fill = try table.fill()
            precondition(fill.count == 0 && fill.overflowBucketsUsed == 0, "\(fill)")
        }
    }
}
