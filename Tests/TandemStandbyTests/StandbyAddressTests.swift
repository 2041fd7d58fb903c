import Testing

@testable import TandemStandby

@Suite("A standby's address and its secret")
struct StandbyAddressTests {
    @Test("An export's host is told from a path, and from this host")
    func hosts() {
        for path in ["/dev/shm/a://b", "./nbd://x", "copy", "://"] { #expect(!StandbyAddress.isAddress(path)) }
        #expect(StandbyAddress.isAddress("nbds://10.0.0.2/c") && StandbyAddress.isAddress("nbd+unix:///c?socket=s"))
        #expect(StandbyAddress.host(of: "nbds://10.0.0.2:7/c") == "10.0.0.2")
        #expect(StandbyAddress.host(of: "nbd+unix:///c?socket=s") == nil && StandbyAddress.host(of: "/copy") == nil)
    }
}
