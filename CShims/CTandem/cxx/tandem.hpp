// Tandem for C++17: tandem.h with handles that close themselves, records and keys that
// have types, and transactions as functions. Nothing but this header; link as from C.
//
//     auto source = tandem::source::open("/dev/shm/calls");
//     auto calls = source.keyed_table<std::string_view, call>("calls", 64);
//     auto trunks = source.table<trunk>("trunks");
//     auto writer = source.open_writer();
//     writer.transaction([&](tandem::transaction &change) {
//         if (change.insert(calls, id, {7, RINGING}).is_new) change.hold(trunks, 7).busy++;
//     });
//
// What may be expected is a value: an optional that is empty, a pointer that is null, a
// bool. What may not is thrown as `tandem::error`, as a constructor has no other way to
// say it. A transaction that any exception leaves is put back; a conflict runs it again,
// so that its function does nothing but read and change records.
//
// Threads, crashes and forks: as tandem.h says of the same functions. What was moved from
// is only good to be destroyed or assigned to.

#ifndef TANDEM_HPP
#define TANDEM_HPP

#include <tandem.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tandem {

// What was wrong, in one line, with its code of `enum tandem_code`.
class error : public std::runtime_error {
public:
    explicit error(int code) : std::runtime_error(tandem_last_error()), number(code) {}
    int code() const noexcept { return number; }

private:
    int number;
};

namespace detail {

inline void check(int code) {
    if (code != TANDEM_OK) throw error(code);
}

// False for an answer that is none of failure.
inline bool is_ok(int code, int other) {
    if (code != other) check(code);
    return code == TANDEM_OK;
}

// Thrown through a transaction that cannot commit: its commit says why.
struct doomed {};

struct closer {
    void operator()(tandem_source *source) const noexcept { tandem_close(source); }
    void operator()(tandem_writer *writer) const noexcept { tandem_writer_close(writer); }
    void operator()(tandem_slots *slots) const noexcept { tandem_slots_close(slots); }
};

template <class Handle> using owned = std::unique_ptr<Handle, closer>;

template <class Record> constexpr void check_record() {
    static_assert(std::is_trivially_copyable_v<Record>, "records are bytes, which other processes read");
    static_assert(alignof(Record) <= 16, "records lie at multiples of 16");
}

// A type that no argument decides on: what converts to it may be given.
template <class Type> struct itself {
    using type = Type;
};
template <class Type> using as_it_is = typename itself<Type>::type;

struct bytes {
    const void *start;
    std::size_t size;
};

template <class Key> bytes key_bytes(const Key &key) {
    if constexpr (std::is_convertible_v<const Key &, std::string_view>) {
        std::string_view text = key;
        return {text.data(), text.size()};
    } else {
        static_assert(std::has_unique_object_representations_v<Key>, "equal keys must have equal bytes: no padding");
        return {&key, sizeof key};
    }
}

}  // namespace detail

using handle = tandem_handle;

// For a source's list of tables.
template <class Record>
tandem_table_definition records(const char *name, std::uint64_t capacity, tandem_kind kind = TANDEM_SHARED) {
    detail::check_record<Record>();
    return {name, sizeof(Record), static_cast<std::uint32_t>(kind), capacity, 0, 0, 0, {}};
}

template <class Record>
tandem_table_definition keyed(const char *name, std::uint32_t key_bytes, std::uint64_t capacity) {
    detail::check_record<Record>();
    return {name, sizeof(Record), TANDEM_KEYED, capacity, key_bytes, 0, 0, {}};
}

// Records of one type, found by index. The source's: good until it is closed.
template <class Record> class table {
public:
    std::uint64_t capacity() const { return tandem_table_capacity(pointer); }

    Record read(std::uint64_t index) const {
        Record record;
        detail::check(tandem_read(pointer, index, &record, sizeof record));
        return record;
    }

private:
    friend class source;
    friend class transaction;
    explicit table(const tandem_table *pointer) : pointer(pointer) {}
    const tandem_table *pointer;
};

template <class Record> struct found {
    tandem::handle handle;
    Record record;
};

