import Testing

@testable import TandemCore

@Suite("Which session may write")
struct SessionFenceTests {
    @Test("A newer session is performed and an older one is not; an equal or older one is not opened")
    func newer() {
        var fence = SessionFence()
        fence.open(5)
        #expect(fence.admits(5) && !fence.admits(4) && !fence.admits(6))
        #expect([4, 5, 6].map { fence.mayOpen($0) } == [false, false, true])
        fence.open(6)
        #expect(!fence.admits(5) && fence.admits(6))
    }

    @Test("A session that ends late gives up nothing of a newer one, and its number stays")
    func late() {
        var fence = SessionFence()
        fence.open(1)
        fence.open(2)
        let isOwn = fence.end(1)
        #expect(!isOwn && fence.admits(2))
        let isPresent = fence.end(2)
        #expect(isPresent && fence.state == .free)
        #expect(!fence.mayOpen(2) && fence.mayOpen(3))
    }

    @Test("While a promotion is at work no session is taken, and none is performed")
    func promoting() {
        var fence = SessionFence()
        fence.open(7)
        fence.raise()
        #expect(!fence.admits(7) && !fence.mayOpen(8) && fence.present == SessionFence.aboveAll)
    }

    @Test("A promotion that came to nothing leaves the next session; of the one before nothing is performed again")
    func lowered() {
        var fence = SessionFence()
        fence.open(7)
        fence.raise()
        fence.lower(isSource: false)
        #expect(fence.state == .free && !fence.admits(7))
        #expect(!fence.mayOpen(7) && fence.mayOpen(8))
    }

    @Test("A promoted copy takes no session ever again, whatever else is asked of it")
    func promoted() {
        var fence = SessionFence()
        fence.raise()
        fence.lower(isSource: true)
        fence.raise()
        fence.lower(isSource: false)
        fence.learn(of: 3)
        #expect(fence.state == .promoted && !fence.mayOpen(1 << 48))
    }

    @Test("A server that is started again begins with what the copy says")
    func restarted() {
        var fence = SessionFence()
        fence.learn(of: 40)
        #expect(!fence.mayOpen(40) && fence.mayOpen(41))
        for number: UInt64 in [1 << 48 + 1, 1 << 62, .max] {
            fence.learn(of: number)
            #expect(!fence.mayOpen(40) && fence.mayOpen(41), "that is no session")
        }
    }
}
