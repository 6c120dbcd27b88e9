-- What became of the request to publish the draft (JSON; `review_status` repeats where it stands, to find those that wait), and who
-- has written in the draft since the last version: none of them may approve it.
alter table templates add column review_status text;
alter table templates add column review text;
alter table templates add column writers text not null default '[]';
-- The second person who looked at a version before it went live.
alter table template_versions add column approved_by text;
alter table template_versions add column approved_at bigint;
alter table template_versions add column approval_note text;
