-- A submission whose outcome is unknown may be repeated where the provider does not send it twice; but another account at the same
-- provider would. Attempts that began before `steady_from` may have used other settings than the connection has now.
alter table connections add column steady_from bigint not null default 0;