// Records of one type, found by keys of one: text, or a type without padding.
template <class Key, class Record> class keyed_table {
public:
    // What was committed last under the key; none when it was not there.
    std::optional<found<Record>> find(const Key &key) const {
        auto [start, size] = detail::key_bytes(key);
        found<Record> there;
        if (!detail::is_ok(tandem_find(slots.get(), start, size, &there.record, &there.handle), TANDEM_ABSENT))
            return std::nullopt;
        return there;
    }

    // None when the key of the record that was called so was removed.
    std::optional<Record> read(handle name) const {
        Record record;
        if (!detail::is_ok(tandem_read_handle(slots.get(), name, nullptr, nullptr, &record), TANDEM_ABSENT))
            return std::nullopt;
        return record;
    }

    // Calls `body` with each handle and record, in no order that means anything.
    template <class Body> void for_each(Body body) const {
        tandem_entry entry;
        Record record;
        std::uint64_t place = 0;
        while (detail::is_ok(tandem_next(slots.get(), &place, &entry, nullptr, &record), TANDEM_ABSENT))
            body(entry.handle, static_cast<const Record &>(record));
    }

    std::uint64_t count() const {
        tandem_fill fill{};
        fill.size = sizeof fill;
        detail::check(tandem_get_fill(slots.get(), &fill));
        return fill.count;
    }

    // For what this layer has not: deadlines, keys of handles, fill.
    const tandem_slots *get() const { return slots.get(); }

private:
    friend class source;
    explicit keyed_table(tandem_slots *slots) : slots(slots) {}
    detail::owned<tandem_slots> slots;
};

struct insertion {
    tandem::handle handle;
    bool is_new;
};

// What the function of `writer::transaction` is handed, and must not keep.
class transaction {
public:
    // The record, locked, to be changed in place.
    template <class Record> Record &hold(const table<Record> &records, std::uint64_t index) {
        void *payload = tandem_hold(pointer, records.pointer, index);
        if (!payload) throw detail::doomed{};
        return *static_cast<Record *>(payload);
    }

    // The record of the key; null when it was not there.
    template <class Key, class Record> Record *hold(const keyed_table<Key, Record> &keyed, const detail::as_it_is<Key> &key) {
        auto [start, size] = detail::key_bytes(key);
        return static_cast<Record *>(tandem_hold_key(pointer, keyed.get(), start, size));
    }

    template <class Key, class Record> Record *hold_handle(const keyed_table<Key, Record> &keyed, handle name) {
        return static_cast<Record *>(tandem_hold_handle(pointer, keyed.get(), name));
    }

    // A record that is there stays as it was.
    template <class Key, class Record>
    insertion insert(const keyed_table<Key, Record> &keyed, const detail::as_it_is<Key> &key, const detail::as_it_is<Record> &record) {
        auto [start, size] = detail::key_bytes(key);
        handle name = 0;
        bool is_new = answer(tandem_insert(pointer, keyed.get(), start, size, &record, &name));
        return {name, is_new};
    }

    // A record that is there is replaced.
    template <class Key, class Record>
    insertion upsert(const keyed_table<Key, Record> &keyed, const detail::as_it_is<Key> &key, const detail::as_it_is<Record> &record) {
        auto [start, size] = detail::key_bytes(key);
        handle name = 0;
        bool is_new = answer(tandem_upsert(pointer, keyed.get(), start, size, &record, &name));
        return {name, is_new};
    }

    // False when the key was not there.
    template <class Key, class Record> bool remove(const keyed_table<Key, Record> &keyed, const detail::as_it_is<Key> &key) {
        auto [start, size] = detail::key_bytes(key);
        return answer(tandem_remove_key(pointer, keyed.get(), start, size));
    }

    template <class Key, class Record> bool remove_handle(const keyed_table<Key, Record> &keyed, handle name) {
        return answer(tandem_remove_handle(pointer, keyed.get(), name));
    }

    // For what this layer has not.
    tandem_writer *get() const { return pointer; }

private:
    friend class writer;
    explicit transaction(tandem_writer *pointer) : pointer(pointer) {}

