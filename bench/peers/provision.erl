%% Evaluated in the ejabberd that has just started: accounts u0... in cliques of Contacts + 1, as
%% bench_provision makes them for Rollcall (the password stretched twice: its library cannot once). Users, Contacts and
%% Folder are bound by peers.sh. The tables are in memory, and on disk.
Server = <<"localhost">>,
Salt = <<"salt of the bench">>,
Salted = scram:salted_password(sha256, <<"bench">>, Salt, 2),
Stored = scram:stored_key(sha256, scram:client_key(sha256, Salted)),
Scram = {scram, base64:encode(Stored), base64:encode(scram:server_key(sha256, Salted)),
         base64:encode(Salt), sha256, 2},
Name = fun(Number) -> <<"u", (integer_to_binary(Number))/binary>> end,
Keep = fun(Table) ->
  case mnesia:change_table_copy_type(Table, node(), disc_copies) of
    {atomic, ok} -> ok;
    {aborted, {already_exists, Table, _, disc_copies}} -> ok
  end
end,
lists:foreach(Keep, [passwd, roster]),
Befriend = fun(User, Other) ->
  Owner = {Name(User), Server},
  Jid = {Name(Other), Server, <<>>},
  Label = <<"Contact Number ", (integer_to_binary(Other))/binary>>,
  ok = mnesia:dirty_write(
    {roster, {Name(User), Server, Jid}, Owner, Jid, Label, both, none, [<<"Colleagues">>], <<>>, []})
end,
lists:foreach(fun(User) ->
  ok = mnesia:dirty_write({passwd, {Name(User), Server}, Scram}),
  First = User - User rem (Contacts + 1),
  Last = min(First + Contacts, Users - 1),
  [Befriend(User, Other) || Other <- lists:seq(First, Last), Other =/= User]
end, lists:seq(0, Users - 1)),
lists:foreach(fun erlang:garbage_collect/1, processes()),
ok = file:write_file(Folder ++ "/ready", <<>>).
