-- Accepted messages whose provider does not report by itself and has to be asked what became of them. A row goes when
-- its message is final, or when nobody will learn more.
create table polls (
    attempt_id text primary key,
    subaccount_id text not null,
    message_id text not null,
    contact_id text not null,
    connection_id text not null,
    provider_message_id text not null,
    since_at bigint not null,
    due_at bigint not null,
    foreign key (message_id, subaccount_id) references messages (id, subaccount_id),
    foreign key (connection_id, subaccount_id) references connections (id, subaccount_id)
);
create index polls_due on polls (due_at);

-- Stop and start words that were acted on, by the provider's name for the event: what a provider tells twice, or gives again
-- at the next look into its inbox, is acted on once.
create table inbound_seen (
    connection_id text not null,
    event_key text not null,
    subaccount_id text not null,
    seen_at bigint not null,
    primary key (connection_id, event_key),
    foreign key (connection_id, subaccount_id) references connections (id, subaccount_id)
);
