import Tandem
import Glibc
struct Rec: BitwiseCopyable { var a: UInt64 = 0, b: UInt64 = 0; var rest: (UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64,UInt64) = (0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0) }
func now() -> UInt64 { var t = timespec(); clock_gettime(CLOCK_MONOTONIC, &t); return UInt64(t.tv_sec)*1_000_000_000+UInt64(t.tv_nsec) }
@inline(never) func loop(_ w: inout Writer, _ t: DataTable<Rec>, _ n: Int, _ mask: Int) throws(TandemError) {
    for i in 0..<n { try w.transaction { tx throws(TandemError) in try tx.update(t, at: i & mask) { (r: inout Rec) throws(TandemError) in r.a &+= 1; r.b = UInt64(i) } } }
}
@inline(never) func loopset(_ w: inout Writer, _ t: DataTable<Rec>, _ n: Int, _ mask: Int, _ v: Rec) throws(TandemError) {
    for i in 0..<n { var v = v; v.a = UInt64(i); try w.transaction { tx throws(TandemError) in try tx.set(t, at: i & mask, to: v) } }
}
@inline(never) func plain(_ p: UnsafeMutablePointer<Rec>, _ n: Int, _ mask: Int, _ v: Rec) { for i in 0..<n { var v = v; v.a = UInt64(i); p[i & mask] = v } }
func main() throws(TandemError) {
    let path = "/dev/shm/bench-x"; unlink(path)
    let s = try SourceDataFile.create(at: path, tables: [.of(Rec.self, name: "p", capacity: 100000, sharing: .partitioned), .of(Rec.self, name: "s", capacity: 100000, sharing: .shared)])
    var w = try s.makeWriter(); let p = try s.table("p", of: Rec.self), sh = try s.table("s", of: Rec.self)
    let n = 20_000_000
    let buf = UnsafeMutablePointer<Rec>.allocate(capacity: 1024); 
    for _ in 0..<2 {
    var t = now(); plain(buf, n, 1023, Rec()); print("plain set", Double(now()-t)/Double(n))
    t = now(); try loop(&w, p, n, 1023); print("part update", Double(now()-t)/Double(n))
    t = now(); try loopset(&w, p, n, 1023, Rec()); print("part set", Double(now()-t)/Double(n))
    t = now(); try loop(&w, sh, n, 1023); print("shared update", Double(now()-t)/Double(n))
    t = now(); try loopset(&w, sh, n, 1023, Rec()); print("shared set", Double(now()-t)/Double(n)) }
    unlink(path)
}
do { try main() } catch { print(error) }
