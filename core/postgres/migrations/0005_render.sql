-- Reason: pages that are built in the browser are rendered for the sources that ask for it, and for no other.
alter table source add column render boolean not null default false;
