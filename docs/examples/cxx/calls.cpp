// Calls found by their Call-ID, in one transaction with the trunk that they are on.
//
//     c++ -std=c++17 calls.cpp $(pkg-config --cflags --libs tandem) && ./a.out /dev/shm/calls

#include <iostream>
#include <tandem.hpp>

struct call {
    std::uint32_t trunk;
    std::uint32_t state;
};

struct trunk {
    std::uint64_t busy;
};

int main(int count, char **arguments) try {
    if (count != 2) throw std::invalid_argument("usage: calls SOURCE");
    auto source = tandem::source::open_or_create(
        arguments[1], {tandem::keyed<call>("calls", 64, 10'000), tandem::records<trunk>("trunks", 32)});
    auto calls = source.keyed_table<std::string_view, call>("calls", 64);
    auto trunks = source.table<trunk>("trunks");
    auto writer = source.open_writer();
    const std::string id = "a84b4c76e66710@pc33.example";

    // An INVITE, and the same once more: call and counter change together, or not at all.
    auto set_up = [&](tandem::transaction &change) {
        auto placed = change.insert(calls, id, {7, 1});
        if (placed.is_new) change.hold(trunks, 7).busy++;
        return placed;
    };
    auto first = writer.transaction(set_up), again = writer.transaction(set_up);
    std::cout << "set up: " << first.is_new << ", again: " << again.is_new << "\n";

    // A 200 OK, by the handle: no key is looked for.
    writer.transaction([&](tandem::transaction &change) {
        if (auto *there = change.hold_handle(calls, first.handle)) there->state = 2;
    });
    auto found = calls.find(id);
    std::cout << "state " << (found ? found->record.state : 0) << " of " << calls.count() << " calls\n";

    // What throws is put back.
    try {
        writer.transaction([&](tandem::transaction &change) {
            change.remove(calls, id);
            change.hold(trunks, 7).busy = 99;
            throw std::runtime_error("the peer has gone");
        });
    } catch (const std::runtime_error &error) { std::cout << "put back: " << error.what() << "\n"; }

    // A BYE.
    bool ended = writer.transaction([&](tandem::transaction &change) {
        if (!change.remove_handle(calls, first.handle)) return false;
        change.hold(trunks, 7).busy--;
        return true;
    });
    bool is_right = first.is_new && !again.is_new && again.handle == first.handle && found &&
                    found->record.state == 2 && ended && !calls.find(id) && trunks.read(7).busy == 0;
    try {
        writer.transaction([&](tandem::transaction &change) { change.hold(trunks, 32).busy++; });
    } catch (const tandem::error &error) { is_right = is_right && error.code() == TANDEM_INDEX_OUT_OF_RANGE; }
    return is_right ? 0 : 1;
} catch (const std::exception &error) {
    std::cerr << error.what() << "\n";
    return 2;
}
