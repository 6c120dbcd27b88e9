-- What came of a keyword besides `changed`: the one category that a STOP ended where it did not end all, and whether a START has to be
-- confirmed first (`awaited`, or `not_asked` where a limit forbade to ask). Of what came before, nothing is known.
alter table inbound add column only_category text;
alter table inbound add column confirmation text;

-- Tags have one form of each letter and digit from now on: Persian letters for the Arabic ones of the same look, and ASCII digits. Those
-- that are there get it too, each once.
create table plain_tags (subaccount_id text not null, tag text not null, plain text not null, contact_id text not null);
insert into plain_tags (subaccount_id, tag, plain, contact_id) select subaccount_id, tag,
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(tag, 'ي', 'ی'), 'ى', 'ی'), 'ك', 'ک'), '۰', '0'), '۱', '1'), '۲', '2'), '۳', '3'), '۴', '4'), '۵', '5'), '۶', '6'), '۷', '7'), '۸', '8'), '۹', '9'), '٠', '0'), '١', '1'), '٢', '2'), '٣', '3'), '٤', '4'), '٥', '5'), '٦', '6'), '٧', '7'), '٨', '8'), '٩', '9'),
    contact_id from contact_tags;
insert into contact_tags (subaccount_id, tag, contact_id) select distinct subaccount_id, plain, contact_id from plain_tags
    where plain <> tag on conflict do nothing;
delete from contact_tags where exists (select 1 from plain_tags p where p.subaccount_id = contact_tags.subaccount_id
    and p.contact_id = contact_tags.contact_id and p.tag = contact_tags.tag and p.plain <> p.tag);
drop table plain_tags;
