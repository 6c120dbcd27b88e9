-- One text for both engines: `bytea` becomes `blob` on SQLite (src/db/migrate.rs).
-- Ids are text made by us and sort by time; instants are epoch milliseconds (`_at`); money is micros.
-- Every row of a tenant carries its subaccount, and references are composite, so that none can cross tenants.

create table subaccounts (
    id text primary key,
    name text not null unique,
    sid text not null unique,
    settings text not null,
    created_at bigint not null
);

create table installation (
    key text primary key,
    value text not null
);

create table users (
    id text primary key,
    subaccount_id text not null references subaccounts (id),
    email text not null unique,
    name text not null,
    role text not null,
    password_hash text not null,
    disabled_at bigint,
    last_seen_at bigint,
    created_at bigint not null
);
create index users_by_subaccount on users (subaccount_id, id);

create table sessions (
    id text primary key,
    user_id text,
    data text not null,
    expires_at bigint not null
);
create index sessions_by_expiry on sessions (expires_at);
create index sessions_by_user on sessions (user_id) where user_id is not null;

create table login_failures (
    key text primary key,
    failures bigint not null,
    blocked_until bigint not null,
    updated_at bigint not null
);

create table api_keys (
    id text primary key,
    subaccount_id text not null references subaccounts (id),
    name text not null,
    hash text not null unique,
    scopes text not null,
    created_by text not null,
    created_at bigint not null,
    last_used_at bigint,
    revoked_at bigint
);
create index api_keys_by_subaccount on api_keys (subaccount_id, id);

create table audit_log (
    seq bigint primary key,
    subaccount_id text not null,
    at bigint not null,
    actor text not null,
    action text not null,
    object text not null,
    detail text not null,
    ip text,
    previous_hash text not null,
    hash text not null
);
create index audit_log_by_subaccount on audit_log (subaccount_id, seq);

create table templates (
    id text not null,
    subaccount_id text not null references subaccounts (id),
    code text not null,
    name text not null,
    category text not null,
    description text,
    texts text not null,
    placeholders text not null,
    dlt text,
    has_draft boolean not null,
    version bigint not null,
    archived_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    updated_by text not null,
    primary key (id, subaccount_id),
    unique (subaccount_id, code)
);

create table template_versions (
    subaccount_id text not null,
    template_id text not null,
    version bigint not null,
    texts text not null,
    placeholders text not null,
    note text,
    published_by text not null,
    published_at bigint not null,
    primary key (template_id, version),
    foreign key (template_id, subaccount_id) references templates (id, subaccount_id)
);

-- A contact is also the lock: an intent to send and a withdrawal of consent take the same row.
-- `phone` and `salt` go when the person is erased; `blind` and the withdrawals stay.
create table contacts (
    id text not null,
    subaccount_id text not null references subaccounts (id),
    blind bytea not null,
    phone bytea,
    salt bytea,
    country text not null,
    name bytea,
    language text,
    time_zone text,
    granted bigint not null default 0,
    withdrawn bigint not null default 0,
    stopped_at bigint,
    paused_until bigint,
    quiet_hours text,
    link_epoch bigint not null default 0,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (id, subaccount_id),
    unique (subaccount_id, blind)
);
create index contacts_refusing on contacts (subaccount_id, id) where (withdrawn > 0 or stopped_at is not null);

create table consent_ledger (
    id text primary key,
    subaccount_id text not null,
    seq bigint not null,
    contact_id text not null,
    category text not null,
    change text not null,
    value text,
    source text not null,
    wording text,
    reason text,
    actor text not null,
    ip text,
    at bigint not null,
    previous_hash text not null,
    hash text not null,
    unique (subaccount_id, seq),
    foreign key (contact_id, subaccount_id) references contacts (id, subaccount_id)
);
create index consent_ledger_by_contact on consent_ledger (contact_id, seq);
create index consent_ledger_by_time on consent_ledger (subaccount_id, at);

-- The end of each subaccount's ledger; its row is also the lock under which rows are added.
create table consent_heads (
    subaccount_id text primary key references subaccounts (id),
    seq bigint not null,
    hash text not null
);

