-- Several payment gateways at once: each charge keeps the one that it was made at.

-- Charges from before this were made at the gateway that is configured now.
do $$ begin
  execute format('alter table payment_attempts add column gateway text not null default %L',
                 coalesce(nullif(current_setting('holdfast.gateway', true), ''), 'sandbox'));
end $$;

alter table payment_attempts
  -- The provider's own id of a charge that it creates before it takes money. Written before the call that takes it.
  add column charge_id text,
  -- What the customer has to do before the money can be taken, and until when; null when there is nothing.
  add column next_action jsonb,
  add column act_by timestamptz;

-- What customers have disputed at their bank.
create table disputes (
  gateway text not null,
  dispute_id text not null,
  order_id text collate "C" not null references orders,
  attempt integer not null,
  amount_minor bigint not null check (amount_minor >= 0),
  currency text not null,
  reason text not null,
  status text not null check (status in ('open', 'won', 'lost')),
  -- By when the bank wants evidence.
  respond_by timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (gateway, dispute_id),
  foreign key (order_id, attempt) references payment_attempts
);
create index disputes_by_order on disputes (order_id);

alter table dead_letters
  drop constraint dead_letters_kind_check,
  add constraint dead_letters_kind_check check (kind in (
    'charge', 'reserve', 'payment_unknown', 'compensation', 'refund', 'run', 'books', 'notice', 'dispute'));
