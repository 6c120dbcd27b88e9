-- What stood of each variant when one was chosen for everybody (JSON): whoever is sent the chosen one after it had less time to answer, so
-- only this is compared. Where a choice was made before this was kept, nothing is known that could be.
alter table campaigns add column variant_counts text;
update campaigns set variant_counts = '[]' where variant_choice is not null;

-- Trials that nothing was decided of yet, so that they can be looked at, named, and ended with their campaign's time.
drop index campaigns_trying;
create index campaigns_undecided on campaigns (subaccount_id, id) where variant_stage in ('waiting', 'asking');