create table uploads (
    id text not null,
    subaccount_id text not null references subaccounts (id),
    file_name text not null,
    bytes bigint not null,
    status text not null,
    problem text,
    encoding text not null,
    delimiter text not null,
    headers bytea not null,
    header_key text not null,
    mapping text,
    template_id text,
    template_version bigint,
    body bytea,
    category text,
    language text,
    rows bigint not null,
    to_send bigint not null,
    rejected bigint not null,
    repeated bigint not null,
    opted_out bigint not null,
    checked bigint not null,
    summary text,
    created_by text not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (id, subaccount_id)
);
create index uploads_by_subaccount on uploads (subaccount_id, id);
create index uploads_by_headers on uploads (subaccount_id, header_key, id);

-- Rows of a file in sealed blocks, as they stood in the file.
create table upload_chunks (
    subaccount_id text not null,
    upload_id text not null,
    chunk bigint not null,
    first_row bigint not null,
    rows bytea not null,
    primary key (upload_id, chunk),
    foreign key (upload_id, subaccount_id) references uploads (id, subaccount_id) on delete cascade
);
create index upload_chunks_by_row on upload_chunks (upload_id, first_row);

-- What the check decided about each row of a block, sealed; apart from the rows, so that a check does not write those again.
create table upload_verdicts (
    subaccount_id text not null,
    upload_id text not null,
    chunk bigint not null,
    verdicts bytea not null,
    primary key (upload_id, chunk),
    foreign key (upload_id, subaccount_id) references uploads (id, subaccount_id) on delete cascade
);

create table upload_errors (
    subaccount_id text not null,
    upload_id text not null,
    row_number bigint not null,
    column_name text not null,
    code text not null,
    body bytea not null,
    primary key (upload_id, row_number),
    foreign key (upload_id, subaccount_id) references uploads (id, subaccount_id) on delete cascade
);
create index upload_errors_by_code on upload_errors (upload_id, code, row_number);

create table connections (
    id text not null,
    subaccount_id text not null references subaccounts (id),
    name text not null,
    provider text not null,
    enabled boolean not null,
    paused_reason text,
    priority bigint not null,
    countries text not null,
    categories text not null,
    senders text not null,
    limits text not null,
    config bytea not null,
    webhook_key text not null unique,
    blocked_until bigint not null default 0,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (id, subaccount_id),
    unique (subaccount_id, name)
);

-- The price of one segment from `valid_from` on; an empty country is every country without its own line.
create table prices (
    subaccount_id text not null,
    connection_id text not null,
    country text not null,
    valid_from bigint not null,
    price bigint not null,
    currency text not null,
    primary key (connection_id, country, valid_from),
    foreign key (connection_id, subaccount_id) references connections (id, subaccount_id)
);

create table campaigns (
    id text not null,
    subaccount_id text not null references subaccounts (id),
    name text not null,
    status text not null,
    status_reason text,
    category text not null,
    template_id text,
    template_version bigint,
    language text,
    body bytea,
    sender text,
    connection text,
    upload_id text,
    total bigint not null,
    estimated bigint not null,
    currency text not null,
    next_chunk bigint not null default 0,
    expanded boolean not null default false,
    swept boolean not null default true,
    not_after bigint,
    launch_token text,
    created_by text not null,
    created_at bigint not null,
    scheduled_at bigint,
    started_at bigint,
    finished_at bigint,
    primary key (id, subaccount_id),
    unique (subaccount_id, launch_token),
    foreign key (template_id, subaccount_id) references templates (id, subaccount_id),
    foreign key (upload_id, subaccount_id) references uploads (id, subaccount_id)
);
create index campaigns_by_subaccount on campaigns (subaccount_id, id);
create index campaigns_live on campaigns (status) where status in ('scheduled', 'sending', 'cancelled');

create table campaign_counts (
    subaccount_id text not null,
    campaign_id text not null,
    status text not null,
    messages bigint not null,
    segments bigint not null,
    cost bigint not null,
    primary key (campaign_id, status),
    foreign key (campaign_id, subaccount_id) references campaigns (id, subaccount_id)
);

