-- One-time codes. What a code proves stands in `code_challenges`: one live challenge per number and purpose, with a keyed hash of
-- its code. The code itself is nowhere but in its sealed message. A challenge without a contact is one that no message left for: a
-- page that anybody can open asks for codes of unknown numbers in the same way.
create table code_challenges (
    id text not null,
    subaccount_id text not null references subaccounts (id),
    purpose text not null,
    number_hash bytea not null,
    contact_id text,
    message_id text,
    code_hash bytea not null,
    attempts bigint not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    primary key (id, subaccount_id),
    foreign key (contact_id, subaccount_id) references contacts (id, subaccount_id)
);
create unique index code_challenges_of_number on code_challenges (subaccount_id, number_hash, purpose);
create index code_challenges_by_end on code_challenges (expires_at);

-- What was asked for within a day, for the limits and the breaker; pruned after it.
create table code_requests (
    id text not null,
    subaccount_id text not null references subaccounts (id),
    purpose text not null,
    number_hash bytea not null,
    range_hash bytea not null,
    country text not null,
    address_hash bytea,
    network_hash bytea,
    sent boolean not null,
    requested_at bigint not null,
    verified_at bigint,
    primary key (id, subaccount_id)
);
create index code_requests_of_number on code_requests (subaccount_id, number_hash, requested_at);
create index code_requests_of_range on code_requests (subaccount_id, range_hash, requested_at);
create index code_requests_of_country on code_requests (subaccount_id, country, requested_at);
create index code_requests_of_address on code_requests (subaccount_id, address_hash, requested_at);
create index code_requests_of_network on code_requests (subaccount_id, network_hash, requested_at);
create index code_requests_by_age on code_requests (requested_at);

-- Ranges and countries to which codes were stopped because hardly anybody entered them. `place` is the range's keyed hash or the
-- country, `shown` what people read.
create table code_stops (
    id text not null,
    subaccount_id text not null references subaccounts (id),
    purpose text not null,
    scope text not null,
    place text not null,
    shown text not null,
    sent bigint not null,
    verified bigint not null,
    stopped_at bigint not null,
    ends_at bigint not null,
    released_at bigint,
    released_by text,
    primary key (id, subaccount_id)
);
create index code_stops_of_place on code_stops (subaccount_id, place, stopped_at);

-- The line in which requests for codes of one subaccount stand, so that no two of them count before either is written.
create table code_lines (
    subaccount_id text not null primary key references subaccounts (id)
);

-- The most advertisements that a person wants in thirty days; none is no limit.
alter table contacts add column offers_a_month bigint;
