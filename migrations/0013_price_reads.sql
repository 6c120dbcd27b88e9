-- Messages that came to their end at a provider that names the price only some time later. A row goes when the price is
-- known, in the transaction that corrects the cost, or when nobody will learn it. `tries` counts answers without a price.
create table price_reads (
    attempt_id text primary key,
    subaccount_id text not null,
    message_id text not null,
    connection_id text not null,
    provider_message_id text not null,
    sent_at bigint not null,
    since_at bigint not null,
    due_at bigint not null,
    tries bigint not null,
    foreign key (message_id, subaccount_id) references messages (id, subaccount_id),
    foreign key (connection_id, subaccount_id) references connections (id, subaccount_id)
);
create index price_reads_due on price_reads (due_at);
