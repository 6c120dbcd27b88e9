-- Other words for a template, with shares (JSON). The first is the template's own texts; an empty list is a template without variants.
alter table templates add column variants text not null default '[]';
alter table template_versions add column variants text not null default '[]';

-- Which variant a message says, and what its person did about it.
alter table messages add column variant text;
alter table messages add column replied_at bigint;
alter table messages add column opted_out_at bigint;

-- How a campaign tries its variants (JSON), how far it is with that, what everybody else gets, and why.
-- `variant_moved` is false while waiting messages still have to be given the chosen variant; those up to `variant_moved_to` have been.
alter table campaigns add column variant_test text;
alter table campaigns add column variant_stage text;
alter table campaigns add column variant_choice text;
alter table campaigns add column variant_note text;
alter table campaigns add column variant_decide_at bigint;
alter table campaigns add column variant_moved boolean not null default true;
alter table campaigns add column variant_moved_to text;

create index campaigns_moving on campaigns (id) where not variant_moved;
create index campaigns_trying on campaigns (id) where variant_stage = 'waiting';

-- How many messages of a template version and variant are in which status, and how many were answered; kept with each move.
create table template_counts (
    subaccount_id text not null references subaccounts (id),
    template_id text not null,
    version bigint not null,
    variant text not null,
    campaign_id text not null,
    what text not null,
    messages bigint not null,
    primary key (subaccount_id, template_id, version, variant, campaign_id, what)
);
create index template_counts_of_campaign on template_counts (subaccount_id, campaign_id);

insert into template_counts (subaccount_id, template_id, version, variant, campaign_id, what, messages)
select subaccount_id, template_id, template_version, '', coalesce(campaign_id, ''), status, count(*)
from messages where template_id is not null and template_version is not null
group by subaccount_id, template_id, template_version, coalesce(campaign_id, ''), status;

-- Which message of a day holds the longest value of a placeholder. The value itself stays where it is sealed, in the message, and
-- goes with it.
create table longest_values (
    subaccount_id text not null references subaccounts (id),
    template_id text not null,
    placeholder text not null,
    day_at bigint not null,
    characters bigint not null,
    message_id text not null,
    primary key (subaccount_id, template_id, placeholder, day_at)
);
create index longest_values_by_age on longest_values (day_at);