    static bool answer(int code) {
        if (code == TANDEM_OK) return true;
        if (code == TANDEM_ABSENT || code == TANDEM_PRESENT) return false;
        throw detail::doomed{};
    }

    tandem_writer *pointer;
};

// One thread's; made early, and kept.
class writer {
public:
    // Runs `body` until it has committed or cannot, and returns what it returned then.
    template <class Body> auto transaction(Body body) {
        return run(body, [this] { return tandem_commit(pointer.get()); });
    }

    // The same, and waits until the copy has it.
    template <class Body> auto replicated(std::uint64_t nanoseconds, Body body) {
        return replicated(nanoseconds, 1, std::move(body));
    }

    // The same, until so many copies have it.
    template <class Body> auto replicated(std::uint64_t nanoseconds, std::uint32_t copies, Body body) {
        return run(body, [this, nanoseconds, copies] {
            return tandem_commit_replicated_by(pointer.get(), nanoseconds, copies);
        });
    }

    tandem_writer *get() const { return pointer.get(); }

private:
    friend class source;
    explicit writer(tandem_writer *pointer) : pointer(pointer) {}

    template <class Body, class Commit> auto run(Body &body, Commit commit) {
        using Result = std::decay_t<std::invoke_result_t<Body &, tandem::transaction &>>;
        std::conditional_t<std::is_void_v<Result>, std::optional<char>, std::optional<Result>> result;
        while (true) {
            tandem_begin(pointer.get());
            tandem::transaction change(pointer.get());
            try {
                if constexpr (std::is_void_v<Result>) {
                    body(change);
                } else {
                    result.emplace(body(change));
                }
            } catch (const detail::doomed &) {
            } catch (...) {
                tandem_abort(pointer.get());
                throw;
            }
            if (detail::is_ok(commit(), TANDEM_CONFLICT)) break;
        }
        if constexpr (!std::is_void_v<Result>) return std::move(*result);
    }

    detail::owned<tandem_writer> pointer;
};

class source {
public:
    using definitions = std::initializer_list<tandem_table_definition>;

    static source open(const std::string &path) {
        tandem_source *pointer;
        detail::check(tandem_open(path.c_str(), &pointer));
        return source(pointer);
    }

    static source create(const std::string &path, definitions tables, const tandem_options *options = nullptr) {
        tandem_source *pointer;
        detail::check(tandem_create(path.c_str(), tables.begin(), tables.size(), options, &pointer));
        return source(pointer);
    }

    static source open_or_create(const std::string &path, definitions tables, const tandem_options *options = nullptr) {
        tandem_source *pointer;
        detail::check(tandem_open_or_create(path.c_str(), tables.begin(), tables.size(), options, &pointer));
        return source(pointer);
    }

    template <class Record> tandem::table<Record> table(const char *name) const {
        detail::check_record<Record>();
        const tandem_table *found = tandem_find_table(pointer.get(), name);
        if (!found) throw error(TANDEM_NO_SUCH_TABLE);
        if (tandem_table_payload_bytes(found) != sizeof(Record))
            throw std::invalid_argument(std::string("table '") + name + "' has records of another size");
        return tandem::table<Record>(found);
    }

    // `key_bytes`: of the longest key, as the table was made for.
    template <class Key, class Record>
    tandem::keyed_table<Key, Record> keyed_table(const char *name, std::size_t key_bytes = sizeof(Key)) const {
        detail::check_record<Record>();
        tandem_slots *slots;
        detail::check(tandem_slots_open(pointer.get(), name, key_bytes, sizeof(Record), &slots));
        return tandem::keyed_table<Key, Record>(slots);
    }

    tandem::writer open_writer() const {
        tandem_writer *writer;
        detail::check(tandem_writer_open(pointer.get(), &writer));
        return tandem::writer(writer);
    }

    tandem_source *get() const { return pointer.get(); }

private:
    explicit source(tandem_source *pointer) : pointer(pointer) {}
    detail::owned<tandem_source> pointer;
};

}  // namespace tandem

#endif
