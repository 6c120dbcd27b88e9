-- Opt-ins that wait for the person's confirmation: `pending` is the set of categories beside what was granted and refused.
alter table contacts add column pending bigint not null default 0;

-- With what a person said it and on which page, as proof; null where there was neither.
alter table consent_ledger add column user_agent text;
alter table consent_ledger add column form_url text;

-- One row for each confirmation that was asked for by text message, named by whose and when. What it can still grant is what of
-- `categories` is pending with the contact. `wording` is the text that was sent, without its link.
create table opt_ins (
    subaccount_id text not null,
    contact_id text not null,
    asked_at bigint not null,
    categories bigint not null,
    is_start boolean not null,
    wording text not null,
    message_id text not null,
    link_epoch bigint not null,
    expires_at bigint not null,
    ended_at bigint,
    outcome text,
    primary key (contact_id, asked_at, subaccount_id),
    foreign key (contact_id, subaccount_id) references contacts (id, subaccount_id)
);
create index opt_ins_to_end on opt_ins (expires_at) where ended_at is null;
create index opt_ins_by_message on opt_ins (subaccount_id, message_id);
create index opt_ins_by_time on opt_ins (subaccount_id, asked_at);