-- `queue` is what the claim walks: a campaign's id, or `auth`, `single` for messages of no campaign.
create table messages (
    id text not null,
    subaccount_id text not null references subaccounts (id),
    campaign_id text,
    contact_id text not null,
    step bigint not null,
    queue text not null,
    category text not null,
    status text not null,
    reason text,
    due_at bigint not null,
    not_after bigint not null,
    lease_owner text,
    lease_until bigint,
    fence bigint not null,
    attempts bigint not null,
    country text not null,
    language text,
    sender text,
    connection text,
    template_id text,
    template_version bigint,
    content bytea not null,
    encoding text not null,
    segments bigint not null,
    estimated bigint not null,
    cost bigint,
    currency text not null,
    connection_id text,
    provider_message_id text,
    error_code text,
    error_detail text,
    retryable boolean not null default false,
    possible_duplicate boolean not null default false,
    reference text,
    metadata text,
    fact_at bigint not null,
    created_at bigint not null,
    submitted_at bigint,
    sent_at bigint,
    delivered_at bigint,
    final_at bigint,
    primary key (id, subaccount_id),
    foreign key (contact_id, subaccount_id) references contacts (id, subaccount_id),
    foreign key (campaign_id, subaccount_id) references campaigns (id, subaccount_id)
);
create unique index messages_once on messages (campaign_id, contact_id, step) where campaign_id is not null;
create index messages_due on messages (queue, due_at, id)
    where lease_owner is null and status in ('queued', 'held', 'scheduled');
create index messages_leased on messages (lease_until) where lease_owner is not null;
create index messages_open on messages (status, submitted_at) where status in ('submitting', 'unknown');
create index messages_history on messages (subaccount_id, id);
create index messages_of_campaign on messages (campaign_id, id) where campaign_id is not null;
create index messages_of_contact on messages (contact_id, id);
create index messages_to_see on messages (subaccount_id, status, id)
    where status in ('failed', 'unknown', 'dropped', 'expired', 'held', 'cancelled');
create index messages_by_reference on messages (subaccount_id, reference) where reference is not null;

create table attempts (
    id text not null,
    subaccount_id text not null,
    message_id text not null,
    n bigint not null,
    connection_id text not null,
    state text not null,
    reason text,
    code text,
    detail text,
    provider_message_id text,
    started_at bigint not null,
    finished_at bigint,
    checked_at bigint not null default 0,
    primary key (id, subaccount_id),
    unique (message_id, n),
    foreign key (message_id, subaccount_id) references messages (id, subaccount_id),
    foreign key (connection_id, subaccount_id) references connections (id, subaccount_id)
);
create index attempts_by_provider_message on attempts (connection_id, provider_message_id)
    where provider_message_id is not null;
create index attempts_open on attempts (state, checked_at) where state in ('open', 'unknown');

-- What providers reported: facts, each once.
create table receipts (
    connection_id text not null,
    event_key text not null,
    subaccount_id text not null,
    attempt_id text,
    provider_message_id text,
    message_id text,
    status text not null,
    code text,
    detail text,
    at bigint not null,
    received_at bigint not null,
    primary key (connection_id, event_key)
);
create index receipts_of_message on receipts (message_id) where message_id is not null;
create index receipts_unmatched on receipts (received_at) where message_id is null;

-- Decisions that the attempts and receipts do not tell by themselves.
create table message_events (
    id text primary key,
    subaccount_id text not null,
    message_id text not null,
    kind text not null,
    detail text not null,
    at bigint not null,
    foreign key (message_id, subaccount_id) references messages (id, subaccount_id)
);
create index message_events_of_message on message_events (message_id, id);

-- Counts by quarter of an hour (every time zone's day begins on one), moved in the same transaction as the messages they count: pages read these.
create table facts (
    subaccount_id text not null,
    slot_at bigint not null,
    connection_id text not null,
    country text not null,
    category text not null,
    template_id text not null,
    campaign_id text not null,
    status text not null,
    messages bigint not null,
    segments bigint not null,
    cost bigint not null,
    estimated bigint not null,
    primary key (subaccount_id, slot_at, connection_id, country, category, template_id, campaign_id, status)
);

create table spending (
    subaccount_id text not null references subaccounts (id),
    month text not null,
    spent bigint not null,
    reserved bigint not null,
    primary key (subaccount_id, month)
);

create table idempotency_keys (
    subaccount_id text not null,
    api_key_id text not null,
    route text not null,
    key text not null,
    body_hash text not null,
    answer text not null,
    created_at bigint not null,
    primary key (subaccount_id, api_key_id, route, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);

create table chores (
    name text primary key,
    owner text not null,
    lease_until bigint not null
);
