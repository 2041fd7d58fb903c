%% Mnesia, one table in memory on two nodes of one machine. `follow` is the second node, `lead` the first, which speaks
%% the peers' lines on its input and output.
-module(mnesia_peer).
-export([lead/1, follow/0]).
-record(call, {key, data}).

-define(OTHER, 'other@127.0.0.1').

follow() -> {ok, _} = application:ensure_all_started(mnesia).

lead([RecordsText, ScaleText]) ->
    Records = list_to_integer(RecordsText),
    Scale = try list_to_float(ScaleText) catch error:badarg -> float(list_to_integer(ScaleText)) end,
    {ok, _} = application:ensure_all_started(mnesia),
    {ok, Version} = application:get_key(mnesia, vsn),
    io:format("version Mnesia ~s, OTP ~s, two nodes~n", [Version, erlang:system_info(otp_release)]),
    connect(100),
    {atomic, ok} = mnesia:create_table(
        call, [{ram_copies, [node()]}, {attributes, record_info(fields, call)}]),
    [mnesia:dirty_write(#call{key = Key, data = data()}) || Key <- lists:seq(1, Records)],
    io:format("ready bulk updates commits~n"),
    serve(Records, Scale),
    rpc:call(?OTHER, init, stop, []),
    init:stop().

connect(0) -> io:format("missing the second node did not come up~n"), halt(0);
connect(Tries) ->
    case mnesia:change_config(extra_db_nodes, [?OTHER]) of
        {ok, [_]} -> ok;
        _ -> timer:sleep(100), connect(Tries - 1)
    end.

serve(Records, Scale) ->
    case io:get_line("") of
        Line when is_list(Line) ->
            Work = string:trim(Line),
            try perform(Work, Records, Scale) of
                Figures -> io:format("~s ~s~n", [Work, lists:join(" ", [float_to_list(F, [{decimals, 6}]) || F <- Figures])])
            catch Class:Reason -> io:format("failed ~p: ~0p~n", [Class, Reason])
            end,
            serve(Records, Scale);
        _ -> ok
    end.

perform("bulk", Records, _) ->
    case lists:member(?OTHER, mnesia:table_info(call, ram_copies)) of
        true -> {atomic, ok} = mnesia:del_table_copy(call, ?OTHER);
        false -> ok
    end,
    {Microseconds, {atomic, ok}} = timer:tc(fun() -> mnesia:add_table_copy(call, ?OTHER, ram_copies) end),
    [Records * 256.0 / 1000 / Microseconds];
perform("updates", Records, Scale) ->
    Count = max(5000, round(200000 * Scale)),
    {Microseconds, _} = timer:tc(fun() -> write_and_await(Records, Count) end),
    [Count / Microseconds];
perform("commits", Records, Scale) ->
    Delays = lists:sort([commit(Records) || _ <- lists:seq(1, max(200, round(5000 * Scale)))]),
    [percentile(Delays, 0.5) / 1000, percentile(Delays, 0.99) / 1000].

%% Four processes write; each writes a mark last, and all marks are on the other node.
write_and_await(Records, Count) ->
    Self = self(),
    Marks = [{mark, erlang:unique_integer()} || _ <- lists:seq(1, 4)],
    [spawn_link(fun() ->
        [mnesia:dirty_write(#call{key = rand:uniform(Records), data = data()}) || _ <- lists:seq(1, Count div 4)],
        mnesia:dirty_write(#call{key = Mark, data = data()}),
        Self ! {done, Mark}
    end) || Mark <- Marks],
    [receive {done, Mark} -> await(Mark) end || Mark <- Marks],
    [mnesia:dirty_delete(call, Mark) || Mark <- Marks].

await(Mark) ->
    case rpc:call(?OTHER, mnesia, dirty_read, [call, Mark]) of
        [] -> await(Mark);
        [_] -> ok
    end.

commit(Records) ->
    Begun = erlang:monotonic_time(nanosecond),
    mnesia:sync_dirty(fun() -> mnesia:write(#call{key = rand:uniform(Records), data = data()}) end),
    erlang:monotonic_time(nanosecond) - Begun.

%% A value of its own for each record, as a shared one would be copied once.
data() -> binary:copy(<<(rand:uniform(256) - 1)>>, 240).

percentile(Sorted, Share) -> lists:nth(max(1, round(length(Sorted) * Share)), Sorted).
