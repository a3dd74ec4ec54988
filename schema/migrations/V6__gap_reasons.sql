-- Why offsets were skipped, where it is known.
alter table offset_gaps
    add column reason text not null default 'unknown' check (reason in ('expired', 'compacted', 'transaction', 'unknown'));
alter table offset_gaps alter column reason drop default;

comment on column offset_gaps.reason is 'expired: retention or delete-records took the records before they were read, they are lost; compacted: a later record of the same key replaced them; transaction: control records and records of aborted transactions, nothing was to be had; unknown: the broker did not say.';
