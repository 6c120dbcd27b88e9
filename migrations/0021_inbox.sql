-- What people wrote to us. The text is sealed with the person's key and goes with it. That an event was told before is known
-- by `inbound_seen`, which holds nothing of a person and stays.
create table inbound (
    id text not null,
    subaccount_id text not null,
    contact_id text not null,
    connection_id text not null,
    event_key text not null,
    sent_to text not null,
    text bytea not null,
    keyword text,
    changed boolean not null,
    at bigint not null,
    received_at bigint not null,
    read_at bigint,
    primary key (id, subaccount_id),
    foreign key (contact_id, subaccount_id) references contacts (id, subaccount_id),
    foreign key (connection_id, subaccount_id) references connections (id, subaccount_id)
);
create unique index inbound_once on inbound (connection_id, event_key);
create index inbound_of_contact on inbound (contact_id, id);

-- One row per person who wrote. `unread` counts their texts that nobody has read, `is_unread` is 1 while there are any:
-- the list is sorted by it and by the last text.
create table conversations (
    subaccount_id text not null,
    contact_id text not null,
    last_id text not null,
    last_at bigint not null,
    unread bigint not null,
    is_unread bigint not null,
    assigned_to text,
    closed_at bigint,
    primary key (contact_id, subaccount_id),
    foreign key (contact_id, subaccount_id) references contacts (id, subaccount_id)
);
create index conversations_by_turn on conversations (subaccount_id, is_unread, last_id);

create table saved_replies (
    id text not null,
    subaccount_id text not null references subaccounts (id),
    name text not null,
    body text not null,
    updated_by text not null,
    updated_at bigint not null,
    primary key (id, subaccount_id),
    unique (subaccount_id, name)
);

-- Messages that answer a keyword: each may go to a person who opted out, because they asked for it by their own word.
create table keyword_answers (
    message_id text not null,
    subaccount_id text not null,
    contact_id text not null,
    keyword text not null,
    at bigint not null,
    primary key (message_id, subaccount_id),
    foreign key (message_id, subaccount_id) references messages (id, subaccount_id)
);
create index keyword_answers_of_contact on keyword_answers (contact_id, keyword, at);
