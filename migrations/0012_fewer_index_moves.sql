-- A message moves from the queue to its end through several statuses, and each index over a column that changes is
-- written each time. These two held every message and attempt on its way, though only those in doubt are looked for there.
drop index messages_open;
drop index attempts_open;
create index attempts_in_doubt on attempts (checked_at) where state = 'unknown';
