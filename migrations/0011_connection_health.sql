-- What came of attempts and messages at a connection, by country and slots of five seconds. `refused` counts only what was
-- the provider's fault. Read for the last minutes, pruned by the hour.
create table connection_health (
    subaccount_id text not null,
    slot_at bigint not null,
    connection_id text not null,
    country text not null,
    accepted bigint not null,
    refused bigint not null,
    unknown bigint not null,
    delivered bigint not null,
    failed bigint not null,
    latency_ms_sum bigint not null,
    primary key (subaccount_id, slot_at, connection_id, country)
);

-- Whether a connection carries its messages to a country, is being tried, or is kept back. Without a row it carries them.
create table connection_circuits (
    subaccount_id text not null,
    connection_id text not null,
    country text not null,
    state text not null,
    since_at bigint not null,
    reason text not null,
    primary key (subaccount_id, connection_id, country),
    foreign key (connection_id, subaccount_id) references connections (id, subaccount_id)
);

-- Every change of a circuit, with its reason.
create table route_moves (
    id text primary key,
    subaccount_id text not null,
    connection_id text not null,
    country text not null,
    from_state text not null,
    to_state text not null,
    reason text not null,
    at bigint not null,
    foreign key (connection_id, subaccount_id) references connections (id, subaccount_id)
);
create index route_moves_of_subaccount on route_moves (subaccount_id, at);
