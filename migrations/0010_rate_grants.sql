-- How far the limits are used up, shared by all processes. `scope` names what is limited (`connection:…`, `sender:…`, `subaccount:…`,
-- `campaign:…`), `span` is `second`, `minute` or `day`. `tat_at` is in microseconds: for seconds and minutes when the next message
-- could leave if none may wait (GCRA's theoretical arrival time), for days when the day began in which `granted` messages left.
create table rate_grants (
    scope text not null,
    span text not null,
    subaccount_id text not null references subaccounts (id),
    tat_at bigint not null,
    granted bigint not null,
    primary key (scope, span)
);
alter table connections add column sender_limits text not null default '{}';
alter table campaigns add column pace bigint;
