-- When the words of a message, of a text that somebody wrote, or the rows of a file were taken out. The rest of the row stays.
alter table messages add column redacted_at bigint;
alter table inbound add column redacted_at bigint;
alter table uploads add column rows_removed_at bigint;

-- How far each kind of data was gone through, so that a round goes on where it stopped, and the next one begins where there may
-- be something new. `settled` is the place up to which nothing is left, `place` the one that this round has reached.
create table retention_rounds (
    subaccount_id text not null references subaccounts (id),
    kind text not null,
    settled text not null,
    place text not null,
    removed bigint not null,
    due_at bigint not null,
    started_at bigint,
    finished_at bigint,
    last_removed bigint not null,
    last_at bigint,
    primary key (subaccount_id, kind)
);
create index retention_rounds_due on retention_rounds (due_at);

-- Messages of sensitive categories whose words go as soon as they have left.
create table redactions_due (
    message_id text not null,
    subaccount_id text not null,
    due_at bigint not null,
    primary key (message_id, subaccount_id),
    foreign key (message_id, subaccount_id) references messages (id, subaccount_id)
);
create index redactions_due_in_turn on redactions_due (due_at);

-- Erasures that were begun. A row goes when nothing of the person is left, also not in the log of the database: what a crash
-- interrupts is finished at the next start. `actor` is who asked for it, as the audit log names them; `erased_at` is set with the last
-- of the person's numbers: from then on only the log is left.
create table erasures (
    contact_id text not null,
    subaccount_id text not null,
    actor text not null,
    begun_at bigint not null,
    erased_at bigint,
    primary key (contact_id, subaccount_id),
    foreign key (contact_id, subaccount_id) references contacts (id, subaccount_id)
);
