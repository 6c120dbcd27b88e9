-- What people bought, as the organisation's systems tell it. `reference` and `items` are sealed with the person's key; a reference is
-- found by its keyed hash. `key` sorts like an id that was born at `at`, so that purchases stand in a timeline where they happened.
create table purchases (
    id text not null,
    subaccount_id text not null,
    contact_id text not null,
    reference_hash bytea not null,
    reference bytea not null,
    items bytea,
    amount bigint not null,
    currency text not null,
    at bigint not null,
    key text not null,
    primary key (id, subaccount_id),
    unique (subaccount_id, reference_hash),
    foreign key (contact_id, subaccount_id) references contacts (id, subaccount_id)
);
create index purchases_of_contact on purchases (contact_id, key);

-- Files of contacts, and whom each of them named.
create table contact_imports (
    id text not null,
    subaccount_id text not null references subaccounts (id),
    file_name text not null,
    created_by text not null,
    created_at bigint not null,
    primary key (id, subaccount_id)
);
create index contact_imports_by_name on contact_imports (subaccount_id, file_name);

create table contact_import_members (
    subaccount_id text not null,
    import_id text not null,
    contact_id text not null,
    primary key (contact_id, import_id),
    foreign key (import_id, subaccount_id) references contact_imports (id, subaccount_id),
    foreign key (contact_id, subaccount_id) references contacts (id, subaccount_id) on delete cascade
);

-- Saved filters over contacts. The conditions are sealed JSON: they may name what is noted about people.
create table audiences (
    id text not null,
    subaccount_id text not null references subaccounts (id),
    name text not null,
    conditions bytea not null,
    created_by text not null,
    created_at bigint not null,
    updated_by text not null,
    updated_at bigint not null,
    primary key (id, subaccount_id),
    unique (subaccount_id, name)
);

-- Whom the rows of a campaign's upload were taken from; looked up anew at the launch.
alter table campaigns add column audience_id text;
create index campaigns_of_audience on campaigns (subaccount_id, audience_id, id) where audience_id is not null;

-- Everybody in the lists in the order of their ids, as audiences walk through them.
create index contacts_listed on contacts (subaccount_id, id) where phone is not null and hidden_at is null and merged_into is null;
