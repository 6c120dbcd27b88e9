-- What an organisation notes about a person besides the number. `attributes` is sealed JSON, like `name` under the person's own key.
-- `hidden_at`: taken out of the lists; the number and the consent record stay. `merged_into`: another number of that person.
alter table contacts add column attributes bytea;
alter table contacts add column status text;
alter table contacts add column hidden_at bigint;
alter table contacts add column merged_into text;
create index contacts_by_activity on contacts (subaccount_id, updated_at, id)
    where phone is not null and hidden_at is null and merged_into is null;
create index contacts_by_status on contacts (subaccount_id, status, id) where status is not null;
create index contacts_merged on contacts (subaccount_id, merged_into) where merged_into is not null;

create table contact_tags (
    subaccount_id text not null,
    tag text not null,
    contact_id text not null,
    primary key (subaccount_id, tag, contact_id),
    foreign key (contact_id, subaccount_id) references contacts (id, subaccount_id) on delete cascade
);
create index contact_tags_of_contact on contact_tags (contact_id, tag);

-- Keyed hashes of the words of names, so that a sealed name can be looked for.
create table contact_words (
    subaccount_id text not null,
    word bytea not null,
    contact_id text not null,
    primary key (subaccount_id, word, contact_id),
    foreign key (contact_id, subaccount_id) references contacts (id, subaccount_id) on delete cascade
);
create index contact_words_of_contact on contact_words (contact_id, word);
