-- Why a connection is kept back: 'errors', when submissions failed, or 'silence', when what it took did not arrive. Trust
-- that was lost by silence comes back by deliveries only.
alter table connection_circuits add column cause text not null default 'errors';
